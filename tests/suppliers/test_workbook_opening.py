"""An XLSX file is looked through before any reader sees it: what could fill the memory, run or look elsewhere is refused in words."""

import io
import zipfile

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from suppliers.workbook_opening import FILLED_IN_BY_HAND, MEGABYTE, WorkbookRefused, column_letters, column_number, open_workbook


def workbook() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("One")
        sheet.write_string(0, 0, "text")
        sheet.write_formula(1, 0, "=1+1", value=2)
        sheet.write_number(2, 1, 0.125, book.add_format({"num_format": "0.0%"}))
        book.add_worksheet("Two & three").write_string(4, 2, "far")
    return file.getvalue()


def changed(data: bytes, *, add: dict[str, bytes] | None = None, change: tuple[str, bytes, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if change and change[0] == name:
                assert change[1] in content
                content = content.replace(change[1], change[2])
            target.writestr(name, content)
        for name, content in (add or {}).items():
            target.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_what_is_handed_on_reads_as_the_file_itself():
    opened = open_workbook(workbook())

    book = CalamineWorkbook.from_filelike(io.BytesIO(opened.data))
    assert book.sheet_names == ["One", "Two & three"]
    assert book.get_sheet_by_name("One").to_python() == [["text", ""], [2, ""], ["", 0.125]]
    assert opened.marks["One"].formulas == {"A2"}
    assert opened.marks["One"].percentages == {"B3"}


def test_pictures_and_the_like_are_left_behind():
    opened = open_workbook(changed(workbook(), add={"xl/media/image1.png": b"\x89PNG", "customXml/item1.xml": b"<!DOCTYPE x><x/>"}))

    names = zipfile.ZipFile(io.BytesIO(opened.data)).namelist()
    assert "xl/media/image1.png" not in names
    assert "customXml/item1.xml" not in names


def entity_bomb() -> bytes:
    lol = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return changed(workbook(), change=(SHEET, b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', lol))


def far_cell() -> bytes:
    return changed(workbook(), change=(SHEET, b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'))


def a_million_empty_rows() -> bytes:
    rows = b"".join(b'<row r="%d"/>' % number for number in range(4, 1_000_004))
    return changed(workbook(), change=(SHEET, b"</sheetData>", rows + b"</sheetData>"))


def zip_bomb() -> bytes:
    return changed(
        workbook(),
        change=(
            SHEET,
            b"</sheetData>",
            b"</sheetData>" + b" " * (FILLED_IN_BY_HAND.unpacked_part * MEGABYTE),
        ),
    )


def links_elsewhere() -> bytes:
    return changed(workbook(), add={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})


def with_macros() -> bytes:
    return changed(workbook(), add={"xl/vbaProject.bin": b"\xd0\xcf"})


def encrypted() -> bytes:
    # The flag of the first entry, in its own header and in the directory.
    data = bytearray(workbook())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def twice_the_same_part() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return changed(workbook(), add={SHEET: b"<worksheet/>"})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (entity_bomb, "entities"),
        (far_cell, "far"),
        (a_million_empty_rows, "rows"),
        (zip_bomb, "bomb"),
        (links_elsewhere, "links"),
        (with_macros, "macros"),
        (encrypted, "encrypted"),
        (twice_the_same_part, "parts"),
        (lambda: changed(workbook(), add={SHEET.upper(): b"<worksheet/>"}), "parts"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "ole"),
        (lambda: b"", "unreadable"),
        (lambda: b"PK\x03\x04", "unreadable"),
        (lambda: workbook()[:2000], "unreadable"),
        (lambda: b"0" * (FILLED_IN_BY_HAND.megabytes * MEGABYTE + 1), "size"),
        (lambda: changed(workbook(), change=(SHEET, b"</sheetData>", b"</sheet")), "unreadable"),
        (lambda: changed(workbook(), change=("xl/workbook.xml", b"r:id=", b"r:ix=")), "unreadable"),
        (lambda: changed(workbook(), change=(SHEET, b'r="A1"', b'r="A1" s="&undefined;"')), "unreadable"),
    ],
)
def test_a_file_that_would_do_harm_is_refused_with_its_reason(make, code):
    with pytest.raises(WorkbookRefused) as refused:
        open_workbook(make())

    assert refused.value.code == code
    assert refused.value.messages[0]


def test_cells_that_do_not_say_where_they_stand_follow_the_one_before():
    rows = b'<row><c><v>1</v></c><c t="e"><v>#N/A</v></c></row></sheetData>'

    opened = open_workbook(changed(workbook(), change=(SHEET, b"</sheetData>", rows)))

    assert opened.marks["One"].errors == {"B4"}


def test_columns_are_counted_as_a_spreadsheet_does():
    assert [column_letters(number) for number in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_number(column_letters(number)) == number for number in range(1, 16385))
