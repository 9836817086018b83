"""What stands of a document within another page: pictures of its pages, a photograph, or what the file says."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from suppliers.inspecting import reading
from suppliers.inspecting.types import TYPES
from suppliers.models import Document, Supplier
from tests.factories import create_document
from tests.suppliers.files import archive, workbook


HEIC = (Path(__file__).parent.parent / "data" / "photo.heic").read_bytes()
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def word(body: str) -> bytes:
    return archive({"word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>".encode()})


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def slide(text: str) -> bytes:
    return f"<p {DRAWING}><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p>".encode()


def kept(supplier: Supplier, extension: str, data: bytes) -> Document:
    document = create_document(supplier=supplier, title="Permit", content_type=TYPES[extension].content_type, size=len(data))
    document.file.save(f"permit.{extension}", ContentFile(data))
    return document


# --- what a file says -------------------------------------------------------------------------------------------------


def test_a_word_file_tells_its_headings_words_and_tables_in_their_order() -> None:
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Site", "kWh"))
    body = paragraph("Energy", "Heading1") + paragraph("") + paragraph("We meter it.") + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"

    assert reading.blocks("docx", word(body)) == [{"heading": "Energy"}, {"text": "We meter it."}, {"rows": [["Site", "kWh"]]}]


def test_slides_come_in_their_order() -> None:
    package = archive({f"ppt/slides/slide{number}.xml": slide(f"Number {number}") for number in (10, 2)})

    assert reading.blocks("pptx", package) == [{"slide": 1}, {"text": "Number 2"}, {"slide": 2}, {"text": "Number 10"}]


def test_a_spreadsheet_tells_its_sheets_and_says_what_was_cut() -> None:
    rows: list[list[Any]] = [["Month", "kWh"], ["", ""], *[[f"M{number}", number] for number in range(400)]]

    heading, table, end = reading.blocks("xlsx", workbook(rows))

    assert set(heading) == {"heading"}
    assert (table["rows"][:2], len(table["rows"])) == ([["Month", "kWh"], ["M0", "0"]], reading.MOST_ROWS)
    assert end == {"cut": True}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_is_read_in_the_usual_encodings(encoding: str) -> None:
    assert reading.blocks("csv", "月份;千瓦时\n一月;12\n".encode(encoding)) == [{"rows": [["月份", "千瓦时"], ["一月", "12"]]}]
    assert reading.blocks("txt", "甲\n乙\n\n\n丙".encode(encoding)) == [{"text": "甲\n乙"}, {"text": "丙"}]


def test_a_file_that_declares_entities_is_not_read() -> None:
    xml = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'

    with pytest.raises(ValueError, match="no entities"):
        reading.blocks("docx", archive({"word/document.xml": xml}))


# --- in the frame -----------------------------------------------------------------------------------------------------


def test_a_photograph_of_a_telephone_is_drawn(client: Client, supplier: Supplier, reviewer: User) -> None:
    document = kept(supplier, "heic", HEIC)
    client.force_login(reviewer)

    preview = client.get(reverse("suppliers:document_preview", args=[document.pk]))
    picture = client.get(reverse("suppliers:document_page", args=[document.pk, 1]))

    assert reverse("suppliers:document_page", args=[document.pk, 1]) in preview.text
    assert picture["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(picture.content)).size == (16, 16)
    assert client.get(reverse("suppliers:document_page", args=[document.pk, 2])).status_code == 404


def test_an_office_file_is_read_and_nothing_of_it_acts(client: Client, supplier: Supplier, reviewer: User) -> None:
    document = kept(supplier, "docx", word(paragraph("Energy", "Heading1") + paragraph("&lt;script&gt;alert(1)&lt;/script&gt;")))
    client.force_login(reviewer)

    preview = client.get(reverse("suppliers:document_preview", args=[document.pk]))

    assert "<h2>Energy</h2>" in preview.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in preview.text
    assert "Words and tables of the file." in preview.text
    assert "sandbox" in preview["Content-Security-Policy"]
    assert client.get(reverse("suppliers:document_page", args=[document.pk, 1])).status_code == 404


@pytest.mark.parametrize("extension", ["docx", "pptx", "xlsx", "xls", "heic"])
def test_what_cannot_be_read_says_so(client: Client, supplier: Supplier, reviewer: User, extension: str) -> None:
    document = kept(supplier, extension, b"nothing of the kind")
    client.force_login(reviewer)

    preview = client.get(reverse("suppliers:document_preview", args=[document.pk]))

    assert preview.status_code == 200
    if extension == "heic":
        assert client.get(reverse("suppliers:document_page", args=[document.pk, 1])).status_code == 404
    else:
        assert "cannot be shown here" in preview.text


@pytest.mark.parametrize("extension", ["doc", "ofd"])
def test_kinds_that_nothing_here_reads_have_no_preview(client: Client, supplier: Supplier, reviewer: User, extension: str) -> None:
    document = kept(supplier, extension, b"whatever")
    client.force_login(reviewer)

    assert client.get(reverse("suppliers:document_preview", args=[document.pk])).status_code == 404
