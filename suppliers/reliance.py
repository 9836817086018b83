"""What leans on a document. Who knows registers here: answers and labels are further along the street than the library."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from suppliers.models import Document


@dataclass(frozen=True)
class Section:
    """A part of the document's page: a template, and what it shows."""

    template: str
    context: Mapping[str, Any]


# Answers nothing when nothing leans on the document, or when the person may not see what does.
Reader = Callable[[Document, User, datetime], Section | None]
_readers: list[Reader] = []


def leans_on_documents(reader: Reader) -> Reader:
    """Registers a part of the page; the parts nearest to the library come first, whose apps are started last."""
    _readers.append(reader)
    return reader


def sections(document: Document, *, viewer: User, at: datetime) -> list[Section]:
    return [section for reader in reversed(_readers) if (section := reader(document, viewer, at))]
