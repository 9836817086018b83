"""Questions that activity data raise. They ask, they do not block. Pure: no database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import median

from emissions.calculation import Activity, pue
from emissions.units import UnknownUnit, convert


# A slip in the unit is a factor of 1,000; seasons and growth stay far below a tenth of that.
FAR_FROM_USUAL = Decimal(20)


class Doubt(StrEnum):
    PUE_BELOW_ONE = "pue_below_one"
    FAR_FROM_OTHER_MONTHS = "far_from_other_months"
    NO_REFRIGERANT = "no_refrigerant"


@dataclass(frozen=True)
class Question:
    doubt: Doubt
    site_id: int
    source: str = ""
    month: date | None = None
    value: Decimal | None = None


def questions(activities: Iterable[Activity]) -> list[Question]:
    by_site: dict[int, list[Activity]] = defaultdict(list)
    for activity in activities:
        by_site[activity.site_id].append(activity)
    found: list[Question] = []
    for site_id, own in by_site.items():
        value = pue(own)
        if value is not None and value < 1:
            found.append(Question(Doubt.PUE_BELOW_ONE, site_id, value=value))
        # Chillers leak: a data centre without a top-up in a whole year is rare.
        months = {a.month for a in own}
        if own[0].site_type == "data_centre" and len(months) == 12 and not any(a.source == "refrigerant" for a in own):
            found.append(Question(Doubt.NO_REFRIGERANT, site_id))
        found += _unusual_months(site_id, own)
    return found


def _unusual_months(site_id: int, activities: Sequence[Activity]) -> list[Question]:
    by_source: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for activity in activities:
        if activity.source != "refrigerant" and activity.quantity:
            by_source[activity.source].append((activity.month, _comparable(activity, activities)))
    found = []
    for source, values in by_source.items():
        usual = median([value for _month, value in values])
        for month, value in values:
            if len(values) >= 3 and not usual / FAR_FROM_USUAL <= value <= usual * FAR_FROM_USUAL:
                found.append(Question(Doubt.FAR_FROM_OTHER_MONTHS, site_id, source, month, value / usual))
    return found


def _comparable(activity: Activity, activities: Sequence[Activity]) -> Decimal:
    """In the unit of the source's first month."""
    unit = next(each.unit for each in activities if each.source == activity.source)
    try:
        return convert(activity.quantity, activity.unit, unit)
    except UnknownUnit:
        return activity.quantity
