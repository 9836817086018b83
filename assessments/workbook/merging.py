"""Three ways of one answer put together: as it was at the download, as it is in the file, as it stands now. No database.

Field by field: what only the file changed is taken from the file; what only somebody else changed stays; what both changed alike
stands already; what both changed differently is a conflict, and a person chooses. A cell that cannot be read changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from assessments import answers, inputs
from assessments.answers import Cleaned
from assessments.inputs import name_of
from assessments.messages import answer_error
from assessments.questions import NOTE, Question
from assessments.wording import Said, describe, local
from assessments.workbook.layout import Slot
from assessments.workbook.reading import ERROR_VALUE, NO_VALUE, Given


@dataclass(frozen=True)
class Now:
    """The answer as it stands."""

    value: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """One field. `said` at the download, in the file, now; none where it is empty."""

    key: str
    label: str
    where: str
    before: list[Said]
    given: list[Said]
    now: list[Said]
    is_conflict: bool
    is_computed: bool = False


@dataclass(frozen=True)
class Wrong:
    where: str
    text: str


@dataclass(frozen=True)
class Merge:
    slot: Slot
    question: Question
    now: Now
    changes: tuple[Change, ...]
    wrong: tuple[Wrong, ...]
    # The fields of the file, cleaned.
    given: Mapping[str, Any]

    @property
    def conflicts(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.is_conflict)

    @property
    def is_conflict(self) -> bool:
        return bool(self.conflicts)

    def value(self, *, take_file: bool) -> dict[str, Any]:
        """What to save. `take_file`: a conflict ends with what is in the file; else with what stands."""
        value = dict(self.now.value)
        for change in self.changes:
            if change.is_conflict and not take_file:
                continue
            if change.key in self.given:
                value[change.key] = self.given[change.key]
            else:
                value.pop(change.key, None)
        return value


def merge(question: Question, slot: Slot, given: Given, base: Mapping[str, Any], now: Now) -> Merge:
    typed = typed_of(question, given)
    cleaned = answers.clean(question, typed)
    before, current = _Side(question, base), _Side(question, now.value)
    wrong = _wrong(question, given, cleaned, typed, before)
    changes = []
    for key in _keys(question):
        theirs = cleaned.value.get(key)
        if key in wrong or before.says(key, typed.get(key), theirs) or current.says(key, typed.get(key), theirs):
            continue
        changes.append(_change(question, key, given, cleaned.value, before, current))
    found = tuple(each for lines in wrong.values() for each in lines)
    return Merge(slot, question, now, tuple(changes), found, cleaned.value)


def differs(question: Question, given: Given, base: Mapping[str, Any]) -> bool:
    """Whether the file says anything that was not there at the download."""
    found = merge(question, Slot(question.code), given, base, Now(base))
    return bool(found.changes or found.wrong)


def typed_of(question: Question, given: Given) -> dict[str, Any]:
    return inputs.read(question, MultiValueDict(given.typed))


def _keys(question: Question) -> list[str]:
    keys = [each.key for each in question.fields if each.type != "file"]
    return keys if NOTE in keys else [*keys, NOTE]


class _Side:
    """A stored value, to be compared with what a file says: as it is written to a workbook and read again."""

    def __init__(self, question: Question, value: Mapping[str, Any]) -> None:
        data: MultiValueDict[str, str] = MultiValueDict()
        for name, text in inputs.pairs(question, value):
            data.appendlist(name, text)
        self.value = value
        self.typed = inputs.read(question, data)
        self.cleaned = answers.clean(question, self.typed).value

    def says(self, key: str, typed: Any, cleaned: Any) -> bool:
        """A value that an older version of the rules let in counts as unchanged when it came back as it was."""
        return bool(self.typed.get(key) == typed or self.cleaned.get(key) == cleaned)


def _change(question: Question, key: str, given: Given, value: Mapping[str, Any], before: _Side, current: _Side) -> Change:
    found = question.field(key)
    where = _where(question, given, key)
    return Change(
        key=key,
        label=local(found.label) if found and len(_keys(question)) > 2 else "" if found else _("Note"),
        where=where,
        before=_said(question, key, before.value),
        given=_said(question, key, value),
        now=_said(question, key, current.value),
        is_conflict=before.cleaned.get(key) != current.cleaned.get(key),
        is_computed=where in given.computed,
    )


def _said(question: Question, key: str, value: Mapping[str, Any]) -> list[Said]:
    if question.field(key) is None:
        return [Said("", str(value[key]))] if value.get(key) else []
    return [Said("", said.text, said.header, said.rows) for said in describe(question, {key: value.get(key)})]


# --- what cannot be read ----------------------------------------------------------------------------------------------


def _wrong(question: Question, given: Given, cleaned: Cleaned, typed: Mapping[str, Any], before: _Side) -> dict[str, list[Wrong]]:
    """Field -> what is wrong in it."""
    found: dict[str, list[Wrong]] = {}
    for name, reason in given.wrong.items():
        found.setdefault(name.split("__")[1], []).append(Wrong(given.where[name], _cell_error(reason)))
    for path, error in cleaned.errors.items():
        key, *rest = path.split(".")
        if before.typed.get(key) == typed.get(key):
            continue
        is_unit = error.key in ("unit_missing", "unknown_unit")
        found.setdefault(key, []).append(Wrong(_where(question, given, key, rest, is_unit=is_unit), answer_error(error)))
    return found


def _cell_error(reason: str) -> str:
    texts = {
        NO_VALUE: _("The formula has no result yet. Open the workbook in a spreadsheet program and save it, or type the value."),
        ERROR_VALUE: _("The cell shows an error instead of a value."),
    }
    return texts[reason]


def _where(question: Question, given: Given, key: str, rest: Iterable[str] = (), *, is_unit: bool = False) -> str:
    """The cell of a field, or of a cell of a table: "E3 有害物质!E14"."""
    parts = list(rest)
    if parts and parts[0].isdecimal():
        parts[0] = str(_row_numbers(question, given, key)[int(parts[0])])
    name = name_of(question.code, key, *parts)
    for candidate in (f"{name}__unit" if is_unit else name, f"{name}__amount", name):
        if candidate in given.where:
            return given.where[candidate]
    # A table as a whole: its first row.
    return next((where for each, where in given.where.items() if each.startswith(f"{name}__")), "")


def _row_numbers(question: Question, given: Given, key: str) -> list[int]:
    """Rows of a table in which something is filled in: empty ones do not count as rows of the answer."""
    prefix = f"{name_of(question.code, key)}__"
    names = (name for name, texts in given.typed.items() if texts and name.startswith(prefix))
    return sorted({int(name.removeprefix(prefix).partition("__")[0]) for name in names})
