"""What a supplier's own months tell it: peaks, unusual months, the year's forecast, the largest savings. Pure: no database.

share of a source or month   its t CO2e / all t CO2e of the year (location-based)
unusual month                further than 3.5 scaled median absolute deviations from the median of its site and source, and by
                             more than a quarter of it (Iglewicz and Hoaglin 1993); at least six months are needed
forecast                     known months + for each missing one last year's month x (known months / the same months last year);
                             without a last year the mean of the known months. Range: 80 %, from the scatter of the known months
saving                       what the year would have been lower by, from the same factors; each says how it was calculated
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Any

from emissions.calculation import Activity, Calculation, Ledger, Line
from emissions.units import EXACT, UnknownUnit, convert


IN_TOTAL = frozenset({Ledger.SCOPE1, Ledger.SCOPE2_LOCATION})
DEVIATIONS = Decimal("3.5")
MAD_SCALE = Decimal("1.4826")
LEAST_AWAY = Decimal("0.25")
LEAST_MONTHS = 6
# Four in five years lie within so many standard deviations.
RANGE_80 = Decimal("1.2816")
LEAST_KNOWN = 3
# The limit of the national call for green data centres, 2025.
GREEN_PUE = Decimal("1.30")


@dataclass(frozen=True)
class Share:
    """`key` is (site, source) or a month."""

    key: tuple[int, str] | date
    tonnes: Decimal
    share: Decimal


@dataclass(frozen=True)
class UnusualMonth:
    site_id: int
    source: str
    month: date
    value: Decimal
    usual: Decimal


@dataclass(frozen=True)
class Forecast:
    """Tonnes CO2e of the whole year, with the range in which four years of five lie."""

    known: Decimal
    known_months: int
    expected: Decimal
    low: Decimal
    high: Decimal
    by_last_year: bool


class Lever(StrEnum):
    PUE = "pue"
    RENEWABLE = "renewable"
    LEAKS = "leaks"
    USUAL_MONTHS = "usual_months"


@dataclass(frozen=True)
class Saving:
    """`before` and `after`: the figure that would change. `tonnes`: what the market-based year would be lower by."""

    lever: Lever
    site_id: int | None
    before: Decimal
    after: Decimal
    tonnes: Decimal


# --- peaks ------------------------------------------------------------------------------------------------------------


def monthly_tonnes(lines: Iterable[Line]) -> dict[date, Decimal]:
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.ledger in IN_TOTAL and line.tonnes is not None:
            sums[line.activity.month] += line.tonnes
    return dict(sums)


def largest_sources(lines: Iterable[Line], count: int = 3) -> list[Share]:
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.ledger in IN_TOTAL and line.tonnes is not None:
            sums[line.activity.site_id, line.activity.source] += line.tonnes
    return _shares(sums)[:count]


def peak_month(lines: Iterable[Line]) -> Share | None:
    shares = _shares(monthly_tonnes(lines))
    return shares[0] if shares else None


def _shares(sums: Mapping[Any, Decimal]) -> list[Share]:
    total = sum(sums.values(), Decimal(0))
    if not total:
        return []
    ranked = sorted(sums.items(), key=lambda item: (-item[1], str(item[0])))
    return [Share(key, tonnes, EXACT.divide(tonnes, total)) for key, tonnes in ranked]


# --- unusual months ---------------------------------------------------------------------------------------------------


def unusual_months(activities: Iterable[Activity]) -> list[UnusualMonth]:
    """Over all months handed in: two or three years of them make a better judge than one."""
    series: dict[tuple[int, str], list[tuple[date, Decimal]]] = defaultdict(list)
    units: dict[tuple[int, str], str] = {}
    for activity in activities:
        if activity.source == "refrigerant":
            continue
        key = (activity.site_id, activity.source)
        try:
            value = convert(activity.quantity, activity.unit, units.setdefault(key, activity.unit))
        except UnknownUnit:
            continue
        series[key].append((activity.month, value))
    return [
        UnusualMonth(site_id, source, month, value, usual)
        for (site_id, source), values in sorted(series.items())
        for month, value, usual in _unusual(values)
    ]


def _unusual(values: Sequence[tuple[date, Decimal]]) -> list[tuple[date, Decimal, Decimal]]:
    if len(values) < LEAST_MONTHS:
        return []
    usual = median([value for _month, value in values])
    spread = MAD_SCALE * median([abs(value - usual) for _month, value in values])
    least = max(DEVIATIONS * spread, LEAST_AWAY * usual)
    return [(month, value, usual) for month, value in values if abs(value - usual) > least]


# --- the year's forecast ----------------------------------------------------------------------------------------------


def forecast(months: Sequence[date], known: Mapping[date, Decimal], last_year: Mapping[date, Decimal]) -> Forecast | None:
    """`months` are the year's twelve; `known` its covered months in t CO2e; `last_year` the year before, by its own months.

    None with fewer than three known months: two say nothing about a year.
    """
    if len(known) < LEAST_KNOWN:
        return None
    before = {month: last_year[same] for month in months if (same := month.replace(year=month.year - 1)) in last_year}
    missing = [month for month in months if month not in known]
    total = sum(known.values(), Decimal(0))
    comparable = [month for month in known if before.get(month)]
    by_last_year = len(comparable) >= LEAST_KNOWN and all(month in before for month in missing)
    if by_last_year:
        ratio = EXACT.divide(sum((known[m] for m in comparable), Decimal(0)), sum((before[m] for m in comparable), Decimal(0)))
        expected = [before[month] * ratio for month in missing]
        scatter = _scatter([EXACT.divide(known[month], before[month] * ratio) for month in comparable]) if ratio else Decimal(0)
    else:
        mean = EXACT.divide(total, Decimal(len(known)))
        expected = [mean] * len(missing)
        scatter = _scatter([EXACT.divide(value, mean) for value in known.values()]) if mean else Decimal(0)
    # Months err each for themselves: their squares add up.
    error = RANGE_80 * scatter * sum((value * value for value in expected), Decimal(0)).sqrt(EXACT)
    rest = sum(expected, Decimal(0))
    return Forecast(total, len(known), total + rest, total + max(rest - error, Decimal(0)), total + rest + error, by_last_year)


def _scatter(ratios: Sequence[Decimal]) -> Decimal:
    """Standard deviation of ratios around 1, of a sample."""
    return EXACT.divide(sum(((ratio - 1) ** 2 for ratio in ratios), Decimal(0)), Decimal(len(ratios) - 1)).sqrt(EXACT)


# --- savings ----------------------------------------------------------------------------------------------------------


def savings(activities: Sequence[Activity], calculation: Calculation) -> list[Saving]:
    """The largest first; only such as its own data show, none that saves nothing."""
    found = [
        *_pue_savings(activities, calculation),
        *_renewable(calculation),
        *_leaks(calculation),
        *_back_to_usual(activities, calculation),
    ]
    return sorted((each for each in found if each.tonnes > 0), key=lambda each: (-each.tonnes, each.lever))


def _market_kg_per_kwh(calculation: Calculation, site_id: int | None = None) -> Decimal | None:
    """What a kWh less from the grid saves: the mean market-based factor of the electricity that no instrument covers."""
    lines = [
        line
        for line in calculation.lines
        if line.ledger == Ledger.SCOPE2_MARKET
        and line.activity.source == "electricity"
        and line.tonnes is not None
        and site_id in (None, line.activity.site_id)
    ]
    kwh = sum((line.quantity for line in lines), Decimal(0))
    return EXACT.divide(sum((line.tonnes or Decimal(0) for line in lines), Decimal(0)) * 1000, kwh) if kwh else None


def _pue_savings(activities: Sequence[Activity], calculation: Calculation) -> Iterable[Saving]:
    """A data centre above PUE 1.30 brought down to it: (electricity - IT energy x 1.30) x factor."""
    electricity = {(a.site_id, a.month): _kwh(a) for a in activities if a.source == "electricity"}
    sites: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for activity in activities:
        key = (activity.site_id, activity.month)
        if activity.source == "it_energy" and electricity.get(key) and _kwh(activity):
            sites[activity.site_id][0] += electricity[key]
            sites[activity.site_id][1] += _kwh(activity)
    for site_id, (total, it_load) in sorted(sites.items()):
        factor = _market_kg_per_kwh(calculation, site_id)
        value = EXACT.divide(total, it_load) if it_load else GREEN_PUE
        if factor is not None and value > GREEN_PUE:
            yield Saving(Lever.PUE, site_id, value, GREEN_PUE, (total - it_load * GREEN_PUE) * factor / 1000)


def _renewable(calculation: Calculation) -> Iterable[Saving]:
    """Half of what the grid still delivers bought as renewable electricity."""
    share, factor = calculation.renewable_share, _market_kg_per_kwh(calculation)
    if share is None or factor is None or share >= 1 or calculation.electricity_kwh is None:
        return
    rest = calculation.electricity_kwh * (1 - share) / 2
    yield Saving(Lever.RENEWABLE, None, share, share + (1 - share) / 2, rest * factor / 1000)


def _leaks(calculation: Calculation) -> Iterable[Saving]:
    """Half of the refrigerant that leaked."""
    leaked: dict[int, Decimal] = defaultdict(Decimal)
    for line in calculation.lines:
        if line.activity.source == "refrigerant" and line.ledger == Ledger.SCOPE1 and line.tonnes is not None:
            leaked[line.activity.site_id] += line.tonnes
    for site_id, tonnes in sorted(leaked.items()):
        yield Saving(Lever.LEAKS, site_id, tonnes, tonnes / 2, tonnes / 2)


def _back_to_usual(activities: Sequence[Activity], calculation: Calculation) -> Iterable[Saving]:
    """Months of electricity far above the usual one, at the usual one."""
    excess: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    electricity = [activity for activity in activities if activity.source == "electricity" and _kwh(activity)]
    for month in unusual_months(electricity):
        if month.value > month.usual:
            unit = next(activity.unit for activity in electricity if activity.site_id == month.site_id)
            excess[month.site_id][0] += convert(month.value, unit, "kWh")
            excess[month.site_id][1] += convert(month.usual, unit, "kWh")
    for site_id, (value, usual) in sorted(excess.items()):
        if (factor := _market_kg_per_kwh(calculation, site_id)) is not None:
            yield Saving(Lever.USUAL_MONTHS, site_id, value, usual, (value - usual) * factor / 1000)


def _kwh(activity: Activity) -> Decimal:
    try:
        return convert(activity.quantity, activity.unit, "kWh")
    except UnknownUnit:
        return Decimal(0)
