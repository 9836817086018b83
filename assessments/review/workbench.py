"""The workbench: the answers of one area with everything a reviewer looks at beside them, and the inputs of a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from assessments.answering import last_year
from assessments.answering.inputs import name_of
from assessments.answering.last_year import LastYear
from assessments.editor.presenters import Choice, Input, inputs_of
from assessments.evidence.public_facts import Fact, facts_beside
from assessments.models import QueryMessage, Verdict
from assessments.review import changes_since, queries
from assessments.review.changes_since import Change
from assessments.review.judging import OUTCOME, REASON, Typed
from assessments.selectors import AnsweredArea, AnsweredQuestion, Dossier


@dataclass(frozen=True)
class VerdictBox:
    """The inputs of one answer's verdict, with what they hold."""

    outcome: Input
    reason: Input
    # The question's own, for a correction.
    fields: tuple[Input, ...]
    base: int
    state: str
    saved_at: datetime | None
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One answer. `box` is there for the one who reviews it."""

    question: AnsweredQuestion
    box: VerdictBox | None
    last_year: LastYear | None
    # What was written to and by the supplier, and what the supplier changed since the newest return.
    talk: list[QueryMessage]
    change: Change | None
    # What registers, authorities and certificates say.
    facts: list[Fact]


@dataclass(frozen=True)
class Desk:
    dossier: Dossier
    area: AnsweredArea
    cards: list[Card]
    register: list[tuple[str, str]]
    # Answers without a verdict, of which some can be accepted in one step.
    left: list[AnsweredQuestion] = field(default_factory=list)

    @property
    def acceptable(self) -> list[AnsweredQuestion]:
        return [question for question in self.left if may_be_accepted_unseen(question)]

    @property
    def unlike(self) -> list[AnsweredQuestion]:
        """What is left of them for the reviewer to look at."""
        return [question for question in self.left if not may_be_accepted_unseen(question)]

    @property
    def next_area(self) -> AnsweredArea | None:
        areas = self.dossier.areas
        place = areas.index(self.area) + 1
        return areas[place] if place < len(areas) else None


def desk_of(dossier: Dossier, area: AnsweredArea, *, may_decide: bool, today: date, typed: Mapping[str, Typed] | None = None) -> Desk:
    """Five queries where there is an earlier year, one where there is none. `typed`: what could not be given, by the answer's key."""
    questions = dossier.worksheet.rules.questionnaire.in_area(area.code)
    earlier = last_year.beside(dossier.worksheet, questions, today=today)
    public = facts_beside(dossier.worksheet, questions, today=today)
    talks, changes = queries.talks(dossier.assessment), changes_since.newest_return(dossier.worksheet)
    cards = [
        Card(
            question=answer,
            box=_box(dossier, answer, (typed or {}).get(answer.code)) if may_decide and answer.has_answer else None,
            last_year=earlier.get(answer.question_code) if answer.site is None else None,
            talk=talks.get(answer.code, []),
            change=changes.get(answer.code),
            facts=public.by_question.get(answer.question_code, []) if answer.site is None else [],
        )
        for answer in area.answers
    ]
    return Desk(dossier, area, cards, public.register, [answer for answer in area.to_judge if answer.verdict is None])


def may_be_accepted_unseen(question: AnsweredQuestion) -> bool:
    """The evidence rule is met, and nothing about the answer is unusual: no failed check, no rule of zero tolerance, gate or finding."""
    line = question.own_line
    return line.answered and line.evidence != "missing" and not question.remarks and not line.triggers


def _box(dossier: Dossier, answer: AnsweredQuestion, typed: Typed | None) -> VerdictBox:
    given, key = answer.verdict, answer.code
    holds = typed or _typed_of(given)
    question = dossier.worksheet.rules.questionnaire.question(answer.question_code)
    site = answer.site.pk if answer.site else None
    stored = dossier.worksheet.answer(question.code, site)
    # A correction begins with the answer: often one figure of several is wrong.
    value = holds.raw or (stored.value if stored else {})
    errors, prefix = holds.errors, f"{key}__"
    of_fields = {name.removeprefix(prefix).replace("__", "."): text for name, text in errors.items() if name.startswith(prefix)}
    return VerdictBox(
        outcome=_outcome(key, holds.outcome, errors),
        reason=Input(
            kind="text",
            name=name_of(key, REASON),
            id=name_of(key, REASON),
            label=_("Reason"),
            is_labelled=True,
            is_required=True,
            value=holds.reason,
            errors=_errors(errors, name_of(key, REASON)),
        ),
        fields=inputs_of(question, key, value, of_fields),
        base=given.version if given else 0,
        state="invalid" if errors else "saved" if given else "idle",
        saved_at=given.at if given else None,
        errors=_errors(errors, ""),
    )


def _typed_of(verdict: Verdict | None) -> Typed:
    return Typed(verdict.outcome, verdict.reason, raw=verdict.corrected or {}) if verdict else Typed()


def _outcome(key: str, chosen: str, errors: Mapping[str, str]) -> Input:
    name = name_of(key, OUTCOME)
    words = {
        Verdict.Outcome.ACCEPT: _("Accept"),
        Verdict.Outcome.QUERY: _("Ask the supplier"),
        Verdict.Outcome.REJECT_EVIDENCE: _("Reject the evidence"),
        Verdict.Outcome.REJECT_ANSWER: _("Reject the answer"),
        Verdict.Outcome.CORRECT: _("Correct the answer"),
    }
    return Input(
        kind="radio",
        name=name,
        id=name,
        label=_("Verdict"),
        is_labelled=True,
        is_required=True,
        choices=tuple(Choice(outcome.value, label, outcome == chosen) for outcome, label in words.items()),
        is_inline=True,
        errors=_errors(errors, name),
    )


def _errors(errors: Mapping[str, str], name: str) -> tuple[str, ...]:
    return (errors[name],) if name in errors else ()
