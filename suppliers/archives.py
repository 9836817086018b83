"""A ZIP of a supplier's files, opened under limits: nothing in it is trusted, neither names nor sizes, and no name becomes a path of ours.

Each file taken out goes through `documents.store` like any upload; here only what the ZIP itself may do to us is looked at.
"""

import io
import re
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _

from suppliers.inspection import MAX_BYTES


MOST_ZIP_BYTES = 500 * 1024 * 1024
MOST_FILES = 500
MOST_UNPACKED = 1024 * 1024 * 1024
# Text packs to a twentieth at best; what packs much smaller was made to grow.
MOST_RATIO = 200
RATIO_FROM = 1024 * 1024
# Left behind by the programs that make ZIPs.
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)", re.IGNORECASE)
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")


class ArchiveRefused(ValidationError):
    """The ZIP is not opened; the message says why."""


@dataclass(frozen=True)
class Entry:
    number: int
    # As in the ZIP, with its folders.
    path: str
    size: int

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def entries_of(file: IO[bytes]) -> list[Entry]:
    """What is in the ZIP, without unpacking any of it. Raises `ArchiveRefused`."""
    try:
        infos = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ArchiveRefused(_("This is not a ZIP file, or it is damaged."), code="damaged") from error
    found = [Entry(number, _path(info), info.file_size) for number, info in enumerate(infos) if not info.is_dir()]
    kept = [entry for entry in found if not _LITTER.search(entry.path)]
    _refuse(infos, kept)
    return kept


def _refuse(infos: Iterable[zipfile.ZipInfo], kept: list[Entry]) -> None:
    infos = list(infos)
    if any(info.flag_bits & 1 for info in infos):
        raise ArchiveRefused(_("The ZIP is protected with a password. Make it again without one."), code="encrypted")
    if len(kept) > MOST_FILES or len(infos) > 4 * MOST_FILES:
        raise ArchiveRefused(_("The ZIP holds more than %(limit)s files."), params={"limit": MOST_FILES}, code="count")
    for entry in kept:
        if entry.path.startswith("/") or ".." in entry.path.split("/") or re.match(r"[A-Za-z]:", entry.path):
            raise ArchiveRefused(_("The ZIP names a place outside of itself: %(name)s."), params={"name": entry.path[:100]}, code="path")
        if entry.name.lower().endswith(_ARCHIVES):
            raise ArchiveRefused(
                _("The ZIP holds another archive: %(name)s. Put the files themselves into it."),
                params={"name": entry.name[:100]},
                code="nested",
            )
    swollen = [info for info in infos if info.file_size > RATIO_FROM and info.file_size > MOST_RATIO * max(info.compress_size, 1)]
    if swollen or sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise ArchiveRefused(_("The ZIP unpacks to far more than it should."), code="bomb")


def _path(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: Windows in China writes GBK without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        raw = name.encode("cp437", errors="replace")
        name = _decoded(raw)
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _decoded(raw: bytes) -> str:
    """UTF-8 where it makes Chinese: two bytes of GBK may pass for one letter of another script."""
    try:
        text = raw.decode("utf-8")
        if any(letter > "\u2e7f" for letter in text):
            return text
    except UnicodeDecodeError:
        pass
    return raw.decode("gb18030", errors="replace")


@contextmanager
def taken_out(file: IO[bytes], entry: Entry) -> Iterator["File[bytes]"]:
    """One file of the ZIP, in a temporary file. No more is unpacked than a document may hold, and one byte. Raises `ArchiveRefused`."""
    with tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024) as target:
        try:
            archive = zipfile.ZipFile(file)
            with archive.open(archive.infolist()[entry.number]) as source:
                _copy(source, target, MAX_BYTES + 1)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, IndexError, zlib.error) as error:
            raise ArchiveRefused(_("This file of the ZIP is damaged."), code="damaged") from error
        target.seek(0, io.SEEK_END)
        size = target.tell()
        target.seek(0)
        content: File[bytes] = File(target, name=entry.name)
        content.size = size
        yield content


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    left = most
    while left and (block := source.read(min(left, 1 << 20))):
        target.write(block)
        left -= len(block)
