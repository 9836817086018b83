"""Writes the workbook: instructions, a sheet for each area and each table, and hidden what a later upload is compared with."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.translation import gettext_noop as _

from assessments import canonical
from assessments.answering import inputs
from assessments.questionnaires.answers import TEXT_LIMIT
from assessments.questionnaires.questions import NOTE, Field, Question, Questionnaire, Text
from assessments.workbook import layout, words
from assessments.workbook.instructions import instructions
from assessments.workbook.layout import AreaSheet, Layout, Line, Slot, TableSheet
from assessments.workbook.words import both, joined


@dataclass(frozen=True)
class Stored:
    """An answer as it stands at the download."""

    value: Mapping[str, Any]
    version: int
    # Names of the files behind it.
    evidence: tuple[str, ...] = ()


NOTHING = Stored({}, 0)


@dataclass(frozen=True)
class Copy:
    """What a copy of an assessment is made of."""

    assessment: int
    # Tells this portal's assessment from one of the same number elsewhere.
    created: str
    questionnaire: Questionnaire
    questions: Sequence[Question]
    # Question -> the sites it is asked about, by name: each of them may differ from what is answered for all.
    sites: Mapping[str, Mapping[int, str]]
    answers: Mapping[Slot, Stored]
    company: Text
    title: Text
    due_on: date
    by: str
    at: datetime


def write(copy: Copy) -> bytes:
    return _Writer(copy).write()


def structure_hash(head: Mapping[str, str], versions: Mapping[str, int], structure: Sequence[Sequence[Any]]) -> str:
    return canonical.sha256({"head": dict(head), "versions": dict(versions), "structure": [list(row) for row in structure]})


INK, SOFT, BRAND, LINE, FILL, HEAD = "#1B2B24", "#55635C", "#0B6B4B", "#C9D6CF", "#FFFBE8", "#E3EFE9"
_WIDTHS = (4, 9, 52, 30, 26, 13, 26, 30, 28, 28, 60)
_HEADINGS = (
    "", _("No."), _("Question"), _("What to fill in"), _("Answer"), _("Unit"), _("What is expected"), _("Note"),
    _("Evidence: names of files"), _("Evidence asked for"), _("What this means"),
)  # fmt: skip
_BOX = {"font_size": 10, "font_color": INK, "text_wrap": True, "valign": "top", "border": 1, "border_color": LINE}
_OPEN = {**_BOX, "locked": False, "bg_color": FILL}
_FORMATS: Mapping[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "font_color": BRAND, "valign": "vcenter"},
    "lead": {"font_size": 10, "font_color": SOFT, "text_wrap": True, "valign": "top"},
    "head": {**_BOX, "bold": True, "bg_color": HEAD},
    "box": _BOX,
    "code": {**_BOX, "bold": True},
    "soft": {**_BOX, "font_color": SOFT, "font_size": 9},
    "link": {**_BOX, "font_color": BRAND, "underline": 1},
    "open": {**_OPEN},
    # As typed: a spreadsheet turns 12.5% into 0.125 and 3-4 into a day in March where a cell does not say that it is text.
    "text": {**_OPEN, "num_format": "@"},
    "date": {**_OPEN, "num_format": "yyyy-mm-dd", "align": "left"},
    "number": {**_OPEN, "align": "right"},
    "filled": {"bg_color": "#FFFFFF"},
    "site": {**_BOX, "indent": 1, "bold": True, "font_color": SOFT},
    "only_if": {"italic": True, "font_color": "#8A5A00", "font_size": 10},
    "plain": {"font_color": INK, "font_size": 10},
}
# Whoever protects with a password locks out the people who only want a wider column.
_MAY = {"format_columns": True, "format_rows": True, "select_locked_cells": True, "select_unlocked_cells": True}
_CHOICE_FIELDS = ("maturity", "yes_no", "yes_no_na", "single")
# Binary numbers hold fifteen digits; longer ones are written as text.
_MOST_DIGITS = 15


class _Writer:
    def __init__(self, copy: Copy) -> None:
        self.copy = copy
        self.values = {slot: stored.value for slot, stored in copy.answers.items()}
        self.layout: Layout = layout.lay_out(copy.questionnaire, copy.questions, copy.sites, self.values)
        self.file = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = xlsxwriter.Workbook(self.file, options)
        self.formats = {name: self.book.add_format(style) for name, style in _FORMATS.items()}
        # Each list of choices once, in a column of a hidden sheet: a rule itself holds 255 characters.
        self.lists: dict[tuple[str, ...], int] = {}
        self._rules: dict[tuple[Any, ...], tuple[dict[str, Any], str, list[tuple[int, int]]]] = {}
        self._typed: dict[Slot, dict[str, list[str]]] = {}

    def write(self) -> bytes:
        self.book.set_properties({"title": self.copy.title.en, "company": self.copy.company.en, "comments": self.copy.questionnaire.sha256})
        instructions(self.book.add_worksheet(layout.INSTRUCTIONS), self.copy, self.layout, self.formats)
        for sheet in self.layout.sheets:
            worksheet = self.book.add_worksheet(sheet.name)
            if isinstance(sheet, AreaSheet):
                self._area(worksheet, sheet)
            else:
                self._table(worksheet, sheet)
            self._write_rules(worksheet)
        self._lists()
        self._base()
        self.book.close()
        return self.file.getvalue()

    def typed(self, slot: Slot, question: Question) -> Mapping[str, list[str]]:
        """What stands in the inputs of a question: name -> values."""
        if slot not in self._typed:
            found: dict[str, list[str]] = {}
            for name, given in inputs.pairs(question, self.values.get(slot, {})):
                found.setdefault(str(slot) + name.removeprefix(question.code), []).append(given)
            self._typed[slot] = found
        return self._typed[slot]

    # --- an area --------------------------------------------------------------------------------------------------

    def _area(self, sheet: Any, plan: AreaSheet) -> None:
        self._prepare(sheet, joined(plan.area.title), joined(plan.area.summary, "\n"), _WIDTHS)
        sheet.set_row(layout.HEAD_ROW - 1, 32)
        for column, heading in enumerate(_HEADINGS):
            sheet.write_string(layout.HEAD_ROW - 1, column, both(heading, "\n"), self.formats["head"])
        for (number, key), line in zip(plan.rows_and_keys(), plan.lines, strict=True):
            row = number - 1
            sheet.write_string(row, layout.KEY, key)
            sheet.set_row(row, self._height(line))
            self._said(sheet, row, line)
            self._answer(sheet, row, line)
            self._beside(sheet, row, line)
        last = layout.HEAD_ROW + len(plan.lines) - 1
        sheet.conditional_format(
            layout.HEAD_ROW, layout.ANSWER, last, layout.ANSWER, {"type": "no_blanks", "format": self.formats["filled"]}
        )
        sheet.freeze_panes(layout.HEAD_ROW, layout.QUESTION)
        sheet.print_area(0, layout.CODE, last, layout.EVIDENCE_ASKED)

    def _prepare(self, sheet: Any, title: str, lead: str, widths: Sequence[float]) -> None:
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(layout.HEAD_ROW - 1)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, None, {"hidden": column == layout.KEY})
        sheet.set_row(0, 26)
        sheet.write_string(0, 1, title, self.formats["title"])
        sheet.write_string(1, 1, lead.replace("\n", "  "), self.formats["plain"])
        sheet.protect("", _MAY)
        sheet.ignore_errors({"number_stored_as_text": "A1:ZZ5000"})

    def _height(self, line: Line) -> float:
        question, field = line.question, line.field
        label = words.option_label(field, line.option) if field and line.option else joined(field.label, "\n") if field else ""
        cells: list[tuple[str, float]] = [(label, _WIDTHS[layout.FIELD]), (words.expected(field) if field else "", _WIDTHS[layout.HINT])]
        if line.is_first and line.site:
            cells.append((words.of_site(line.site), _WIDTHS[layout.QUESTION]))
        elif line.is_first:
            note = str(self.values.get(line.slot, {}).get(NOTE) or "")
            only_if = words.condition(question, self.copy.questionnaire)
            cells += [
                ("\n".join(filter(None, (joined(question.text, "\n"), only_if))), _WIDTHS[layout.QUESTION]),
                (joined(question.help, "\n"), _WIDTHS[layout.HELP] * 1.1),
                (note, _WIDTHS[layout.NOTE_COLUMN]),
                (joined(question.evidence.text, "\n"), _WIDTHS[layout.EVIDENCE_ASKED]),
            ]
        if field and field.type == "text":
            cells.append(("".join(self.typed(line.slot, question).get(line.key, [])), _WIDTHS[layout.ANSWER]))
        return min(words.height_of(*cells), 400)

    def _said(self, sheet: Any, row: int, line: Line) -> None:
        question, box = line.question, self.formats["box"]
        if line.is_first and line.site:
            sheet.write_string(row, layout.CODE, line.slot.code, self.formats["soft"])
            sheet.write_string(row, layout.QUESTION, words.of_site(line.site), self.formats["site"])
            sheet.write_blank(row, layout.HELP, None, box)
            return
        if not line.is_first:
            for column in (layout.CODE, layout.QUESTION, layout.HELP):
                sheet.write_blank(row, column, None, box)
            return
        sheet.write_string(row, layout.CODE, line.slot.code, self.formats["code"])
        text, only_if = joined(question.text, "\n"), words.condition(question, self.copy.questionnaire)
        if only_if:
            parts = (self.formats["plain"], f"{text}\n", self.formats["only_if"], only_if)
            sheet.write_rich_string(row, layout.QUESTION, *parts, box)
        else:
            sheet.write_string(row, layout.QUESTION, text, box)
        sheet.write_string(row, layout.HELP, joined(question.help, "\n"), self.formats["soft"])

    def _answer(self, sheet: Any, row: int, line: Line) -> None:
        field, box = line.field, self.formats["box"]
        unit: str | None = ""
        hint = ""
        if field is None:
            sheet.write_blank(row, layout.FIELD, None, box)
            sheet.write_blank(row, layout.ANSWER, None, box)
        elif line.option is not None:
            hint = words.expected(field) if line.option is field.options[0] else ""
            sheet.write_string(row, layout.FIELD, words.option_label(field, line.option), box)
            chosen = line.option.key in self.typed(line.slot, line.question).get(line.key.partition("=")[0], [])
            self._choice(sheet, row, layout.ANSWER, words.chosen_label() if chosen else "", [words.chosen_label()])
        else:
            hint = words.expected(field)
            label = joined(field.label, "\n") if len(line.question.fields) > 1 else ""
            sheet.write_string(row, layout.FIELD, label, box)
            if line.table:  # the rows are on a sheet of their own
                sheet.write_url(row, layout.ANSWER, f"internal:'{line.table}'!A1", self.formats["link"], string=line.table)
            else:
                unit = self._cell(sheet, row, layout.ANSWER, layout.UNIT, field, line.key, self.typed(line.slot, line.question))
        if unit is not None:
            sheet.write_string(row, layout.UNIT, unit, box)
        sheet.write_string(row, layout.HINT, hint, self.formats["soft"])

    def _beside(self, sheet: Any, row: int, line: Line) -> None:
        question, box = line.question, self.formats["box"]
        if not line.is_first:
            for column in (layout.NOTE_COLUMN, layout.EVIDENCE, layout.EVIDENCE_ASKED):
                sheet.write_blank(row, column, None, box)
            return
        if question.field(NOTE) is None:
            note = self.typed(line.slot, question).get(inputs.name_of(str(line.slot), NOTE), [""])[0]
            sheet.write_string(row, layout.NOTE_COLUMN, note, self.formats["text"])
        else:
            sheet.write_blank(row, layout.NOTE_COLUMN, None, box)
        evidence = "\n".join(self.copy.answers.get(line.slot, NOTHING).evidence)
        sheet.write_string(row, layout.EVIDENCE, evidence, self.formats["text"])
        sheet.write_string(row, layout.EVIDENCE_ASKED, joined(question.evidence.text, "\n"), self.formats["soft"])

    # --- a table --------------------------------------------------------------------------------------------------

    def _table(self, sheet: Any, plan: TableSheet) -> None:
        columns = layout.table_columns(plan.field)
        title = f"{plan.slot.code} {joined(plan.field.label or plan.question.topic)} {plan.site}".strip()
        self._prepare(sheet, title, joined(plan.question.text, "\n"), [4, 6, *(22 if is_unit else 30 for _at, _column, is_unit in columns)])
        sheet.set_row(layout.HEAD_ROW - 1, 60)
        sheet.write_string(layout.HEAD_ROW - 1, 1, both(_("Row")), self.formats["head"])
        for place, column, is_unit in columns:
            heading = both(_("Unit"), "\n") if is_unit else f"{joined(column.label, chr(10))}\n{words.expected(column)}"
            sheet.write_string(layout.HEAD_ROW - 1, place, heading, self.formats["head"])
        typed = self.typed(plan.slot, plan.question)
        for number, (row, key) in enumerate(plan.rows_and_keys(), start=1):
            sheet.write_string(row - 1, layout.KEY, key)
            sheet.write_number(row - 1, 1, number, self.formats["box"])
            for place, column, is_unit in columns:
                if not is_unit:
                    self._cell(sheet, row - 1, place, place + 1, column, inputs.name_of(key, column.key), typed, in_table=True)
        sheet.freeze_panes(layout.HEAD_ROW, layout.FIRST_TABLE_COLUMN)

    # --- one cell -------------------------------------------------------------------------------------------------

    def _cell(
        self,
        sheet: Any,
        row: int,
        column: int,
        unit_column: int,
        field: Field,
        name: str,
        typed: Mapping[str, list[str]],
        *,
        in_table: bool = False,
    ) -> str | None:
        """Gives back the fixed unit to print beside the cell; None where a choice of units was written there."""
        answer, unit = layout.cell_names(name, field)
        given = typed.get(answer, [])
        if field.type in _CHOICE_FIELDS:
            option = field.option(given[0]) if given else None
            labels = [words.option_label(field, each) for each in field.options]
            self._choice(sheet, row, column, words.option_label(field, option) if option else "", labels)
        elif field.type == "multi":
            chosen = [words.option_label(field, option) for option in field.options if option.key in given]
            sheet.write_string(row, column, "; ".join(chosen), self.formats["text"])
        elif field.type == "number":
            self._number(sheet, row, column, field, given[0] if given else "")
            if len(field.units) > 1:
                chosen_unit = (typed.get(unit) or [field.units[0]])[0]
                self._choice(sheet, row, unit_column, words.unit_label(chosen_unit), [words.unit_label(each) for each in field.units])
                return None
            return words.unit_label(field.unit) if field.unit and not in_table and field.unit != "count" else ""
        elif field.type == "date":
            self._date(sheet, row, column, field, given[0] if given else "")
        else:
            sheet.write_string(row, column, given[0] if given else "", self.formats["text"])
            if field.type == "percent":
                self._percent_limits(row, column, field)
                return "%"
            self._rule(row, column, {"validate": "length", "criteria": "<=", "value": TEXT_LIMIT}, both(_("This text is too long."), "\n"))
        return ""

    def _choice(self, sheet: Any, row: int, column: int, chosen: str, labels: Sequence[str]) -> None:
        sheet.write_string(row, column, chosen, self.formats["open"])
        letters = _letters(self.lists.setdefault(tuple(labels), len(self.lists)))
        source = f"={layout.LISTS_SHEET}!${letters}$1:${letters}${len(labels)}"
        self._rule(row, column, {"validate": "list", "source": source}, both(_("Choose from the list."), "\n"))

    def _number(self, sheet: Any, row: int, column: int, field: Field, given: str) -> None:
        number = _as_float(given)
        if number is None:
            sheet.write_string(row, column, given, self.formats["number"])
        else:
            sheet.write_number(row, column, number, self.formats["number"])
        # In another unit another limit holds, except that nothing is below zero in any.
        limits = [field.min if field.min == 0 or len(field.units) < 2 else None, field.max if len(field.units) < 2 else None]
        low, high = (None if each is None else float(each) for each in limits)
        most = 1e18
        rule = {
            "validate": "decimal",
            "criteria": "between",
            "minimum": -most if low is None else low,
            "maximum": most if high is None else high,
        }
        self._rule(row, column, rule, words.expected(field))

    def _percent_limits(self, row: int, column: int, field: Field) -> None:
        cell = f"{_letters(column)}{row + 1}"
        amount = f'VALUE(SUBSTITUTE({cell},"%",""))'
        low, high = field.min if field.min is not None else Decimal(0), field.max if field.max is not None else Decimal(100)
        rule = {"validate": "custom", "value": f"=AND(ISNUMBER({amount}),{amount}>={low},{amount}<={high})"}
        self._rule(row, column, rule, words.expected(field))

    def _date(self, sheet: Any, row: int, column: int, field: Field, given: str) -> None:
        try:
            sheet.write_datetime(row, column, date.fromisoformat(given), self.formats["date"])
        except ValueError:
            sheet.write_string(row, column, given, self.formats["date"])
        rule = {"validate": "date", "criteria": "between", "minimum": date(1900, 3, 1), "maximum": date(2200, 12, 31)}
        self._rule(row, column, rule, words.expected(field))

    def _rule(self, row: int, column: int, rule: dict[str, Any], message: str) -> None:
        """Noted here, written once for all cells it holds for: a rule for each cell costs more than all the rest of the file."""
        self._rules.setdefault(tuple(rule.items()), (rule, message, []))[2].append((row, column))

    def _write_rules(self, sheet: Any) -> None:
        for rule, message, cells in self._rules.values():
            said = {"error_type": "stop", "error_title": both(_("Please check"))[:32], "error_message": message[:255]}
            ranges = _runs(cells)
            sheet.data_validation(*ranges[0], {**rule, **said, "other_cells": ranges[1:]} if ranges[1:] else {**rule, **said})
        self._rules.clear()

    # --- what is hidden -------------------------------------------------------------------------------------------

    def _lists(self) -> None:
        sheet = self.book.add_worksheet(layout.LISTS_SHEET)
        for place, labels in enumerate(self.lists):
            sheet.write_column(0, place, labels)
        sheet.protect()
        sheet.hide()

    def _base(self) -> None:
        """All of it text: no spreadsheet program rounds a text."""
        sheet = self.book.add_worksheet(layout.BASE_SHEET)
        copy = self.copy
        head = {
            "format": layout.FORMAT,
            "assessment": str(copy.assessment),
            "created": copy.created,
            "questionnaire": copy.questionnaire.sha256,
            "downloaded_at": copy.at.isoformat(),
            "downloaded_by": copy.by,
        }
        slots = dict.fromkeys(line.slot for plan in self.layout.sheets if isinstance(plan, AreaSheet) for line in plan.lines)
        versions = {str(slot): copy.answers.get(slot, NOTHING).version for slot in slots}
        structure = self.layout.structure()
        for row, (key, given) in enumerate({**head, "hash": structure_hash(head, versions, structure)}.items()):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, given)
        for row, (slot, version) in enumerate(versions.items()):
            sheet.write_string(row, 2, slot)
            sheet.write_string(row, 3, str(version))
        for row, parts in enumerate(structure):
            for column, part in enumerate(parts, start=4):
                sheet.write_string(row, column, str(part))
        sheet.protect()
        sheet.hide()


def _runs(cells: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Cells below each other as one range: [first row, first column, last row, last column]."""
    runs: list[list[int]] = []
    for row, column in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        if runs and runs[-1][1] == column and runs[-1][2] == row - 1:
            runs[-1][2] = row
        else:
            runs.append([row, column, row, column])
    return runs


def _letters(column: int) -> str:
    return str(xlsxwriter.utility.xl_col_to_name(column))


def _as_float(given: str) -> float | None:
    """The number as a spreadsheet holds it, where it holds all of its digits."""
    try:
        exact = Decimal(given)
    except ArithmeticError:
        return None
    if len(exact.as_tuple().digits) > _MOST_DIGITS or Decimal(repr(float(exact))) != exact:
        return None
    return float(exact)
