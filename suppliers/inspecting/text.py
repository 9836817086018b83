"""Plain text and CSV: readable in an encoding people use, and nothing that a program would carry out."""

import codecs
import re
from typing import IO

from suppliers.inspecting.types import BYTE_ORDER_MARKS, CONTROL_BYTES
from suppliers.inspecting.unfit import Unfit


BLOCK = 1024 * 1024
# Markup and scripts are text as well, and programs carry them out.
PROGRAMS = re.compile(r"\s*(<!doctype|<html|<head|<body|<script|<svg|<\?xml|<\?php|\{\\rtf|%!ps|#!|mz[^a-z])", re.IGNORECASE)
# Spreadsheet programs start other programs from cells like =cmd|'/c calc'!A1.
STARTS_A_PROGRAM = re.compile(r"""(?:^|[,;\t"])\s*[=+\-@][^,;\t\n]{0,80}\|[^,;\t\n]{0,200}!""", re.MULTILINE)
ENCODINGS = ("utf-8-sig", "gb18030", "cp1252")


def check(stream: IO[bytes]) -> None:
    stream.seek(0)
    beginning = stream.read(4)
    if beginning.startswith(BYTE_ORDER_MARKS):
        _read_as("utf-16", stream)
        return
    _refuse_control_bytes(stream)
    for encoding in ENCODINGS:
        try:
            _read_as(encoding, stream)
        except UnicodeDecodeError:
            continue
        return
    raise Unfit("file_damaged")


def _refuse_control_bytes(stream: IO[bytes]) -> None:
    stream.seek(0)
    while block := stream.read(BLOCK):
        if CONTROL_BYTES.search(block):
            raise Unfit("file_content", extension="txt")


def _read_as(encoding: str, stream: IO[bytes]) -> None:
    """Block by block, so that memory stays small; a little of the last block stays, for what lies across the cut."""
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    kept, is_first = "", True
    while True:
        block = stream.read(BLOCK)
        try:
            text = kept + decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            if encoding == "utf-16":
                raise Unfit("file_damaged") from None
            raise
        if is_first and PROGRAMS.match(text):
            raise Unfit("file_program")
        if "\x00" in text:
            raise Unfit("file_content", extension="txt")
        if STARTS_A_PROGRAM.search(text):
            raise Unfit("file_formula")
        kept, is_first = text[-400:], False
        if not block:
            return
