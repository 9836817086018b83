"""Looks through an XLSX file before any reader does: what is handed on is a package of our own, holding only what was looked at.

A spreadsheet is a ZIP of XML: it can unpack to more than the memory, hold entities that grow, name a cell in the last row and
column so that a reader lays out billions of cells, run macros, and look into other files. Pure: no database.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING, NoReturn
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from suppliers.sheet_extent import Extent, plain_extent


if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


@dataclass(frozen=True)
class Limits:
    """How much a workbook may hold. Rows and columns say how far out something may stand: a reader lays out all of it up to there.

    `area` is the largest rectangle of cells. `values_only`: for whoever reads nothing but values. Macros and links to other files are left
    behind instead of refused, and no cell is marked.
    """

    megabytes: int = 20
    parts: int = 500
    unpacked_part: int = 40
    unpacked: int = 80
    rows: int = 20_000
    columns: int = 200
    cells: int = 500_000
    area: int = 4_000_000
    values_only: bool = False


FILLED_IN_BY_HAND = Limits()
MEGABYTE = 1024 * 1024
PIECE = 256 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# All that says what stands in a cell; pictures, printer settings and the like are left behind. First what says which part is which.
_ABOUT = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|styles)\.xml|xl/_rels/[^/]+\.rels")
_CONTENT = re.compile(r"xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml")
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


def open_workbook(data: bytes, limits: Limits = FILLED_IN_BY_HAND) -> Opened:
    """Raises `WorkbookRefused`."""
    if len(data) > limits.megabytes * MEGABYTE:
        raise WorkbookRefused(_("The file is larger than %(limit)s MB."), params={"limit": limits.megabytes}, code="size")
    if data.startswith(_OLE):
        raise WorkbookRefused(
            _("The file is protected with a password, or in the old .xls form. Save it as XLSX without a password."), code="ole"
        )
    try:
        return _Opening(data, limits).opened()
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


# --- the package ------------------------------------------------------------------------------------------------------


class _Opening:
    """Each part is looked through piece by piece on its way into the new package: nothing is held whole but that package."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.unpacked * MEGABYTE
        self._package = zipfile.ZipFile(io.BytesIO(data))
        self._names = _names_of(self._package, limits)

    def opened(self) -> Opened:
        packed = io.BytesIO()
        # Stored, not compressed: it is read once, here.
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
            about = {name: b"".join(self._pieces(name)) for name in self._names if _ABOUT.fullmatch(name)}
            sheets = {path: name for name, path in _sheets_of(about, self._names).items()}
            percent_styles = _percent_styles(about.get("xl/styles.xml", b""))
            for name, content in about.items():
                _parse([content])
                target.writestr(name, content)
            looks = {path: _Look(name, percent_styles, self._limits) for path, name in sheets.items()}
            for name in filter(_CONTENT.fullmatch, self._names):
                with target.open(name, "w", force_zip64=True) as part:
                    self._copy(name, part, looks.get(name))
        return Opened(packed.getvalue(), {sheets[path]: look.marks for path, look in looks.items()})

    def _copy(self, name: str, part: IO[bytes], look: "_Look | None") -> None:
        if look is None or not self._limits.values_only:
            _parse(self._copied(name, part), look.start if look else None)
        elif not self._is_within(plain_extent(self._copied(name, part))):
            _parse(iter(partial(self._package.open(name).read, PIECE), b""), look.start)

    def _is_within(self, extent: Extent | None) -> bool:
        return extent is not None and extent.rows * extent.columns <= self._limits.area and extent.columns <= self._limits.columns

    def _copied(self, name: str, part: IO[bytes]) -> Iterator[bytes]:
        for piece in self._pieces(name):
            part.write(piece)
            yield piece

    def _pieces(self, name: str) -> Iterator[bytes]:
        left_of_part = self._limits.unpacked_part * MEGABYTE
        with self._package.open(name) as source:
            while piece := source.read(PIECE):
                left_of_part -= len(piece)
                self._left -= len(piece)
                if min(left_of_part, self._left) < 0:
                    limit = self._limits.unpacked_part
                    raise WorkbookRefused(_("The spreadsheet unpacks to more than %(limit)s MB."), params={"limit": limit}, code="bomb")
                yield piece


