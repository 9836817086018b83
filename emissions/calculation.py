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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
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

    activities: Sequence[Activity]
    way: Way

    @property
    def lines(self) -> Iterator[Line]:
        return (Line(activity, self._in_unit(activity.quantity), self.way) for activity in self.activities)

    @property
    def quantity(self) -> Decimal:
        """In the factor's unit."""
        return self._in_unit(_total(activity.quantity for activity in self.activities))

    @property
    def estimated(self) -> Decimal:
        return self._in_unit(_total(activity.quantity for activity in self.activities if not activity.is_measured))

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

    @property
    def exact_tonnes(self) -> Decimal | None:
        return _tonnes(self.quantity, self.kg_per_unit)

    @property
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
    # Alike but for month and amount: the months of a year have mostly one factor.
    alike: dict[tuple[int, str, str, int, str], list[Activity]] = defaultdict(list)
    for a in activities:
        alike[a.site_id, a.source, a.unit, a.month.year, a.substance].append(a)
    of_source: dict[str, list[Activity]] = defaultdict(list)
    for (_site, source, *_rest), group in alike.items():
        of_source[source] += group
    renewable = {(a.site_id, a.month): a for a in of_source["renewable_electricity"]}
    parts: list[Part] = []
    for (_site, source, *_rest), group in alike.items():
        ways = tuple(_ways(group[0], book))
        parts += _electricity_parts(group, renewable, ways) if source == "electricity" else [Part(group, way) for way in ways]
    return Calculation(
        parts=parts,
        sums=_sums(parts),
        electricity_kwh=_kwh(of_source["electricity"]),
        renewable_kwh=_kwh(of_source["renewable_electricity"]),
        it_energy_kwh=_kwh(of_source["it_energy"]),
        pue=_pue(of_source["it_energy"], of_source["electricity"]),
    )


def _electricity_parts(activities: Sequence[Activity], renewable: Mapping[tuple[int, date], Activity], ways: Sequence[Way]) -> list[Part]:
    """In the market-based ledger, what no renewable instrument covers counts at the residual mix; where none is published, at the
    location-based factor."""
    location, market, market_kwh, covered = ways
    uncovered: list[Activity] = []
    remaining: list[Activity] = []
    weightless: list[Activity] = []
    for activity in activities:
        instrument = renewable.get((activity.site_id, activity.month))
        bought, generated = _in_kwh(activity), _in_kwh(instrument) if instrument else None
        if instrument is None or bought is None or generated is None:
            uncovered.append(activity)
            continue
        used = min(bought, generated)
        weightless.append(instrument._replace(quantity=used, unit="kWh"))
        remaining.append(activity._replace(quantity=bought - used, unit="kWh"))
    parts = (Part(activities, location), Part(uncovered, market), Part(weightless, covered), Part(remaining, market_kwh))
    return [part for part in parts if part.activities]


# --- how activities count ---------------------------------------------------------------------------------------------


def _ways(activity: Activity, book: FactorBook) -> Iterator[Way]:
    """For electricity four: location-based; market-based, as it is and what is left in kWh; what a renewable instrument covers."""
    source = activity.source
    if source == "electricity":
        yield _way(activity, book, Ledger.SCOPE2_LOCATION, ("electricity", "electricity_lifecycle"))
        has_residual = book.find(("electricity_residual",), activity.places, activity.month.year)
        subjects = ("electricity_residual",) if has_residual else ("electricity", "electricity_lifecycle")
        yield _way(activity, book, Ledger.SCOPE2_MARKET, subjects)
        yield _way(activity._replace(unit="kWh"), book, Ledger.SCOPE2_MARKET, subjects)
        # What a renewable instrument covers weighs nothing.
        yield Way(Ledger.SCOPE2_MARKET, "kWh", None, None, Decimal(0))
    elif source == "heat":
        yield _way(activity, book, Ledger.SCOPE2_LOCATION, ("heat",))
        yield _way(activity, book, Ledger.SCOPE2_MARKET, ("heat",))
    elif source == "refrigerant":
        yield _refrigerant_way(activity, book)
    elif source in FUELS:
        variant = VARIANT_OF_SOURCE.get(source) or VARIANTS.get(activity.site_type)
        yield _way(activity, book, Ledger.SCOPE1, (f"{source}.{variant}", source) if variant else (source,))


