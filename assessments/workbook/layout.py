"""Where what stands in the workbook: sheets, rows, and the key each row carries in its hidden first column.

A key is the name of the row's input on the page (`answering.inputs`): `E1-02__value`, `E4-07__gases__0`; an option of a multiple
choice has a row of its own, `E2-04__value=reuse`. So the file is read by the very functions that read the page.
The keys of all rows, in order, are kept once more on a hidden sheet, with a hash: that is the structure of the file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from assessments.answering.inputs import answer_key, name_of, split_key
from assessments.questionnaires.questions import Area, Field, Option, Question, Questionnaire, Text


FORMAT = "1"
INSTRUCTIONS, BASE_SHEET, LISTS_SHEET = "说明 Instructions", "_portal", "_lists"
HEAD_ROW = 3  # of area sheets and of tables, as a spreadsheet counts
MOST_TABLE_ROWS = 200

# Columns of an area sheet, from 0.
KEY, CODE, QUESTION, FIELD, ANSWER, UNIT, HINT, NOTE_COLUMN, EVIDENCE, EVIDENCE_ASKED, HELP = range(11)
# Of a table's sheet: key, number of the row, then for each column a cell, and one for the unit where there is a choice.
FIRST_TABLE_COLUMN = 2


class Slot(NamedTuple):
    """What is answered: a question, of one site or of the whole company."""

    code: str
    site: int | None = None

    def __str__(self) -> str:
        return answer_key(*self)


def slot_of(key: str) -> Slot:
    """Raises ValueError."""
    return Slot(*split_key(key))


@dataclass(frozen=True)
class Line:
    """A row of an area sheet. The first one of a question also carries its note and its evidence."""

    slot: Slot
    question: Question
    key: str
    is_first: bool
    field: Field | None = None
    option: Option | None = None
    # A table is filled in on a sheet of its own.
    table: str = ""
    # Name of the site, of a row for what a single site answers differently.
    site: str = ""


@dataclass(frozen=True)
class AreaSheet:
    name: str
    area: Area
    lines: tuple[Line, ...]

    def rows_and_keys(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self.lines, start=HEAD_ROW + 1):
            yield number, line.key


@dataclass(frozen=True)
class TableSheet:
    name: str
    slot: Slot
    question: Question
    field: Field
    rows: int
    site: str = ""

    def rows_and_keys(self) -> Iterator[tuple[int, str]]:
        for number in range(self.rows):
            yield HEAD_ROW + 1 + number, name_of(str(self.slot), self.field.key, number)


Sheet = AreaSheet | TableSheet


@dataclass(frozen=True)
class Layout:
    sheets: tuple[Sheet, ...]

    def structure(self) -> list[list[Any]]:
        """[[sheet, row, key], …] as the hidden sheet keeps it."""
        return [[sheet.name, row, key] for sheet in self.sheets for row, key in sheet.rows_and_keys()]


def lay_out(
    questionnaire: Questionnaire,
    questions: Iterable[Question],
    sites: Mapping[str, Mapping[int, str]],
    values: Mapping[Slot, Mapping[str, Any]],
) -> Layout:
    """`values` decides how many rows a table has: room for what is there, and for what may be added."""
    names = _Names()
    asked: dict[str, list[Question]] = {}
    for question in questions:
        asked.setdefault(question.area, []).append(question)
    sheets: list[Sheet] = []
    for area in questionnaire.areas:
        tables: list[Sheet] = []
        lines: list[Line] = []
        name = names.of(f"{area.code} ", area.title)
        for question in asked.get(area.code, ()):
            lines += _lines(Slot(question.code), question, values, tables, names)
            # With a single site there is nothing to differ from.
            for site, called in sites[question.code].items() if len(sites.get(question.code, ())) > 1 else ():
                lines += _lines(Slot(question.code, site), question, values, tables, names, called)
        if lines:
            sheets += [AreaSheet(name, area, tuple(lines)), *tables]
    return Layout(tuple(sheets))


def _lines(
    slot: Slot,
    question: Question,
    values: Mapping[Slot, Mapping[str, Any]],
    tables: list[Sheet],
    names: "_Names",
    site: str = "",
) -> list[Line]:
    rows: list[tuple[str, Field | None, Option | None, str]] = []
    for field in question.fields:
        key = name_of(str(slot), field.key)
        if field.type == "multi":
            rows += [(f"{key}={option.key}", field, option, "") for option in field.options]
        elif field.type == "table":
            given = values.get(slot, {}).get(field.key)
            count = max(len(given) if isinstance(given, list) else 0, min(field.max_rows, MOST_TABLE_ROWS))
            table = TableSheet(names.of(f"{slot.code} ", field.label or question.topic), slot, question, field, count, site)
            tables.append(table)
            rows.append((key, field, None, table.name))
        elif field.type != "file":
            rows.append((key, field, None, ""))
    # A question that asks for a file alone has a row for its note and its evidence.
    rows = rows or [(str(slot), None, None, "")]
    return [
        Line(slot, question, key, is_first=number == 0, field=field, option=option, table=table, site=site)
        for number, (key, field, option, table) in enumerate(rows)
    ]


class _Names:
    """Names of sheets: at most 31 characters, none of a few, each once whatever the letter case."""

    def __init__(self) -> None:
        self._taken = {INSTRUCTIONS.casefold(), BASE_SHEET, LISTS_SHEET, "history"}

    def of(self, start: str, title: Text) -> str:
        both = f"{start}{title.zh} {title.en}".strip()
        whole = re.sub(r"[\[\]:*?/\\]", " ", both if len(both) <= 31 else f"{start}{title.zh or title.en}").strip(" '")
        name, number = whole[:31].strip(" '"), 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{whole[: 31 - len(str(number)) - 1].strip()} {number}"
        self._taken.add(name.casefold())
        return name


# --- cells ------------------------------------------------------------------------------------------------------------


def table_columns(field: Field) -> list[tuple[int, Field, bool]]:
    """(column, field, whether it is the unit): a column with a choice of units is followed by one for the unit."""
    found: list[tuple[int, Field, bool]] = []
    for column in field.columns:
        found.append((FIRST_TABLE_COLUMN + len(found), column, False))
        if len(column.units) > 1:
            found.append((FIRST_TABLE_COLUMN + len(found), column, True))
    return found


def cell_names(name: str, field: Field) -> tuple[str, str]:
    """The inputs of the answer cell and of the unit cell beside it ("" where a field has no unit of its own)."""
    if field.type == "number":
        return f"{name}__amount", f"{name}__unit" if field.unit is not None else ""
    return name, ""


class Target(NamedTuple):
    """What a key stands for. `row` is that of a table."""

    slot: Slot
    question: Question
    field: Field | None = None
    option: Option | None = None
    row: int | None = None


def target_of(key: str, questionnaire: Questionnaire) -> Target:
    """Raises `LookupError` for a key this questionnaire does not have."""
    name, _equals, chosen = key.partition("=")
    first, *parts = name.split("__")
    try:
        slot = slot_of(first)
    except ValueError:
        raise LookupError(key) from None
    question = questionnaire.by_code.get(slot.code)
    if question is None:
        raise LookupError(key)
    if not parts:
        return Target(slot, question)
    field = question.field(parts[0])
    option = field.option(chosen) if field and chosen else None
    if field is None or (chosen and option is None):
        raise LookupError(key)
    if len(parts) == 1:
        return Target(slot, question, field, option)
    if field.type != "table" or not parts[1].isdecimal():
        raise LookupError(key)
    return Target(slot, question, field, None, int(parts[1]))
