"""What the activity data of an agreement's sites say, in what the agreement counts: a year, a quarter, and the months for a forecast."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django.db.models import Count, Max

from emissions.calculation import Activity, Calculation, Ledger, calculate, in_series
from emissions.coverage import Coverage, coverage, fiscal_months
from emissions.factors import book_of
from emissions.insight import Forecast, forecast
from emissions.inventory import activities_of
from emissions.models import ActivityRecord, FactorSet, Scope3Entry
from pilots.models import Agreement


class NotCalculable(Exception):
    """The activity data do not give the figures: none are there, no month is covered, a factor or a scope 3 category is missing."""


@dataclass(frozen=True)
class Period:
    """A fiscal year of the supplier, or one quarter of it."""

    year: int
    quarter: int | None = None

    def months(self, agreement: Agreement) -> list[date]:
        months = fiscal_months(self.year, agreement.supplier.fiscal_year_start)
        return months if self.quarter is None else months[3 * self.quarter - 3 : 3 * self.quarter]


@dataclass(frozen=True)
class Actual:
    """Of the sites within the boundary, in what the agreement counts."""

    emissions: Decimal
    coverage: Coverage
    calculation: Calculation
    # Share of the tonnes that were measured, not estimated: 0 to 1.
    measured_share: Decimal | None


def ledgers_of(agreement: Agreement) -> frozenset[Ledger]:
    scope2 = Ledger.SCOPE2_MARKET if agreement.scope2_method == Agreement.Scope2Method.MARKET else Ledger.SCOPE2_LOCATION
    return frozenset(ledger for ledger, counts in ((Ledger.SCOPE1, agreement.counts_scope1), (scope2, agreement.counts_scope2)) if counts)


def actual_of(agreement: Agreement, period: Period) -> Actual:
    """Raises `NotCalculable`."""
    year = fiscal_months(period.year, agreement.supplier.fiscal_year_start)
    months = period.months(agreement)
    # A source that other months of the year have is missing in a quarter that lacks it.
    activities = activities_of(agreement.supplier_id, year, _site_ids(agreement))
    found = coverage(in_series(activities), months)
    calculation = calculate([each for each in activities if each.month in set(months)], book_of(_factor_set(agreement)))
    if not found.covered or calculation.troubles:
        raise NotCalculable
    ledgers = ledgers_of(agreement)
    emissions = sum((calculation.total(ledger) for ledger in ledgers), Decimal(0)) + _scope3(agreement, period)
    return Actual(emissions, found, calculation, _measured_share(calculation, ledgers))


def _factor_set(agreement: Agreement) -> FactorSet:
    if agreement.factor_set is None:
        raise NotCalculable
    return agreement.factor_set


def _site_ids(agreement: Agreement) -> list[int] | None:
    """All sites of the supplier where the agreement names none."""
    return list(agreement.sites.order_by("pk").values_list("pk", flat=True)) or None


def _scope3(agreement: Agreement, period: Period) -> Decimal:
    """A category that counts and that nobody reported makes the year unknown: it is not zero."""
    counted = set(agreement.scope3_categories)
    if not counted:
        return Decimal(0)
    rows = Scope3Entry.objects.filter(supplier_id=agreement.supplier_id, year=period.year, category__in=counted)
    reported = dict(rows.values_list("category", "tonnes"))
    if period.quarter is not None or set(reported) != counted:
        raise NotCalculable
    return sum(reported.values(), Decimal(0))


def _measured_share(calculation: Calculation, ledgers: frozenset[Ledger]) -> Decimal | None:
    lines = [line for line in calculation.lines if line.ledger in ledgers and line.tonnes]
    whole = sum((line.tonnes or Decimal(0) for line in lines), Decimal(0))
    measured = sum((line.tonnes or Decimal(0) for line in lines if line.activity.is_measured), Decimal(0))
    return measured / whole if whole else None


# --- the year's forecast ----------------------------------------------------------------------------------------------


def outlook(agreement: Agreement, year: int) -> Forecast | None:
    """Where the year will end, from its covered months and the year before. Scope 3 has no months: with it, there is none.

    Two statements: the months are read and calculated again only when the activity data have changed.
    """
    if agreement.factor_set is None or agreement.scope3_categories or not ledgers_of(agreement):
        return None
    asked = _Asked(
        agreement.supplier_id,
        agreement.supplier.fiscal_year_start,
        year,
        tuple(sorted(site.pk for site in agreement.sites.all())) or None,
        ledgers_of(agreement),
        agreement.factor_set,
        _stamp(agreement, year),
    )
    return _forecast(asked)


@dataclass(frozen=True)
class _Asked:
    supplier_id: int
    fiscal_year_start: int
    year: int
    site_ids: tuple[int, ...] | None
    ledgers: frozenset[Ledger]
    factor_set: FactorSet
    stamp: tuple[int, datetime | None]


def _stamp(agreement: Agreement, year: int) -> tuple[int, datetime | None]:
    """Changes with every month that is typed, corrected or taken back."""
    start = agreement.supplier.fiscal_year_start
    first, last = fiscal_months(year - 1, start)[0], fiscal_months(year, start)[-1]
    records = ActivityRecord.objects.filter(supplier_id=agreement.supplier_id, month__range=(first, last))
    found = records.aggregate(count=Count("pk"), newest=Max("reported_at"))
    return found["count"], found["newest"]


@lru_cache(maxsize=2_000)
def _forecast(asked: _Asked) -> Forecast | None:
    months, before = fiscal_months(asked.year, asked.fiscal_year_start), fiscal_months(asked.year - 1, asked.fiscal_year_start)
    activities = activities_of(asked.supplier_id, [*before, *months], asked.site_ids)
    return forecast(months, _monthly(asked, activities, months), _monthly(asked, activities, before))


def _monthly(asked: _Asked, activities: Sequence[Activity], months: Sequence[date]) -> dict[date, Decimal]:
    """Tonnes of the covered months."""
    within = set(months)
    found = [each for each in activities if each.month in within]
    covered = set(coverage(in_series(found), months).covered)
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for line in calculate([each for each in found if each.month in covered], book_of(asked.factor_set)).lines:
        if line.ledger in asked.ledgers and line.tonnes is not None:
            sums[line.activity.month] += line.tonnes
    return dict(sums)


# --- seasons ----------------------------------------------------------------------------------------------------------


def seasons(agreement: Agreement) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    """Each quarter's share of the base year in per cent, to two places and 100 together; None where a quarter is unknown."""
    if agreement.factor_set is None:
        return None
    months = fiscal_months(agreement.base_year, agreement.supplier.fiscal_year_start)
    activities = activities_of(agreement.supplier_id, months, _site_ids(agreement))
    asked = _Asked(
        agreement.supplier_id, agreement.supplier.fiscal_year_start, agreement.base_year, None, ledgers_of(agreement), agreement.factor_set,
        (0, None),
    )  # fmt: skip
    by_month = _monthly(asked, activities, months)
    total = sum(by_month.values(), Decimal(0))
    if len(by_month) < 12 or not total:
        return None
    first, second, third = (
        round(100 * sum((by_month[month] for month in months[place : place + 3]), Decimal(0)) / total, 2) for place in (0, 3, 6)
    )
    return first, second, third, 100 - first - second - third