def _names_of(package: zipfile.ZipFile, limits: Limits) -> list[str]:
    entries = package.infolist()
    names = [entry.filename for entry in entries]
    # A reader that knows no letter case would take another part than the one looked at here.
    lowered = [name.lower() for name in names]
    if len(entries) > limits.parts or len(set(lowered)) < len(names):
        raise WorkbookRefused(_("The spreadsheet cannot be read. Save it again as XLSX."), code="parts")
    if any(entry.flag_bits & 1 for entry in entries):
        raise WorkbookRefused(
            _("The file is protected with a password, or in the old .xls form. Save it as XLSX without a password."), code="encrypted"
        )
    if not limits.values_only:
        _refuse_active(lowered)
    return names


def _refuse_active(lowered: Iterable[str]) -> None:
    if any("vbaproject" in name or "/macrosheets/" in name for name in lowered):
        raise WorkbookRefused(_("The file holds macros. Save it as XLSX, which cannot hold any."), code="macros")
    if any("externallinks/" in name for name in lowered):
        raise WorkbookRefused(
            _("The workbook looks into other files. Break these links (Data, Edit links) and upload it again."), code="links"
        )


def _parse(
    pieces: Iterable[bytes], start: Callable[[str, Attributes], None] | None = None, end: Callable[[str], None] | None = None
) -> None:
    """Local names only: producers differ in their prefixes. A document type, the only place for entities, is refused."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_document_type
    if start is not None:
        parser.StartElementHandler = lambda name, attributes: start(name.rpartition(" ")[2], attributes)
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    for piece in pieces:
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _refuse_document_type(*_declared: object) -> None:
    raise WorkbookRefused(_("The file defines XML entities, which no spreadsheet program writes. It is not read."), code="entities")


def _sheets_of(parts: Mapping[str, bytes], names: Container[str]) -> dict[str, str]:
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

    _parse([parts["xl/_rels/workbook.xml.rels"]], relation)
    _parse([parts["xl/workbook.xml"]], sheet)
    sheets = {name: targets[reference] for name, reference in found}
    if len(sheets) < len(found) or len(set(sheets.values())) < len(found):
        raise ValueError("two sheets are one")
    return {name: path for name, path in sheets.items() if path in names and _CONTENT.fullmatch(path)}


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

    _parse([content], start, end)
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

    def __init__(self, name: str, percent_styles: frozenset[str], limits: Limits) -> None:
        self.marks = Marks()
        self._name = name
        self._limits = limits
        self._percent_styles = percent_styles
        self._rows = self._cells = self._row = self._column = 0
        self._furthest = (0, 0)
        self._address = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            self._begin_row(attributes)
        elif name in ("v", "is"):
            self._hold_value()
        elif name == "f" and not self._limits.values_only:
            self.marks.formulas.add(self._address)

    def _begin_row(self, attributes: Attributes) -> None:
        self._rows += 1
        self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        if self._rows > self._limits.rows:
            self._refuse_many(_("Sheet “%(sheet)s” has more than %(limit)s rows."), "rows", self._limits.rows)

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cells += 1
        if self._cells > self._limits.cells:
            self._refuse_many(_("Sheet “%(sheet)s” has more than %(limit)s cells."), "cells", self._limits.cells)
        if given := attributes.get("r"):
            self._column, self._row = _place_of(given)
        else:
            self._column += 1
        if self._limits.values_only:
            return
        self._address = self._where()
        if attributes.get("t") == "e":
            self.marks.errors.add(self._address)
        if attributes.get("s") in self._percent_styles:
            self.marks.percentages.add(self._address)

    def _hold_value(self) -> None:
        # A reader lays out the whole rectangle up to the furthest value.
        rows, columns = self._furthest = max(self._furthest[0], self._row), max(self._furthest[1], self._column)
        if rows > self._limits.rows or columns > self._limits.columns or rows * columns > self._limits.area:
            raise WorkbookRefused(
                _("Sheet “%(sheet)s” has something in cell %(cell)s, far outside of its table. Delete it and upload the file again."),
                params={"sheet": self._name, "cell": self._where()},
                code="far",
            )
        if not self._limits.values_only:
            self.marks.valued.add(self._address)

    def _where(self) -> str:
        return f"{column_letters(self._column)}{self._row}"

    def _refuse_many(self, text: "StrPromise", code: str, limit: int) -> NoReturn:
        raise WorkbookRefused(text, params={"sheet": self._name, "limit": limit}, code=code)


def _place_of(address: str) -> tuple[int, int]:
    """Column and row. Readers take small letters too. Raises ValueError."""
    given = _ADDRESS.match(address.upper())
    if given is None:
        raise ValueError(address)
    return column_number(given[1]), int(given[2])
