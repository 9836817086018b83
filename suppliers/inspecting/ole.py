"""The older Word and Excel files: a small file system of streams. Taken where it can be shown that nothing in them acts."""

import io
import struct
from collections.abc import Iterator
from typing import IO, cast

import olefile

from suppliers.inspecting.tails import refuse_hidden_archive
from suppliers.inspecting.unfit import Unfit


BEGINNING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of storages and streams, in lower case, that hold Visual Basic.
MACROS = {"macros", "_vba_project_cur", "vba", "_vba_project", "projectwm", "vbaproject"}
PACKED_FILE = "\x01ole10native"
ENCRYPTED = {"encryptedpackage", "encryptioninfo"}
MOST_STREAM = 100 * 1024 * 1024
# Records of an Excel workbook.
BOUND_SHEET, FILE_PASS, END_OF_PART = 0x85, 0x2F, 0x0A
XLM_SHEET, BASIC_MODULE = 1, 6
WORD_ENCRYPTED = 0x0100


def check(stream: IO[bytes]) -> str:
    """The extension the file deserves. Raises `Unfit`."""
    refuse_hidden_archive(stream)
    names = refuse_active(stream)
    if "worddocument" in names:
        return "doc"
    if names & {"workbook", "book"}:
        return "xls"
    raise Unfit("file_old_office" if "powerpoint document" in names else "file_kind")


def refuse_active(stream: IO[bytes]) -> set[str]:
    """The names of the outermost streams, in lower case."""
    stream.seek(0)
    try:
        with olefile.OleFileIO(io.BytesIO(stream.read())) as file:
            paths = [[part.lower() for part in path] for path in file.listdir(streams=True, storages=True)]
            _refuse_names({part for path in paths for part in path})
            for path in file.listdir():
                _refuse_content(path, file)
    except (OSError, ValueError, IndexError, TypeError, struct.error, RecursionError) as error:
        raise Unfit("file_damaged") from error
    return {path[0] for path in paths}


def _refuse_names(names: set[str]) -> None:
    if names & ENCRYPTED:
        raise Unfit("file_encrypted")
    if names & MACROS:
        raise Unfit("file_macros")
    if PACKED_FILE in names:
        raise Unfit("file_parts", part="OLE")


def _refuse_content(path: list[str], file: olefile.OleFileIO) -> None:
    name = path[-1].lower()
    if name not in ("workbook", "book", "worddocument"):
        return
    if file.get_size(path) > MOST_STREAM:
        raise Unfit("file_bomb")
    content = cast(bytes, file.openstream(path).read())
    if name == "worddocument":
        _refuse_encrypted_word(content)
    else:
        _refuse_sheets(content)


def _refuse_encrypted_word(content: bytes) -> None:
    if len(content) < 12:
        raise Unfit("file_damaged")
    [flags] = struct.unpack("<H", content[10:12])
    if flags & WORD_ENCRYPTED:
        raise Unfit("file_encrypted")


def _refuse_sheets(content: bytes) -> None:
    """Sheets of formulas that act (Excel 4.0 macros) are named as such in the list of sheets."""
    for kind, record in _records(content):
        if kind == FILE_PASS:
            raise Unfit("file_encrypted")
        if kind == BOUND_SHEET and (len(record) < 6 or record[5] & 0x0F in (XLM_SHEET, BASIC_MODULE)):
            raise Unfit("file_macros")


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Those of the workbook itself, which come before those of its sheets."""
    place = 0
    while place + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, place)
        yield kind, content[place + 4 : place + 4 + length]
        if kind == END_OF_PART:
            return
        place += 4 + length
    raise Unfit("file_damaged")