def _way(activity: Activity, book: FactorBook, ledger: Ledger, subjects: Sequence[str]) -> Way:
    found = book.find(subjects, activity.places, activity.month.year)
    if found is None:
        return Way(ledger, activity.unit, None, None, None, Trouble.NO_FACTOR)
    # The year of a fuel's factor is that of its guideline; only a grid has a mix that changes by the year.
    note = found.note if found.factor.subject.startswith("electricity") else None
    return _converted(activity.unit, ledger, found.factor, note, book.kg_co2e(found.factor))


def _refrigerant_way(activity: Activity, book: FactorBook) -> Way:
    ledger = Ledger.OUTSIDE if activity.substance in OUTSIDE_THE_SCOPES else Ledger.SCOPE1
    row = book.gas_row(activity.substance)
    if row is None:
        return Way(ledger, activity.unit, None, None, None, Trouble.NO_FACTOR)
    return _converted(activity.unit, ledger, row, None, row.co2)


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
        a, way = part.activities[0], part.way
        factor = way.factor.key if way.factor else ""
        groups[a.site_id, a.source, a.substance, way.ledger, factor, way.unit, way.note, way.trouble].append(part)
    return [_sum(group) for group in groups.values()]


def _sum(parts: list[Part]) -> LineSum:
    a, way = parts[0].activities[0], parts[0].way
    quantity, estimated = _total(part.quantity for part in parts), _total(part.estimated for part in parts)
    return LineSum(
        site_id=a.site_id,
        source=a.source,
        substance=a.substance,
        ledger=way.ledger,
        months=tuple(sorted([activity.month for part in parts for activity in part.activities])),
        quantity=quantity,
        unit=way.unit,
        factor=way.factor,
        note=way.note,
        kg_per_unit=way.kg_per_unit,
        measured=(quantity - estimated) / quantity if quantity else Decimal(1),
        trouble=way.trouble,
    )


# --- energy -----------------------------------------------------------------------------------------------------------


def _is_energy(activity: Activity) -> bool:
    return _in_kwh(activity) is not None


def _in_kwh(activity: Activity) -> Decimal | None:
    """None where its unit measures no energy."""
    try:
        return convert(activity.quantity, activity.unit, "kWh")
    except UnknownUnit:
        return None


def _kwh(activities: Iterable[Activity]) -> Decimal | None:
    """None when nothing was reported: not known is not zero."""
    amounts = [kwh for a in activities if (kwh := _in_kwh(a)) is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def pue(activities: Iterable[Activity]) -> Decimal | None:
    """Power usage effectiveness over the sites and months for which both numbers are known."""
    activities = list(activities)
    return _pue([a for a in activities if a.source == "it_energy"], [a for a in activities if a.source == "electricity"])


def _pue(it_energy: Iterable[Activity], electricity: Iterable[Activity]) -> Decimal | None:
    of_it = {(a.site_id, a.month): kwh for a in it_energy if (kwh := _in_kwh(a)) is not None}
    of_all = {(a.site_id, a.month): kwh for a in electricity if (kwh := _in_kwh(a)) is not None} if of_it else {}
    both = of_it.keys() & of_all.keys()
    it_load = sum((of_it[key] for key in both), Decimal(0))
    return sum((of_all[key] for key in both), Decimal(0)) / it_load if it_load else None


def energy_mwh(activities: Iterable[Activity], book: FactorBook) -> Decimal:
    """Energy of fuels, electricity and heat in MWh: fuels by their net calorific value. What cannot be converted is left out."""
    total = Decimal(0)
    for activity in activities:
        if activity.source in FUELS:
            found = book.find((activity.source,), activity.places, activity.month.year)
            if found and found.factor.ncv_gj is not None:
                total += EXACT.divide(convert(activity.quantity, activity.unit, found.factor.unit) * found.factor.ncv_gj, GJ_PER_MWH)
        elif activity.source in ("electricity", "heat") and _is_energy(activity):
            total += convert(activity.quantity, activity.unit, "MWh")
    return total
