"""From activity data to tonnes CO2e. Pure: no database; Decimal throughout; nothing is rounded but the lines, to the gram.

Formulas (IPCC 2006 Guidelines vol. 2 ch. 1; GHG Protocol Corporate Standard and Scope 2 Guidance):

    fuel                     t CO2e = Q x (EF_CO2 + EF_CH4 x GWP_CH4 + EF_N2O x GWP_N2O) / 1000
    refrigerant              t CO2e = topped-up kg x GWP / 1000
    scope 2, location-based  t CO2e = kWh x EF(place of the site, year) / 1000
    scope 2, market-based    t CO2e = (kWh - renewable kWh) x EF(residual mix, else as location-based) / 1000
    heat                     t CO2e = GJ x EF / 1000, in both scope 2 figures
    PUE                      electricity of the sites and months whose IT energy is known / their IT energy
    energy of a fuel         MWh = Q x NCV / 3.6

EF are kg of gas per unit of the factor, NCV are GJ per unit. A month that nobody reported is no line: it is never taken as zero.
R-22 is a Montreal Protocol gas: reported beside the scopes, not in them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

from emissions.lookup import FactorBook, FactorRow, YearNote
from emissions.units import EXACT, UnknownUnit, convert, ratio


GRAM = Decimal("0.000001")
THOUSAND = Decimal(1000)
GJ_PER_MWH = Decimal("3.6")
OUTSIDE_THE_SCOPES = frozenset({"hcfc22"})
# What a fuel at a site of this type is burnt in, where the guidelines tell apart.
VARIANTS = {"factory": "manufacturing", "fleet": "road"}
# Petrol runs vehicles, wherever they are parked.
VARIANT_OF_SOURCE = {"petrol": "road"}
FUELS = frozenset(
    {"natural_gas", "diesel", "petrol", "lpg", "liquefied_natural_gas", "fuel_oil", "kerosene", "bituminous_coal", "anthracite"}
)


class Ledger(StrEnum):
    SCOPE1 = "scope1"
    SCOPE2_LOCATION = "scope2_location"
    SCOPE2_MARKET = "scope2_market"
    OUTSIDE = "outside"


class Trouble(StrEnum):
    NO_FACTOR = "no_factor"
    UNIT = "unit"


# Named tuples, of which an inventory makes a hundred and more: three times as fast to make as frozen dataclasses.
class Activity(NamedTuple):
    """A month of one source at one site. `places` run from the narrowest to the world."""

    site_id: int
    site_type: str
    places: tuple[str, ...]
    month: date
    source: str
    quantity: Decimal
    unit: str
    substance: str = ""
    is_measured: bool = True


class Series(NamedTuple):
    """Months of one calendar year of one source at one site in one unit, which so have one factor. The last three go together."""

    site_id: int
    site_type: str
    places: tuple[str, ...]
    source: str
    unit: str
    substance: str
    months: Sequence[date]
    quantities: Sequence[Decimal]
    measured: Sequence[bool]

    @property
    def year(self) -> int:
        return self.months[0].year

    @property
    def activities(self) -> Iterator[Activity]:
        for month, quantity, is_measured in zip(self.months, self.quantities, self.measured, strict=True):
            yield Activity(
                self.site_id, self.site_type, self.places, month, self.source, quantity, self.unit, self.substance, is_measured
            )  # fmt: skip

    @property
    def kwh(self) -> Sequence[Decimal] | None:
        """The quantities in kWh; None where the unit measures no energy."""
        try:
            times = ratio(self.unit, "kWh")
        except UnknownUnit:
            return None
        return self.quantities if self.unit == "kWh" else [EXACT.multiply(quantity, times) for quantity in self.quantities]

    def of(self, rows: Iterable["_Month"]) -> "Series":
        """With other months."""
        months, quantities, measured = zip(*rows, strict=True)
        return self._replace(months=months, quantities=quantities, measured=measured)


# With its quantity and whether it is measured.
_Month = tuple[date, Decimal, bool]


def in_series(activities: Iterable[Activity]) -> list[Series]:
    """In the order in which each has its first activity."""
    alike: dict[tuple[object, ...], list[Activity]] = defaultdict(list)
    for a in activities:
        alike[a.site_id, a.site_type, a.places, a.source, a.unit, a.substance, a.month.year].append(a)
    return [
        Series(
            a.site_id, a.site_type, a.places, a.source, a.unit, a.substance,
            [each.month for each in group], [each.quantity for each in group], [each.is_measured for each in group],
        )
        for group in alike.values()
        for a in group[:1]
    ]  # fmt: skip


class Way(NamedTuple):
    """How activities of one kind count in one ledger; `unit` is the factor's. `times`: how many of them are in a unit of the activity,
    None where it is the same."""

    ledger: Ledger
    unit: str
    factor: FactorRow | None
    note: YearNote | None
    kg_per_unit: Decimal | None
    trouble: Trouble | None = None
    times: Decimal | None = None


class Line(NamedTuple):
    """One activity in one ledger. `quantity` is in the factor's unit; `tonnes` is None when there is no factor for it."""

    activity: Activity
    quantity: Decimal
    way: Way

    @property
    def ledger(self) -> Ledger:
        return self.way.ledger

    @property
    def tonnes(self) -> Decimal | None:
        return _tonnes(self.quantity, self.way.kg_per_unit)


