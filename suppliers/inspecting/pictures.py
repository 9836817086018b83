"""Pictures: whole, of a size that can be shown, and without what cameras write into them besides (place, owner, preview).

The picture itself is not computed anew: an evidence photograph keeps every pixel. Only its container is written again, with the parts
a picture needs; what is not known to be needed stays out. Which way up it is stays.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from PIL import Image, UnidentifiedImageError

from suppliers.inspecting.tails import refuse_hidden_archive, refuse_second_file
from suppliers.inspecting.unfit import Unfit


MOST_PIXELS = 100_000_000
LONGEST_SIDE = 30_000
ORIENTATION = 0x0112
FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}

JPEG_KEPT = {*range(0xC0, 0xD0), 0xDB, 0xDD}  # frames, tables, restarts
JPEG_SCAN, JPEG_END = 0xDA, 0xD9
JPEG_APPLICATION = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs"}
PNG_KEPT |= {b"acTL", b"fcTL", b"fdAT"}
WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
WEBP_HAS_EXIF, WEBP_HAS_XMP = 0x08, 0x04


def cleaned(stream: IO[bytes], extension: str) -> bytes:
    """The picture as it is kept. Raises `Unfit`."""
    refuse_hidden_archive(stream)
    orientation = _looked_at(stream, FORMATS[extension])
    stream.seek(0)
    data = stream.read()
    if b"%PDF-" in data[:1024]:
        raise Unfit("file_polyglot")
    try:
        return REWRITE[extension](data, orientation)
    except (struct.error, IndexError, zlib.error) as error:
        raise Unfit("file_damaged") from error


def _looked_at(stream: IO[bytes], picture_format: str) -> int:
    """Decodes the picture once, the size first. Answers which way up it is (1 to 8)."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit, below
    stream.seek(0)
    try:
        with Image.open(stream, formats=[picture_format]) as picture:
            refuse_huge(*picture.size)
            orientation = picture.getexif().get(ORIENTATION, 1)
            # JPEG alone: an eighth of the width and height tells as well whether the data are whole.
            picture.draft("RGB", (1, 1))
            picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError, MemoryError) as error:
        raise Unfit("file_damaged") from error
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def refuse_huge(width: int, height: int) -> None:
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise Unfit("picture_huge", width=width, height=height)


def _exif(orientation: int) -> bytes:
    """The smallest EXIF block: which way up the picture is, and nothing else."""
    return b"II*\x00\x08\x00\x00\x00\x01\x00" + struct.pack("<HHII", ORIENTATION, 3, 1, orientation) + b"\x00\x00\x00\x00"


# --- JPEG -------------------------------------------------------------------------------------------------------------


def jpeg(data: bytes, orientation: int) -> bytes:
    kept = [b"\xff\xd8"]
    if orientation > 1:
        body = b"Exif\x00\x00" + _exif(orientation)
        kept.append(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body)
    place = 2
    while True:
        marker, place = _next_marker(data, place)
        if marker == JPEG_END:
            refuse_second_file(data[place:])
            return b"".join([*kept, b"\xff\xd9"])
        [length] = struct.unpack_from(">H", data, place)
        body = data[place : place + length]
        place += length
        if marker == JPEG_SCAN:
            end = _end_of_scan(data, place)
            kept += [b"\xff\xda", body, data[place:end]]
            place = end
        elif marker in JPEG_KEPT or body[2:].startswith(JPEG_APPLICATION.get(marker, b"\x00\x00never")):
            kept += [bytes([0xFF, marker]), body]


def _next_marker(data: bytes, place: int) -> tuple[int, int]:
    """(marker, place after it). Fill bytes may stand before one."""
    place = data.find(b"\xff", place)
    if place < 0:
        raise Unfit("file_damaged")
    while data[place] == 0xFF:
        place += 1
    return data[place], place + 1


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the picture data of a scan end: at the first marker that is neither a stuffed byte nor a restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise Unfit("file_damaged")
        following = data[place + 1]
        if following and not 0xD0 <= following <= 0xD7 and following != 0xFF:
            return place
        place += 1 if following == 0xFF else 2


# --- PNG --------------------------------------------------------------------------------------------------------------


def png(data: bytes, orientation: int) -> bytes:
    kept, place = [PNG_BEGINNING], len(PNG_BEGINNING)
    while True:
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise Unfit("file_damaged")
        if name == b"IEND" and orientation > 1:
            kept.append(_png_chunk(b"eXIf", _exif(orientation)))
        if name in PNG_KEPT:
            kept.append(data[place:end])
        place = end
        if name == b"IEND":
            refuse_second_file(data[place:])
            return b"".join(kept)


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


# --- WebP -------------------------------------------------------------------------------------------------------------


def webp(data: bytes, orientation: int) -> bytes:
    [length] = struct.unpack_from("<I", data, 4)
    end = 8 + length
    if end > len(data) + 1:
        raise Unfit("file_damaged")
    refuse_second_file(data[end:])
    kept, is_extended = [], False
    for name, body in _riff_chunks(data[12:end]):
        if name == b"VP8X":
            is_extended = True
            flags = body[0] & ~(WEBP_HAS_EXIF | WEBP_HAS_XMP) | (WEBP_HAS_EXIF if orientation > 1 else 0)
            kept.append(_riff_chunk(name, bytes([flags]) + body[1:]))
        elif name in WEBP_KEPT:
            kept.append(_riff_chunk(name, body))
    if orientation > 1 and is_extended:
        kept.append(_riff_chunk(b"EXIF", _exif(orientation)))
    content = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + length]
        if len(body) < length:
            raise Unfit("file_damaged")
        yield name, body
        place += 8 + length + length % 2


def _riff_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


REWRITE = {"jpg": jpeg, "png": png, "webp": webp}
