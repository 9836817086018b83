"""What a document looks like, for reading it beside something else: its pages as pictures, or what it says, made when they are asked for.

Nothing is kept: a picture of a page is as secret as the page, and would have to be forgotten with it.
"""

import json
import logging
import subprocess
from functools import lru_cache
from typing import Any

from suppliers.apart import run_apart
from suppliers.inspecting.types import PREVIEWED
from suppliers.models import Document


logger = logging.getLogger(__name__)

# Further pages are read in the file itself.
MOST_PAGES = 30
PATIENCE = 30


class NotDrawn(Exception):
    """The file is gone, has no such page, or cannot be drawn."""


def page_count(document: Document) -> int:
    """Of a PDF. Raises `NotDrawn`."""
    return _count(document.sha256, document.pk)


@lru_cache(maxsize=4096)
def _count(_sha256: str, document_id: int) -> int:
    """A file never changes, so its pages are counted once by each process."""
    return int(_drawn(Document.objects.get(pk=document_id), "count"))


def page_picture(document: Document, number: int) -> bytes:
    """One page of a PDF as WebP, or a photograph, which has one page. Raises `NotDrawn`."""
    is_photo = preview_of(document) == "drawn"
    if not 1 <= number <= (1 if is_photo else min(page_count(document), MOST_PAGES)):
        raise NotDrawn(number)
    return _drawn(document, "heic" if is_photo else str(number))


def blocks(document: Document) -> list[dict[str, Any]]:
    """What an Office file or a text says, as `inspecting.reading` tells it. Raises `NotDrawn`."""
    found: list[dict[str, Any]] = json.loads(_made(document, "reading", PREVIEWED[document.content_type].extension))
    return found


def preview_of(document: Document) -> str:
    """How it is shown within a page, as in `FileType`; empty where it cannot be."""
    kind = PREVIEWED.get(document.content_type) if document.file else None
    return kind.preview if kind else ""


def _drawn(document: Document, what: str) -> bytes:
    return _made(document, "drawing", what)


def _made(document: Document, by: str, what: str) -> bytes:
    try:
        with document.file.open("rb") as file:
            done = run_apart(f"suppliers.inspecting.{by}", what, content=file.read(), patience=PATIENCE)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise NotDrawn(what) from error
    if done.returncode or not done.stdout:
        logger.warning("Document %s was not drawn (%s): %s", document.pk, what, done.stderr[-500:].decode("utf-8", "replace"))
        raise NotDrawn(what)
    return bytes(done.stdout)