class Part(NamedTuple):
    """Activities that count in one way: mostly the months of a year."""

    series: Series
    way: Way

    @property
    def lines(self) -> Iterator[Line]:
        return (Line(activity, self._in_unit(activity.quantity), self.way) for activity in self.series.activities)

    @property
    def quantity(self) -> Decimal:
        """In the factor's unit."""
        return self._in_unit(_total(self.series.quantities))

    @property
    def estimated(self) -> Decimal:
        if all(self.series.measured):
            return Decimal(0)
        pairs = zip(self.series.quantities, self.series.measured, strict=True)
        return self._in_unit(_total(quantity for quantity, is_measured in pairs if not is_measured))

    def _in_unit(self, quantity: Decimal) -> Decimal:
        return quantity if self.way.times is None else EXACT.multiply(quantity, self.way.times)


def _total(quantities: Iterable[Decimal]) -> Decimal:
    return sum(quantities, Decimal(0))


def _tonnes(quantity: Decimal, kg_per_unit: Decimal | None) -> Decimal | None:
    return None if kg_per_unit is None else EXACT.divide(EXACT.multiply(quantity, kg_per_unit), THOUSAND)


@dataclass(frozen=True)
class LineSum:
    """The lines of one site, source, ledger and factor, over the months: what an inventory keeps."""

    site_id: int
    source: str
    substance: str
    ledger: Ledger
    months: tuple[date, ...]
    quantity: Decimal
    unit: str
    factor: FactorRow | None
    note: YearNote | None
    kg_per_unit: Decimal | None
    measured: Decimal
    trouble: Trouble | None

    @cached_property
    def exact_tonnes(self) -> Decimal | None:
        return _tonnes(self.quantity, self.kg_per_unit)

    @cached_property
    def tonnes(self) -> Decimal | None:
        """To the gram, so that the sum of the lines is the total to the last digit."""
        exact = self.exact_tonnes
        return None if exact is None else exact.quantize(GRAM, ROUND_HALF_UP, EXACT)


@dataclass(frozen=True)
class Calculation:
    parts: list[Part]
    sums: list[LineSum]
    electricity_kwh: Decimal | None
    renewable_kwh: Decimal | None
    it_energy_kwh: Decimal | None
    pue: Decimal | None

    @cached_property
    def lines(self) -> list[Line]:
        """One a month. An inventory that is stored needs none of them."""
        return [line for part in self.parts for line in part.lines]

    def total(self, ledger: Ledger) -> Decimal:
        return sum((line.tonnes for line in self.sums if line.ledger == ledger and line.tonnes is not None), Decimal(0))

    @property
    def troubles(self) -> list[LineSum]:
        return [line for line in self.sums if line.trouble]

    @property
    def renewable_share(self) -> Decimal | None:
        """0 to 1, of the electricity bought."""
        if not self.electricity_kwh:
            return None
        return (self.renewable_kwh or Decimal(0)) / self.electricity_kwh


