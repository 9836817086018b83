"""What a finding does to the score and the label, in figures: both computed as they are, and as if the finding were not there.

The same scorer judges both sides, and the same label rules. A rule's finding goes away with its rule; a verdict's with the verdict,
as if the answer had been accepted; any other takes no points by itself. Who knows about labels registers here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext as _

from assessments.answering.worksheet import Worksheet
from assessments.models import Assessment, Finding, Verdict
from assessments.rules import rulesets
from assessments.scoring import scorer
from assessments.scoring.scorer import Result, RuleSet
from assessments.scoring.site_answers import parts_of, with_each


@dataclass(frozen=True)
class Figure:
    title: str
    now: Decimal | None
    without: Decimal | None

    @property
    def difference(self) -> Decimal:
        return (self.now or Decimal(0)) - (self.without or Decimal(0))


@dataclass(frozen=True)
class ScoreEffect:
    now: Result
    without: Result

    @property
    def figures(self) -> list[Figure]:
        found = [
            Figure(_("Declared"), self.now.declared, self.without.declared),
            Figure(_("Evidenced"), self.now.evidenced, self.without.evidenced),
            Figure(_("Verified"), self.now.verified, self.without.verified),
        ]
        return [figure for figure in found if figure.now is not None or figure.without is not None]

    @property
    def takes_points(self) -> bool:
        return any(figure.difference for figure in self.figures)


def score_effect(finding: Finding, worksheet: Worksheet) -> ScoreEffect:
    rules, states = worksheet.rules, worksheet.states
    is_reviewed = finding.assessment.status == Assessment.Status.CLOSED
    now = rules.score(worksheet.facts, states, is_reviewed)
    if finding.rule:
        spared = _without_rule(finding.assessment.campaign.questionnaire_id, rules.sha256, finding.rule)
        return ScoreEffect(now, spared.score(worksheet.facts, states, is_reviewed))
    judged = states.get(finding.question)
    # Opened blind, the worksheet holds no verdict that could be taken away.
    if finding.origin == Finding.Origin.VERDICT and judged and any(part.state.verdict for part in parts_of(judged)):
        accepted = with_each(judged, lambda each, _site: each._replace(verdict=Verdict.Outcome.ACCEPT.value))
        return ScoreEffect(now, rules.score(worksheet.facts, {**states, finding.question: accepted}, is_reviewed))
    return ScoreEffect(now, now)


@lru_cache(maxsize=64)
def _without_rule(version_id: int, sha256: str, key: str) -> RuleSet:
    """The rules of a questionnaire as they would be without one of its triggers. Compiling takes some milliseconds."""
    whole = rulesets.questionnaire_of(version_id)
    questions = tuple(
        replace(question, triggers=tuple(trigger for trigger in question.triggers if trigger.key != key)) for question in whole.questions
    )
    return scorer.compile(replace(whole, questions=questions, by_code={question.code: question for question in questions}))


# --- labels -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelEffect:
    """Levels in words, empty for none; `criteria`: what is missed because of the finding alone."""

    standard: str
    now: str
    without: str
    criteria: list[str]


LabelReader = Callable[[Finding, ScoreEffect, datetime], LabelEffect | None]
_label_readers: list[LabelReader] = []


def knows_labels(reader: LabelReader) -> LabelReader:
    _label_readers.append(reader)
    return reader


def label_effect(finding: Finding, score: ScoreEffect, *, at: datetime) -> LabelEffect | None:
    return next((effect for reader in _label_readers if (effect := reader(finding, score, at)) is not None), None)
