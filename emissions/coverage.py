"""Which months are there and which are missing. Pure: no database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from emissions.calculation import Series


# A chiller is topped up when it needs it, exhibitions are now and then: months without are no gap.
OCCASIONAL = frozenset({"refrigerant", "exhibition_material", "exhibition_reused"})
# They are divided by, or stand for themselves: a month without them is a gap, and its emissions are known all the same.
BESIDE_EMISSIONS = frozenset({"production", "revenue", "packaging_bought", "packaging_recovered"})


def fiscal_months(year: int, start_month: int) -> list[date]:
    """The twelve months of the fiscal year that starts in this calendar year."""
    return [date(year + (start_month + n - 1) // 12, (start_month + n - 1) % 12 + 1, 1) for n in range(12)]


def fiscal_year_of(day: date, start_month: int) -> int:
    return day.year if day.month >= start_month else day.year - 1


@dataclass(frozen=True)
class Gap:
    """Months that a source of a site lacks, while other months of the year were reported."""

    site_id: int
    source: str
    months: tuple[date, ...]


@dataclass(frozen=True)
class Coverage:
    months: list[date]
    covered: list[date]
    gaps: list[Gap]

    @property
    def is_complete(self) -> bool:
        return len(self.covered) == len(self.months)


def coverage(series: Iterable[Series], months: Sequence[date]) -> Coverage:
    """A month is covered when every emitting source that a site reports in the year has a value for it, be it a zero somebody typed."""
    reported: dict[tuple[int, str], set[date]] = defaultdict(set)
    for each in series:
        if each.source not in OCCASIONAL:
            reported[each.site_id, each.source].update(each.months)
    gaps = [
        Gap(site_id, source, missing)
        for (site_id, source), found in sorted(reported.items())
        if (missing := tuple(month for month in months if month not in found))
    ]
    lacking = {month for gap in gaps if gap.source not in BESIDE_EMISSIONS for month in gap.months}
    emits = any(source not in BESIDE_EMISSIONS for _site, source in reported)
    covered = [month for month in months if month not in lacking] if emits else []
    return Coverage(list(months), covered, gaps)
