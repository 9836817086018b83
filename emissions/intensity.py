"""Emissions per million CNY, per kWh of the IT load, per unit produced; packaging and exhibition material used again. Pure.

An intensity compares like with like: of emissions and denominator only the months in which both are known, as PUE does.

    per million CNY     t CO2e of all sites / million CNY, in the months with revenue
    per kWh of IT load  kg CO2e of electricity of the sites and months whose IT energy is known / that IT energy
    per unit            kg CO2e of the sites and months with production / pieces
    recovery            recovered / bought, by weight
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from emissions.calculation import Activity, Calculation, Ledger, Line
from emissions.units import EXACT, UnknownUnit, convert


LOCATION = frozenset({Ledger.SCOPE1, Ledger.SCOPE2_LOCATION})
MARKET = frozenset({Ledger.SCOPE1, Ledger.SCOPE2_MARKET})


class Per(StrEnum):
    MILLION_CNY = "million_cny"
    IT_KWH = "it_kwh"
    UNIT = "unit"


@dataclass(frozen=True)
class Intensity:
    """`location` and `market`: t CO2e per million CNY, or kg CO2e per kWh or piece. `months`: how many lie under it."""

    per: Per
    location: Decimal
    market: Decimal
    denominator: Decimal
    months: int


def intensities(activities: Sequence[Activity], calculation: Calculation) -> list[Intensity]:
    found = (per_million_cny(activities, calculation), _per_it_load(activities, calculation), _per_unit(activities, calculation))
    return [each for each in found if each is not None]


def per_million_cny(activities: Iterable[Activity], calculation: Calculation) -> Intensity | None:
    amounts = [(a.month, amount) for a in activities if a.source == "revenue" and (amount := _in(a, "million CNY")) is not None]
    months = {month for month, _amount in amounts}
    if not months:
        return None
    tonnes: Tonnes
    if all(months.issuperset(line.months) for line in calculation.sums):
        # The same figure for a tenth of the work: of most the revenue is known whenever emissions are.
        tonnes = ((line.ledger, line.exact_tonnes) for line in calculation.sums)
    else:
        tonnes = _tonnes(line for line in calculation.lines if line.activity.month in months)
    return _intensity(Per.MILLION_CNY, tonnes, sum((amount for _m, amount in amounts), Decimal(0)), months, kilograms=False)


def _per_it_load(activities: Iterable[Activity], calculation: Calculation) -> Intensity | None:
    energy = {(a.site_id, a.month): kwh for a in activities if a.source == "it_energy" and (kwh := _in(a, "kWh")) is not None}
    powered = {(line.activity.site_id, line.activity.month) for line in calculation.lines if line.activity.source == "electricity"}
    both = energy.keys() & powered
    lines = [
        line for line in calculation.lines if line.activity.source in ("electricity", "renewable_electricity") and _place(line) in both
    ]
    return _intensity(Per.IT_KWH, _tonnes(lines), sum((energy[key] for key in both), Decimal(0)), {month for _site, month in both})


def _per_unit(activities: Iterable[Activity], calculation: Calculation) -> Intensity | None:
    made = {(a.site_id, a.month): pieces for a in activities if a.source == "production" and (pieces := _in(a, "pieces")) is not None}
    lines = [line for line in calculation.lines if _place(line) in made]
    return _intensity(Per.UNIT, _tonnes(lines), sum(made.values(), Decimal(0)), {month for _site, month in made})


Tonnes = Iterable[tuple[Ledger, Decimal | None]]


def _tonnes(lines: Iterable[Line]) -> Tonnes:
    return ((line.ledger, line.tonnes) for line in lines)


def _intensity(per: Per, emitted: Tonnes, denominator: Decimal, months: set[date], *, kilograms: bool = True) -> Intensity | None:
    """None when nothing is known to divide, or to divide by."""
    tonnes = [(ledger, found) for ledger, found in emitted if found is not None]
    if not denominator or not tonnes:
        return None
    times = Decimal(1000) if kilograms else Decimal(1)
    location, market = (
        EXACT.divide(sum((t for ledger, t in tonnes if ledger in ledgers), Decimal(0)) * times, denominator)
        for ledgers in (LOCATION, MARKET)
    )
    return Intensity(per, location, market, denominator, len(months))


def _place(line: Line) -> tuple[int, date]:
    return (line.activity.site_id, line.activity.month)


def _in(activity: Activity, unit: str) -> Decimal | None:
    try:
        return convert(activity.quantity, activity.unit, unit)
    except UnknownUnit:
        return None


@dataclass(frozen=True)
class Recovery:
    """Tonnes of which some came back into use. `share` is 0 to 1 and more than 1 where more came back than was bought."""

    whole: Decimal
    part: Decimal

    @property
    def share(self) -> Decimal | None:
        return EXACT.divide(self.part, self.whole) if self.whole else None


def recovery(activities: Iterable[Activity], whole: str, part: str) -> Recovery | None:
    """Of packaging: `packaging_bought`, `packaging_recovered`; of exhibitions: `exhibition_material`, `exhibition_reused`."""
    sums = {whole: Decimal(0), part: Decimal(0)}
    known = False
    for activity in activities:
        if activity.source in sums and (tonnes := _in(activity, "t")) is not None:
            sums[activity.source] += tonnes
            known = known or activity.source == whole
    return Recovery(sums[whole], sums[part]) if known else None
