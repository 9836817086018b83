"""The label lists: who has which label, by name, found by position so that the last page costs what the first one costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from labels.models import Label, LabelState, Level
from runs.models import Run
from suppliers.models import Category, Supplier
from suppliers.places import country_name, region_name


PAGE_SIZE = 50
COLUMNS = (
    "pk", "name_en", "name_zh", "category", "country", "region", "sort_name",
    "label__state", "label__level", "label__valid_from", "label__valid_to", "label__until", "label__public_id",
    "label_decision__outcome", "label_decision__evaluated_at",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    pk: int
    name_en: str
    name_zh: str
    category: str
    country: str
    region: str
    sort_name: str
    state: str | None
    level: str | None
    valid_from: date | None
    valid_to: date | None
    until: date | None
    public_id: Any
    outcome: str | None
    decided_at: datetime | None

    @property
    def supplier_id(self) -> int:
        return self.pk

    @property
    def name(self) -> str:
        return Supplier(name_en=self.name_en, name_zh=self.name_zh).name

    @property
    def category_title(self) -> str:
        return str(Category(self.category).label)

    @property
    def label_state(self) -> str:
        return self.state or LabelState.NONE

    @property
    def state_title(self) -> str:
        return str(LabelState(self.label_state).label)

    @property
    def level_title(self) -> str:
        return str(Level(self.level).label) if self.level in Level.values else ""

    @property
    def outcome_title(self) -> str:
        return str(Level(self.outcome).label) if self.outcome in Level.values else ""

    @property
    def is_warned(self) -> bool:
        return self.label_state == LabelState.WARNED

    @property
    def place(self) -> str:
        return region_name(self.region, self.country) if self.region else country_name(self.country)

    def get_absolute_url(self) -> str:
        return reverse("labels:detail", args=[self.pk])


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    previous_url: str
    next_url: str


def page_of(suppliers: "QuerySet[Supplier]", query: Mapping[str, str]) -> Page:
    """Fifty suppliers by name; `?after=` and `?before=` name the row at the edge, as number:name."""
    after, before = _mark(query.get("after")), _mark(query.get("before"))
    backwards = before is not None and after is None
    if mark := after or before:
        suppliers = suppliers.filter(_beyond(mark, backwards=backwards))
    order = ("-sort_name", "-pk") if backwards else ("sort_name", "pk")
    rows = [Row(*values) for values in suppliers.order_by(*order).values_list(*COLUMNS)[: PAGE_SIZE + 1]]
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (mark is not None, more)
    return Page(
        rows,
        _url(query, "before", rows[0]) if rows and has_previous else "",
        _url(query, "after", rows[-1]) if rows and has_next else "",
    )


def _mark(text: str | None) -> tuple[int, str] | None:
    """None for a mark that is not one of ours: the list begins at its beginning."""
    number, _colon, name = (text or "").partition(":")
    return (int(number), name) if number.isascii() and number.isdigit() and len(number) < 19 and "\x00" not in name else None


def _beyond(mark: tuple[int, str], *, backwards: bool) -> Q:
    number, name = mark
    side = "lt" if backwards else "gt"
    # The first condition follows from the second; it is the one the index can use.
    return Q(**{f"sort_name__{side}e": name}) & (Q(**{f"sort_name__{side}": name}) | Q(**{f"pk__{side}": number}))


def _url(query: Mapping[str, str], key: str, row: Row) -> str:
    kept = {name: value for name, value in query.items() if value and name not in ("after", "before")}
    return "?" + urlencode({**kept, key: f"{row.pk}:{row.sort_name}"})


@dataclass(frozen=True)
class Counts:
    """Labels by what they are today."""

    leaders: int
    green: int
    warned: int
    suspended: int
    revoked: int

    @property
    def live(self) -> int:
        return self.leaders + self.green


def counts(labels: "QuerySet[Label]") -> Counts:
    live = Q(state__in=Label.LIVE)
    found = labels.aggregate(
        leaders=Count("pk", filter=live & Q(level=Level.GREEN_LEADER)),
        green=Count("pk", filter=live & Q(level=Level.GREEN)),
        warned=Count("pk", filter=Q(state=LabelState.WARNED)),
        suspended=Count("pk", filter=Q(state=LabelState.SUSPENDED)),
        revoked=Count("pk", filter=Q(state=LabelState.REVOKED)),
    )
    return Counts(**found)


def last_run() -> Run | None:
    return Run.objects.filter(kind="evaluate_labels").order_by("-created_at", "-pk").first()
