"""The bytes of `canonical.encode`, written by orjson: for bulk runs only. A test holds the two equal."""

from __future__ import annotations

from typing import Any

import orjson


loads = orjson.loads


def encode(value: object) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    # orjson leaves named tuples (AnswerState) to us; the standard library writes them as arrays.
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
