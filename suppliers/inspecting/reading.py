"""What an Office file or a text says, in plain blocks: `python -m suppliers.inspecting.reading docx < file > blocks.json`.

For reading it beside something else: words and tables, without layout and pictures. A process of its own, as for inspecting. A block is
one of `{"heading": …}`, `{"slide": 3}`, `{"text": …}`, `{"rows": [[…]]}`, and at the end of what was cut short `{"cut": true}`.
"""

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from xml.etree import ElementTree

import python_calamine

from suppliers.inspecting.child import MEMORY, SECONDS


Block = dict[str, Any]
# A page to read, not the file: more stands in the file itself.
MOST_BLOCKS, MOST_ROWS, MOST_COLUMNS, MOST_SHEETS = 400, 200, 30, 20
LONGEST_TEXT, LONGEST_CELL = 4000, 400
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(blocks(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)


def blocks(extension: str, data: bytes) -> list[Block]:
    found = list(islice(READERS[extension](data), MOST_BLOCKS + 1))
    return found if len(found) <= MOST_BLOCKS else [*found[:MOST_BLOCKS], {"cut": True}]


# --- Word and PowerPoint ----------------------------------------------------------------------------------------------


def read_docx(data: bytes) -> Iterator[Block]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        body = _parsed(package.read("word/document.xml")).find(f"{WORD}body")
    for element in body if body is not None else ():
        if element.tag == f"{WORD}p" and (words := _words(element, WORD)):
            style = element.find(f"{WORD}pPr/{WORD}pStyle")
            is_heading = style is not None and re.match(r"(heading|title|\d$)", style.get(f"{WORD}val", ""), re.IGNORECASE)
            yield {"heading" if is_heading else "text": words}
        elif element.tag == f"{WORD}tbl":
            yield from _table(_rows(element, WORD))


def read_pptx(data: bytes) -> Iterator[Block]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        numbers = sorted(int(found[1]) for name in package.namelist() if (found := re.fullmatch(r"ppt/slides/slide(\d+)\.xml", name)))
        for place, number in enumerate(numbers, start=1):
            yield {"slide": place}
            slide = _parsed(package.read(f"ppt/slides/slide{number}.xml"))
            in_tables = {id(inner) for table in slide.iter(f"{DRAWING}tbl") for inner in table.iter(f"{DRAWING}p")}
            for paragraph in slide.iter(f"{DRAWING}p"):
                if id(paragraph) not in in_tables and (words := _words(paragraph, DRAWING)):
                    yield {"text": words}
            for table in slide.iter(f"{DRAWING}tbl"):
                yield from _table(_rows(table, DRAWING))


def _parsed(xml: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in xml[:1000]:
        raise ValueError("Office files declare no entities")
    return ElementTree.fromstring(xml)  # noqa: S314 - in a process that may break, with so much memory and time


def _words(element: ElementTree.Element, space: str) -> str:
    said = {f"{space}tab": "\t", f"{space}br": "\n"}
    parts = (each.text or "" if each.tag == f"{space}t" else said.get(each.tag, "") for each in element.iter())
    return "".join(parts).strip()[:LONGEST_TEXT]


def _rows(table: ElementTree.Element, space: str) -> Iterator[list[str]]:
    for row in table.iter(f"{space}tr"):
        yield ["\n".join(_words(paragraph, space) for paragraph in cell.iter(f"{space}p")) for cell in row.iter(f"{space}tc")]


# --- spreadsheets and text --------------------------------------------------------------------------------------------


def read_sheets(data: bytes) -> Iterator[Block]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names[:MOST_SHEETS]:
        # Columns of another kind than sheets (charts) have no cells.
        if rows := book.get_sheet_by_name(name).to_python():
            yield {"heading": name}
            yield from _table([_cell(cell) for cell in row] for row in rows)
    if len(book.sheet_names) > MOST_SHEETS:
        yield {"cut": True}


def _cell(value: object) -> str:
    """A spreadsheet holds 7407 as 7407.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def read_csv(data: bytes) -> Iterator[Block]:
    text = _decoded(data)
    separator = max(",;\t", key=text[:4000].count)
    csv.field_size_limit(len(text) + 1)
    yield from _table(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def read_text(data: bytes) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", _decoded(data).replace("\r\n", "\n")):
        if paragraph.strip():
            yield {"text": paragraph.strip("\n")[:LONGEST_TEXT]}


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _table(rows: Iterable[list[str]]) -> Iterator[Block]:
    """Without what is empty, and no longer or wider than one reads."""
    filled = (row for row in rows if any(cell.strip() for cell in row))
    taken = list(islice(filled, MOST_ROWS + 1))
    if taken:
        yield {"rows": [[cell[:LONGEST_CELL] for cell in row[:MOST_COLUMNS]] for row in taken[:MOST_ROWS]]}
    if len(taken) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in taken):
        yield {"cut": True}


READERS: dict[str, Callable[[bytes], Iterator[Block]]] = {
    "docx": read_docx,
    "pptx": read_pptx,
    "xlsx": read_sheets,
    "xls": read_sheets,
    "csv": read_csv,
    "txt": read_text,
}

if __name__ == "__main__":
    main()
