"""Decisions and steps in words, in the language in use: what each criterion asks, what was found, what would meet it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from accounts.badges import badge_of
from labels import standards
from labels.criteria import (
    EVIDENCED,
    NO_END,
    SUSPEND,
    VERIFIED,
    Check,
    Criterion,
    Document,
    Gate,
    MajorsInTime,
    Measure,
    Need,
    NoCriticalFinding,
    NoViolation,
    Pilot,
    Remedy,
    ReviewAge,
    ScoreCriterion,
    SupplierState,
)
from labels.grounds import ground_title
from labels.models import Announcement, Decision, LabelEvent, Standard
from labels.rules import Rule, Rules
from labels.transitions import APPEAL, EXCEPTION
from suppliers.models import Document as DocumentRow
from suppliers.models import Supplier


__all__ = [
    "Explanation",
    "Happening",
    "LevelAnswer",
    "Line",
    "explain",
    "happenings",
    "happenings_for_supplier",
    "in_language",
    "level_title",
    "need_words",
]


def in_language(texts: Mapping[str, str]) -> str:
    return texts["zh" if (get_language() or "en").startswith("zh") else "en"]


def level_title(rules: Rules, level: str) -> str:
    return in_language(rules.level_texts[level]["title"]) if level in rules.level_texts else level


def day(value: date | str) -> str:
    return date_format(date.fromisoformat(value) if isinstance(value, str) else value, "DATE_FORMAT")


def listed(words: Sequence[object]) -> str:
    """A, B, C: with the comma of the language."""
    return _(", ").join(str(word) for word in words)


# --- what a criterion asks ------------------------------------------------------------------------------------------------


_PLAIN_NEEDS: dict[type[Criterion], StrOrPromise] = {
    NoCriticalFinding: gettext_lazy("None"),
    Gate: gettext_lazy("Required"),
    MajorsInTime: gettext_lazy("None overdue"),
    SupplierState: gettext_lazy("Active"),
    Pilot: gettext_lazy("In force"),
}


def need_words(criterion: Criterion, need: Need) -> str:
    match criterion:
        case ReviewAge():
            return ngettext("Closed within the last month", "Closed within the last %(months)s months", int(need)) % {"months": need}
        case NoViolation():
            return ngettext("None in the last month", "None in the last %(months)s months", int(need)) % {"months": need}
        case Document(any_of=kinds):
            return paper_names(kinds)
        case NoCriticalFinding() | Gate() | MajorsInTime() | SupplierState() | Pilot():
            return str(_PLAIN_NEEDS[type(criterion)])
        case Measure(is_limit=True):
            return _("At most %(figure)s") % {"figure": f"{need}{criterion.unit}"}
        case Measure():
            return _("At least %(points)s") % {"points": f"{need}{criterion.unit}"}
        case _:
            return _("At least %(points)s") % {"points": need}


def paper_names(kinds: Sequence[str]) -> str:
    return _(" or ").join(str(DocumentRow.Kind(kind).label) for kind in kinds)


# --- what was found -------------------------------------------------------------------------------------------------------


def value_words(criterion: Criterion, check: Check) -> str:
    if not check.applies:
        return _("Does not apply")
    if check.value is None:
        return nothing_words(criterion)
    match criterion:
        case ReviewAge():
            return _("Review closed on %(date)s") % {"date": day(check.value)}
        case Document():
            return paper_words(check)
        case Pilot():
            return _("In force until %(date)s") % {"date": day(check.value)}
        case Measure():
            return f"{check.value}{criterion.unit}"
        case Gate():
            return _("The contrary was declared") if check.value == "hit" else _("Nothing to the contrary was declared")
        case NoCriticalFinding() | MajorsInTime() | NoViolation():
            return check.value if check.value != "0" else _("None")
        case SupplierState():
            return str(Supplier.State(check.value).label)
        case _:
            return check.value


def nothing_words(criterion: Criterion) -> str:
    match criterion:
        case Document():
            return _("None on file")
        case ReviewAge():
            return _("No review closed yet")
        case Pilot():
            return _("No agreement in force")
        case Measure():
            return _("No figure that counts")
        case _:
            return _("Not known before the self-assessment is submitted")


def paper_words(check: Check) -> str:
    kind = str(DocumentRow.Kind(check.what).label)
    if check.value == NO_END:
        return _("%(document)s, without end date") % {"document": kind}
    if check.missed:
        return _("%(document)s, not in date (until %(date)s)") % {"document": kind, "date": day(check.value or "")}
    return _("%(document)s, until %(date)s") % {"document": kind, "date": day(check.value or "")}


def source_words(source: str) -> str:
    return {
        VERIFIED: _("Verified score of the newest reviewed assessment"),
        EVIDENCED: _("Evidenced score, not reviewed yet"),
        "score": _("No score yet"),
        "review": _("Reviews"),
        "answers": _("Self-assessment"),
        "register": _("Supplier register"),
        "documents": _("Documents of the supplier"),
        "findings": _("Findings"),
        "records": _("Public records"),
        "agreements": _("Pilot agreements"),
    }.get(source, source)


# --- what would meet it ---------------------------------------------------------------------------------------------------


_PLAIN_REMEDIES = {
    "finish_assessment": gettext_lazy("Submit the self-assessment, so that it can be scored and reviewed."),
    "finish_review": gettext_lazy("The review has to be closed by the buyer; submit the self-assessment if it is still open."),
    "answer_records": gettext_lazy("Answer the public record and have the answer accepted by the buyer."),
    "clear_gate": gettext_lazy("Put right what was declared, and show it in the next reviewed self-assessment."),
    "restore_state": gettext_lazy("The buyer has to set the supplier active again."),
    "sign_agreement": gettext_lazy("Sign a carbon-neutral pilot agreement with the buyer."),
}


def remedy_words(remedy: Remedy) -> str:
    params = remedy.params
    match remedy.key:
        case "renew_review":
            return _("Submit a new self-assessment: the last review, of %(date)s, is too long ago.") % {"date": day(params["closed_on"])}
        case "raise_score":
            return _("Raise the score to %(points)s. The score receipt shows which questions bring points.") % {"points": params["to"]}
        case "upload_document":
            return _("Upload this document, in date: %(documents)s.") % {"documents": paper_names(params["kinds"])}
        case "renew_document":
            text = _("Renew it and upload the new one: %(document)s, in date until %(date)s.")
            return text % {"document": DocumentRow.Kind(params["kind"]).label, "date": day(params["ended_on"])}
        case "give_figure":
            text = _("Answer question %(question)s in the next self-assessment, with evidence that the review accepts.")
            return text % {"question": params["question"]}
        case "mend_figure" if params["is_limit"]:
            text = _("Bring the figure of question %(question)s down to %(figure)s, and show it in the next reviewed self-assessment.")
            return text % {"question": params["question"], "figure": params["to"]}
        case "mend_figure":
            text = _("Bring the figure of question %(question)s up to %(figure)s, and show it in the next reviewed self-assessment.")
            return text % {"question": params["question"], "figure": params["to"]}
        case "close_findings":
            text = ngettext(
                "Correct %(count)s finding and have its closure verified.",
                "Correct %(count)s findings and have their closure verified.",
                params["count"],
            )
            return text % {"count": params["count"]}
    return str(_PLAIN_REMEDIES[remedy.key])


# --- a decision -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LevelAnswer:
    """What one level asks here, and whether it is met; `need` is empty where the level asks nothing."""

    level: str
    title: str
    need: str
    is_met: bool
    # What is missing, or too much: points of a score, or a figure.
    short_by: Decimal | None


@dataclass(frozen=True)
class Line:
    key: str
    title: str
    is_gate: bool
    applies: bool
    value: str
    source: str
    answers: list[LevelAnswer]
    # Empty where nothing is missed.
    remedy: str
    # Why a miss does not count, where people decided so.
    note: StrOrPromise
    is_score: bool

    @property
    def is_met(self) -> bool:
        return all(answer.is_met for answer in self.answers)


@dataclass(frozen=True)
class LevelSummary:
    level: str
    title: str
    is_met: bool
    missed: list[Line]


@dataclass(frozen=True)
class Explanation:
    standard: Standard
    at: datetime
    rules: Rules
    levels: list[LevelSummary]
    lines: list[Line]

    @property
    def next_level(self) -> LevelSummary | None:
        """The lowest level that is missed: what to work on."""
        return next((level for level in self.levels if not level.is_met), None)


def explain(decision: Decision) -> Explanation:
    return explain_snapshot(decision.standard, decision.criteria, decision.evaluated_at)


def explain_snapshot(standard: Standard, snapshot: Mapping[str, Any], at: datetime) -> Explanation:
    """From what was kept alone: criteria, values and sources of then, in the words of today's language."""
    rules = standards.rules_of(standard)
    checks = [Check.from_json(line) for line in snapshot.get("criteria", ())]
    lines = [line_of(rules, rules.rule_of[check.key], check) for check in checks]
    levels = [
        LevelSummary(level, level_title(rules, level), not missed, missed)
        for level in rules.levels
        for missed in [[line for line in lines if any(answer.level == level and not answer.is_met for answer in line.answers)]]
    ]
    return Explanation(standard, at, rules, levels, lines)


