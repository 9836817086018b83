"""Tables as files to take along: XLSX and CSV, row by row, safe to open: a cell is never taken for a formula."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Any, TypeGuard

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from suppliers.cells import harmless


Cell = str | Decimal | int | date | bool | None
# A spreadsheet's numbers keep fifteen digits: one with more is written as text.
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Column:
    """`digits` is how a spreadsheet shows its numbers; the cell keeps all of them."""

    heading: str | Promise
    value: Callable[[Any], Cell]
    width: int = 14
    digits: str = "0.00"


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> int:
    """UTF-8 with a byte order mark, which Excel needs to read Chinese."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([str(column.heading) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([_as_text(column.value(row)) for column in columns])
        count += 1
    text.detach()
    return count


def write_xlsx(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> int:
    """Rows go to disk as they come, so a million of them take no more memory than one."""
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(title[:31])
        bold, day = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
        numbers = [book.add_format({"num_format": column.digits}) for column in columns]
        sheet.freeze_panes(1, min(2, len(columns) - 1))
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, str(column.heading), bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                cell = column.value(row)
                if _is_number(cell):
                    sheet.write_number(count, place, float(cell), numbers[place])
                elif isinstance(cell, date):
                    sheet.write_datetime(count, place, cell, day)
                elif text := _as_text(cell):
                    sheet.write_string(count, place, text)
        sheet.autofilter(0, 0, count, len(columns) - 1)
    return count


def _is_number(cell: Cell) -> TypeGuard[Decimal | int]:
    if isinstance(cell, Decimal):
        return len(cell.as_tuple().digits) <= EXACT_DIGITS
    return isinstance(cell, int) and not isinstance(cell, bool)


def _as_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(_("Yes")) if cell else str(_("No"))
        case date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
        case int():
            return str(cell)
        case _:
            return harmless(cell)


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def table_bytes(form: str, columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> bytes:
    """A table small enough for a response; a large one is a run that writes to a file."""
    file = io.BytesIO()
    WRITERS[form](file, columns, rows, title=title)
    return file.getvalue()
