"""Looks through an XLSX file before any reader does: what is handed on is a package of our own, holding only what was looked at.

A spreadsheet is a ZIP of XML: it can unpack to more than the memory, hold entities that grow, name a cell in the last row and
column so that a reader lays out billions of cells, run macros, and look into other files. Pure: no database.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


MOST_BYTES = 20 * 1024 * 1024
MOST_PARTS = 500
MOST_UNPACKED_PART = 40 * 1024 * 1024
MOST_UNPACKED = 80 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_CELLS = 500_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# All that says what stands in a cell; pictures, printer settings and the like are left behind.
_WANTED = re.compile(
    r"(\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|styles|sharedStrings)\.xml|xl/_rels/[^/]+\.rels|xl/worksheets/[^/]+\.xml)"
)
# Number formats 9 and 10 are percentages; a format of one's own is one when it shows the sign outside of quotes.
_PERCENT_FORMATS = frozenset({"9", "10"})

Attributes = dict[str, str]


class WorkbookRefused(ValidationError):
    """The file is no spreadsheet we read; the message says why."""


@dataclass
class Marks:
    """Cells of one sheet, by address, of which a reader of values would not learn what they are."""

    formulas: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    percentages: set[str] = field(default_factory=set)
    valued: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Opened:
    """`data` is the package to read; `marks` goes by the names of the sheets."""

    data: bytes
    marks: Mapping[str, Marks]


def open_workbook(data: bytes) -> Opened:
    """Raises `WorkbookRefused`."""
    if len(data) > MOST_BYTES:
        raise WorkbookRefused(_("The file is larger than %(limit)s MB."), params={"limit": MOST_BYTES // 1024 // 1024}, code="size")
    if data.startswith(_OLE):
        raise WorkbookRefused(
            _("The file is protected with a password, or in the old .xls form. Save it as XLSX without a password."), code="ole"
        )
    try:
        parts = _unpack(data)
        sheets = _sheets_of(parts)
        percent_styles = _percent_styles(parts.get("xl/styles.xml", b""))
        marks = {name: _look_through(parts[path], name, percent_styles) for name, path in sheets.items()}
        for path in parts.keys() - set(sheets.values()):
            _parse(parts[path])
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        KeyError,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise WorkbookRefused(_("The spreadsheet cannot be read. Save it again as XLSX."), code="unreadable") from error
    return Opened(_packed(parts), marks)


# --- the package ------------------------------------------------------------------------------------------------------


def _unpack(data: bytes) -> dict[str, bytes]:
    package = zipfile.ZipFile(io.BytesIO(data))
    entries = package.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_PARTS or len(set(names)) < len(names):
        raise WorkbookRefused(_("The spreadsheet cannot be read. Save it again as XLSX."), code="parts")
    if any(entry.flag_bits & 1 for entry in entries):
        raise WorkbookRefused(
            _("The file is protected with a password, or in the old .xls form. Save it as XLSX without a password."), code="encrypted"
        )
    lowered = [name.lower() for name in names]
    if any("vbaproject" in name or "/macrosheets/" in name for name in lowered):
        raise WorkbookRefused(_("The file holds macros. Save it as XLSX, which cannot hold any."), code="macros")
    if any("externallinks/" in name for name in lowered):
        raise WorkbookRefused(
            _("The workbook looks into other files. Break these links (Data, Edit links) and upload it again."), code="links"
        )
    parts, left = {}, MOST_UNPACKED
    for entry in entries:
        if not _WANTED.fullmatch(entry.filename):
            continue
        with package.open(entry) as source:
            parts[entry.filename] = content = source.read(min(left, MOST_UNPACKED_PART) + 1)
        left -= len(content)
        if left < 0 or len(content) > MOST_UNPACKED_PART:
            limit = MOST_UNPACKED_PART // 1024 // 1024
            raise WorkbookRefused(_("The spreadsheet unpacks to more than %(limit)s MB."), params={"limit": limit}, code="bomb")
    return parts


def _packed(parts: Mapping[str, bytes]) -> bytes:
    # Stored, not compressed: it is read once, here.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return packed.getvalue()


def _parse(content: bytes, start: Callable[[str, Attributes], None] | None = None, end: Callable[[str], None] | None = None) -> None:
    """Local names only: producers differ in their prefixes. A document type, the only place for entities, is refused."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_document_type
    if start is not None:
        parser.StartElementHandler = lambda name, attributes: start(name.rpartition(" ")[2], attributes)
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    parser.Parse(content, True)


