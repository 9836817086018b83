"""Pieces of pages that are drawn once for what they show: `{% kept "…" name=value %}` in accounts/templatetags/kept.py.

A piece is a pure function of what is handed to it, of the language, the time zone and the day there: it sees no request and no user. Its
forms hold a mark for the token, which becomes that of whoever is shown the piece. The key is a digest of all of that, down to the fields
of the rows in it, so that a piece is never old. A process keeps the pieces it needed last. A piece within another is kept once, however
many hold it: those know its key and where it stands.
"""

import hashlib
import pickle
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from threading import Lock
from typing import Any

from django.utils import timezone, translation
from django.utils.safestring import SafeString


MOST = 16_000_000  # bytes, of one process

# Text as it is sent, and the keys of the pieces between, in turns.
Piece = tuple[bytes, ...]
# Key -> all the text of a piece and of those within it.
Texts = dict[bytes, list[bytes]]

# What stands for a piece in another one that is being drawn, or in the page. Nobody outside can write it.
_MARK = f"\x00{secrets.token_hex(8)}:"
_PLACE = re.compile(f"{_MARK}([0-9a-f]+);")
# What stands for the token.
TOKEN = f"{_MARK}token;"
# The pieces of what is being drawn; None where they are put in at once.
_within: ContextVar[Texts | None] = ContextVar("_within", default=None)


class KeptHtml:
    """The pieces used last, up to so many bytes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._size = 0
        self._pieces: OrderedDict[bytes, Piece] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes, draw: Callable[[], str]) -> SafeString:
        """The piece; while something around it is drawn, what stands for it there."""
        texts: list[bytes] = []
        with self._lock:
            is_known = self._take_out(key, texts)
        if not is_known:
            texts = self._draw(key, draw)
        around = _within.get()
        if around is None:
            return SafeString(b"".join(texts).decode())
        around[key] = texts
        return SafeString(f"{_MARK}{key.hex()};")

    def _take_out(self, key: bytes, texts: list[bytes]) -> bool:
        """The piece and all within it; those within were used later than it then, and stay longer."""
        piece = self._pieces.get(key)
        if piece is None:
            return False
        self._pieces.move_to_end(key)
        texts.append(piece[0])
        for place in range(1, len(piece), 2):
            if not self._take_out(piece[place], texts):
                return False
            texts.append(piece[place + 1])
        return True

    def _draw(self, key: bytes, draw: Callable[[], str]) -> list[bytes]:
        piece, within = _drawn(draw)
        self._put_in(key, piece)
        return _filled(piece, within)

    def _put_in(self, key: bytes, piece: Piece) -> None:
        with self._lock:
            self._size += _size(piece) - _size(self._pieces.pop(key, ()))
            self._pieces[key] = piece
            while self._size > self.most:
                self._size -= _size(self._pieces.popitem(last=False)[1])

    def __len__(self) -> int:
        return len(self._pieces)


def put_together(draw: Callable[[], str], token: str) -> bytes:
    """A page as it is sent: drawn without its kept pieces, which are put in as they were kept, neither copied nor encoded again."""
    return b"".join(_filled(*_drawn(draw))).replace(TOKEN.encode(), token.encode())


def _drawn(draw: Callable[[], str]) -> tuple[Piece, Texts]:
    """The text with the keys of the pieces in it, and these."""
    within: Texts = {}
    token = _within.set(within)
    try:
        parts = _PLACE.split(draw())
    finally:
        _within.reset(token)
    return tuple(bytes.fromhex(part) if number % 2 else part.encode() for number, part in enumerate(parts)), within


def _filled(piece: Piece, within: Texts) -> list[bytes]:
    texts = [piece[0]]
    for place in range(1, len(piece), 2):
        texts += within[piece[place]]
        texts.append(piece[place + 1])
    return texts


def _size(piece: Piece) -> int:
    return sum(map(len, piece))


kept_html = KeptHtml(MOST)


def key_of(template: str, names: Mapping[str, Any]) -> bytes:
    surroundings = (template, translation.get_language(), timezone.get_current_timezone_name(), timezone.localdate())
    return hashlib.blake2b(pickle.dumps((surroundings, names), protocol=pickle.HIGHEST_PROTOCOL), digest_size=20).digest()
