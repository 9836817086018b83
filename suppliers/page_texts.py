"""What the pages of a PDF say, for laying one paper beside another."""

import json
import subprocess
from dataclasses import dataclass
from typing import IO

from suppliers.apart import run_apart


PATIENCE = 30


class Unreadable(Exception):
    """The file has too many pages, or cannot be read."""


@dataclass(frozen=True)
class PageText:
    """`notes`: annotations that are neither links nor fields. `is_scan`: one picture covers most of the page."""

    text: str
    pictures: int = 0
    notes: int = 0
    is_scan: bool = False


def page_texts(file: IO[bytes]) -> list[PageText]:
    """Raises `Unreadable`."""
    file.seek(0)
    try:
        done = run_apart("suppliers.inspecting.wording", content=file.read(), patience=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise Unreadable from error
    if done.returncode:
        raise Unreadable(done.stderr[-500:].decode("utf-8", "replace"))
    found = json.loads(done.stdout)
    if found["count"] > len(found["pages"]):
        raise Unreadable(found["count"])
    return [PageText(**page) for page in found["pages"]]
