"""Pieces of pages that are drawn once for what they show: `{% kept "…" name=value %}` in accounts/templatetags/kept.py.

A piece is a pure function of what is handed to it, of the language, the time zone and the day there: it sees no request, no user and no
token. The key is a digest of all of that, down to the fields of the rows in it, so that a piece is never old. A process keeps the pieces
it needed last. A piece within another is kept once, however many hold it: those know its key and where it stands.
"""

import hashlib
import pickle
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from threading import Lock
from typing import Any

from django.utils import timezone, translation
from django.utils.safestring import SafeString


MOST = 16_000_000  # characters, of one process

# Text, and the keys of the pieces between.
Piece = tuple[str | bytes, ...]
Pieces = dict[bytes, Piece]

# What stands for a piece in another one that is being drawn. Nobody outside can write it.
_MARK = f"\x00{secrets.token_hex(8)}:"
_PLACE = re.compile(f"{_MARK}([0-9a-f]+);")
# The pieces of the outermost one that is being drawn; None while none is.
_within: ContextVar[Pieces | None] = ContextVar("_within", default=None)


class KeptHtml:
    """The pieces used last, up to so many characters."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._size = 0
        self._pieces: OrderedDict[bytes, Piece] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes, draw: Callable[[], SafeString]) -> SafeString:
        """The piece; while another one is drawn, what stands for it there."""
        outer = _within.get()
        pieces: Pieces = {} if outer is None else outer
        with self._lock:
            is_known = self._take_out(key, pieces)
        if not is_known:
            pieces[key] = self._draw(key, draw, pieces)
        if outer is not None:
            return SafeString(f"{_MARK}{key.hex()};")
        return SafeString("".join(_texts(key, pieces)))

    def _take_out(self, key: bytes, pieces: Pieces) -> bool:
        """The piece and all within it; those within were used later than it then, and stay longer."""
        piece = self._pieces.get(key)
        if piece is None:
            return False
        self._pieces.move_to_end(key)
        pieces[key] = piece
        return all(part in pieces or self._take_out(part, pieces) for part in piece if isinstance(part, bytes))

    def _draw(self, key: bytes, draw: Callable[[], SafeString], pieces: Pieces) -> Piece:
        token = _within.set(pieces)
        try:
            parts = _PLACE.split(draw())
        finally:
            _within.reset(token)
        piece = tuple(bytes.fromhex(part) if number % 2 else part for number, part in enumerate(parts))
        with self._lock:
            self._size += _size(piece) - _size(self._pieces.pop(key, ()))
            self._pieces[key] = piece
            while self._size > self.most:
                self._size -= _size(self._pieces.popitem(last=False)[1])
        return piece

    def __len__(self) -> int:
        return len(self._pieces)


def _texts(key: bytes, pieces: Pieces) -> Iterator[str]:
    for part in pieces[key]:
        if isinstance(part, bytes):
            yield from _texts(part, pieces)
        else:
            yield part


def _size(piece: Piece) -> int:
    return sum(map(len, piece))


kept_html = KeptHtml(MOST)


def key_of(template: str, names: Mapping[str, Any]) -> bytes:
    surroundings = (template, translation.get_language(), timezone.get_current_timezone_name(), timezone.localdate())
    return hashlib.blake2b(pickle.dumps((surroundings, names), protocol=pickle.HIGHEST_PROTOCOL), digest_size=20).digest()
