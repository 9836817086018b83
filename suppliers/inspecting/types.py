"""Which type a file is, told from its bytes. The name decides only where bytes cannot: text is CSV or plain text by its ending."""

import re
from dataclasses import dataclass
from typing import IO, Literal

from suppliers.inspecting.unfit import Unfit, read_at


HEAD_BYTES = 4096


@dataclass(frozen=True)
class FileType:
    """`family` names the check that takes the file apart."""

    extension: str
    content_type: str
    family: str
    # Other endings that people give to the same type.
    also: tuple[str, ...] = ()
    # Browsers show it by themselves, and it cannot act there.
    is_shown: bool = False
    # How it is shown within another page, if it is: its pages drawn, drawn as one picture, by the browser itself, or what it says.
    preview: Literal["", "pages", "drawn", "itself", "read"] = ""


OPEN_XML = "application/vnd.openxmlformats-officedocument."
TYPES = {
    each.extension: each
    for each in (
        FileType("pdf", "application/pdf", "pdf", is_shown=True, preview="pages"),
        FileType("jpg", "image/jpeg", "picture", also=("jpeg", "jpe", "jfif"), is_shown=True, preview="itself"),
        FileType("png", "image/png", "picture", is_shown=True, preview="itself"),
        FileType("webp", "image/webp", "picture", is_shown=True, preview="itself"),
        FileType("heic", "image/heic", "heic", also=("heif", "hif"), preview="drawn"),
        FileType("docx", f"{OPEN_XML}wordprocessingml.document", "package", preview="read"),
        FileType("xlsx", f"{OPEN_XML}spreadsheetml.sheet", "package", preview="read"),
        FileType("pptx", f"{OPEN_XML}presentationml.presentation", "package", preview="read"),
        FileType("ofd", "application/ofd", "package"),
        FileType("doc", "application/msword", "ole"),
        FileType("xls", "application/vnd.ms-excel", "ole", preview="read"),
        FileType("csv", "text/csv", "text", preview="read"),
        FileType("txt", "text/plain", "text", preview="read"),
    )
}
ENDINGS = {ending: each for each in TYPES.values() for ending in (each.extension, *each.also)}
SHOWN = frozenset(each.content_type for each in TYPES.values() if each.is_shown)
PREVIEWED = {each.content_type: each for each in TYPES.values() if each.preview}
# For the accept attribute of file inputs.
ACCEPT = ",".join(f".{ending}" for ending in ENDINGS)

# What a file begins with -> what it is: a family, or an extension where the beginning says it all.
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"PK\x03\x04", "package"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
ARCHIVES = (b"PK", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"MSCF", b"\x1f\x9d")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
PDF_MARK = b"%PDF-"


def recognise(stream: IO[bytes], ending: str) -> str:
    """An extension of `TYPES`, or "package" or "ole", whose content tells more. Raises `Unfit`. `ending` is that of the name."""
    head = read_at(stream, 0, HEAD_BYTES)
    if found := _by_beginning(head):
        return found
    # Some scanners and mail programs put blanks or a byte order mark in front; anything else in front is another file.
    if PDF_MARK in head[:1024]:
        if head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t \x00").startswith(PDF_MARK):
            return "pdf"
        raise Unfit("file_polyglot")
    if head.startswith(ARCHIVES) or head[257:262] == b"ustar":
        raise Unfit("file_archive")
    if _may_be_text(head):
        if ending in ("csv", "txt"):
            return ending
        raise Unfit("file_content" if ending in ENDINGS else "file_kind", extension=ending)
    raise Unfit("file_content" if ending in ENDINGS else "file_kind", extension=ending)


def _by_beginning(head: bytes) -> str:
    for beginning, found in BEGINNINGS:
        if head.startswith(beginning):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return "heic"
    return ""


def _may_be_text(head: bytes) -> bool:
    return head.startswith(BYTE_ORDER_MARKS) or not CONTROL_BYTES.search(head)
