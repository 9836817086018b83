"""Files that are two files: an archive that begins somewhere inside, as the programs that unpack archives look for it, from the end."""

import re
import struct
from typing import IO

from suppliers.inspecting.unfit import Unfit, read_at, size_of


END_OF_ARCHIVE = b"PK\x05\x06"
# The end record and the longest comment after it.
FARTHEST = 22 + 65_535
FILE_BEGINNINGS = (b"%PDF-", b"PK\x03\x04", b"MZ", b"\x7fELF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"#!")
MARKUP = re.compile(rb"<\s*(html|script|body|svg|!doctype|\?php|iframe)", re.IGNORECASE)


def refuse_hidden_archive(stream: IO[bytes]) -> None:
    size = size_of(stream)
    start = max(0, size - FARTHEST)
    tail = read_at(stream, start, FARTHEST)
    place = tail.rfind(END_OF_ARCHIVE)
    while place >= 0:
        if _is_end_of_archive(stream, tail[place : place + 22], start + place):
            raise Unfit("file_polyglot")
        place = tail.rfind(END_OF_ARCHIVE, 0, place)


def _is_end_of_archive(stream: IO[bytes], record: bytes, place: int) -> bool:
    """Four bytes may be chance; together with a directory where the record says there is one, they are not."""
    if len(record) < 22:
        return False
    count, length, offset, _comment = struct.unpack("<HLLH", record[10:22])
    if not count:
        return False
    directories = (place - length, offset)
    return any(0 <= start < place and read_at(stream, start, 4) == b"PK\x01\x02" for start in directories)


def refuse_second_file(tail: bytes) -> None:
    """`tail` follows where a picture ends. Cameras put films and previews there, which are cut off; a second document is a trick."""
    beginning = tail.lstrip(b"\x00\r\n\t ")
    if beginning.startswith(FILE_BEGINNINGS) or MARKUP.search(tail[:65_536]):
        raise Unfit("file_polyglot")
