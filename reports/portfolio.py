"""The portfolio: every supplier with where it stands, filtered, sorted and paged in the database.

One row of `assessments.Standing` a supplier, joined with the supplier and its label. A page is found by the sort value and the
number of the row before it (keyset), so page 200 costs what page 1 costs. Page and export read the same rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import F, OrderBy, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language

from assessments.models import Assessment, Standing
from labels.dates import ledger_day
from labels.models import LabelState, Level
from reports.disclosures import Behind, behind
from reports.filters import PortfolioFilter
from suppliers.models import Category, Supplier
from suppliers.places import country_name, region_name


PAGE_SIZE = 50
# Beyond this many nobody reads the number; counting a million rows for it would make the page slow.
COUNT_UP_TO = 20_000

COLUMNS = (
    "supplier_id", "supplier__name_zh", "supplier__name_en", "supplier__uscc", "supplier__lei", "supplier__company_number",
    "supplier__reference", "supplier__category", "supplier__country", "supplier__region", "supplier__state", "status", "due_on",
    "declared", "evidenced", "verified", "has_critical_finding", "supplier__label__state", "supplier__label__level",
    "supplier__label__valid_to", "supplier__sort_name", "evidence_coverage", "supplier__risk__score_on", "supplier__risk__score_before",
    "supplier__risk__score_after", "supplier__risk__label_on", "supplier__risk__level_after",
)  # fmt: skip


class Row(NamedTuple):
    """One line of the list, in the order of COLUMNS."""

    supplier_id: int
    name_zh: str
    name_en: str
    uscc: str | None
    lei: str | None
    company_number: str | None
    reference: str | None
    category: str
    country: str
    region: str
    state: str
    status: str
    due_on: date | None
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None
    has_critical_finding: bool
    label_state: str | None
    label_level: str | None
    label_valid_to: date | None
    sort_name: str
    evidence_coverage: Decimal | None
    score_risk_on: date | None
    score_risk_before: Decimal | None
    score_risk_after: Decimal | None
    label_risk_on: date | None
    label_risk_level: str | None

    @property
    def name(self) -> str:
        if (get_language() or "en").startswith("zh"):
            return self.name_zh or self.name_en
        return self.name_en or self.name_zh

    @property
    def identifier(self) -> str:
        return self.uscc or self.lei or self.company_number or self.reference or ""

    @property
    def category_label(self) -> str:
        return _label(Category, self.category)

    @property
    def state_label(self) -> str:
        return _label(Supplier.State, self.state)

    @property
    def status_label(self) -> str:
        return _label(Assessment.Status, self.status)

    @property
    def has_label(self) -> bool:
        return bool(self.label_state) and self.label_state not in (LabelState.NONE, LabelState.PROPOSED)

    @property
    def label_state_label(self) -> str:
        return _label(LabelState, self.label_state or LabelState.NONE)

    @property
    def label_level_label(self) -> str:
        return _label(Level, self.label_level)

    @property
    def label_risk(self) -> str:
        """The level that would be left; empty where the label would be lost, or is not at risk."""
        return _label(Level, self.label_risk_level)

    @property
    def country_label(self) -> str:
        return country_name(self.country)

    @property
    def place(self) -> str:
        return region_name(self.region, self.country) if self.region else self.country_label


def _label(choices: type[TextChoices], value: str | None) -> str:
    return str(choices(value).label) if value else ""


@dataclass(frozen=True)
class Order:
    """A column to sort by: an indexed expression whose nulls come last, made unique by the supplier's number."""

    column: str
    descending: bool

    def expressions(self, *, backwards: bool) -> list[OrderBy]:
        down = self.descending != backwards
        field = F(self.column)
        first = (
            field.desc(nulls_first=backwards or None, nulls_last=not backwards or None)
            if down
            else (field.asc(nulls_first=backwards or None, nulls_last=not backwards or None))
        )
        return [first, F("supplier").desc() if down else F("supplier").asc()]

    def beyond(self, value: str | None, supplier_id: int, *, backwards: bool) -> Q:
        """Rows that come after (or, backwards, before) the row with this value and number."""
        down = self.descending != backwards
        step = "lt" if down else "gt"
        same_place = Q(**{f"supplier__{step}": supplier_id})
        if value is None:
            rest = Q(**{f"{self.column}__isnull": True}) & same_place
            return rest | Q(**{f"{self.column}__isnull": False}) if backwards else rest
        further = Q(**{f"{self.column}__{step}": value}) | (Q(**{self.column: value}) & same_place)
        return further if backwards else further | Q(**{f"{self.column}__isnull": True})