def calculate(activities: Iterable[Activity], book: FactorBook) -> Calculation:
    return calculate_series(in_series(activities), book)


def calculate_series(series: Sequence[Series], book: FactorBook) -> Calculation:
    of_source: dict[str, list[Series]] = defaultdict(list)
    for each in series:
        of_source[each.source].append(each)
    electricity, it_energy, renewable = (of_source[source] for source in ("electricity", "it_energy", "renewable_electricity"))
    instruments = _kwh_by_month(renewable)
    parts: list[Part] = []
    for each in series:
        ways = tuple(_ways(each, book))
        parts += _electricity_parts(each, instruments, ways) if each.source == "electricity" else [Part(each, way) for way in ways]
    return Calculation(
        parts=parts,
        sums=_sums(parts),
        electricity_kwh=_kwh(electricity),
        renewable_kwh=_kwh(renewable),
        it_energy_kwh=_kwh(it_energy),
        pue=_pue(it_energy, electricity),
    )


def _electricity_parts(series: Series, instruments: "_KwhByMonth", ways: Sequence[Way]) -> list[Part]:
    """In the market-based ledger, what no renewable instrument covers counts at the residual mix; where none is published, at the
    location-based factor."""
    location, market, market_kwh, covered = ways
    uncovered: list[_Month] = []
    remaining: list[_Month] = []
    weightless: list[_Month] = []
    in_kwh = series.kwh or repeat(None)
    for month, quantity, bought, is_measured in zip(series.months, series.quantities, in_kwh, series.measured, strict=False):
        generated, instrument_is_measured = instruments.get((series.site_id, month), (None, False))
        if bought is None or generated is None:
            uncovered.append((month, quantity, is_measured))
            continue
        used = min(bought, generated)
        weightless.append((month, used, instrument_is_measured))
        remaining.append((month, bought - used, is_measured))
    parts = [Part(series, location)]
    if uncovered:
        parts.append(Part(series.of(uncovered), market))
    if weightless:
        parts.append(Part(series.of(weightless)._replace(unit="kWh", source="renewable_electricity"), covered))
        parts.append(Part(series.of(remaining)._replace(unit="kWh"), market_kwh))
    return parts


# --- how activities count ---------------------------------------------------------------------------------------------


def _ways(series: Series, book: FactorBook) -> Iterator[Way]:
    """For electricity four: location-based; market-based, as it is and what is left in kWh; what a renewable instrument covers."""
    source = series.source
    if source == "electricity":
        yield _way(series, book, Ledger.SCOPE2_LOCATION, ("electricity", "electricity_lifecycle"))
        has_residual = book.find(("electricity_residual",), series.places, series.year)
        subjects = ("electricity_residual",) if has_residual else ("electricity", "electricity_lifecycle")
        yield _way(series, book, Ledger.SCOPE2_MARKET, subjects)
        yield _way(series._replace(unit="kWh"), book, Ledger.SCOPE2_MARKET, subjects)
        # What a renewable instrument covers weighs nothing.
        yield Way(Ledger.SCOPE2_MARKET, "kWh", None, None, Decimal(0))
    elif source == "heat":
        yield _way(series, book, Ledger.SCOPE2_LOCATION, ("heat",))
        yield _way(series, book, Ledger.SCOPE2_MARKET, ("heat",))
    elif source == "refrigerant":
        yield _refrigerant_way(series, book)
    elif source in FUELS:
        variant = VARIANT_OF_SOURCE.get(source) or VARIANTS.get(series.site_type)
        yield _way(series, book, Ledger.SCOPE1, (f"{source}.{variant}", source) if variant else (source,))


def _way(series: Series, book: FactorBook, ledger: Ledger, subjects: Sequence[str]) -> Way:
    found = book.find(subjects, series.places, series.year)
    if found is None:
        return Way(ledger, series.unit, None, None, None, Trouble.NO_FACTOR)
    # The year of a fuel's factor is that of its guideline; only a grid has a mix that changes by the year.
    note = found.note if found.factor.subject.startswith("electricity") else None
    return _converted(series.unit, ledger, found.factor, note, book.kg_co2e(found.factor))


