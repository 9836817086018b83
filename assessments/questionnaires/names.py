"""What the words of an expression may stand for: fields, other questions, facts about the company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from assessments.questionnaires import values
from assessments.questionnaires.expressions import Name, Read, Scope
from assessments.questionnaires.questions import CATEGORIES, HEADCOUNT_BANDS, SITE_TYPES, Field, Question


class Facts(NamedTuple):
    """What the score needs to know about a supplier. `sites` holds (type, country) pairs; order does not matter."""

    category: str
    country: str
    headcount: str
    sites: tuple[tuple[str, str], ...]


CORRECT = "correct"


class Correction(NamedTuple):
    """The verdict that puts another value beside the answer. `outcome` is CORRECT; JSON has it as ["correct", {...}]."""

    outcome: str
    value: Mapping[str, Any]


# A reviewer's word on one answer: its name or, for a correction, its name and the value.
Verdict = str | Correction | None


def verdict_of(outcome: str | None, corrected: Mapping[str, Any] | None) -> Verdict:
    """From the two columns it is stored in."""
    return Correction(CORRECT, corrected) if corrected is not None else outcome


class AnswerState(NamedTuple):
    """One answer as it counts: field key -> value, whether evidence is attached, and the reviewer's verdict if any."""

    value: Mapping[str, Any]
    has_evidence: bool = False
    verdict: Verdict = None


class SiteState(NamedTuple):
    """The answer of one site that differs from the answer for all sites."""

    site: int
    value: Mapping[str, Any]
    has_evidence: bool = False
    verdict: Verdict = None


class SiteStates(NamedTuple):
    """`shared`: at how many sites the answer for all sites stands. `own`: the sites that differ, by their ids."""

    shared: int
    own: tuple[SiteState, ...]


class SitedState(NamedTuple):
    """The answer for all sites, to a question asked per site, and those of the sites that differ from it."""

    value: Mapping[str, Any]
    has_evidence: bool
    verdict: Verdict
    sites: SiteStates


# Plain (value, has_evidence, verdict) triples do as well: bulk runs take them straight from JSON.
Answers = Mapping[str, "AnswerState | SitedState | tuple[Mapping[str, Any], bool, Verdict]"]

_NO_FACTS = Facts("", "", "", ())


class State:
    """What an expression looks at while it is evaluated: its question's own fields as read, and everything else as stored."""

    __slots__ = ("answers", "facts", "hidden", "own")

    def __init__(
        self,
        own: values.Typed,
        answers: Answers | None = None,
        facts: Facts = _NO_FACTS,
        hidden: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        self.own = own
        self.answers: Answers = answers if answers is not None else {}
        self.facts = facts
        self.hidden = hidden


_KINDS = {
    "yes_no": "choice",
    "yes_no_na": "choice",
    "single": "choice",
    "maturity": "number",
    "number": "number",
    "percent": "number",
    "date": "date",
    "text": "text",
    "multi": "set",
}


def scope(questions: Mapping[str, Question], question: Question, own: bool = True) -> Scope:
    """The names an expression of this question may use; its own fields only where `own` says so."""
    types = question.applies.site_types
    allowed = frozenset(types if types is not None else SITE_TYPES)

    def resolve(word: str) -> Name | None:
        if own and (found := _field_name(question, word, "")):
            return found
        if word.startswith(("company.", "site.")):
            return _fact(word, allowed)
        code, _, rest = word.partition(".")
        other = questions.get(code)
        if other is None or (not own and other.code == question.code):
            return None
        return _field_name(other, rest or _only_field(other), other.code)

    return resolve


def _only_field(question: Question) -> str:
    if question.field("value"):
        return "value"
    answerable = [field.key for field in question.fields if field.type != "file"]
    return answerable[0] if len(answerable) == 1 else ""


def _field_name(question: Question, word: str, code: str) -> Name | None:
    key, _, column_key = word.partition(".")
    field = question.field(key)
    if field is None or field.type == "file":
        return None
    if field.type == "table":
        column = next((column for column in field.columns if column.key == column_key), None)
        if column is None or _KINDS[column.type] != "number" or column.type == "maturity":
            return None
        total = values.column_total(column)
        return Name("number", _read_field(key, total, code, total), None, code, not code)
    if column_key:
        return None
    return Name(_KINDS[field.type], _read_field(key, values.reader(field), code), _options(field), code, not code)


def _options(field: Field) -> tuple[str, ...] | None:
    return tuple(option.key for option in field.options) if field.options else None


def _read_field(key: str, read: values.Read, code: str, total: values.Read | None = None) -> Read:
    if not code:
        # Own fields are read before an expression looks at them; only a table's column is still to be added up.
        return (lambda state: total(state.own.get(key))) if total else (lambda state: state.own.get(key))

    def read_other(state: State) -> Any:
        answer = state.answers.get(code)
        # What does not apply counts as not answered, whatever was typed before it was hidden.
        if answer is None or code in state.hidden:
            return None
        return read(answer[0].get(key))

    return read_other


def _fact(word: str, site_types: frozenset[str]) -> Name | None:
    facts: dict[str, Name] = {
        "company.country": Name("choice", lambda state: state.facts.country or None),
        "company.category": Name("choice", lambda state: state.facts.category or None, CATEGORIES),
        "company.headcount": Name("rank", lambda state: state.facts.headcount or None, HEADCOUNT_BANDS),
        "site.country": Name("any", lambda state: [c for kind, c in state.facts.sites if kind in site_types]),
        "site.type": Name("any", lambda state: [kind for kind, c in state.facts.sites if kind in site_types], SITE_TYPES),
    }
    return facts.get(word)