def line_of(rules: Rules, rule: Rule, check: Check) -> Line:
    criterion = rule.criterion
    answers = [
        LevelAnswer(
            level,
            level_title(rules, level),
            need_words(criterion, check.need[level]) if level in check.need else "",
            level not in check.missed,
            check.shortfall(level),
        )
        for level in rules.levels
    ]
    return Line(
        key=check.key,
        title=in_language(rule.title),
        is_gate=criterion.effect == SUSPEND,
        applies=check.applies,
        value=value_words(criterion, check),
        source=source_words(check.source),
        answers=answers,
        remedy=remedy_words(criterion.remedy(check)) if check.missed else "",
        note=_OVERLOOKED[check.overlooked] if check.overlooked else "",
        is_score=isinstance(criterion, ScoreCriterion),
    )


_OVERLOOKED = {
    EXCEPTION: gettext_lazy("Missed, but overlooked for a time by an exception that two people decided."),
    APPEAL: gettext_lazy("Missed, but not held against the supplier for a time: its appeal was upheld."),
}


# --- the ledger -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Happening:
    """A step of the ledger, as components/timeline.html draws it."""

    title: str
    detail: str
    actor: str
    at: datetime
    tone: str
    icon: str
    url: str


# Steps that are no state of their own look like the state they lead to.
_LOOKS = {"raised": "awarded", "renewed": "awarded", "cleared": "awarded", "lowered": "warned"}


