"""The directory of labelled suppliers: whom procurement can choose today. Page and export read the same rows; views are kept by name."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.functional import cached_property

from labels.filters import DirectoryFilter
from labels.lists import COLUMNS, Page, Row, page_of
from labels.models import Label, SavedView
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User

MOST_VIEWS = 30


class TooManyViews(Exception):
    """Nobody finds anything among more of them."""


class Directory:
    """What one person sees with one query string on one day."""

    def __init__(self, query: Mapping[str, str], *, user: "User", on: date) -> None:
        labelled = Supplier.objects.visible_to(user).filter(label__state__in=Label.LIVE, label__valid_to__gte=on)
        self.query = query
        self.filter = DirectoryFilter(query, queryset=labelled, on=on)

    @cached_property
    def rows(self) -> "QuerySet[Supplier]":
        """With a filter that cannot be read there are none: never more than was asked for."""
        found: QuerySet[Supplier] = self.filter.qs if self.filter.is_valid() else Supplier.objects.none()
        return found

    @cached_property
    def count(self) -> int:
        return self.rows.count()

    def page(self) -> Page:
        return page_of(self.rows, self.query)

    def every_row(self) -> Iterator[Row]:
        rows = self.rows.order_by("sort_name", "pk").values_list(*COLUMNS)
        for values in rows.iterator(chunk_size=2_000):
            yield Row(*values)

    @property
    def kept_query(self) -> dict[str, str]:
        """The filters, without the place in the list."""
        return {name: self.query[name] for name in self.filter.filters if self.query.get(name)}


def save_view(*, name: str, query: Mapping[str, str], by: "User", at: datetime) -> SavedView:
    """Under a name that is in use, the new filters replace the old ones. Raises `TooManyViews`."""
    views = SavedView.objects.filter(user=by)
    if views.count() >= MOST_VIEWS and not views.filter(name=name).exists():
        raise TooManyViews(by.pk)
    view, _made = SavedView.objects.update_or_create(user=by, name=name, defaults={"query": dict(query), "saved_at": at})
    return view


def views_of(user: "User") -> list[tuple[SavedView, str]]:
    """Each with its query string."""
    return [(view, urlencode(view.query)) for view in SavedView.objects.filter(user=user).order_by("name", "pk")]
