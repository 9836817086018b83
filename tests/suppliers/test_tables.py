import codecs
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppliers import tables
from suppliers.sheet_extent import Extent, plain_extent
from suppliers.tables import UnreadableTable, read_table
from tests.suppliers.files import archive, workbook


ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with its mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 little-endian with its mark": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big-endian with its mark": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 little-endian": lambda text: text.encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: text.encode("utf-16-be"),
    "GB18030": lambda text: text.encode("gb18030"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_table_reads_the_same_in_every_encoding_and_with_every_separator(encoding, separator, newline):
    text = (
        newline.join(
            [
                separator.join(["名称", "国家", "地址"]),
                separator.join(
                    [
                        "纸灯笼有限公司",
                        "中国",
                        '"杭州市\n"',
                    ]
                ),
            ]
        )
        + newline
    )

    table = read_table(ENCODINGS[encoding](text))

    assert [line.cells for line in table.lines] == [["名称", "国家", "地址"], ["纸灯笼有限公司", "中国", "杭州市\n"]]


@pytest.mark.parametrize("encoding", ["UTF-16 little-endian", "UTF-8", "GB18030"])
def test_a_mostly_english_table_reads_in_every_encoding(encoding):
    text = "Name,Country\nPaper Lantern Ltd,CN\nBamboo Bridge Ltd,CN\n"
    assert read_table(ENCODINGS[encoding](text)).lines[2].cells == ["Bamboo Bridge Ltd", "CN"]


def test_a_western_file_of_windows_reads_too():
    assert read_table("Name,City\nCafé Zoë,Genève\n".encode("cp1252")).lines[1].cells[0] == "Café Zoë"


def test_a_separator_that_the_file_names_is_used():
    assert read_table(b"sep=;\nName;Note\nLantern;a,b,c,d\n").lines[1].cells == ["Lantern", "a,b,c,d"]


def test_a_line_break_inside_a_cell_does_not_end_the_row():
    table = read_table(b'Name,Codes\r\nLantern,"85200,\r\n85310"\r\nBridge,1\r\n')
    assert [line.number for line in table.lines] == [1, 2, 3]
    assert table.lines[1].cells[1] == "85200,\r\n85310"


def test_row_numbers_are_those_of_the_sheet_with_blank_rows_counted():
    table = read_table(workbook([["List of 2026"], [], ["Name", "Country"], ["Lantern", "CN"]]))
    assert [line.number for line in table.lines] == [1, 3, 4]
    assert table.heading_at({"name", "country"}) == 1


def test_numbers_of_a_spreadsheet_come_as_people_typed_them():
    table = read_table(workbook([["a", "b", "c", "d"], [4104101, 1.5, 91330100799655058, True]]))
    assert table.lines[1].cells == ["4104101", "1.5", "9.133010E+16", "true"]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"PK\x03\x04 not a zip", archive({"readme.txt": b"<x/>"}), b"\xd0\xcf\x11\xe0 not a workbook"]
)
def test_what_is_no_table_is_refused_in_words(data):
    with pytest.raises(UnreadableTable) as refusal:
        read_table(data)
    assert refusal.value.messages[0]


def sheet_with(rows: str) -> bytes:
    """A list of one supplier, and these rows below it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([["Name"], ["Lantern"]]))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", rows.encode() + b"</sheetData>")
            target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        # Cells and rows that leave out where they stand follow the one before.
        '<row r="1048576"><c><v>1</v></c></row>',
        '<row r="1048575"/><row><c><v>1</v></c></row>',
        '<row r="3"><c r="XFC3"/><c><v>1</v></c></row>',
        '<row r="3"><c r="xfd3"><v>1</v></c></row>',
        '<row r="3"><c r="&#88;FD3"><v>1</v></c></row>',
        '<row r="3"><c  r="XFD3"><v>1</v></c></row>',
        # Near enough each way, and too much in all.
        '<row r="49999"><c r="SF49999"><v>1</v></c></row>',
        '<row r="3"><c r="XFD3" t="inlineStr"><is><t>far</t></is></c></row>',
    ],
)
def test_a_cell_far_out_is_refused_before_it_is_laid_out(monkeypatch, rows):
    monkeypatch.setattr(tables, "CalamineWorkbook", None)

    with pytest.raises(UnreadableTable, match="far outside of its table"):
        read_table(sheet_with(rows))


def test_a_cell_far_out_that_is_only_coloured_is_no_harm():
    table = read_table(sheet_with('<row r="1048576"><c r="XFD1048576" s="0"/></row>'))

    assert [line.cells for line in table.lines] == [["Name"], ["Lantern"]]


def test_a_sheet_whose_names_have_a_prefix_is_followed_element_by_element():
    data = sheet_with('<row r="3"/>')
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                content = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", content).replace("xmlns=", "xmlns:x=")
                content = content.replace('<x:row r="3"', '<x:row r="3"><x:c r="XFD3"><x:v>1</x:v></x:c></x:row><x:row r="4"')
            target.writestr(name, content)

    with pytest.raises(UnreadableTable, match="far outside of its table"):
        read_table(out.getvalue())


@given(st.integers(min_value=80, max_value=400))
def test_the_extent_is_the_same_wherever_the_bytes_are_cut(size):
    sheet = b'<?xml version="1.0" encoding="UTF-8"?><worksheet>' + b"".join(
        b'<row r="%d"><c r="A%d"><v>1</v></c><c r="AB%d" s="1"/></row>' % (n, n, n) for n in range(1, 9)
    )

    assert plain_extent(sheet[at : at + size] for at in range(0, len(sheet), size)) == Extent(rows=8, columns=28, cells=16)
