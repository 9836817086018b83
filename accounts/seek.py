"""Pages by position instead of by number: page 200 costs what page 1 costs, and nothing slips while rows are added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet


M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    rows: list[M]
    previous_url: str
    next_url: str


def page_by(rows: QuerySet[M], field: str, query: Mapping[str, str], *, size: int) -> Page[M]:
    """`field` must be unique; a leading "-" is newest first. The query string may say `after` or `before` a value of it."""
    name, descending = field.lstrip("-"), field.startswith("-")
    after, before = query.get("after"), query.get("before") if "after" not in query else None
    try:
        found = _slice(rows, name, descending=descending, after=after, before=before)[: size + 1]
        page = list(found)
    except (ValueError, ValidationError):
        return page_by(rows, field, {key: value for key, value in query.items() if key not in ("after", "before")}, size=size)
    more = len(page) > size
    page = page[:size]
    if before is not None:
        page.reverse()
    has_previous, has_next = (more, True) if before is not None else (after is not None, more)
    return Page(
        rows=page,
        previous_url=_url(query, "before", getattr(page[0], name)) if has_previous and page else "",
        next_url=_url(query, "after", getattr(page[-1], name)) if has_next and page else "",
    )


def _slice(rows: QuerySet[M], name: str, *, descending: bool, after: str | None, before: str | None) -> QuerySet[M]:
    # Reading backwards means the opposite order, turned round afterwards.
    downwards = descending != (before is not None)
    if (value := after if after is not None else before) is not None:
        if "\x00" in value:  # PostgreSQL knows no text with this character
            raise ValueError(value)
        rows = rows.filter(**{f"{name}__{'lt' if downwards else 'gt'}": value})
    return rows.order_by(f"-{name}" if downwards else name)


def _url(query: Mapping[str, str], key: str, value: Any) -> str:
    kept = {name: text for name, text in query.items() if name not in ("after", "before") and text}
    return "?" + urlencode({**kept, key: value})
