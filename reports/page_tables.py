"""The tables of a page, read from its HTML: what they show is what a file of them holds. Knows no database and no request."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

from suppliers.table_files import Cell, Column


# What is drawn or pressed, and what only a screen reader hears: no part of a cell's words.
_UNREAD = {"svg", "script", "style", "button", "select", "textarea", "form"}
_VOID = {"br", "img", "input", "hr", "wbr", "meta", "link", "col", "source"}
_APART = {"p", "div", "br", "li", "dd", "dt", "summary", "ul", "ol", "small"}
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
BETWEEN = " · "
NOTHING = "–"


@dataclass
class PageTable:
    """`suppliers` are those named by the rows, for the access log; `next_url` leads to what comes after, of one page of several."""

    title: str = ""
    heads: list[str] = field(default_factory=list)
    is_number: list[bool] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    suppliers: list[int] = field(default_factory=list)
    next_url: str = ""

    def columns(self) -> list[Column]:
        """Without those that have no heading: they hold what is pressed."""
        return [self._column(place) for place, head in enumerate(self.heads) if head]

    def _column(self, place: int) -> Column:
        words = [row[place] for row in self.rows if place < len(row)]
        places = max((len(word.partition(".")[2]) for word in words if _NUMBER.fullmatch(word)), default=0)
        digits = "#,##0" + (f".{'0' * places}" if places else "")
        numeric = self.is_number[place]
        width = min(60, max(10, *(_width(word) for word in [self.heads[place], *words[:200]])))
        return Column(self.heads[place], lambda row: _cell(row[place] if place < len(row) else "", numeric=numeric), width, digits)


def _cell(word: str, *, numeric: bool) -> Cell:
    if word == NOTHING:
        return None
    if numeric and _NUMBER.fullmatch(word):
        number = Decimal(word.replace(",", ""))
        return int(number) if number == number.to_integral_value() and "." not in word else number
    return word


def _width(word: str) -> int:
    """Chinese characters are twice as wide."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in word) + 2


@dataclass
class _OpenCell:
    is_number: bool
    span: int
    is_head: bool
    depth: int
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        lines = ("".join(self.parts)).split("\n")
        return BETWEEN.join(filter(None, (" ".join(line.split()) for line in lines)))


class PageReader(HTMLParser):
    """`tables` by the name that `{% table_files %}` gives each."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, PageTable] = {}
        self._open: list[tuple[str, bool]] = []
        self._table: PageTable | None = None
        self._last: PageTable | None = None
        self._cells: list[_OpenCell] = []
        self._cell: _OpenCell | None = None
        self._caption: list[str] | None = None

    @classmethod
    def of(cls, html: str) -> "PageReader":
        reader = cls()
        reader.feed(html)
        reader.close()
        return reader

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "a" and given.get("rel") == "next" and self._last is not None:
            self._last.next_url = given.get("href", "")
        if "data-table" in given and self._last is not None:
            self.tables[given["data-table"]] = self._last
            self._last.suppliers += _numbers(given.get("data-supplier", ""))
        self._begin(tag, given, classes)
        if self._cell is not None and (tag in _APART or "sub" in classes):
            self._cell.parts.append("\n")
        if tag not in _VOID:
            self._open.append((tag, tag in _UNREAD or "visually-hidden" in classes))

    def _begin(self, tag: str, given: dict[str, str], classes: Sequence[str]) -> None:
        match tag:
            case "table" if self._cell is None:
                self._table = PageTable()
            case "caption" if self._table is not None:
                self._caption = []
            case "tr" if self._table is not None and self._cell is None:
                self._cells = []
                self._table.suppliers += _numbers(given.get("data-supplier", ""))
            case "td" | "th" if self._table is not None and self._cell is None:
                span = given.get("colspan", "")
                self._cell = _OpenCell("num" in classes, int(span) if span.isdigit() else 1, self._is_inside("thead"), len(self._open))

    def _is_inside(self, tag: str) -> bool:
        return any(name == tag for name, _unread in self._open)

    def handle_endtag(self, tag: str) -> None:
        if not self._is_inside(tag):
            return
        while self._open and self._open.pop()[0] != tag:
            pass
        if self._table is None:
            return
        if tag == "caption" and self._caption is not None:
            self._table.title, self._caption = " ".join("".join(self._caption).split()), None
        elif tag in ("td", "th") and self._cell is not None:
            self._cells.append(self._cell)
            self._cell = None
        elif tag == "tr" and self._cell is None:
            self._end_row(self._table)
        elif tag == "table" and self._cell is None:
            self._last, self._table = self._table, None

    def _end_row(self, table: PageTable) -> None:
        words = list(_spread(self._cells))
        if self._cells and all(cell.is_head for cell in self._cells):
            # Of several rows of headings, the last names the columns.
            table.heads = words
            table.is_number = [cell.is_number for cell in self._cells for _part in range(cell.span)]
        elif self._cells:
            table.rows.append(words)
        self._cells = []

    def handle_data(self, data: str) -> None:
        if self._caption is not None:
            self._caption.append(data)
        elif self._cell is not None and not any(unread for _tag, unread in self._open[self._cell.depth :]):
            # A line break of the source is no line of the cell.
            self._cell.parts.append(" ".join(data.split("\n")))


def _spread(cells: Sequence[_OpenCell]) -> Iterator[str]:
    """A cell over several columns stands in the first of them."""
    for cell in cells:
        yield cell.text
        yield from [""] * (cell.span - 1)


def _numbers(text: str) -> list[int]:
    return [int(text)] if text.isascii() and text.isdigit() else []
