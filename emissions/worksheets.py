"""Tables as files to download. Cells are data: nothing in them is run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter

from suppliers.cells import harmless


Cell = str | Decimal | int | None
# A double keeps fifteen digits.
EXACT_DIGITS = 15


def csv_of(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A number with more digits than a spreadsheet keeps is written as text."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        sheet.set_column(0, len(headings) - 1, 18)
        sheet.write_row(0, 0, headings, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell)
        sheet.autofilter(0, 0, sheet.dim_rowmax or 0, len(headings) - 1)
    return file.getvalue()


def _write(sheet: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, int) or (isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= EXACT_DIGITS):
        sheet.write_number(row, column, float(cell))
    elif cell is not None:
        sheet.write_string(row, column, f"{cell:f}" if isinstance(cell, Decimal) else cell)


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    return "" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
