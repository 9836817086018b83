"""Which factor fits: the narrowest place that has one for the year, else for the latest earlier year. Pure: no database.

Order (domain practice, GHG Protocol scope 2 guidance): province of the site, its grid region, the country, the world.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from suppliers.places import find_province
from suppliers.problems import Problem


# The grid regions of the MEE announcements since 2024.
GRID_REGIONS = {
    "NORTH": ("BJ", "TJ", "HE", "SX", "NM", "SD"),
    "NORTHEAST": ("LN", "JL", "HL"),
    "EAST": ("SH", "JS", "ZJ", "AH", "FJ"),
    "CENTRAL": ("HA", "HB", "HN", "JX"),
    "NORTHWEST": ("SN", "GS", "QH", "NX", "XJ"),
    "SOUTH": ("GD", "GX", "HI", "GZ", "YN"),
    "SOUTHWEST": ("SC", "CQ", "XZ"),
}
REGION_OF = {province: region for region, provinces in GRID_REGIONS.items() for province in provinces}
# Grids of their own, whichever way their sites are written.
OWN_GRIDS = frozenset({"HK", "MO", "TW"})


class YearNote(StrEnum):
    """How the factor's year stands to the activity's."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class FactorRow:
    key: str
    subject: str
    region: str
    year: int
    unit: str
    co2: Decimal
    ch4: Decimal
    n2o: Decimal
    ncv_gj: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Found:
    factor: FactorRow
    note: YearNote


@lru_cache(maxsize=10_000)
def places_of(country: str, region: str) -> tuple[str, ...]:
    """A site's places from the narrowest to the world, as factors name them."""
    if country != "CN":
        return (country, "GLOBAL")
    try:
        code = find_province(region).code if region else ""
    except Problem:
        code = ""
    if code in OWN_GRIDS:
        return (code, "GLOBAL")
    if not code:
        return ("CN", "GLOBAL")
    return (f"CN-{code}", f"CN-{REGION_OF[code]}", "CN", "GLOBAL")


@dataclass
class FactorBook:
    """A factor set in memory."""

    set_id: int
    gwp: str
    rows: Mapping[str, FactorRow]
    _by_place: dict[tuple[str, str], list[FactorRow]] = field(default_factory=dict)
    _kg_co2e: dict[str, Decimal] = field(default_factory=dict)
    _found: dict[tuple[tuple[str, ...], tuple[str, ...], int], Found | None] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[FactorRow], *, set_id: int, gwp: str) -> "FactorBook":
        by_key = {row.key: row for row in rows}
        by_place: dict[tuple[str, str], list[FactorRow]] = defaultdict(list)
        for row in sorted(by_key.values(), key=lambda row: (row.year, row.key)):
            by_place[row.subject, row.region].append(row)
        return cls(set_id, gwp, by_key, dict(by_place))

    def find(self, subjects: Sequence[str], places: Sequence[str], year: int) -> Found | None:
        """The first place with a factor for one of the subjects (in this order) and the year; only then later years, marked."""
        question = (tuple(subjects), tuple(places), year)
        if question not in self._found:
            self._found[question] = self._search(*question)
        return self._found[question]

    def _search(self, subjects: tuple[str, ...], places: tuple[str, ...], year: int) -> Found | None:
        candidates = [rows for place in places for subject in subjects if (rows := self._by_place.get((subject, place)))]
        for rows in candidates:
            if past := [row for row in rows if row.year <= year]:
                return Found(past[-1], YearNote.SAME if past[-1].year == year else YearNote.EARLIER)
        return Found(candidates[0][0], YearNote.LATER) if candidates else None

    def gas(self, name: str) -> Decimal | None:
        """kg CO2e per kg of a gas, by the set's warming potentials."""
        rows = self._by_place.get((f"gas.{name}", "GLOBAL"))
        return rows[-1].co2 if rows else None

    def gas_row(self, name: str) -> FactorRow | None:
        rows = self._by_place.get((f"gas.{name}", "GLOBAL"))
        return rows[-1] if rows else None

    def kg_co2e(self, factor: FactorRow) -> Decimal:
        """kg CO2e per unit of activity, all gases, by the set's warming potentials."""
        if factor.key not in self._kg_co2e:
            by_ch4, by_n2o = factor.ch4 * (self.gas("ch4") or Decimal(0)), factor.n2o * (self.gas("n2o") or Decimal(0))
            self._kg_co2e[factor.key] = factor.co2 + by_ch4 + by_n2o
        return self._kg_co2e[factor.key]
