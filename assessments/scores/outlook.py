"""The score before signing: what the answers earn as they stand, and what each thing that is missing costs.

All from the scorer: the totals are computed as they will be after the submission, and what a step brings is the receipt's own line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assessments.answering.worksheet import Worksheet
from assessments.questionnaires.questions import Question
from assessments.questionnaires.wording import local
from assessments.scores.results import step_text
from assessments.scoring.scorer import ZERO_TOLERANCE, Step


ANSWERS, EVIDENCE, NOTES = "answers", "evidence", "notes"
# Steps that are about something missing; the others would change what the company does, not what it says.
_MISSING = {"answer": ANSWERS, "complete": ANSWERS, "attach_evidence": EVIDENCE, "explain_check": NOTES}
_LABELS: dict[str, StrOrPromise] = {
    "earned": _("earned as it stands"),
    EVIDENCE: _("with the missing evidence"),
    ANSWERS: _("at most, with the missing answers"),
    NOTES: _("with the missing explanations"),
}
WORST_SHOWN = 8


@dataclass(frozen=True)
class Missing:
    """`kind`: ANSWERS, EVIDENCE or NOTES. `gain`: points of the total it would bring, at most where an answer is missing."""

    kind: str
    code: str
    text: str
    what: str
    url: str
    gain: Decimal


@dataclass(frozen=True)
class Part:
    state: str
    label: str
    start: Decimal
    points: Decimal


@dataclass(frozen=True)
class Outlook:
    declared: Decimal | None
    evidenced: Decimal | None
    # Share of the evidence asked for that is attached, in per cent.
    evidence_coverage: Decimal | None
    # Where a zero-tolerance rule holds the totals down, nothing else raises them.
    cap: Decimal | None
    missing: list[Missing]

    def gain(self, kind: str) -> Decimal:
        return sum((each.gain for each in self.missing if each.kind == kind), Decimal(0))

    @property
    def evidence_gain(self) -> Decimal:
        return self.gain(EVIDENCE)

    @property
    def answers_gain(self) -> Decimal:
        return self.gain(ANSWERS)

    @property
    def notes_gain(self) -> Decimal:
        return self.gain(NOTES)

    @property
    def within_reach(self) -> Decimal:
        """The evidenced total if nothing were missing, and every missing answer earned its full credit."""
        total = (self.evidenced or Decimal(0)) + self.evidence_gain + self.answers_gain + self.notes_gain
        return min(total, self.cap if self.cap is not None else Decimal(100))

    @property
    def worst(self) -> list[Missing]:
        return self.missing[:WORST_SHOWN]

    @property
    def others(self) -> list[Missing]:
        return self.missing[WORST_SHOWN:]

    @property
    def bar(self) -> list[Part]:
        """Stretches of the scale from 0 to 100, in the order in which they are easiest to get."""
        found, start = [], Decimal(0)
        gains = {} if self.cap is not None else {kind: self.gain(kind) for kind in (EVIDENCE, NOTES, ANSWERS)}
        for state, points in {"earned": self.evidenced or Decimal(0), **gains}.items():
            if points:
                found.append(Part(state, str(_LABELS[state]), start, points))
                start += points
        return found


def outlook(worksheet: Worksheet) -> Outlook:
    rules = worksheet.rules
    result = rules.score(worksheet.facts, worksheet.states)
    capped = any(hit.kind == ZERO_TOLERANCE for hit in result.triggers)
    cap = rules.questionnaire.zero_tolerance_cap if capped else None
    missing = sorted(_missing(worksheet), key=lambda each: (-each.gain, each.code))
    return Outlook(result.declared, result.evidenced, result.evidence_coverage, cap, missing)


def _missing(worksheet: Worksheet) -> Iterator[Missing]:
    for question in worksheet.asked:
        for step in worksheet.lines[question.code].takes:
            if step.key in _MISSING:
                yield _step(worksheet, question, step)
    for question in worksheet.unanswered:
        if not worksheet.lines[question.code].takes:
            yield _step(worksheet, question, Step("answer", {}, Decimal(0)))


def _step(worksheet: Worksheet, question: Question, step: Step) -> Missing:
    url = f"{reverse('assessments:area', args=[worksheet.assessment.pk, question.area])}#{question.code}"
    what = gettext("Not answered yet") if step.key == "answer" else step_text(question, step)
    return Missing(_MISSING[step.key], question.code, local(question.text), what, url, step.gain)
