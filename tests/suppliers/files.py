"""Files people upload, made small, and identifiers made valid."""

import io
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from stdnum.cn import uscc
from stdnum.iso7064 import mod_97_10


def valid_uscc(number: int = 1) -> str:
    body = f"91330100{number:09d}"
    return body + uscc.calc_check_digit(body)


def valid_lei(number: int = 1) -> str:
    body = f"5299{number:014d}"
    return body + mod_97_10.calc_check_digits(body)


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def pdf_bytes(content: bytes = b"a certificate", *, catalog: bytes = b"", objects: Sequence[bytes] = (), trailer: bytes = b"") -> bytes:
    """A PDF of one empty page. `content` makes it different from others; the rest is put where its name says."""
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Title (%s) >>" % content.hex().encode(),
        *objects,
    )
    body, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(bodies, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    end = b"trailer << /Size %d /Root 1 0 R /Info 4 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


def pdf(name: str = "certificate.pdf", content: bytes = b"a certificate") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf_bytes(content), content_type="application/pdf")


OPEN_XML = "vnd.openxmlformats-officedocument."
OFFICE = {
    "docx": ("word/document.xml", "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation.main+xml"),
}


def archive(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


def office(kind: str, more: dict[str, bytes] | None = None, *, content_type: str = "") -> bytes:
    """A Word, Excel or PowerPoint file as small as they get, with whatever else is to be in it."""
    main, usual = OFFICE[kind]
    declared = f'<Types><Override PartName="/{main}" ContentType="application/{content_type or OPEN_XML + usual}"/></Types>'
    return archive({"[Content_Types].xml": declared.encode(), main: b"<x/>", **(more or {})})


def picture(picture_format: str = "JPEG", *, size: tuple[int, int] = (32, 24), place: bool = False, **options: Any) -> bytes:
    """`place` writes down where it was taken, as telephones do, and that it is to be turned."""
    image = Image.new("RGB", size)
    image.putdata([(x * 7 % 256, y * 9 % 256, x * y % 256) for y in range(size[1]) for x in range(size[0])])
    if place:
        about = Image.Exif()
        about[0x0112], about[0x010F] = 6, "Phone"
        about.get_ifd(0x8825).update({1: "N", 2: (30.0, 15.0, 1.0), 3: "E", 4: (120.0, 9.0, 1.0)})
        options["exif"] = about
    file = io.BytesIO()
    image.save(file, picture_format, **options)
    return file.getvalue()


def compound(streams: dict[str, bytes]) -> bytes:
    """An OLE file, as older Office programs wrote them. A stream inside of a storage is "Storage/Stream"."""
    free, end, sector = 0xFFFFFFFF, 0xFFFFFFFE, 512
    # Streams under 4096 bytes lie in a file system of their own; longer ones do not, so all are made long.
    contents = {path: content.ljust(4096, b"\x00") for path, content in streams.items()}
    tree: dict[str, list[str]] = {"": []}
    for path in contents:
        storage, slash, _name = path.rpartition("/")
        if slash and storage not in tree[""]:
            tree[""].append(storage)
            tree[storage] = []
        tree[storage].append(path)
    order = ["", *tree[""], *(path for storage in tree if storage for path in tree[storage])]
    place = {path: number for number, path in enumerate(order)}
    data, starts, chains = b"", {}, []
    for path, content in contents.items():
        padded = content + bytes(-len(content) % sector)
        starts[path] = len(data) // sector
        chains += [*range(starts[path] + 1, starts[path] + len(padded) // sector), end]
        data += padded

    def entry(path: str) -> bytes:
        name = (path.rpartition("/")[2] or "Root Entry").encode("utf-16-le")
        kind = 5 if not path else 2 if path in contents else 1
        siblings = tree[path.rpartition("/")[0]] if path else []
        after = siblings[siblings.index(path) + 1 :] if path else []
        links = (free, place[after[0]] if after else free, place[tree[path][0]] if tree.get(path) else free)
        start = starts.get(path, end if not path else 0)
        head = name.ljust(64, b"\x00") + struct.pack("<HBBIII", len(name) + 2, kind, 1, *links)
        return head + bytes(36) + struct.pack("<IQ", start, len(contents.get(path, b"")))

    directory = b"".join(map(entry, order))
    directory += bytes(-len(directory) % sector)
    first = len(data) // sector
    chains += [*range(first + 1, first + len(directory) // sector), end]
    tables = -(-(len(chains) + 1) // 127)
    at = len(chains)
    chains += [0xFFFFFFFD] * tables
    chains += [free] * (-len(chains) % 128)
    table = b"".join(struct.pack("<I", each) for each in chains)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, first, 0, 4096, end, 0, end, 0)
    header += b"".join(struct.pack("<I", at + number) for number in range(tables)).ljust(436, b"\xff")
    return header + data + directory + table


def excel_records(*sheets: int, more: bytes = b"") -> bytes:
    """The list of sheets of an older workbook; each is told by its kind: 0 a sheet, 1 formulas that act, 6 Visual Basic."""
    start = struct.pack("<HH", 0x0809, 16) + bytes(16)
    listed = b"".join(struct.pack("<HHIBBBB", 0x85, 8, 0, 0, kind, 1, 0) for kind in sheets)
    return start + more + listed + struct.pack("<HH", 0x0A, 0)
