"""Tables as files: XLSX and CSV, row by row, safe to open: a cell is never taken for a formula."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from suppliers.cells import harmless


Cell = str | Decimal | date | bool | None


@dataclass(frozen=True)
class Column:
    heading: str | Promise
    value: Callable[[Any], Cell]
    width: int = 14


PORTFOLIO_COLUMNS = (
    Column(_("Supplier number"), lambda row: row.reference),
    Column(_("Chinese name"), lambda row: row.name_zh, 34),
    Column(_("English name"), lambda row: row.name_en, 40),
    Column(_("Identifier"), lambda row: row.uscc or row.lei or row.company_number, 22),
    Column(_("Category"), lambda row: row.category_label, 20),
    Column(_("Country"), lambda row: row.country_label),
    Column(_("Province or region"), lambda row: row.place if row.region else ""),
    Column(_("Supplier state"), lambda row: row.state_label),
    Column(_("Assessment"), lambda row: row.status_label),
    Column(_("Due on"), lambda row: row.due_on, 12),
    Column(_("Declared"), lambda row: row.declared, 11),
    Column(_("Evidenced"), lambda row: row.evidenced, 11),
    Column(_("Verified"), lambda row: row.verified, 11),
    Column(_("Evidence coverage"), lambda row: row.evidence_coverage, 11),
    Column(_("Open critical finding"), lambda row: row.has_critical_finding),
    Column(_("Label"), lambda row: row.label_state_label if row.has_label else ""),
    Column(_("Level"), lambda row: row.label_level_label if row.has_label else ""),
    Column(_("Label valid to"), lambda row: row.label_valid_to if row.has_label else None, 12),
    Column(_("Score at risk on"), lambda row: row.score_risk_on, 12),
    Column(_("Score then"), lambda row: row.score_risk_after, 11),
    Column(_("Label at risk on"), lambda row: row.label_risk_on, 12),
    Column(_("Label then"), lambda row: (row.label_risk or str(_("No label"))) if row.label_risk_on else ""),
)


def write_csv(path: Path, columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> int:
    """UTF-8 with a byte order mark, which Excel needs to read Chinese."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([str(column.heading) for column in columns])
        for row in rows:
            count += 1
            writer.writerow([_as_text(column.value(row)) for column in columns])
    return count


def _as_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(_("Yes")) if cell else str(_("No"))
        case date():
            return cell.isoformat()
        case Decimal():
            return str(cell)
        case _:
            return harmless(cell)


def write_xlsx(path: Path, columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> int:
    """Rows go to disk as they come, so a million of them take no more memory than one."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(title[:31])
        bold, day = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
        number = book.add_format({"num_format": "0.00"})
        sheet.freeze_panes(1, 2)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, str(column.heading), bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                cell = column.value(row)
                if isinstance(cell, Decimal):
                    sheet.write_number(count, place, float(cell), number)
                elif isinstance(cell, date):
                    sheet.write_datetime(count, place, cell, day)
                elif text := _as_text(cell):
                    sheet.write_string(count, place, text)
        sheet.autofilter(0, 0, count, len(columns) - 1)
    return count
