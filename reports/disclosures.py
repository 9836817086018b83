"""Disclosure tables for the buyer's own report, from live data.

Every figure is a set of suppliers, given as a condition: the page counts it, a click lists it, and its query can be read. What the
figures are stands in `disclosure_rules`; here they are counted, all of them by one statement.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assessments.models import Campaign
from reports.disclosure_charts import chart_of
from reports.disclosure_parts import Disclosure, Figure, Scope
from reports.disclosure_rules import DISCLOSURES
from suppliers.models import Interest


if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from accounts.models import User
    from suppliers.models import SupplierQuerySet


@dataclass(frozen=True)
class Line:
    """A figure with what it came to."""

    figure: Figure
    disclosure: Disclosure
    suppliers: int
    value: Decimal | int | None
    whole: int | None
    whole_title: StrOrPromise
    url: str

    @property
    def unit(self) -> str:
        return self.figure.amount.unit if self.figure.amount else ""

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.suppliers) / self.whole if self.whole else None


# What a row of a grid is, and its cells, each with its head.
Row = tuple[StrOrPromise, Sequence[tuple[StrOrPromise, Line]]]


@dataclass(frozen=True)
class Table:
    """A disclosure as it is drawn: a line a figure, or a grid of them under heads."""

    disclosure: Disclosure
    lines: Sequence[Line]
    heads: Sequence[StrOrPromise]
    rows: Sequence[Row]
    chart: "SafeString | None"

    @property
    def rules(self) -> list[StrOrPromise]:
        """Each rule once: the cells of a grid share theirs."""
        return list(dict.fromkeys(line.figure.rule for line in self.lines))


@dataclass(frozen=True)
class Statement:
    scope: Scope
    cycles: list[int]
    tables: list[Table]
    leaves_out: bool

    def lines(self) -> Iterator[Line]:
        for table in self.tables:
            yield from table.lines


def cycles() -> list[int]:
    """The newest first."""
    launched = Campaign.objects.exclude(status=Campaign.Status.DRAFT)
    return list(launched.order_by("-cycle").values_list("cycle", flat=True).distinct())


def scope_of(cycle: int, *, user: "User", on: date) -> Scope:
    campaigns = Campaign.objects.exclude(status=Campaign.Status.DRAFT).filter(cycle=cycle).order_by("-launched_at", "-pk")
    return Scope(user, on, cycle, list(campaigns))


def statement(cycle: int | None, *, user: "User", on: date) -> Statement:
    """The queries are the same number for one supplier and ten thousand: one for the counts, one for each kind of amount."""
    known = cycles()
    scope = scope_of(cycle if cycle in known else (known or [on.year])[0], user=user, on=on)
    asked = [(disclosure, list(disclosure.figures(scope))) for disclosure in DISCLOSURES]
    figures = [figure for _disclosure, found in asked for figure in found]
    counts, amounts = count(scope.suppliers(), figures, scope), _add_up(scope, figures)
    titles = {figure.key: figure.title for figure in figures}

    def line(disclosure: Disclosure, figure: Figure) -> Line:
        number = counts[figure.key]
        value = amounts[figure.key] if figure.amount else number
        whole = counts[figure.of] if figure.of else None
        return Line(figure, disclosure, number, value, whole, titles.get(figure.of, ""), list_url(scope.cycle, figure.key))

    tables = []
    for disclosure, found in asked:
        lines = [line(disclosure, figure) for figure in found]
        heads = list(disclosure.heads(scope)) if disclosure.heads else []
        rows = _grid(disclosure, scope, lines, heads)
        tables.append(Table(disclosure, lines, heads, rows, chart_of(disclosure, lines, rows)))
    return Statement(scope, known, tables, Interest.objects.in_force_for(user).exists())


def _grid(disclosure: Disclosure, scope: Scope, lines: Sequence[Line], heads: Sequence[StrOrPromise]) -> list[Row]:
    if not disclosure.row_titles or not heads:
        return []
    width = len(heads)
    cells = (lines[place : place + width] for place in range(0, len(lines), width))
    return [(title, list(zip(heads, found, strict=True))) for title, found in zip(disclosure.row_titles(scope), cells, strict=True)]


def count(suppliers: "SupplierQuerySet", figures: Sequence[Figure], scope: Scope) -> dict[str, int]:
    """One statement. Distinct, since a cycle may have several campaigns; keys hold characters that are no name in SQL."""
    asked = {f"n{place}": Count("pk", filter=figure.condition(scope), distinct=True) for place, figure in enumerate(figures)}
    found = suppliers.aggregate(**asked) if asked else {}
    return {figure.key: found[f"n{place}"] for place, figure in enumerate(figures)}


def _add_up(scope: Scope, figures: Sequence[Figure]) -> Mapping[str, Decimal | None]:
    sources: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.amount:
            sources.setdefault(figure.amount.source, []).append(figure)
    amounts: dict[str, Decimal | None] = {}
    for found in sources.values():
        columns = {f"n{place}": Sum(figure.amount.column) for place, figure in enumerate(found) if figure.amount}
        sums = found[0].amount.rows(scope).aggregate(**columns) if found[0].amount else {}
        amounts |= {figure.key: sums[f"n{place}"] for place, figure in enumerate(found)}
    return amounts


# --- the suppliers behind a figure ------------------------------------------------------------------------------------


def list_url(cycle: int, key: str) -> str:
    return f"{reverse('reports:portfolio')}?{urlencode({'figure': f'{cycle}:{key}'})}"


@dataclass(frozen=True)
class Behind:
    """What the portfolio shows when it lists the suppliers of a figure."""

    figure: Figure
    disclosure: Disclosure
    scope: Scope
    reference: str

    @cached_property
    def suppliers(self) -> "SupplierQuerySet":
        return self.scope.suppliers().filter(self.figure.condition(self.scope))

    @property
    def query(self) -> str:
        return query_of(self.figure, self.scope)


def behind(reference: str, *, user: "User", on: date) -> Behind | None:
    """`reference` is "2026:key", as an address says it. None where there is no such figure."""
    year, _colon, key = reference.partition(":")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return None
    scope = scope_of(int(year), user=user, on=on)
    for disclosure in DISCLOSURES:
        for figure in disclosure.figures(scope):
            if figure.key == key:
                return Behind(figure, disclosure, scope, reference)
    return None


def query_of(figure: Figure, scope: Scope) -> str:
    """As the database is asked it: the suppliers that are counted; of an amount, the rows that are added up."""
    rows: QuerySet[Any] = scope.suppliers().filter(figure.condition(scope)).order_by().values("pk").distinct()
    if figure.amount:
        rows = figure.amount.rows(scope).order_by().values("pk", figure.amount.column)
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return _("Nothing can meet this condition: the database is not asked.")
    # Only the operations of PostgreSQL have it, and there is no other database.
    return str(connection.ops.compose_sql(sql, parameters))  # type: ignore[attr-defined]
