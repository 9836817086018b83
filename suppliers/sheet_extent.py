"""How far out the cells of a sheet stand, told from its bytes where it is written in the plain way, as all known programs write it.

A list of a million cells is followed element by element in several seconds, and looked over like this in half a second. Whatever is
not plain, hides its names behind a prefix, an encoding or an entity, or leaves out where it stands is left to who follows the elements.
Pure: no database.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Extent(NamedTuple):
    rows: int
    columns: int
    cells: int


_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<worksheet[\s>]")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)
_ANY = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)[\s/>]")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"')
_ROW = re.compile(rb'<row r="([1-9][0-9]{0,6})"')


def plain_extent(pieces: Iterable[bytes]) -> Extent | None:
    """None where the bytes alone do not say."""
    rest, is_plain = b"", True
    rows: set[bytes] = set()
    columns: set[bytes] = set()
    cells = 0
    for number, piece in enumerate(pieces):
        # No tag is cut in two.
        whole, opening, rest = (rest + piece).rpartition(b"<")
        rest = opening + rest
        if not is_plain:
            continue
        found, lines = _CELL.findall(whole), _ROW.findall(whole)
        is_plain = len(found) + len(lines) == len(_ANY.findall(whole)) and b"<!" not in whole
        if number == 0:
            is_plain = is_plain and bool(_HEAD.match(whole)) and not _ENCODING.match(whole)
        if found:
            letters, numbers = zip(*found, strict=True)
            columns.update(letters)
            rows.update(numbers)
        cells += len(found)
    if not is_plain or _ANY.search(rest):
        return None
    return Extent(max(map(int, rows), default=0), max(map(_number, columns), default=0), cells)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
