"""An assessment opened on the desk: its rules, the facts about the supplier, the answers so far, and what follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import F

from assessments import rulesets
from assessments.facts import facts_for, facts_of
from assessments.models import Answer, Assessment, EvidenceUse
from assessments.names import AnswerState, Facts, State
from assessments.questions import Question
from assessments.scoring import Line, RuleSet
from assessments.submission_gates import closed_gates


@dataclass(frozen=True)
class Progress:
    """Counts of questions asked and answered. A question that is not asked does not count."""

    answered: int
    asked: int

    @property
    def is_complete(self) -> bool:
        return self.answered == self.asked

    @property
    def left(self) -> int:
        return self.asked - self.answered


class Reading:
    """Answers as the rules read them: what is asked, what is answered, what an answer lacks."""

    def __init__(self, rules: RuleSet, facts: Facts, states: Mapping[str, AnswerState]) -> None:
        self.rules = rules
        self.facts = facts
        self.states = states

    @cached_property
    def hidden(self) -> dict[str, str]:
        """Question -> why it is not asked: "category", "site_type" or "condition"."""
        return dict(self.rules.applicability.why_not(self.facts, self.states))

    @cached_property
    def around(self) -> State:
        return State({}, self.states, self.facts, frozenset(self.hidden))

    def candidates_in(self, area: str) -> list[Question]:
        """Asked now, or asked as soon as another answer says so."""
        questions = self.rules.questionnaire.in_area(area)
        return [question for question in questions if self.hidden.get(question.code, "condition") == "condition"]

    def is_answered(self, code: str) -> bool:
        return code in self._answered

    @cached_property
    def _answered(self) -> set[str]:
        return {code for code, state in self.states.items() if self._is_known(code) and self.rules.answered(code, *state[:2])}

    def _is_known(self, code: str) -> bool:
        """A question that another version of the questionnaire asked may have left an answer behind."""
        return code in self.rules.questionnaire.by_code

    def needs_evidence(self, code: str) -> bool:
        """Whether the answer as it stands is worth its full credit only with evidence, attached or not."""
        state = self.states.get(code)
        return state is not None and self.rules.evidence_asked(code, state.value, self.around)

    def lacks_evidence(self, code: str) -> bool:
        return self.needs_evidence(code) and not self.states[code].has_evidence

    def failed_checks(self, code: str) -> tuple[str, ...]:
        state = self.states.get(code)
        return self.rules.failed_checks(code, state.value, self.around) if state else ()


class Worksheet(Reading):
    def __init__(self, assessment: Assessment, rules: RuleSet, facts: Facts, answers: dict[str, Answer]) -> None:
        super().__init__(rules, facts, {code: state_of(answer) for code, answer in answers.items()})
        self.assessment = assessment
        self.answers = answers

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        return tuple(question for question in self.rules.questionnaire.questions if question.code not in self.hidden)

    def asked_in(self, area: str) -> list[Question]:
        return [question for question in self.asked if question.area == area]

    def saved_by(self, code: str) -> str:
        answer = self.answers.get(code)
        return str(getattr(answer, "author", None) or "") if answer else ""

    def lacks_note(self, code: str) -> bool:
        return bool(self.failed_checks(code)) and not self.answers[code].note.strip()

    def progress(self, area: str = "") -> Progress:
        """Of one area, or of all."""
        codes = [question.code for question in self.asked if not area or question.area == area]
        return Progress(sum(map(self.is_answered, codes)), len(codes))

    @cached_property
    def unanswered(self) -> list[Question]:
        return [question for question in self.asked if not self.is_answered(question.code)]

    @cached_property
    def closed_gates(self) -> list[Question]:
        """Questions that keep the assessment from being submitted."""
        return [question for question in self.asked if closed_gates(self.rules, question, self.around)]

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The receipt line of each question."""
        lines = self.rules.explain(self.facts, self.states, self.assessment.status == Assessment.Status.CLOSED)
        return {line.question: line for line in lines}

    def evidence(self, codes: Iterable[str] | None = None) -> dict[str, list[EvidenceUse]]:
        """Question -> the documents behind its answer. One query."""
        uses = EvidenceUse.objects.filter(answer__assessment=self.assessment, answer__site=None)
        if codes is not None:
            uses = uses.filter(answer__question__in=list(codes))
        found: dict[str, list[EvidenceUse]] = {}
        for use in uses.select_related("answer", "document").order_by("added_at", "pk"):
            found.setdefault(use.answer.question, []).append(use)
        return found


def state_of(answer: Answer) -> AnswerState:
    verdict = getattr(answer, "verdict", None)
    return AnswerState(answer.value, answer.evidence_count > 0, verdict.outcome if verdict else None)


def open_worksheet(assessment: Assessment) -> Worksheet:
    """Two queries: facts and answers. `assessment` comes with its campaign and supplier."""
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    facts = facts_of(assessment.supplier)
    # The name alone: a whole user for each answer costs more than all the rest.
    answers = Answer.objects.filter(assessment=assessment, site=None).select_related("verdict").annotate(author=F("updated_by__name"))
    return Worksheet(assessment, rules, facts, {answer.question: answer for answer in answers})


def read_states(assessment_id: int, supplier_id: int, rules: RuleSet, codes: Iterable[str]) -> Reading:
    """Two queries: facts, and the answers to these questions alone, without their rows: for what happens with every save."""
    answers = Answer.objects.filter(assessment=assessment_id, site=None, question__in=list(codes))
    rows = answers.values_list("question", "value", "evidence_count", "verdict__outcome")
    states = {code: AnswerState(value, count > 0, outcome) for code, value, count, outcome in rows}
    return Reading(rules, facts_for([supplier_id])[supplier_id], states)
