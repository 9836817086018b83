"""Rules in spreadsheets: what the sheets of a workbook hold, put together as a document, each part with the cell it came from."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import xlsxwriter
from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.reading import Problem
from assessments.workbook.reading import cell_text
from suppliers.workbook_opening import Marks, WorkbookRefused, column_letters, open_workbook


def is_workbook(data: bytes) -> bool:
    """XLSX is a ZIP; the old form and locked files are named as such when they are opened."""
    return data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


# --- cells ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """`cells`: heading -> what stands there; `at`: heading -> address, for all headings of the sheet."""

    cells: Mapping[str, str]
    at: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rows: Sequence[Sequence[Any]]
    marks: Marks

    def where(self, row: int, column: int) -> str:
        return f"{self.name}!{column_letters(column + 1)}{row + 1}"

    def text(self, row: int, column: int) -> str:
        address = f"{column_letters(column + 1)}{row + 1}"
        return cell_text(self.rows[row][column], is_percentage=address in self.marks.percentages)

    def unreadable(self, row: int, column: int) -> bool:
        address = f"{column_letters(column + 1)}{row + 1}"
        return address in self.marks.errors or (address in self.marks.formulas and address not in self.marks.valued)


def sheets_of(data: bytes) -> dict[str, Sheet]:
    opened = open_workbook(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(opened.data))
        return {
            name.strip().lower(): Sheet(
                name, book.get_sheet_by_name(name).to_python(skip_empty_area=False), opened.marks.get(name) or Marks()
            )
            for name in book.sheet_names
        }
    except (CalamineError, OSError, ValueError) as error:
        raise WorkbookRefused(_("The spreadsheet cannot be read. Save it again as XLSX."), code="unreadable") from error


# --- the document -----------------------------------------------------------------------------------------------------


class Assembly:
    """Builds a document, and keeps for each of its paths the cell it came from."""

    def __init__(self, sheets: Mapping[str, Sheet], known: Sequence[str], needed: Sequence[str]) -> None:
        self.document: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self.sheets = sheets
        self.cells: dict[str, str] = {}
        for name, sheet in sheets.items():
            if name not in known:
                self.complain(sheet.where(0, 0), gettext_noop("Unknown sheet; known are: %(known)s."), known=", ".join(known))
        for name in needed:
            if name not in sheets:
                self.complain("", gettext_noop("The sheet “%(sheet)s” is missing."), path=name, sheet=name)

    def with_cells(self, problems: Iterable[Problem]) -> list[Problem]:
        """All that is wrong. What follows from a cell or sheet that was named already is not said twice."""
        paths, cells = {problem.path for problem in self.problems} - {""}, {problem.cell for problem in self.problems} - {""}
        placed = [self.placed(problem) for problem in problems]
        return [*self.problems, *(problem for problem in placed if problem.path not in paths and problem.cell not in cells)]

    def placed(self, problem: Problem) -> Problem:
        path = problem.path
        while path not in self.cells and path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return replace(problem, cell=self.cells.get(path, ""))

    def complain(self, cell: str, message: str, path: str = "", **params: object) -> None:
        self.problems.append(Problem(path, message, params, cell=cell))

    # --- rows -----------------------------------------------------------------------------------------------------

    def rows_of(self, name: str, known: Sequence[str], *, free: str = "") -> Iterator[Row]:
        """The filled rows below the headings, which are known or begin with `free`. A row whose first cell begins with # is a remark."""
        sheet = self.sheets.get(name)
        if sheet is None or not sheet.rows:
            return
        heads = self._heads(sheet, known, free)
        for number in range(1, len(sheet.rows)):
            filled = [column for column in range(len(sheet.rows[number])) if self.is_filled(sheet, number, column)]
            if not filled or sheet.text(number, 0).startswith("#"):
                continue
            for column in filled:
                if column not in heads and not sheet.text(0, column):
                    self.complain(sheet.where(number, column), gettext_noop("There is no heading above this cell."))
            # Where no heading can be read, the cells have no meaning: that is said already.
            if heads:
                yield Row(
                    {heads[column]: sheet.text(number, column) for column in filled if column in heads},
                    {head: sheet.where(number, column) for column, head in heads.items()},
                )

    def _heads(self, sheet: Sheet, known: Sequence[str], free: str) -> dict[int, str]:
        heads: dict[int, str] = {}
        for column in range(len(sheet.rows[0])):
            head = sheet.text(0, column)
            if not head:
                continue
            if head not in known and not (free and head.startswith(free)):
                self.complain(
                    sheet.where(0, column), gettext_noop("Unknown heading “%(head)s”; known here: %(known)s."),
                    head=head, known=", ".join(known),
                )  # fmt: skip
            elif head in heads.values():
                self.complain(sheet.where(0, column), gettext_noop("“%(key)s” appears more than once."), key=head)
            else:
                heads[column] = head
        return heads

    def is_filled(self, sheet: Sheet, row: int, column: int) -> bool:
        if sheet.unreadable(row, column):
            self.complain(sheet.where(row, column), gettext_noop("This cell holds an error, or a formula without a result."))
            return False
        return bool(sheet.text(row, column))

    # --- values ---------------------------------------------------------------------------------------------------

    def put(self, target: dict[str, Any], path: str, steps: Sequence[str], value: Any, cell: str) -> None:
        for step in steps[:-1]:
            target, path = target.setdefault(step, {}), join(path, step)
            self.cells.setdefault(path, cell)
        target[steps[-1]] = value
        self.cells[join(path, steps[-1])] = cell

    def append(self, holder: dict[str, Any], path: str, key: str, cell: str) -> tuple[dict[str, Any], str]:
        """A new member of the list `key` of the holder, and its path."""
        items = holder.setdefault(key, [])
        items.append({})
        self.cells.setdefault(join(path, key), cell)
        path = f"{join(path, key)}[{len(items) - 1}]"
        self.cells[path] = cell
        return items[-1], path

    def named_values(self, name: str, known: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """Name and value side by side, with the cell of the value; the first row may be a heading."""
        sheet = self.sheets.get(name)
        if sheet is None:
            return
        self.cells[""] = sheet.where(0, 0)
        for number in range(len(sheet.rows)):
            key = sheet.text(number, 0) if sheet.rows[number] else ""
            if not key or key.startswith("#") or (number == 0 and key == "name"):
                continue
            if key not in known:
                self.complain(sheet.where(number, 0), gettext_noop("Unknown key; known here: %(known)s."), path=key, known=", ".join(known))
            elif len(sheet.rows[number]) > 1 and self.is_filled(sheet, number, 1):
                yield key, sheet.text(number, 1), sheet.where(number, 1)

    def shares(self, path: str, codes: Sequence[str]) -> None:
        """The sheet `profiles`: a row a category, a column an area."""
        if sheet := self.sheets.get("profiles"):
            self.cells[path] = sheet.where(0, 0)
        for row in self.rows_of("profiles", ("category", *codes)):
            category = row.cells.get("category", "")
            if not category or category in self.document.get(path, {}):
                reason = gettext_noop("“%(key)s” appears more than once.") if category else gettext_noop("A category is needed here.")
                self.complain(first_cell(row), reason, key=category)
                continue
            self.cells[f"{path}.{category}"] = first_cell(row)
            for code in codes:
                if code in row.cells:
                    self.put(self.document, "", (path, category, code), row.cells[code], row.at[code])
                elif code in row.at:
                    self.document.setdefault(path, {}).setdefault(category, {})
                    self.cells.setdefault(f"{path}.{category}.{code}", row.at[code])


def first_cell(row: Row) -> str:
    return next(iter(row.at.values()))


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


# --- writing ----------------------------------------------------------------------------------------------------------

_WIDTHS = {"en": 48, "zh": 32, "when": 28, "code": 12, "question": 12, "text": 60}

# Sheet -> its headings, and its rows by heading.
Tables = Mapping[str, tuple[Sequence[str], Sequence[Mapping[str, Any]]]]


def write_tables(tables: Tables) -> bytes:
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, wrapped = book.add_format({"bold": True, "bg_color": "#E8EEF4"}), book.add_format({"text_wrap": True, "valign": "top"})
    for name, (heads, rows) in tables.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, head in enumerate(heads):
            sheet.set_column(column, column, _WIDTHS.get(head.rpartition(".")[2], 14), wrapped)
            sheet.write_string(0, column, head, bold)
            for number, row in enumerate(rows, start=1):
                if (text := _written(row.get(head))) != "":
                    sheet.write_string(number, column, text, wrapped)
    book.close()
    return output.getvalue()


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value)
