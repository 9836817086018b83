"""HEIC, the photographs of newer telephones: boxes in boxes, with the places of everything told in one of them.

What is not the picture (EXIF, XMP, films, the maker's own boxes) is overwritten with zeros where it lies, so that every place stays
right. The picture is not decoded: its sizes and the boxes that hold it are read, no more.
"""

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from suppliers.inspecting.pictures import refuse_huge
from suppliers.inspecting.tails import refuse_hidden_archive, refuse_second_file
from suppliers.inspecting.unfit import Unfit


# Items that say something about the picture instead of being part of it.
TOLD_APART = (b"Exif", b"mime", b"uri ")
KNOWN_BOXES = (b"ftyp", b"meta", b"mdat", b"free", b"skip")
MOST_ITEMS = 20_000
# An EXIF block that says nothing, for programs that insist on reading one where the list of items names it.
EMPTY_EXIF = b"\x00\x00\x00\x00II*\x00\x08\x00\x00\x00" + bytes(6)


class Box(NamedTuple):
    name: bytes
    # Where its name stands, where its content begins and ends.
    at: int
    start: int
    end: int


class Extent(NamedTuple):
    item: int
    start: int
    end: int


def cleaned(stream: IO[bytes]) -> bytes:
    refuse_hidden_archive(stream)
    stream.seek(0)
    data = bytearray(stream.read())
    try:
        return bytes(_cleaned(data))
    except (struct.error, IndexError) as error:
        raise Unfit("file_damaged") from error


def _cleaned(data: bytearray) -> bytearray:
    boxes, end = _outer_boxes(data)
    meta = next((box for box in boxes if box.name == b"meta"), None)
    if meta is None:
        raise Unfit("file_damaged")
    inner = {box.name: box for box in _boxes(data, meta.start + 4, meta.end)}
    _refuse_huge_items(data, inner)
    kinds = _item_kinds(data, inner[b"iinf"]) if b"iinf" in inner else {}
    extents = _extents(data, inner)
    for extent in extents:
        if (kind := kinds.get(extent.item, b"")) in TOLD_APART:
            _zero(data, extent.start, extent.end)
            if kind == b"Exif" and extent.end - extent.start >= len(EMPTY_EXIF):
                data[extent.start : extent.start + len(EMPTY_EXIF)] = EMPTY_EXIF
    for box in boxes:
        if box.name == b"mdat":
            _zero_between(data, box, extents)
        elif box.name not in KNOWN_BOXES:
            data[box.at : box.at + 4] = b"free"
            _zero(data, box.start, box.end)
    del data[end:]
    return data


def _outer_boxes(data: bytearray) -> tuple[list[Box], int]:
    """The boxes of the file, and where they end: makers of telephones append things of their own."""
    boxes = list(_boxes(data, 0, len(data), lenient=True))
    end = boxes[-1].end if boxes else 0
    refuse_second_file(bytes(data[end:]))
    return boxes, end


def _boxes(data: bytearray, place: int, end: int, *, lenient: bool = False) -> Iterator[Box]:
    while place + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if length == 1:
            [length] = struct.unpack_from(">Q", data, start)
            start += 8
        elif length == 0:
            length = end - place
        if length < start - place or place + length > end:
            if lenient and place:
                return
            raise Unfit("file_damaged")
        yield Box(bytes(name), place + 4, start, place + length)
        place += length


def _refuse_huge_items(data: bytearray, inner: dict[bytes, Box]) -> None:
    sizes = 0
    if b"iprp" in inner:
        for container in _boxes(data, inner[b"iprp"].start, inner[b"iprp"].end):
            if container.name == b"ipco":
                for box in _boxes(data, container.start, container.end):
                    if box.name == b"ispe":
                        refuse_huge(*struct.unpack_from(">II", data, box.start + 4))
                        sizes += 1
    if not sizes:
        raise Unfit("file_damaged")


def _item_kinds(data: bytearray, iinf: Box) -> dict[int, bytes]:
    version = data[iinf.start]
    first = iinf.start + (6 if version == 0 else 8)
    kinds = {}
    for box in _boxes(data, first, iinf.end):
        if box.name != b"infe":
            continue
        if (version := data[box.start]) < 2:
            raise Unfit("file_damaged")
        item, kind = struct.unpack_from(">HxxI" if version == 2 else ">IxxI", data, box.start + 4)
        kinds[item] = struct.pack(">I", kind)
    return kinds


def _extents(data: bytearray, inner: dict[bytes, Box]) -> list[Extent]:
    """Where the bytes of each item lie in the file."""
    if b"iloc" not in inner:
        raise Unfit("file_damaged")
    reader = _Reader(data, inner[b"iloc"].start)
    version = reader.number(1)
    reader.number(3)
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    count = reader.number(2 if version < 2 else 4)
    if count > MOST_ITEMS:
        raise Unfit("file_damaged")
    extents = []
    for _ in range(count):
        item = reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            if version and index_size:
                reader.number(index_size)
            start, length = base + reader.number(offset_size), reader.number(length_size)
            if method == 1 and b"idat" in inner:
                start += inner[b"idat"].start
            elif method > 1:
                continue
            if start + length > len(data):
                raise Unfit("file_damaged")
            extents.append(Extent(item, start, start + length))
            if len(extents) > 10 * MOST_ITEMS:
                raise Unfit("file_damaged")
    return extents


class _Reader:
    def __init__(self, data: bytearray, place: int) -> None:
        self.data, self.place = data, place

    def number(self, size: int) -> int:
        value = int.from_bytes(self.data[self.place : self.place + size], "big")
        self.place += size
        if self.place > len(self.data):
            raise Unfit("file_damaged")
        return value


def _zero(data: bytearray, start: int, end: int) -> None:
    data[start:end] = bytes(max(0, end - start))


def _zero_between(data: bytearray, box: Box, extents: list[Extent]) -> None:
    """What belongs to no item."""
    place = box.start
    for extent in sorted(extents, key=lambda each: each.start):
        if extent.end <= box.start or extent.start >= box.end:
            continue
        if extent.start > place:
            _zero(data, place, extent.start)
        place = max(place, extent.end)
    _zero(data, place, max(place, box.end))
