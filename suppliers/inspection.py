"""A file from outside, before it is kept: measured, recognised by its bytes, scanned, taken apart, and rid of what cameras add.

PDF and pictures are taken apart in a process of their own (`inspecting/child.py`); it may break on them, the portal does not.
"""

import hashlib
import json
import logging
import re
import subprocess
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.core.files import File

from suppliers import virus_scan
from suppliers.apart import run_apart
from suppliers.inspecting import ole, packages, text
from suppliers.inspecting.child import SECONDS, UNFIT
from suppliers.inspecting.types import ENDINGS, TYPES, recognise
from suppliers.inspecting.unfit import Unfit
from suppliers.refusals import refusal_of, refused, refused_by_disk


logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MAX_BYTES = 50 * MEGABYTE
LONGEST_NAME = 200
# Wall clock, on a machine that is busy with other things.
PATIENCE = 3 * SECONDS


@dataclass(frozen=True)
class Inspected:
    """A file that may be kept: `content` is what is kept, size and hash are those of `content`."""

    name: str
    extension: str
    content_type: str
    size: int
    sha256: str
    content: IO[bytes]

    def close(self) -> None:
        self.content.close()


def inspect(file: "File[bytes]") -> Inspected:
    """Raises `FileRefused`. What comes back is to be closed."""
    content: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it goes on to the caller
    try:
        content, extension = _taken_apart(content, file)
        content.seek(0)
        size, digest = content.seek(0, 2), _sha256(content)
    except Unfit as unfit:
        content.close()
        raise refusal_of(unfit) from unfit
    except BaseException:
        content.close()
        raise
    name = named_as(safe_name(file.name or ""), extension)
    return Inspected(name, extension, TYPES[extension].content_type, size, digest, content)


def _taken_apart(content: IO[bytes], file: "File[bytes]") -> tuple[IO[bytes], str]:
    with refused_by_disk():
        _copy(file, content)
    extension = recognise(content, ending_of(safe_name(file.name or "")))
    virus_scan.refuse_infected(content)
    content.seek(0)
    if extension == "package":
        return content, packages.check(content)
    if extension == "ole":
        return content, ole.check(content)
    if TYPES[extension].family == "text":
        text.check(content)
        return content, extension
    return _in_a_process_of_its_own(content, extension), extension


def _copy(file: "File[bytes]", content: IO[bytes]) -> None:
    """Reads no further than the limit."""
    size = 0
    for chunk in file.chunks():
        size += len(chunk)
        if size > MAX_BYTES:
            raise refused("file_size", limit=MAX_BYTES // MEGABYTE)
        content.write(chunk)
    if not size:
        raise refused("file_empty")


def _in_a_process_of_its_own(content: IO[bytes], extension: str) -> IO[bytes]:
    """What is kept: the file as it came, or as it was written anew."""
    content.seek(0)
    cleaned: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - likewise
    try:
        done = run_apart("suppliers.inspecting.child", extension, content=content, stdout=cleaned, patience=PATIENCE)
    except subprocess.TimeoutExpired as error:
        cleaned.close()
        raise Unfit("file_bomb") from error
    if done.returncode or not cleaned.seek(0, 2):
        cleaned.close()
        if done.returncode:
            raise _why(done.returncode, done.stderr, extension)
        return content
    content.close()
    return cleaned


def _why(exit_code: int, said: bytes, extension: str) -> Unfit:
    if exit_code == UNFIT:
        reason = json.loads(said)
        return Unfit(reason["code"], **reason["params"])
    logger.warning("The inspection of a %s file ended with %s: %s", extension, exit_code, said[-2000:].decode("utf-8", "replace"))
    return Unfit("file_damaged")


def _sha256(content: IO[bytes]) -> str:
    content.seek(0)
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


# --- names ------------------------------------------------------------------------------------------------------------


def safe_name(name: str) -> str:
    """The last part of a path, without control and direction-changing characters, at most 200 long with its extension kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    stem, dot, extension = printable.strip(" .").rpartition(".")
    if not dot:
        return printable[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - 1 - len(extension)]}.{extension}" if len(extension) < 20 else printable[:LONGEST_NAME]


def ending_of(name: str) -> str:
    return PurePosixPath(name).suffix.lstrip(".").lower()


def named_as(name: str, extension: str) -> str:
    """The name with an ending that is true: a PDF called permit.txt is permit.pdf, one called tool.exe is tool.exe.pdf."""
    ending = ending_of(name)
    kind = ENDINGS.get(ending)
    if kind is not None and kind.extension == extension:
        return name
    stem = name[: -len(ending) - 1] if kind is not None else name
    return f"{stem[: LONGEST_NAME - 1 - len(extension)]}.{extension}"
