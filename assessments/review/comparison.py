"""Both reviews beside each other, once both have finished; and what is left to settle."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessments.answering.inputs import answer_key
from assessments.models import SecondReview, SecondVerdict, Verdict
from assessments.questionnaires.wording import Said, describe, local
from assessments.review.agreement import Agreement, cohens_kappa
from assessments.rules import rulesets


@dataclass(frozen=True)
class Difference:
    key: str
    text: str
    area: str
    said: Sequence[Said]
    verdict: SecondVerdict

    @property
    def is_settled(self) -> bool:
        return bool(self.verdict.settled_outcome)

    @property
    def upheld(self) -> str:
        """Whose verdict counts: "first", "second" or, where the third person says something else, "third"."""
        sides = {self.verdict.first_outcome: "first", self.verdict.outcome: "second"}
        return sides.get(self.verdict.settled_outcome, "third") if self.is_settled else ""


@dataclass(frozen=True)
class Comparison:
    second: SecondReview
    agreement: Agreement
    differences: list[Difference]

    @property
    def left(self) -> int:
        return sum(not each.is_settled for each in self.differences)


def compare(second: SecondReview) -> Comparison:
    """One statement; of what the caller found comparable."""
    verdicts = list(second.verdicts.select_related("answer__site").order_by("answer__question", "answer__site"))
    questions = rulesets.for_version(second.assessment.campaign.questionnaire_id).questionnaire.by_code
    differences = [
        Difference(
            key=answer_key(verdict.answer.question, verdict.answer.site_id),
            text=local(questions[verdict.answer.question].text),
            area=questions[verdict.answer.question].area,
            said=describe(questions[verdict.answer.question], verdict.answer.value),
            verdict=verdict,
        )
        for verdict in verdicts
        if verdict.differs and verdict.answer.question in questions
    ]
    return Comparison(second, cohens_kappa((each.first_outcome, each.outcome) for each in verdicts), differences)


def outcomes_for(verdict: SecondVerdict) -> list[str]:
    """What a third person may say: either of the two, or what neither said. A correction only where the first made one."""
    offered = [
        verdict.first_outcome,
        verdict.outcome,
        Verdict.Outcome.ACCEPT,
        Verdict.Outcome.REJECT_EVIDENCE,
        Verdict.Outcome.REJECT_ANSWER,
    ]
    return list(dict.fromkeys(offered))
