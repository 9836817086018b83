"""Pieces of pages that are drawn once for what they show: `{% kept "…" name=value %}` in accounts/templatetags/kept.py.

A piece is a pure function of what is handed to it, of the language and of the time zone: it sees no request, no user and no token.
The key is a digest of all of that, down to the fields of the rows in it, so that a piece is never old. A process keeps the pieces it
needed last.
"""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from django.utils import timezone, translation
from django.utils.safestring import SafeString


MOST = 16_000_000  # characters, of one process


class KeptHtml:
    """The pieces used last, up to so many characters."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._size = 0
        self._pieces: OrderedDict[bytes, SafeString] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes, draw: Callable[[], SafeString]) -> SafeString:
        with self._lock:
            found = self._pieces.get(key)
            if found is not None:
                self._pieces.move_to_end(key)
                return found
        drawn = draw()
        with self._lock:
            self._size += len(drawn) - len(self._pieces.pop(key, ""))
            self._pieces[key] = drawn
            while self._size > self.most:
                self._size -= len(self._pieces.popitem(last=False)[1])
        return drawn

    def __len__(self) -> int:
        return len(self._pieces)


kept_html = KeptHtml(MOST)


def key_of(template: str, names: Mapping[str, Any]) -> bytes:
    surroundings = (template, translation.get_language(), timezone.get_current_timezone_name())
    return hashlib.blake2b(pickle.dumps((surroundings, names), protocol=pickle.HIGHEST_PROTOCOL), digest_size=20).digest()
