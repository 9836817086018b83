"""Fills in a workbook as a person with a spreadsheet program would: cells are set in the XML of the file, the rest of it stays."""

import io
import re
import zipfile
from xml.sax.saxutils import escape

from python_calamine import CalamineWorkbook


class Workbook:
    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            self.parts = {name: package.read(name) for name in package.namelist()}
        self.book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        self.names = self.book.sheet_names

    def rows(self, sheet: str) -> list[list[object]]:
        return self.book.get_sheet_by_name(self.named(sheet)).to_python(skip_empty_area=False)

    def named(self, start: str) -> str:
        return next(name for name in self.names if name.startswith(start))

    def path(self, sheet: str) -> str:
        return f"xl/worksheets/sheet{self.names.index(self.named(sheet)) + 1}.xml"

    def row_of(self, sheet: str, key: str) -> int:
        return next(number for number, row in enumerate(self.rows(sheet), start=1) if row and row[0] == key)

    def put(self, sheet: str, address: str, content: object, *, formula: str = "", style: str | None = None) -> None:
        """A number is one; anything else is text. `formula` with `content=None` has no result yet."""
        path = self.path(sheet)
        xml = self.parts[path].decode()
        found = re.search(rf'<c r="{address}"((?: [a-z]+="[^"]*")*)(?:/>|>.*?</c>)', xml)
        assert found, address
        kept = style or (re.search(r' s="\d+"', found[1]) or [""])[0]
        self.parts[path] = xml.replace(found[0], _cell(address, kept, content, formula)).encode()

    def answer(self, sheet: str, key: str, content: object, column: str = "E") -> str:
        """Fills in the row of a question; gives back where, as the portal names it."""
        address = f"{column}{self.row_of(sheet, key)}"
        self.put(sheet, address, content)
        return f"{self.named(sheet)}!{address}"

    def change(self, part: str, old: str, new: str) -> None:
        assert old in self.parts[part].decode(), old
        self.parts[part] = self.parts[part].decode().replace(old, new).encode()

    def data(self, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", compression) as package:
            for name, content in self.parts.items():
                package.writestr(name, content)
        return packed.getvalue()


def _cell(address: str, style: str, content: object, formula: str) -> str:
    written = f"<f>{escape(formula)}</f>" if formula else ""
    if content is None:
        return f'<c r="{address}"{style}>{written}</c>'
    if isinstance(content, int | float):
        return f'<c r="{address}"{style}>{written}<v>{content}</v></c>'
    if formula:
        return f'<c r="{address}"{style} t="str">{written}<v>{escape(str(content))}</v></c>'
    return f'<c r="{address}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(str(content))}</t></is></c>'