def _refuse_document_type(*_declared: object) -> None:
    raise WorkbookRefused(_("The file defines XML entities, which no spreadsheet program writes. It is not read."), code="entities")


def _sheets_of(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Name of the sheet -> path of its part."""
    targets: dict[str, str] = {}
    found: list[tuple[str, str]] = []

    def relation(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"]
            targets[attributes["Id"]] = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))

    def sheet(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            reference = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == "id"), "")
            found.append((attributes["name"], reference))

    _parse(parts["xl/_rels/workbook.xml.rels"], relation)
    _parse(parts["xl/workbook.xml"], sheet)
    sheets = {name: targets[reference] for name, reference in found}
    if len(sheets) < len(found) or len(set(sheets.values())) < len(found):
        raise ValueError("two sheets are one")
    return {name: path for name, path in sheets.items() if path in parts}


def _percent_styles(content: bytes) -> frozenset[str]:
    """Numbers of the cell styles that show a share as a percentage."""
    if not content:
        return frozenset()
    formats, styles, inside = set(_PERCENT_FORMATS), [], [False]

    def start(name: str, attributes: Attributes) -> None:
        if name == "numFmt" and "%" in re.sub(r'"[^"]*"|\\.', "", attributes.get("formatCode", "")):
            formats.add(attributes.get("numFmtId", ""))
        elif name == "cellXfs":
            inside[0] = True
        elif name == "xf" and inside[0]:
            styles.append(attributes.get("numFmtId", ""))

    def end(name: str) -> None:
        if name == "cellXfs":
            inside[0] = False

    _parse(content, start, end)
    return frozenset(str(number) for number, style in enumerate(styles) if style in formats)


# --- one sheet --------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})\Z")


def column_number(letters: str) -> int:
    """ "A" is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _Look:
    """Follows the elements of a sheet. Rows and cells may leave out where they stand: then they follow the one before."""

    def __init__(self, name: str, percent_styles: frozenset[str]) -> None:
        self.marks = Marks()
        self._name = name
        self._percent_styles = percent_styles
        self._rows = self._cells = self._row = self._column = 0
        self._address = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            self._begin_row(attributes)
        elif name == "f":
            self.marks.formulas.add(self._address)
        elif name in ("v", "is"):
            self._hold_value()

    def _begin_row(self, attributes: Attributes) -> None:
        self._rows += 1
        self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        if self._rows > MOST_ROWS:
            raise WorkbookRefused(
                _("Sheet “%(sheet)s” has more than %(limit)s rows."), params={"sheet": self._name, "limit": MOST_ROWS}, code="rows"
            )

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cells += 1
        if self._cells > MOST_CELLS:
            raise WorkbookRefused(
                _("Sheet “%(sheet)s” has more than %(limit)s cells."), params={"sheet": self._name, "limit": MOST_CELLS}, code="cells"
            )
        given = _ADDRESS.match(attributes.get("r", ""))
        if given:
            self._column, self._row = column_number(given[1]), int(given[2])
        else:
            self._column += 1
        self._address = f"{column_letters(self._column)}{self._row}"
        if attributes.get("t") == "e":
            self.marks.errors.add(self._address)
        if attributes.get("s") in self._percent_styles:
            self.marks.percentages.add(self._address)

    def _hold_value(self) -> None:
        # A reader lays out the whole rectangle up to the furthest value.
        if self._row > MOST_ROWS or self._column > MOST_COLUMNS:
            raise WorkbookRefused(
                _("Sheet “%(sheet)s” has something in cell %(cell)s, far outside of its table. Delete it and upload the file again."),
                params={"sheet": self._name, "cell": self._address},
                code="far",
            )
        self.marks.valued.add(self._address)


def _look_through(content: bytes, name: str, percent_styles: Iterable[str]) -> Marks:
    look = _Look(name, frozenset(percent_styles))
    _parse(content, look.start)
    return look.marks