ORDERS = {
    "name": Order("supplier__sort_name", descending=False),
    "-name": Order("supplier__sort_name", descending=True),
    **{
        key: Order(name, descending=descending)
        for name in ("declared", "evidenced", "verified")
        for key, descending in ((name, False), (f"-{name}", True))
    },
}
DEFAULT_ORDER = "-evidenced"


class Cursor(NamedTuple):
    value: str | None
    supplier_id: int

    @classmethod
    def read(cls, text: str, order: str) -> "Cursor | None":
        """From a query string; anything that is not a cursor of this order is as good as none."""
        number, _, value = text.partition(":")
        if not (number.isascii() and number.isdigit()) or len(number) > 18 or "\x00" in value:
            return None
        if value and not order.endswith("name"):
            try:
                if not Decimal(value).is_finite():
                    return None
            except InvalidOperation:
                return None
        return cls(value or None, int(number))

    @classmethod
    def of(cls, row: Row, order: str) -> "Cursor":
        value = getattr(row, ORDERS[order].column.removeprefix("supplier__"))
        return cls(None if value is None else str(value), row.supplier_id)

    def __str__(self) -> str:
        return f"{self.supplier_id}:{self.value or ''}"


class Portfolio:
    """What one person sees with one query string."""

    def __init__(self, query: Mapping[str, str], *, user: Any) -> None:
        self.filter = PortfolioFilter(query, queryset=Standing.objects.visible_to(user))
        self.query, self.user = query, user
        self.order = query.get("sort", "") if query.get("sort") in ORDERS else DEFAULT_ORDER

    @cached_property
    def rows(self) -> QuerySet[Standing]:
        """All that match. With a filter that cannot be read there are none: never more than was asked for."""
        if not self.filter.is_valid() or (self.figure and self.behind is None):
            return Standing.objects.none()
        found: QuerySet[Standing] = self.filter.qs
        return found.filter(supplier__in=self.behind.suppliers.values("pk")) if self.behind else found

    @property
    def figure(self) -> str:
        return self.query.get("figure", "")

    @cached_property
    def behind(self) -> Behind | None:
        """The figure of a disclosure whose suppliers these are."""
        return behind(self.figure, user=self.user, on=ledger_day(timezone.now())) if self.figure else None

    @cached_property
    def count(self) -> int:
        return self.rows.order_by()[: COUNT_UP_TO + 1].count()

    @property
    def count_is_capped(self) -> bool:
        return self.count > COUNT_UP_TO

    def page(self) -> "Page":
        after = Cursor.read(self.query.get("after", ""), self.order)
        before = Cursor.read(self.query.get("before", ""), self.order) if after is None else None
        order, cursor, backwards = ORDERS[self.order], after or before, before is not None
        found = self.rows.order_by(*order.expressions(backwards=backwards))
        if cursor:
            found = found.filter(order.beyond(cursor.value, cursor.supplier_id, backwards=backwards))
        rows = [Row(*values) for values in found.values_list(*COLUMNS)[: PAGE_SIZE + 1]]
        has_more = len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
        if backwards:
            rows.reverse()
        has_previous, has_next = (has_more, True) if backwards else (after is not None, has_more)
        return Page(
            rows=rows,
            previous_url=self._url("before", rows[0]) if has_previous and rows else "",
            next_url=self._url("after", rows[-1]) if has_next and rows else "",
        )

    def _url(self, key: str, row: Row) -> str:
        return "?" + urlencode({**self.kept_query, key: str(Cursor.of(row, self.order))})

    @property
    def kept_query(self) -> dict[str, str]:
        """The filters and the order, without the place in the list."""
        return {name: value for name, value in self.query.items() if value and name not in ("after", "before")}

    def every_row(self) -> Iterator[Row]:
        """All rows in the order of the screen, a few thousand in memory at a time."""
        found = self.rows.order_by(*ORDERS[self.order].expressions(backwards=False)).values_list(*COLUMNS)
        return (Row(*values) for values in found.iterator(chunk_size=2000))


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    previous_url: str
    next_url: str
