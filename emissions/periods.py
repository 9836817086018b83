"""Bills and readings that run from one day to another, and the months they come to.

A period's quantity is spread over its days evenly. A month counts once the periods of every meter that has any of its days cover
all of them: a half-billed month is a gap, never half a month's electricity taken for a whole one's.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from audit import trail
from emissions.activity import Entry, save_activity
from emissions.models import ActivityRecord, MeterPeriod
from emissions.units import EXACT, convert
from suppliers.models import Document, Site, Supplier


if TYPE_CHECKING:
    from accounts.models import User

PLACES = Decimal("0.0001")


class Overlap(ValueError):
    """The meter has a period over some of these days already."""


class TypedIn(ValueError):
    """The period completes months for which somebody typed a quantity: nothing is counted over that in silence."""

    def __init__(self, months: Sequence[date]) -> None:
        super().__init__(months)
        self.months = list(months)


@dataclass(frozen=True)
class Period:
    """`last_day` belongs to it."""

    meter: str
    first_day: date
    last_day: date
    quantity: Decimal
    is_measured: bool = True

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True)
class MonthOfPeriods:
    quantity: Decimal
    is_measured: bool


def months_of(periods: Iterable[Period]) -> dict[date, MonthOfPeriods]:
    """The whole months that periods of one source at one site, all in one unit, come to. Pure."""
    shares: dict[date, list[tuple[str, int, Decimal, bool]]] = defaultdict(list)
    for period in periods:
        for month, days in _days_by_month(period):
            part = EXACT.divide(period.quantity * days, Decimal(period.days))
            shares[month].append((period.meter, days, part, period.is_measured))
    return {month: _month(found) for month, found in sorted(shares.items()) if _is_whole(month, found)}


def _days_by_month(period: Period) -> Iterator[tuple[date, int]]:
    start = period.first_day
    while start <= period.last_day:
        following = _next_month(start)
        yield start.replace(day=1), (min(following, period.last_day + timedelta(days=1)) - start).days
        start = following


def months_touched(first: date, last: date) -> list[date]:
    """The months that have any of the days, each as its first day."""
    months = [first.replace(day=1)]
    while (following := _next_month(months[-1])) <= last:
        months.append(following)
    return months


def last_day_of(day: date) -> date:
    """Of the day's month."""
    return _next_month(day) - timedelta(days=1)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _is_whole(month: date, shares: Iterable[tuple[str, int, Decimal, bool]]) -> bool:
    days: dict[str, int] = defaultdict(int)
    for meter, count, _part, _measured in shares:
        days[meter] += count
    return all(count == (_next_month(month) - month).days for count in days.values())


def _month(shares: list[tuple[str, int, Decimal, bool]]) -> MonthOfPeriods:
    total = sum((part for _meter, _days, part, _measured in shares), Decimal(0))
    return MonthOfPeriods(total.quantize(PLACES, ROUND_HALF_UP, EXACT), all(measured for *_rest, measured in shares))


# --- keeping them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PeriodValues:
    source: str
    meter: str
    first_day: date
    last_day: date
    quantity: Decimal
    unit: str
    is_measured: bool = True
    evidence: Document | None = None


@transaction.atomic
def add_period(*, site: Site, values: PeriodValues, by: "User", at: datetime) -> MeterPeriod:
    """Keeps the period and writes the months it completes. Raises `Overlap` and `TypedIn`."""
    _lock(site)
    try:
        with transaction.atomic():
            period = MeterPeriod.objects.create(supplier_id=site.supplier_id, site=site, reported_by=by, reported_at=at, **vars(values))
    except IntegrityError as error:
        if "meter_periods_do_not_overlap" in str(error):
            raise Overlap from error
        raise
    trail.record("meter_period.saved", actor=by, target=site, supplier_id=site.supplier_id, detail=_told(period), at=at)
    _write_months(site, period, by=by, at=at)
    return period


@transaction.atomic
def remove_period(*, period_id: int, by: "User", at: datetime) -> None:
    """Takes it back, and the months it was part of. Its history keeps what it said."""
    period = MeterPeriod.objects.select_related("site").get(pk=period_id)
    _lock(period.site)
    trail.record("meter_period.removed", actor=by, target=period.site, supplier_id=period.supplier_id, detail=_told(period), at=at)
    MeterPeriod.objects.filter(pk=period.pk).delete()
    _write_months(period.site, period, by=by, at=at)


def _lock(site: Site) -> None:
    Supplier.objects.select_for_update(no_key=True).get(pk=site.supplier_id)


def _told(period: MeterPeriod) -> dict[str, str]:
    days = f"{period.first_day} – {period.last_day}"
    return {"source": period.source, "meter": period.meter, "days": days, "quantity": f"{period.quantity} {period.unit}"}


def _write_months(site: Site, period: MeterPeriod, *, by: "User", at: datetime) -> None:
    first, last = period.first_day.replace(day=1), last_day_of(period.last_day)
    touching = MeterPeriod.objects.filter(site=site, source=period.source, first_day__lte=last, last_day__gte=first)
    periods = [
        Period(each.meter, each.first_day, each.last_day, convert(each.quantity, each.unit, period.unit), each.is_measured)
        for each in touching
    ]
    whole = {month: found for month, found in months_of(periods).items() if first <= month <= last}
    stored = dict(
        ActivityRecord.objects.filter(site=site, source=period.source, month__range=(first, last)).values_list("month", "is_from_periods")
    )
    if typed := sorted(month for month in whole if stored.get(month) is False):
        raise TypedIn(typed)
    gone = {month for month, is_from_periods in stored.items() if is_from_periods} - whole.keys()
    save_activity(site=site, entries=[*_entries(period, whole), *_emptied(period, gone)], by=by, at=at)


def _entries(period: MeterPeriod, months: Mapping[date, MonthOfPeriods]) -> Iterator[Entry]:
    for month, found in months.items():
        yield Entry(month, period.source, "", found.quantity, period.unit, found.is_measured, is_from_periods=True)


def _emptied(period: MeterPeriod, months: Iterable[date]) -> Iterator[Entry]:
    for month in sorted(months):
        yield Entry(month, period.source, "", None, period.unit, is_from_periods=True)
