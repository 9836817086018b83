"""Asks a virus scanner, where there is one: clamd, at CLAMD_URL, in its own words (INSTREAM). Without an answer nothing is kept."""

import logging
import socket
import struct
from typing import IO
from urllib.parse import unquote, urlsplit

from django.conf import settings

from suppliers.refusals import refused


logger = logging.getLogger(__name__)

SECONDS = 30
BLOCK = 256 * 1024
LONGEST_ANSWER = 4096


class Unclear(Exception):
    """The scanner answered neither "OK" nor "FOUND"."""


def refuse_infected(file: IO[bytes]) -> None:
    """Raises `FileRefused` for a file in which the scanner finds something, and for every file while it cannot be asked."""
    if not settings.CLAMD_URL:
        return
    try:
        found = ask(file)
    except (OSError, Unclear) as error:
        logger.warning("The virus scanner gave no verdict: %s", error)
        raise refused("scan_unavailable") from error
    if found:
        raise refused("virus", name=found)


def ask(file: IO[bytes]) -> str:
    """What the scanner calls what it found, or "". Raises `OSError` and `Unclear`."""
    file.seek(0)
    with _connected() as scanner:
        # z: commands and answers end with a zero byte. The file goes in blocks, each with its length before it; none ends it.
        scanner.sendall(b"zINSTREAM\x00")
        try:
            while block := file.read(BLOCK):
                scanner.sendall(struct.pack(">I", len(block)) + block)
            scanner.sendall(struct.pack(">I", 0))
        except (BrokenPipeError, ConnectionResetError):
            # It hangs up on a file that is larger than it takes, and says so first.
            logger.info("The virus scanner stopped listening.")
        return _verdict(_answer(scanner))


def _connected() -> socket.socket:
    url = urlsplit(settings.CLAMD_URL)
    if url.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        scanner.settimeout(SECONDS)
        try:
            scanner.connect(unquote(url.path))
        except OSError:
            scanner.close()
            raise
        return scanner
    return socket.create_connection((url.hostname or "localhost", url.port or 3310), timeout=SECONDS)


def _answer(scanner: socket.socket) -> str:
    said = b""
    while len(said) < LONGEST_ANSWER and not said.endswith(b"\x00"):
        part = scanner.recv(LONGEST_ANSWER)
        if not part:
            break
        said += part
    return said.rstrip(b"\x00\n").decode("utf-8", "replace")


def _verdict(answer: str) -> str:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise Unclear(answer or "no answer")