def _refrigerant_way(series: Series, book: FactorBook) -> Way:
    ledger = Ledger.OUTSIDE if series.substance in OUTSIDE_THE_SCOPES else Ledger.SCOPE1
    row = book.gas_row(series.substance)
    if row is None:
        return Way(ledger, series.unit, None, None, None, Trouble.NO_FACTOR)
    return _converted(series.unit, ledger, row, None, row.co2)


def _converted(unit: str, ledger: Ledger, factor: FactorRow, note: YearNote | None, kg_per_unit: Decimal) -> Way:
    try:
        times = None if unit == factor.unit else ratio(unit, factor.unit)
    except UnknownUnit:
        return Way(ledger, unit, factor, note, None, Trouble.UNIT)
    return Way(ledger, factor.unit, factor, note, kg_per_unit, None, times)


def _sums(parts: Iterable[Part]) -> list[LineSum]:
    """What differs in the unit or the year of the activity alone comes together."""
    groups: dict[tuple[object, ...], list[Part]] = defaultdict(list)
    for part in parts:
        series, way = part
        factor = way.factor.key if way.factor else ""
        groups[series.site_id, series.source, series.substance, way.ledger, factor, way.unit, way.note, way.trouble].append(part)
    return [_sum(group) for group in groups.values()]


def _sum(parts: list[Part]) -> LineSum:
    series, way = parts[0]
    quantity, estimated = _total(part.quantity for part in parts), _total(part.estimated for part in parts)
    return LineSum(
        site_id=series.site_id,
        source=series.source,
        substance=series.substance,
        ledger=way.ledger,
        months=tuple(sorted(month for part in parts for month in part.series.months)),
        quantity=quantity,
        unit=way.unit,
        factor=way.factor,
        note=way.note,
        kg_per_unit=way.kg_per_unit,
        measured=(quantity - estimated) / quantity if quantity else Decimal(1),
        trouble=way.trouble,
    )


# --- energy -----------------------------------------------------------------------------------------------------------

# By site and month; and whether it was measured.
_KwhByMonth = dict[tuple[int, date], tuple[Decimal, bool]]


def _kwh_by_month(series: Iterable[Series]) -> _KwhByMonth:
    return {
        (each.site_id, month): (kwh, is_measured)
        for each in series
        for month, kwh, is_measured in zip(each.months, each.kwh or (), each.measured, strict=False)
    }


def _kwh(series: Iterable[Series]) -> Decimal | None:
    """None when nothing was reported: not known is not zero."""
    amounts = [_total(kwh) for each in series if (kwh := each.kwh) is not None]
    return _total(amounts) if amounts else None


def pue(activities: Iterable[Activity]) -> Decimal | None:
    """Power usage effectiveness over the sites and months for which both numbers are known."""
    series = in_series(activities)
    return _pue([each for each in series if each.source == "it_energy"], [each for each in series if each.source == "electricity"])


def _pue(it_energy: Sequence[Series], electricity: Sequence[Series]) -> Decimal | None:
    of_it, of_all = _kwh_by_month(it_energy), _kwh_by_month(electricity) if it_energy else {}
    both = of_it.keys() & of_all.keys()
    it_load = _total(of_it[key][0] for key in both)
    return _total(of_all[key][0] for key in both) / it_load if it_load else None


def energy_mwh(activities: Iterable[Activity], book: FactorBook) -> Decimal:
    """Energy of fuels, electricity and heat in MWh: fuels by their net calorific value. What cannot be converted is left out."""
    total = Decimal(0)
    for activity in activities:
        if activity.source in FUELS:
            found = book.find((activity.source,), activity.places, activity.month.year)
            if found and found.factor.ncv_gj is not None:
                total += EXACT.divide(convert(activity.quantity, activity.unit, found.factor.unit) * found.factor.ncv_gj, GJ_PER_MWH)
        elif activity.source in ("electricity", "heat"):
            with suppress(UnknownUnit):
                total += convert(activity.quantity, activity.unit, "MWh")
    return total
