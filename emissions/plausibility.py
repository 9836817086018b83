"""Questions that activity data raise. They ask, they do not block. Pure: no database.

PUE below 1                   the IT load cannot use more than the whole site
part above its whole          renewable electricity above the electricity bought, packaging recovered above bought, and the like
far from other months         20 times the median of its site and source or a twentieth of it: a slip in the unit is 1,000 times
year on year                  the same months of both years differ by more than 30 %
no refrigerant                a data centre has chillers, and chillers leak
sum of parts                  what the supplier reported as its total is more than 5 % away from what its activity data give
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import median

from emissions.calculation import Activity, pue
from emissions.units import EXACT, UnknownUnit, convert


# Seasons and growth stay far below a tenth of a slip in the unit.
FAR_FROM_USUAL = Decimal(20)
LARGE_CHANGE = Decimal("0.30")
LEAST_MONTHS = 3
SUM_TOLERANCE = Decimal("0.05")
PARTS = (
    ("renewable_electricity", "electricity"),
    ("packaging_recovered", "packaging_bought"),
    ("exhibition_reused", "exhibition_material"),
)


class Doubt(StrEnum):
    PUE_BELOW_ONE = "pue_below_one"
    PART_ABOVE_WHOLE = "part_above_whole"
    FAR_FROM_OTHER_MONTHS = "far_from_other_months"
    YEAR_ON_YEAR = "year_on_year"
    NO_REFRIGERANT = "no_refrigerant"
    SUM_OF_PARTS = "sum_of_parts"


@dataclass(frozen=True)
class Question:
    """`value`: the PUE, how many times the usual month, or the change as a share. `site_id` 0 means the whole supplier."""

    doubt: Doubt
    site_id: int
    source: str = ""
    month: date | None = None
    value: Decimal | None = None

    @property
    def key(self) -> str:
        """The same for the same question, so that an answer to it is found again."""
        return ".".join((self.doubt, str(self.site_id), self.source, f"{self.month:%Y-%m}" if self.month else ""))


def questions(activities: Iterable[Activity], before: Iterable[Activity] = ()) -> list[Question]:
    """`before`: the activities of the year before, to compare with."""
    by_site, by_site_before = _by_site(activities), _by_site(before)
    found: list[Question] = []
    for site_id, own in by_site.items():
        value = pue(own)
        if value is not None and value < 1:
            found.append(Question(Doubt.PUE_BELOW_ONE, site_id, value=value))
        months = {a.month for a in own}
        if own[0].site_type == "data_centre" and len(months) == 12 and not any(a.source == "refrigerant" for a in own):
            found.append(Question(Doubt.NO_REFRIGERANT, site_id))
        found += _parts_above_wholes(site_id, own)
        found += _unusual_months(site_id, own)
        found += _changes(site_id, own, by_site_before.get(site_id, []))
    return found


def sum_of_parts(calculated: Decimal, reported: Decimal) -> Question | None:
    """Both in t CO2e of scope 1 and 2 of the same year."""
    if not calculated or abs(reported - calculated) <= SUM_TOLERANCE * calculated:
        return None
    return Question(Doubt.SUM_OF_PARTS, 0, value=EXACT.divide(reported - calculated, calculated))


def _by_site(activities: Iterable[Activity]) -> dict[int, list[Activity]]:
    by_site: dict[int, list[Activity]] = defaultdict(list)
    for activity in activities:
        by_site[activity.site_id].append(activity)
    return by_site


def _parts_above_wholes(site_id: int, activities: Sequence[Activity]) -> Iterator[Question]:
    amounts = {(a.source, a.month): a for a in activities}
    for part, whole in PARTS:
        for (source, month), activity in amounts.items():
            if source != part:
                continue
            of = amounts.get((whole, month))
            try:
                bought = convert(of.quantity, of.unit, activity.unit) if of else Decimal(0)
            except UnknownUnit:
                continue  # the inventory names the unit that does not fit
            if activity.quantity > bought:
                yield Question(Doubt.PART_ABOVE_WHOLE, site_id, part, month, EXACT.divide(activity.quantity, bought) if bought else None)


def _unusual_months(site_id: int, activities: Sequence[Activity]) -> Iterator[Question]:
    for source, values in _series(activities).items():
        usual = median(values.values())
        for month, value in values.items():
            if value and len(values) >= LEAST_MONTHS and not usual / FAR_FROM_USUAL <= value <= usual * FAR_FROM_USUAL:
                yield Question(Doubt.FAR_FROM_OTHER_MONTHS, site_id, source, month, value / usual if usual else None)


def _changes(site_id: int, activities: Sequence[Activity], before: Sequence[Activity]) -> Iterator[Question]:
    units = {activity.source: activity.unit for activity in reversed(activities)}
    earlier = _series(before, units)
    for source, values in _series(activities, units).items():
        common = [month for month in values if month.replace(year=month.year - 1) in earlier.get(source, {})]
        if len(common) < LEAST_MONTHS:
            continue
        was = sum((earlier[source][month.replace(year=month.year - 1)] for month in common), Decimal(0))
        now = sum((values[month] for month in common), Decimal(0))
        if was and abs(now - was) > LARGE_CHANGE * was:
            yield Question(Doubt.YEAR_ON_YEAR, site_id, source, value=EXACT.divide(now - was, was))


def _series(activities: Sequence[Activity], units: dict[str, str] | None = None) -> dict[str, dict[date, Decimal]]:
    """By source and month, in the unit of the source's first month. Refrigerants come as they leak: they make no series."""
    units = dict(units or {})
    series: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for activity in activities:
        if activity.source == "refrigerant":
            continue
        unit = units.setdefault(activity.source, activity.unit)
        try:
            series[activity.source][activity.month] = convert(activity.quantity, activity.unit, unit)
        except UnknownUnit:
            series[activity.source][activity.month] = activity.quantity
    return series
