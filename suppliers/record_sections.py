"""What a public record means for answers, score and label. Who knows registers here: they are further along the street."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import User
from suppliers.models import PublicRecord
from suppliers.reliance import Section


# Answers nothing where it has nothing to say, or where the person may not see what it would say.
Reader = Callable[[PublicRecord, User, datetime], Section | None]
_readers: list[Reader] = []


def speaks_of_records(reader: Reader) -> Reader:
    """Registers a part of the page; the parts nearest to the register come first, whose apps are started last."""
    _readers.append(reader)
    return reader


def sections(record: PublicRecord, *, viewer: User, at: datetime) -> list[Section]:
    return [section for reader in reversed(_readers) if (section := reader(record, viewer, at))]
