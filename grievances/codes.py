"""The code of a case: what whoever reported keeps instead of a name. Sixteen letters and digits that cannot be mistaken for each other.

It is derived from a number in the form and our key, so that a form that is sent twice has one case and one code. The database holds
only a hash by which the case is found.
"""

import hmac
import re
from hashlib import sha256
from uuid import UUID

from grievances.sealing import keys


LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 16


def code_for(number: UUID) -> str:
    digest = _keyed(keys()[0], b"code", number.bytes)
    letters = "".join(LETTERS[byte % 32] for byte in digest[:LENGTH])
    return "-".join(letters[start : start + 4] for start in range(0, LENGTH, 4))


def plain(code: str) -> str:
    """As people type it: small letters, blanks, other dashes."""
    return re.sub(r"[^0-9A-Z]", "", code.upper())


def hash_of(code: str) -> str:
    return hashes_of(code)[0]


def hashes_of(code: str) -> list[str]:
    """By each key: cases that came in under an earlier one are still found."""
    return [_keyed(key, b"find", plain(code).encode()).hex() for key in keys()]


def _keyed(key: str, purpose: bytes, data: bytes) -> bytes:
    return hmac.new(key.encode(), purpose + b"\0" + data, sha256).digest()
