"""Three ways of one answer put together: as it was at the download, as it is in the file, as it stands now. No database.

Field by field: what only the file changed is taken from the file; what only somebody else changed stays; what both changed alike
stands already; what both changed differently is a conflict, and a person chooses. A table that both changed is put together row by
row (`tables.py`). A cell that cannot be read changes nothing, of a table its row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from assessments.answering import inputs
from assessments.answering.inputs import name_of
from assessments.questionnaires import answers
from assessments.questionnaires.messages import answer_error
from assessments.questionnaires.questions import NOTE, Field, Question
from assessments.questionnaires.wording import Said, describe, local, well_formed
from assessments.workbook import tables
from assessments.workbook.layout import Slot
from assessments.workbook.reading import ERROR_VALUE, NO_VALUE, Given
from assessments.workbook.tables import Together


# Of the rows in conflict, as many are named by their cell.
MOST_CELLS = 5


@dataclass(frozen=True)
class Now:
    """The answer as it stands."""

    value: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """One field. `said` at the download, in the file, now; none where it is empty. Of a table with rows in conflict, those rows.

    `taken` is what is saved where a conflict ends with the file, or where there is none; `kept` where it ends with what stands.
    `together`: a table that both sides changed, as it will be saved.
    """

    key: str
    label: str
    where: str
    before: list[Said]
    given: list[Said]
    now: list[Said]
    is_conflict: bool
    taken: Any
    kept: Any
    is_computed: bool = False
    together: list[Said] = field(default_factory=list)


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
            result = change.taken if take_file or not change.is_conflict else change.kept
            if result is None:
                value.pop(change.key, None)
            else:
                value[change.key] = result
        return value


def merge(question: Question, slot: Slot, given: Given, base: Mapping[str, Any], now: Now) -> Merge:
    sides = _Sides(question, given, _Stored(question, base), _Stored(question, now.value))
    wrong = _wrong(sides)
    changes = [change for key in _keys(question) if (change := _change(sides, key, wrong)) is not None]
    found = tuple(each for lines in wrong.values() for each in lines)
    return Merge(slot, question, now, tuple(changes), found)


def differs(question: Question, given: Given, base: Mapping[str, Any]) -> bool:
    """Whether the file says anything that was not there at the download."""
    found = merge(question, Slot(question.code), given, base, Now(base))
    return bool(found.changes or found.wrong)


def typed_of(question: Question, given: Given) -> dict[str, Any]:
    return inputs.read(question, MultiValueDict(given.typed))


def _keys(question: Question) -> list[str]:
    keys = [each.key for each in question.fields if each.type != "file"]
    return keys if NOTE in keys else [*keys, NOTE]


class _Stored:
    """A stored value, to be compared with what a file says: as it is written to a workbook and read again."""

    def __init__(self, question: Question, value: Mapping[str, Any]) -> None:
        self.data: MultiValueDict[str, str] = MultiValueDict()
        for name, text in inputs.pairs(question, value):
            self.data.appendlist(name, text)
        self.value = value
        self.typed = inputs.read(question, self.data)
        self.cleaned = answers.clean(question, self.typed).value

    def says(self, key: str, typed: Any, cleaned: Any) -> bool:
        """A value that an older version of the rules let in counts as unchanged when it came back as it was."""
        return bool(self.typed.get(key) == typed or self.cleaned.get(key) == cleaned)


class _Sides:
    """One question: what the file says, and the stored value at the download and now."""

    def __init__(self, question: Question, given: Given, before: _Stored, current: _Stored) -> None:
        self.question, self.given = question, given
        self.before, self.current = before, current
        self.data: MultiValueDict[str, str] = MultiValueDict(given.typed)
        self.typed = inputs.read(question, self.data)
        self.cleaned = answers.clean(question, self.typed)

    def where(self, key: str, rest: Iterable[str] = (), *, is_unit: bool = False) -> str:
        """The cell of a field, or of a cell of a table: "E3 有害物质!E14"."""
        name = name_of(self.question.code, key, *rest)
        for candidate in (f"{name}__unit" if is_unit else name, f"{name}__amount", name):
            if candidate in self.given.where:
                return self.given.where[candidate]
        # A table as a whole, or a row of it: its first cell.
        return next((where for each, where in self.given.where.items() if each.startswith(f"{name}__")), "")

    def rows(self, key: str) -> dict[int, dict[str, Any]]:
        return inputs.table_rows(self._table(key), name_of(self.question.code, key), self.data)

    def rows_before(self, key: str) -> dict[int, dict[str, Any]]:
        return inputs.table_rows(self._table(key), name_of(self.question.code, key), self.before.data)

    def _table(self, key: str) -> Field:
        return next(each for each in self.question.fields if each.key == key)


def _change(sides: _Sides, key: str, wrong: "Errors") -> Change | None:
    """None where there is nothing to do."""
    found = sides.question.field(key)
    if found is not None and found.type == "table":
        return _change_of_table(sides, found, wrong)
    typed, theirs = sides.typed.get(key), sides.cleaned.value.get(key)
    if any(at == key for at, _place in wrong) or sides.before.says(key, typed, theirs) or sides.current.says(key, typed, theirs):
        return None
    return Change(
        key=key,
        label=_label(sides.question, key),
        where=sides.where(key),
        before=_said(sides.question, key, sides.before.value),
        given=_said(sides.question, key, sides.cleaned.value),
        now=_said(sides.question, key, sides.current.value),
        is_conflict=sides.before.cleaned.get(key) != sides.current.cleaned.get(key),
        taken=theirs,
        kept=sides.current.value.get(key),
        is_computed=sides.where(key) in sides.given.computed,
    )


def _label(question: Question, key: str) -> str:
    found = question.field(key)
    if found is None:
        return _("Note")
    return local(found.label) if len(_keys(question)) > 2 else ""


# --- tables -----------------------------------------------------------------------------------------------------------


def _change_of_table(sides: _Sides, table: Field, wrong: "Errors") -> Change | None:
    key = table.key
    base, now = (well_formed(table, side.value.get(key)) or [] for side in (sides.before, sides.current))
    places, rows = _rows_of_file(sides, table, base, wrong)
    if (key, None) in wrong or rows in (base, now):
        return None
    together = tables.put_together(table, base, rows, now) if now != base else Together(rows, now, ())
    if max(len(together.taken), len(together.kept)) > table.max_rows and now != base:
        text = _("Together with what was saved meanwhile, this table has more than %(limit)s rows. Remove some of them.")
        wrong.setdefault((key, None), []).append(Wrong(sides.where(key), text % {"limit": table.max_rows}))
        return None
    if together.taken == now and not together.clashes:
        return None
    clashes = together.clashes
    shown = [[row for row in side if row is not None] for side in zip(*(clash[:3] for clash in clashes), strict=True)]
    before, given, current = shown or (base, rows, now)
    cells = [sides.where(key, [str(places[clash.place])]) for clash in clashes if clash.place is not None]
    is_both = now != base
    return Change(
        key=key,
        label=_label(sides.question, key),
        where=", ".join(cells[:MOST_CELLS]) or sides.where(key),
        before=_said(sides.question, key, {key: before}),
        given=_said(sides.question, key, {key: given}),
        now=_said(sides.question, key, {key: current}),
        is_conflict=bool(clashes),
        # Without rows there is no answer; "nothing to report" is said on the page.
        taken=together.taken or None,
        kept=together.kept or None,
        is_computed=any(where in sides.given.computed for where in _cells_of(sides, key)),
        together=_said(sides.question, key, {key: together.taken}) if is_both and not clashes else [],
    )


def _rows_of_file(sides: _Sides, table: Field, base: Sequence[tables.Row], wrong: "Errors") -> tuple[list[int], list[tables.Row]]:
    """The rows with their numbers in the file. What came back as it went out, and what cannot be read, is as it was."""
    typed, typed_before = sides.rows(table.key), sides.rows_before(table.key)
    places: list[int] = []
    rows: list[tables.Row] = []
    for place in sorted({*typed, *(number for key, number in wrong if key == table.key and number is not None)}):
        was = base[place] if place < len(base) else None
        if (table.key, place) in wrong or typed.get(place) == typed_before.get(place):
            row = was
        else:
            row = answers.clean_row(table, typed[place]).value
        if row:
            places.append(place)
            rows.append(row)
    return places, rows


def _cells_of(sides: _Sides, key: str) -> Iterator[str]:
    prefix = f"{name_of(sides.question.code, key)}__"
    return (where for name, where in sides.given.where.items() if name.startswith(prefix))


def _said(question: Question, key: str, value: Mapping[str, Any]) -> list[Said]:
    if question.field(key) is None:
        return [Said("", str(value[key]))] if value.get(key) else []
    return [Said("", said.text, said.header, said.rows) for said in describe(question, {key: value.get(key)})]


# --- what cannot be read ----------------------------------------------------------------------------------------------


# (field, row of a table as the file numbers it) -> what is wrong there.
Errors = dict[tuple[str, int | None], list[Wrong]]


def _wrong(sides: _Sides) -> Errors:
    found: Errors = {}
    for name, reason in sides.given.wrong.items():
        key, *rest = name.split("__")[1:]
        place = int(rest[0]) if rest and rest[0].isdecimal() else None
        found.setdefault((key, place), []).append(Wrong(sides.given.where[name], _cell_error(reason)))
    for path, error in sides.cleaned.errors.items():
        key, *rest = path.split(".")
        place = None
        if rest:
            # Empty rows do not count as rows of the answer, but they do in the file.
            place = list(sides.rows(key))[int(rest[0])]
            rest[0] = str(place)
        if _came_back(sides, key, place):
            continue
        is_unit = error.key in ("unit_missing", "unknown_unit")
        found.setdefault((key, place), []).append(Wrong(sides.where(key, rest, is_unit=is_unit), answer_error(error)))
    return found


def _came_back(sides: _Sides, key: str, place: int | None) -> bool:
    """What an older version of the rules let in is no fault of the file."""
    if place is None:
        return bool(sides.before.typed.get(key) == sides.typed.get(key))
    return sides.rows_before(key).get(place) == sides.rows(key).get(place)


def _cell_error(reason: str) -> str:
    texts = {
        NO_VALUE: _("The formula has no result yet. Open the workbook in a spreadsheet program and save it, or type the value."),
        ERROR_VALUE: _("The cell shows an error instead of a value."),
    }
    return texts[reason]
