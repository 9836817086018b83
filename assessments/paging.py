"""Keyset pages: "what comes after this row", which costs the same on page 1 and page 200, and never skips a row that moved."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_datetime


PAGE = 50
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """`previous` and `next` are query strings, empty at an end."""

    rows: list[M]
    previous: str
    next: str


def page_of(rows: "QuerySet[M]", *, by: str, descending: bool, query: "MultiValueDict[str, str]", size: int = PAGE) -> Page[M]:
    """The page that `?after=` or `?before=` in `query` asks for. Rows are sorted by the moment in `by`, then by their key."""
    backwards = "before" in query
    mark = _read(query.get("before" if backwards else "after") or "")
    # Reading backwards is reading forwards in the opposite order, turned round at the end.
    falling = descending != backwards
    if mark:
        rows = rows.filter(_beyond(by, mark, falling=falling))
    sign = "-" if falling else ""
    found = list(rows.order_by(f"{sign}{by}", f"{sign}pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(mark), more)
    if not found:
        return Page([], "", "")
    return Page(
        found,
        _link(query, "before", found[0], by) if has_previous else "",
        _link(query, "after", found[-1], by) if has_next else "",
    )


def _beyond(by: str, mark: tuple[datetime, int], *, falling: bool) -> Q:
    moment, pk = mark
    side = "lt" if falling else "gt"
    # The first condition is implied by the second; it is the one an index can use.
    return Q(**{f"{by}__{side}e": moment}) & (Q(**{f"{by}__{side}": moment}) | Q(**{f"pk__{side}": pk}))


def _link(query: "MultiValueDict[str, str]", direction: str, row: Model, by: str) -> str:
    kept = [(name, value) for name, values in query.lists() if name not in ("after", "before") for value in values]
    mark = json.dumps([getattr(row, by).isoformat(), row.pk])
    return "?" + urlencode([*kept, (direction, urlsafe_b64encode(mark.encode()).decode().rstrip("="))])


def _read(mark: str) -> tuple[datetime, int] | None:
    """None for a mark we did not write: the list begins at its beginning."""
    try:
        moment, pk = json.loads(urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        parsed = parse_datetime(moment)
        return (parsed, int(pk)) if parsed and parsed.tzinfo else None
    except (ValueError, TypeError):
        return None
