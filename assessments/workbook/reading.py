"""Reads a filled-in workbook back into what was typed, question by question. Nothing is compared or saved here.

A file that is not this assessment's, or whose structure was changed, is refused whole, with the reason. A cell that cannot be read is
kept with its address; everything else of the file is read all the same.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from assessments.answering import inputs
from assessments.questionnaires.questions import NOTE, Field, Question, Questionnaire
from assessments.workbook import layout, words
from assessments.workbook.layout import Slot, Target, target_of
from assessments.workbook.writing import structure_hash
from suppliers.workbook_opening import Marks, WorkbookRefused, column_letters, open_workbook


MOST_LINES = 20_000
NO_VALUE, ERROR_VALUE = "formula_without_value", "error_value"


@dataclass(frozen=True)
class Cell:
    """`text` as a person would type it; `wrong` is a key of `merging.CELL_ERRORS`."""

    text: str
    where: str
    is_computed: bool = False
    wrong: str = ""


@dataclass
class Given:
    """What the file says about one question, as inputs of the page: name -> values. `where` is the cell each came from."""

    base: int
    typed: dict[str, list[str]] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    computed: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Filled:
    given: Mapping[Slot, Given]
    downloaded_at: str
    downloaded_by: str


def read(data: bytes, *, assessment: int, created: str, questionnaire: Questionnaire) -> Filled:
    """Raises `WorkbookRefused`."""
    opened = open_workbook(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(opened.data))
        rows = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise WorkbookRefused(_("The spreadsheet cannot be read. Save it again as XLSX."), code="unreadable") from error
    head, versions, structure = _base(rows)
    _refuse_foreign(head, versions, structure, assessment=assessment, created=created, questionnaire=questionnaire)
    return Filled(_Reader(rows, opened.marks, versions, structure, questionnaire).read(), head["downloaded_at"], head["downloaded_by"])


# --- whose file it is -------------------------------------------------------------------------------------------------

Rows = Sequence[Sequence[Any]]


def _base(rows: Mapping[str, Rows]) -> tuple[dict[str, str], dict[str, int], list[list[Any]]]:
    """What the hidden sheet says: whose file, the versions at the download, where each row stood."""
    hidden = rows.get(layout.BASE_SHEET)
    if not hidden or len(hidden) > MOST_LINES:
        raise WorkbookRefused(
            _("This is not a workbook of this portal, or its hidden sheet is gone. Download a new one and copy your answers over."),
            code="foreign",
        )
    head: dict[str, str] = {}
    versions: dict[str, int] = {}
    structure: list[list[Any]] = []
    try:
        for line in hidden:
            cells = [_whole(cell) for cell in (*line, *[""] * 7)][:7]
            if cells[0]:
                head[cells[0]] = cells[1]
            if cells[2]:
                versions[cells[2]] = int(cells[3])
            if cells[4]:
                structure.append([cells[4], int(cells[5]), cells[6]])
    except ValueError as error:
        raise _changed() from error
    return head, versions, structure


def _whole(cell: Any) -> str:
    """Some programs turn "12" into 12 when they save."""
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)


def _changed(sheet: str = "", row: int = 0) -> WorkbookRefused:
    if sheet and row:
        what = _("Row %(row)s of sheet “%(sheet)s” is not the one that was there. %(remedy)s")
    elif sheet:
        what = _("Sheet “%(sheet)s” is missing or has another name. %(remedy)s")
    else:
        what = _("The hidden sheet of the workbook was changed. %(remedy)s")
    remedy = _("Undo this, or download a new workbook and copy your answers over.")
    return WorkbookRefused(what, params={"sheet": sheet, "row": row, "remedy": remedy}, code="structure")


def _refuse_foreign(
    head: Mapping[str, str],
    versions: Mapping[str, int],
    structure: list[list[Any]],
    *,
    assessment: int,
    created: str,
    questionnaire: Questionnaire,
) -> None:
    if head.get("format") != layout.FORMAT:
        raise WorkbookRefused(
            _("This workbook has a form that this portal does not read. Download a new one and copy your answers over."), code="form"
        )
    signed = {key: value for key, value in head.items() if key != "hash"}
    if head.get("hash") != structure_hash(signed, versions, structure):
        raise _changed()
    if head.get("assessment") != str(assessment) or head.get("created") != created:
        raise WorkbookRefused(
            _("This workbook belongs to another self-assessment: another year, or another company."), code="other_assessment"
        )
    if head.get("questionnaire") != questionnaire.sha256:
        raise WorkbookRefused(_("This workbook asks another version of the questionnaire. Download a new one."), code="other_version")


# --- row by row -------------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(
        self,
        rows: Mapping[str, Rows],
        marks: Mapping[str, Marks],
        versions: Mapping[str, int],
        structure: list[list[Any]],
        questionnaire: Questionnaire,
    ) -> None:
        self._rows = rows
        self._marks = marks
        self._versions = versions
        self._structure = structure
        self._questionnaire = questionnaire
        self._given: dict[Slot, Given] = {}

    def read(self) -> Mapping[Slot, Given]:
        for sheet, row, key in self._structure:
            if sheet not in self._rows:
                raise _changed(sheet)
            if self._raw(sheet, row, layout.KEY) != key:
                raise _changed(sheet, row)
            try:
                target = target_of(key, self._questionnaire)
            except LookupError as error:
                raise _changed() from error
            self._row(sheet, row, key, target)
        self._refuse_more()
        return self._given

    def _refuse_more(self) -> None:
        """Rows that were copied carry their key along: a second answer to the same question."""
        last = {sheet: row for sheet, row, _key in self._structure}
        for sheet, row in last.items():
            for number in range(row + 1, len(self._rows[sheet]) + 1):
                if self._raw(sheet, number, layout.KEY) != "":
                    raise _changed(sheet, number)

    def _row(self, sheet: str, row: int, key: str, target: Target) -> None:
        slot, question = target.slot, target.question
        given = self._given.get(slot)
        if given is None:
            given = self._given[slot] = Given(self._versions.get(str(slot), 0))
            self._beside(sheet, row, question, given)
        if target.field is None or (target.field.type == "table" and target.row is None):
            return
        name = inputs.name_of(question.code, target.field.key)
        if target.option is not None:
            self._option(given, name, target, self._cell(sheet, row, layout.ANSWER))
        elif target.row is None:
            self._field(given, name, target.field, self._cell(sheet, row, layout.ANSWER), self._cell(sheet, row, layout.UNIT))
        else:
            for place, column, is_unit in layout.table_columns(target.field):
                if not is_unit:
                    cell, unit = self._cell(sheet, row, place), self._cell(sheet, row, place + 1)
                    self._field(given, inputs.name_of(name, target.row, column.key), column, cell, unit)

    def _beside(self, sheet: str, row: int, question: Question, given: Given) -> None:
        if question.field(NOTE) is None:
            self._put(given, inputs.name_of(question.code, NOTE), self._cell(sheet, row, layout.NOTE_COLUMN))
        names = self._cell(sheet, row, layout.EVIDENCE).text.replace("；", "\n").replace(";", "\n").splitlines()
        given.evidence = list(dict.fromkeys(name.strip() for name in names if name.strip()))

    # --- cells ----------------------------------------------------------------------------------------------------

    def _raw(self, sheet: str, row: int, column: int) -> Any:
        rows = self._rows[sheet]
        return rows[row - 1][column] if row <= len(rows) and column < len(rows[row - 1]) else ""

    def _cell(self, sheet: str, row: int, column: int) -> Cell:
        address = f"{column_letters(column + 1)}{row}"
        marks, where = self._marks.get(sheet) or Marks(), f"{sheet}!{address}"
        is_computed = address in marks.formulas
        if address in marks.errors:
            return Cell("", where, is_computed, ERROR_VALUE)
        if is_computed and address not in marks.valued:
            return Cell("", where, is_computed, NO_VALUE)
        raw = self._raw(sheet, row, column)
        return Cell(cell_text(raw, is_percentage=address in marks.percentages), where, is_computed)

    def _put(self, given: Given, name: str, cell: Cell, texts: Sequence[str] | None = None) -> None:
        values = [cell.text] if texts is None else texts
        given.typed[name] = [text for text in values if text]
        given.where[name] = cell.where
        if cell.is_computed:
            given.computed.append(cell.where)
        if cell.wrong:
            given.wrong[name] = cell.wrong

    def _option(self, given: Given, name: str, target: Target, cell: Cell) -> None:
        """One of the rows of a multiple choice: anything but a no chooses it."""
        chosen = given.typed.setdefault(name, [])
        given.where.setdefault(name, cell.where)
        if cell.wrong:
            given.wrong[name] = cell.wrong
        if target.option is not None and words.folded(cell.text) not in _NOT_CHOSEN:
            chosen.append(target.option.key)

    def _field(self, given: Given, name: str, kind: Field, cell: Cell, unit_cell: Cell) -> None:
        answer, unit = layout.cell_names(name, kind)
        if kind.type == "multi":
            keys = words.option_keys(kind)
            parts = [part.strip() for part in cell.text.replace("；", ";").replace("\n", ";").split(";")]
            self._put(given, answer, cell, [keys.get(words.folded(part), part) for part in parts])
        elif kind.options:
            self._put(given, answer, cell, [words.option_keys(kind).get(words.folded(cell.text), cell.text)])
        else:
            self._put(given, answer, cell)
        if unit and cell.text:
            keys = words.unit_keys(kind)
            text = unit_cell.text.strip() if len(kind.units) > 1 else kind.units[0]
            given.typed[unit] = [keys.get(text) or keys.get(words.folded(text), text)] if text else []
            given.where[unit] = unit_cell.where


_NOT_CHOSEN = frozenset({"", "no", "否", "0", "false", "n"})


def cell_text(raw: Any, *, is_percentage: bool = False) -> str:
    """What a person sees in the cell. A share shown as a percentage is one, whatever number is behind it."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        number = Decimal(repr(raw))
        return f"{_plain(number.scaleb(2))}%" if is_percentage else _plain(number)
    if isinstance(raw, datetime):
        return raw.date().isoformat() if raw.time().isoformat() == "00:00:00" else raw.isoformat(" ")
    if isinstance(raw, date):
        return raw.isoformat()
    return str(raw).strip()


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        return str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def names_under(given: Given, prefix: str) -> Iterator[str]:
    """Inputs of one field: of its own name, and those below it."""
    yield from (name for name in given.typed if name == prefix or name.startswith(f"{prefix}__"))
