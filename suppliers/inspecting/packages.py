"""Files that are ZIP packages: Word, Excel, PowerPoint, OFD. Told apart by their parts, unpacked in thought, and nothing in them acts."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO

from suppliers.inspecting import ole
from suppliers.inspecting.unfit import Unfit, read_at, size_of


MOST_PARTS = 10_000
MOST_UNPACKED = 300 * 1024 * 1024
# A part of some size that shrinks to less than a hundredth was made to fill disks. Small ones may be anything.
MOST_SHRUNK, SHRUNK_FROM = 100, 20 * 1024 * 1024
DEEPEST = 2

CONTENT_TYPES = "[Content_Types].xml"
MAIN_PARTS = {
    "docx": b"wordprocessingml.document.main+xml",
    "xlsx": b"spreadsheetml.sheet.main+xml",
    "pptx": b"presentationml.presentation.main+xml",
}
MACROS = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml|vbaprojectsignature\w*\.bin)$|^xl/(intl)?(macrosheets|dialogsheets)/", re.IGNORECASE
)
MACRO_TYPES = re.compile(rb"macroenabled|vbaproject|macrosheet", re.IGNORECASE)
CONTROLS = re.compile(r"(^|/)activex/", re.IGNORECASE)
# Endings of the parts these programs write. Another file that was packed in as an object keeps its own ending, or is an OLE file.
PARTS = re.compile(
    r"\.(xml|rels|vml|png|jpe?g|jfif|gif|bmp|tiff?|emf|wmf|svg|wdp|hdp|eps|webp|ico|bin|odttf|ttf|fntdata|mp[34]|m4[av]|mov|avi|wmv|wav"
    r"|wma|dat|psmdcp|sigs|cer|thmx|sldx|xlsx|docx|pptx|doc|xls|ppt)$",
    re.IGNORECASE,
)
OFD_PARTS = re.compile(r"\.(xml|dat|esl|asn1|png|jpe?g|gif|bmp|tiff?|jb2|gbig2|ttf|ttc|otf|cff|sig|cer|ofd)$", re.IGNORECASE)
RELATIONSHIP = re.compile(rb"<Relationship\b[^>]*>", re.IGNORECASE)
# What is fetched as the file is opened; a link that a reader may follow is only a link.
FETCHED = re.compile(rb"/(attachedtemplate|oleobject|subdocument|frame)\b", re.IGNORECASE)
ELSEWHERE = re.compile(rb"Target\s*=\s*[\"'](https?:|ftp:|\\\\|file:////)", re.IGNORECASE)


def check(stream: IO[bytes], *, depth: int = 0) -> str:
    """The extension the package deserves. Raises `Unfit`."""
    archive = _opened(stream)
    with archive:
        _check_directory(archive, stream)
        kind = _kind(archive)
        for part in archive.infolist():
            if not part.is_dir():
                _check_part(archive, part, kind, depth)
    return kind


def _opened(stream: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
        raise Unfit("file_damaged") from error


def _check_directory(archive: zipfile.ZipFile, stream: IO[bytes]) -> None:
    """What the archive says about itself: before any part is unpacked."""
    parts = archive.infolist()
    if any(part.flag_bits & 0x41 for part in parts):
        raise Unfit("file_encrypted")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED or any(map(_is_shrunk, parts)):
        raise Unfit("file_bomb")
    size = size_of(stream)
    # Parts that lie over each other unpack to more than the file could hold; two of one name are read differently by each program.
    if sum(part.compress_size for part in parts) > size or len({part.filename for part in parts}) < len(parts):
        raise Unfit("file_bomb")
    if any(part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename) for part in parts):
        raise Unfit("file_damaged")
    starts = min((part.header_offset for part in parts), default=0)
    if starts or archive.comment or _end_of(stream, size) != size or read_at(stream, 0, 4) != b"PK\x03\x04":
        raise Unfit("file_polyglot")


def _is_shrunk(part: zipfile.ZipInfo) -> bool:
    return part.file_size > SHRUNK_FROM and part.file_size > MOST_SHRUNK * max(part.compress_size, 1)


def _end_of(stream: IO[bytes], size: int) -> int:
    tail = read_at(stream, max(0, size - 65_557), 65_557)
    place = tail.rfind(b"PK\x05\x06")
    return size - len(tail) + place + 22 if place >= 0 else 0


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "OFD.xml" in names:
        return "ofd"
    if CONTENT_TYPES not in names:
        raise Unfit("file_archive")
    declared = _unpacked(archive, archive.getinfo(CONTENT_TYPES))
    if MACRO_TYPES.search(declared):
        raise Unfit("file_macros")
    found = [kind for kind, main in MAIN_PARTS.items() if main in declared]
    if len(found) != 1:
        raise Unfit("file_kind")
    return found[0]


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, kind: str, depth: int) -> None:
    name = part.filename
    if MACROS.search(name):
        raise Unfit("file_macros")
    if CONTROLS.search(name):
        raise Unfit("file_controls")
    if not (OFD_PARTS if kind == "ofd" else PARTS).search(name):
        raise Unfit("file_parts", part=name[-60:])
    content = _unpacked(archive, part)
    for ending, check_content in CHECKS.items():
        if name.lower().endswith(ending):
            check_content(content, depth)


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """The whole part: no more than the directory promised, and with the check sum it promised."""
    try:
        return archive.read(part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unfit("file_damaged") from error


def _check_xml(content: bytes, depth: int) -> None:
    """Neither format knows document types, and entities that multiply are declared in one."""
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:65_536] or b"<\x00!\x00D\x00O\x00C" in content[:4096]:
        raise Unfit("file_bomb")


def _check_relationships(content: bytes, depth: int) -> None:
    _check_xml(content, depth)
    for each in RELATIONSHIP.findall(content):
        if b"External" in each and FETCHED.search(each) and ELSEWHERE.search(each):
            raise Unfit("file_remote")


def _check_inner_package(content: bytes, depth: int) -> None:
    if depth >= DEEPEST:
        raise Unfit("file_bomb")
    check(io.BytesIO(content), depth=depth + 1)


def _check_binary(content: bytes, depth: int) -> None:
    """Printer settings and fonts are .bin as well; an OLE file among them is taken apart."""
    if content.startswith(ole.BEGINNING):
        ole.refuse_active(io.BytesIO(content))
    elif content[:4] in (b"PK\x03\x04", b"Rar!") or content.startswith((b"MZ", b"\x7fELF", b"7z\xbc\xaf")):
        raise Unfit("file_parts", part=".bin")


CHECKS: dict[str, Callable[[bytes, int], None]] = {
    ".xml": _check_xml,
    ".vml": _check_xml,
    ".rels": _check_relationships,
    ".xlsx": _check_inner_package,
    ".docx": _check_inner_package,
    ".pptx": _check_inner_package,
    ".ofd": _check_inner_package,
    ".bin": _check_binary,
    ".doc": _check_binary,
    ".xls": _check_binary,
    ".ppt": _check_binary,
}
