"""What the pilots come to, beside the buyer's own goals: value-chain intensity, and the clean power of leased data centres.

intensity index of year y   index of the year before x (t CO2e / million CNY in y) / (the same in the year before), of those with both
of the first year           100 in the goal's base year; where nobody has figures of it, line(first year): whoever joins later is taken to
                            have kept to the goal so far, no better and no worse
goal                        line(y) = 100 - R (y - base) / (target - base)
clean share of year y       renewable kWh / all kWh of the data-centre operators

The years are chained, so that a supplier counts from its second year on, and not only who was there in the first. Years before the
goal's base year are not of it. From stored inventories of full years, market-based; who has no revenue is in no intensity.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from charts import Part, TrajectoryPoint, distribution, trajectory
from emissions.models import Inventory
from pilots.models import Agreement, AgreementQuerySet
from pilots.trajectory import EXACT, Track
from suppliers.models import Category


FILE = Path(__file__).parent / "goals.yaml"
PAINTS = {Track.ON_TRACK: "good", Track.AT_RISK: "warning", Track.OFF_TRACK: "bad", Track.NO_DATA: "neutral"}


@dataclass(frozen=True)
class GoalYear:
    """Per cent: the goal's line, what is, and of how many suppliers."""

    year: int
    goal: Decimal
    actual: Decimal
    suppliers: int


@dataclass(frozen=True)
class Goal:
    years: list[GoalYear]
    chart: SafeString | None
    target_year: int
    target: Decimal

    @property
    def newest(self) -> GoalYear | None:
        return self.years[-1] if self.years else None


@dataclass(frozen=True)
class Totals:
    """Of the agreements in force. Tonnes only of absolute agreements with a judged year: what they were, are, and should be."""

    running: int
    by_track: dict[str, int]
    counted: int
    base: Decimal
    latest: Decimal
    target: Decimal
    chart: SafeString | None

    @property
    def gap(self) -> Decimal:
        return self.latest - self.target

    @property
    def reduced(self) -> Decimal | None:
        return 1 - self.latest / self.base if self.base else None


@cache
def declared() -> Mapping[str, Any]:
    goals: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return goals


def totals_of(agreements: AgreementQuerySet) -> Totals:
    """One statement; `agreements` as the person may see them."""
    rows = list(agreements.in_force().with_track().order_by("pk"))
    by_track = {track: sum(row.track == track for row in rows) for track in Track}
    judged = [row for row in rows if row.measure == Agreement.Measure.ABSOLUTE and row.latest_figure is not None]
    parts = [Part(str(track.label), by_track[track], PAINTS[track]) for track in Track]
    return Totals(
        running=len(rows),
        by_track={track.value: count for track, count in by_track.items()},
        counted=len(judged),
        base=sum((row.base for row in judged), Decimal(0)),
        latest=sum((row.latest_figure or Decimal(0) for row in judged), Decimal(0)),
        target=sum((row.latest_target or Decimal(0) for row in judged), Decimal(0)),
        chart=distribution(parts, title=_("Agreements in force by trajectory"), total_label=_("in force")) if rows else None,
    )


@dataclass(frozen=True)
class _Year:
    tonnes: Decimal
    revenue: Decimal
    electricity: Decimal
    renewable: Decimal
    is_data_centre: bool


def goals_of(agreements: AgreementQuerySet) -> tuple[Goal, Goal]:
    """Intensity, then clean power; one statement."""
    years = _years(agreements)
    return _intensity(years), _clean_power(years)


def _years(agreements: AgreementQuerySet) -> dict[int, dict[int, _Year]]:
    """By year and supplier."""
    owners = agreements.exclude(status=Agreement.Status.DRAFT).values("supplier")
    columns = ("year", "supplier_id", "scope1", "scope2_market", "tonnes_per_million_cny", "electricity_kwh", "renewable_kwh")
    found = Inventory.objects.filter(supplier__in=owners, months_covered=12, basis=Inventory.Basis.CALCULATED).order_by("year", "supplier")
    years: dict[int, dict[int, _Year]] = defaultdict(dict)
    for year, supplier_id, scope1, scope2, per_million, electricity, renewable, category in found.values_list(
        *columns, "supplier__category"
    ):
        tonnes = scope1 + scope2
        revenue = EXACT.divide(tonnes, per_million) if per_million else Decimal(0)
        is_data_centre = category == Category.CLOUD_DC
        years[year][supplier_id] = _Year(tonnes, revenue, electricity or Decimal(0), renewable or Decimal(0), is_data_centre)
    return dict(years)


def _intensity(years: Mapping[int, Mapping[int, _Year]]) -> Goal:
    goal = declared()["value_chain_intensity"]
    base, last, reduction = int(goal["base_year"]), int(goal["target_year"]), Decimal(goal["reduction"])

    def line(year: int) -> Decimal:
        way = Decimal(min(max(year - base, 0), last - base)) / (last - base)
        return 1 - reduction / 100 * way

    known = {y: {pk: each for pk, each in years[y].items() if each.revenue} for y in sorted(years) if y >= base}
    found: list[GoalYear] = []
    index, before = Decimal(0), None
    for year, rows in known.items():
        if before is None and rows:
            index, both, before = line(year), set(rows), year
        elif before is not None and (both := rows.keys() & known[before].keys()):
            then, now = (_per_revenue(known[each][pk] for pk in both) for each in (before, year))
            index, before = EXACT.divide(index * now, then) if then else index, year
        else:
            continue
        found.append(GoalYear(year, 100 * line(year), 100 * index, len(both)))
    return Goal(found, _chart(found, _("Emissions per revenue, 2020 = 100")), last, 100 - reduction)


def _per_revenue(rows: Iterable[_Year]) -> Decimal:
    listed = list(rows)
    return EXACT.divide(sum((each.tonnes for each in listed), Decimal(0)), sum((each.revenue for each in listed), Decimal(0)))


def _clean_power(years: Mapping[int, Mapping[int, _Year]]) -> Goal:
    goal = declared()["clean_power"]
    last, share = goal["target_year"], Decimal(goal["share"])
    actual: dict[int, tuple[Decimal, int]] = {}
    for year, rows in sorted(years.items()):
        halls = [each for each in rows.values() if each.is_data_centre and each.electricity]
        if halls:
            clean = sum((each.renewable for each in halls), Decimal(0)) / sum((each.electricity for each in halls), Decimal(0))
            actual[year] = (100 * clean, len(halls))
    found = []
    for year, (value, count) in actual.items():
        first = min(actual)
        way = Decimal(min(year - first, max(last - first, 1))) / max(last - first, 1)
        found.append(GoalYear(year, actual[first][0] + (share - actual[first][0]) * way, value, count))
    return Goal(found, _chart(found, _("Clean power share of leased data centres")), last, share)


def _chart(years: list[GoalYear], title: str) -> SafeString | None:
    if len(years) < 2:
        return None
    points = [TrajectoryPoint(str(each.year), each.goal, each.actual) for each in years]
    return trajectory(points, title=title, unit="%", target_label=_("Goal"))
