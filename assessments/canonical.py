"""One way to write a value as JSON bytes, so that equal values have equal hashes everywhere.

Keys sorted, no spaces, UTF-8 as is. Only strings, booleans, null, whole numbers, lists and mappings with string keys
take part: decimals travel as strings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable


Encode = Callable[[object], bytes]


def encode(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(value: object, encode: Encode = encode) -> str:
    return hashlib.sha256(encode(value)).hexdigest()