def happenings(events: Sequence[LabelEvent]) -> list[Happening]:
    """In the order they come in. Select standard, actor and second_actor with them."""
    return [happening(event) for event in events]


def happenings_for_supplier(events: Sequence[LabelEvent]) -> list[Happening]:
    """Says that people decided, not which."""
    return [replace(one, actor=_actor_for_supplier(event, one)) for event, one in zip(events, happenings(events), strict=True)]


def _actor_for_supplier(event: LabelEvent, one: Happening) -> str:
    if event.kind == LabelEvent.Kind.APPEALED:
        return one.actor
    return _("By the buyer's people") if event.actor_id else one.actor


def happening(event: LabelEvent) -> Happening:
    tone, icon = badge_of(_LOOKS.get(event.kind, event.kind))
    level = event.get_level_display()
    title = f"{step_title(event)} · {level}" if level else step_title(event)
    people = [str(person) for person in (event.actor, event.second_actor) if person]
    detail = effect_words(event) % {"date": day(effect_day(event)), "reason": reason_words(event)}
    actor = listed(people) if people else _("By the rules of the standard")
    return Happening(title, detail.strip(), actor, event.at, tone, icon, event.get_absolute_url())


def step_title(event: LabelEvent) -> str:
    """Of an announcement, also what it announces."""
    if event.kind != LabelEvent.Kind.ANNOUNCED:
        return str(event.get_kind_display())
    return _("Announced: %(step)s") % {"step": Announcement.Step(event.snapshot["announces"]["step"]).label}


def effect_words(event: LabelEvent) -> str:
    if event.kind == LabelEvent.Kind.ANNOUNCED:
        return _("To take effect on %(date)s. %(reason)s")
    if event.kind == LabelEvent.Kind.CALLED_OFF:
        return _("It was announced for %(date)s. %(reason)s")
    return _("In effect on %(date)s. %(reason)s")


def effect_day(event: LabelEvent) -> date:
    """Of an announcement the day it is for: the announcement itself counts from the day it is made."""
    announces: Mapping[str, str] = event.snapshot.get("announces", {})
    is_announced = event.kind in (LabelEvent.Kind.ANNOUNCED, LabelEvent.Kind.CALLED_OFF)
    return date.fromisoformat(announces["effective_on"]) if is_announced else event.effective_on


_PLAIN_REASONS = {
    "validity_over": gettext_lazy("The period of validity is over."),
    "lapsed": gettext_lazy("When its day came, the label was in no state for it."),
}


def reason_words(event: LabelEvent) -> str:
    if event.reason_code in _PLAIN_REASONS:
        return str(_PLAIN_REASONS[event.reason_code])
    missed = listed(missed_titles(event))
    match event.reason_code:
        case "criteria_met" if event.kind == "cleared":
            return _("Everything the level asks is met again.")
        case "criteria_met":
            return _("Everything the level asks is met.")
        case "criteria_missed":
            return _("Missed: %(criteria)s. To be put right by %(date)s.") % {
                "criteria": missed,
                "date": day(event.until or event.effective_on),
            }
        case "gate_missed":
            return _("A condition that allows no delay is missed: %(criteria)s.") % {"criteria": missed}
        case "grace_over":
            return _("Not put right within the period of grace: %(criteria)s.") % {"criteria": missed}
        case "term_ends":
            return _("The term ends on %(date)s. In its last days the label is renewed, if everything it asks is met then.") % {
                "date": day(event.valid_to or event.effective_on)
            }
        case "exception" if event.kind == "proposed":
            return _("An award by exception is proposed; a second person decides. %(reason)s") % {"reason": event.reason}
        case "exception" if event.kind == "awarded":
            return _("By exception, decided by two people. %(reason)s") % {"reason": event.reason}
    ground = ground_title(event.reason_code)
    return f"{ground}: {event.reason}" if ground else event.reason


def missed_titles(event: LabelEvent) -> list[str]:
    """What the snapshot of the step says was missed, for the step's own reason."""
    if event.standard is None:
        return []
    rules = standards.rules_of(event.standard)
    levels = set(rules.levels[rules.rank(event.level) :]) if event.kind == "lowered" else {event.level}
    titles = []
    for line in event.snapshot.get("criteria", ()):
        rule = rules.rule_of.get(line["key"])
        if rule and levels & set(line["missed"]) and (event.reason_code != "gate_missed" or rule.criterion.effect == SUSPEND):
            titles.append(in_language(rule.title))
    return titles
