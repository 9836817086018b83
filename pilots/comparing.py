"""A paper that was signed elsewhere, laid beside the paper that was offered. Pure.

    what was offered is missing or reads otherwise        another paper: refused
    fewer pages than were offered                         refused
    more than was offered: text, pages, pictures, notes   a seal, a signature, or a changed term: a person reads it
    a page under one picture (a scan), or without text    not to be compared: a person reads it

Text is compared word by word, a Chinese sign being a word, without regard to spaces and line breaks, which printers change.
Not compared are layout, seals and handwriting.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any

from suppliers.page_texts import PageText


# A figure with its signs is one word: 5.0 and 50 differ in it, and nothing is hidden between two.
WORD = re.compile(r"[+-]?\d[\d.,:/%-]*|[^\W\d_⺀-鿿豈-﫿]+|\S")
# Words around a place, and places that are told.
AROUND, MOST_PLACES = 4, 10
# A paper so much longer is another one; it is not compared to the end.
LONGER, MORE_WORDS = 3, 2000


@dataclass(frozen=True)
class Place:
    """Where two papers differ. The page is that of the paper brought, except where it lacks something: there that of the offer."""

    page: int
    offered: str
    brought: str


@dataclass(frozen=True)
class Comparison:
    offered_pages: int
    pages: int
    # Pages that no machine can compare: scans, and those without text.
    unread: list[int] = field(default_factory=list)
    # Pages with more pictures, or with notes, than were offered.
    pictures: list[int] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    added: list[Place] = field(default_factory=list)
    missing: list[Place] = field(default_factory=list)
    # Words that both have: of two languages, the one in which the paper is has more of them.
    alike: int = 0

    @property
    def is_refused(self) -> bool:
        return bool(self.missing) or self.pages < self.offered_pages

    @property
    def is_to_be_read(self) -> bool:
        """A person says that the paper shows the terms: not all of it is what was offered, word for word."""
        return bool(self.unread or self.pictures or self.notes or self.added)

    @property
    def is_scan(self) -> bool:
        return len(self.unread) >= self.offered_pages

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> "Comparison":
        places = {name: [Place(**each) for each in data[name]] for name in ("added", "missing")}
        return cls(**{**{name: data[name] for name in ("offered_pages", "pages", "unread", "pictures", "notes", "alike")}, **places})

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Word:
    text: str
    page: int
    is_apart: bool


def compare(offered: Sequence[PageText], brought: Sequence[PageText]) -> Comparison:
    unread = [number for number, page in enumerate(brought, start=1) if page.is_scan or not page.text.strip()]
    before, after = _words(offered, without=unread), _words(brought, without=unread)
    added, missing, alike = _differences(before, after)
    return Comparison(
        offered_pages=len(offered),
        pages=len(brought),
        unread=unread,
        pictures=_more(offered, brought, "pictures", without=unread),
        notes=_more(offered, brought, "notes", without=[]),
        added=added[:MOST_PLACES],
        missing=missing[:MOST_PLACES],
        alike=alike,
    )


def _more(offered: Sequence[PageText], brought: Sequence[PageText], name: str, *, without: Sequence[int]) -> list[int]:
    """A page that the offer has not may carry none."""
    had = [getattr(page, name) for page in offered] + [0] * len(brought)
    return [n for n, page in enumerate(brought, start=1) if n not in without and getattr(page, name) > had[n - 1]]


def _words(pages: Sequence[PageText], *, without: Sequence[int]) -> list[_Word]:
    texts = [(number, unicodedata.normalize("NFKC", page.text)) for number, page in enumerate(pages, start=1) if number not in without]
    return [
        _Word(found[0], number, is_apart=text[found.start() - 1 : found.start()].isspace())
        for number, text in texts
        for found in WORD.finditer(text)
    ]


def _differences(before: Sequence[_Word], after: Sequence[_Word]) -> tuple[list[Place], list[Place], int]:
    """What was added, what is missing or reads otherwise, and how many words are the same."""
    # Most papers differ, if at all, in a signature at their end: what comes before a place near it is not searched.
    skipped = max(_same_at_the_start(before, after) - AROUND, 0)
    before, after = before[skipped:], after[skipped:]
    if len(after) > LONGER * len(before) + MORE_WORDS:
        return [], [Place(before[0].page if before else 1, _around(before, 0, AROUND), _around(after, 0, AROUND))], skipped
    added, missing, alike = [], [], skipped
    matcher = SequenceMatcher(None, [word.text for word in before], [word.text for word in after])
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal" or _run_together(before[start:end]) == _run_together(after[other_start:other_end]):
            alike += end - start
        elif kind == "insert":
            added.append(Place(after[other_start].page, "", _around(after, other_start, other_end)))
        else:
            brought = _around(after, other_start, other_end) if other_end > other_start else ""
            missing.append(Place(before[start].page, _around(before, start, end), brought))
    return added, missing, alike


def _same_at_the_start(before: Sequence[_Word], after: Sequence[_Word]) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((n for n, (one, other) in pairs if one.text != other.text), min(len(before), len(after)))


def _run_together(words: Sequence[_Word]) -> str:
    return "".join(word.text for word in words)


def _around(words: Sequence[_Word], start: int, end: int) -> str:
    """The words with some on either side, spaced as on the page; long ones are cut in their middle."""
    chosen = words[max(start - AROUND, 0) : min(end + AROUND, len(words))]
    if len(chosen) <= 10 * AROUND:
        return _spaced(chosen)
    return f"{_spaced(chosen[: 5 * AROUND])} … {_spaced(chosen[-5 * AROUND :])}"


def _spaced(words: Sequence[_Word]) -> str:
    return "".join(f" {word.text}" if word.is_apart else word.text for word in words).strip()
