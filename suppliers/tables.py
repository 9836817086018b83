"""Reads a CSV or XLSX file into rows of text, whatever its encoding and separator. Pure: no database."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from suppliers.workbook_opening import Limits, WorkbookRefused, open_workbook


MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 500
SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "gb18030": "GB18030",
    "cp1252": "Windows-1252",
}
# The heading is looked for in the first rows only: some lists carry a title above it.
HEADING_WITHIN = 15
LONGEST_HEADING = 500
OF_A_LIST = Limits(
    megabytes=50,
    unpacked_part=300,
    unpacked=400,
    rows=MOST_ROWS + HEADING_WITHIN + 1,
    columns=MOST_COLUMNS,
    cells=100 * MOST_ROWS,
    area=100 * MOST_ROWS,
    values_only=True,
)


class UnreadableTable(ValidationError):
    """The file is no table we can read; the message says why."""


@dataclass(frozen=True)
class Line:
    """`number` is the row as a spreadsheet shows it, from 1."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """`form` says how the file was read: "XLSX", or "CSV" with its encoding."""

    lines: list[Line]
    form: str

    def heading_at(self, known: frozenset[str] | set[str]) -> int:
        """The index of the row that holds most of the known headings (normalised), or of the first row."""
        counts = [sum(not known.isdisjoint(heading_keys(cell)) for cell in line.cells) for line in self.lines[:HEADING_WITHIN]]
        return counts.index(max(counts)) if counts else 0


def normal_heading(text: str) -> str:
    """ "Supplier No. *" and "supplier_no" are one heading."""
    return re.sub(r"[\W_]+", "", text.casefold())


def heading_keys(text: str) -> list[str]:
    """What a heading may be recognised by: all of it, else what is left without remarks in brackets."""
    # Brackets that are opened and never closed are looked through again from each of them: in a cell of a megabyte, for hours.
    text = text[:LONGEST_HEADING]
    return [normal_heading(text), normal_heading(re.sub(r"[(（\[【].*?[)）\]】]", "", text))]


def read_table(data: bytes, encoding: str = "", *, first: int | None = None) -> Table:
    """All rows with anything in them, or the first ones only. Raises `UnreadableTable`."""
    if len(data) > MOST_BYTES:
        raise UnreadableTable(_("The file is larger than %(limit)s MB."), params={"limit": MOST_BYTES // 1024 // 1024})
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        rows, form = read_workbook(data, first), "XLSX"
    else:
        text, encoding = decode(data, encoding)
        separator = sniff_separator(text)
        rows, form = read_text(text, separator), f"CSV, {ENCODINGS[encoding]}"
    numbered = enumerate(islice(rows, first or MOST_ROWS + HEADING_WITHIN + 1), start=1)
    lines = [Line(number, cells) for number, cells in numbered if any(map(str.strip, cells))]
    if not lines:
        raise UnreadableTable(_("The file has no rows."))
    if len(lines) > MOST_ROWS + 1:
        raise UnreadableTable(_("The file has more than %(limit)s rows. Split it."), params={"limit": MOST_ROWS})
    return Table(lines, form)


# --- spreadsheets -----------------------------------------------------------------------------------------------------


def read_workbook(data: bytes, first: int | None = None) -> Iterator[list[str]]:
    try:
        if data.startswith(b"PK"):
            data = open_workbook(data, OF_A_LIST).data
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        wanted = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible and s.typ == SheetTypeEnum.WorkSheet]
        sheet = next((sheet for sheet in map(book.get_sheet_by_name, wanted) if sheet.height), None)
        if sheet is None:
            return iter(())
        rows = sheet.to_python(skip_empty_area=False, nrows=first)
    except WorkbookRefused as error:
        raise UnreadableTable(error.messages) from error
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableTable(_("The spreadsheet cannot be read. Save it again as XLSX or CSV.")) from error
    if rows and len(rows[0]) > MOST_COLUMNS:
        raise UnreadableTable(_("The file has more than %(limit)s columns."), params={"limit": MOST_COLUMNS})
    return ([cell if type(cell) is str else cell_text(cell) for cell in row] for row in rows)


def cell_text(cell: str | float | bool | date | datetime | time | timedelta) -> str:
    """A cell as a person would type it. Whole numbers lose the ".0" of spreadsheets; beyond 15 digits a spreadsheet has
    rounded, so such numbers keep their exponent and are recognised as damaged."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        if cell == cell // 1 and abs(cell) < 1e15:
            return str(int(cell))
        return f"{cell:E}" if abs(cell) >= 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


# --- text files -------------------------------------------------------------------------------------------------------


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and the encoding it was in. GB18030 is tried after UTF-8, because nearly any bytes pass for it."""
    candidates = [encoding] if encoding else guess_encodings(data)
    for candidate in candidates:
        try:
            return data.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    raise UnreadableTable(_("The text of the file cannot be read. Save it as “CSV UTF-8”."))


def guess_encodings(data: bytes) -> list[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    head = data[:4000]
    # UTF-16 without its mark: the separators and line ends of any table show a zero byte on one side.
    if head[1::2].count(0) > len(head) // 20 and head[1::2].count(0) > 4 * head[::2].count(0):
        return ["utf-16-le"]
    if head[::2].count(0) > len(head) // 20 and head[::2].count(0) > 4 * head[1::2].count(0):
        return ["utf-16-be"]
    return ["utf-8-sig", "gb18030", "cp1252"]


def sniff_separator(text: str) -> str:
    """The separator that occurs most in the first rows, outside quotation marks; a "sep=;" line of spreadsheets decides."""
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if declared:
        return declared[1]
    head = re.sub(r'"(?:[^"]|"")*"', "", text[:20_000])
    first = "\n".join([line for line in head.splitlines() if line.strip()][:HEADING_WITHIN])
    return max(SEPARATORS, key=first.count)


def read_text(text: str, separator: str) -> Iterator[list[str]]:
    # The default limit on a cell would refuse a file whole; long cells are refused one by one instead.
    csv.field_size_limit(MOST_BYTES)
    body = re.sub(r"\Asep=.\r?\n", "", text, flags=re.IGNORECASE)
    try:
        for cells in csv.reader(io.StringIO(body, newline=""), delimiter=separator):
            if len(cells) > MOST_COLUMNS:
                raise UnreadableTable(_("The file has more than %(limit)s columns."), params={"limit": MOST_COLUMNS})
            yield cells
    except csv.Error as error:
        raise UnreadableTable(_("The file is not a table with separated columns.")) from error
