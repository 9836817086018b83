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
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from emissions.lookup import FactorBook, FactorRow, YearNote
from emissions.units import EXACT, UnknownUnit, convert


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


class Line(NamedTuple):
    """One activity in one ledger. `quantity` is in the factor's unit; `tonnes` is None when there is no factor for it."""

    activity: Activity
    ledger: Ledger
    quantity: Decimal
    unit: str
    factor: FactorRow | None
    note: YearNote | None
    kg_per_unit: Decimal | None
    trouble: Trouble | None = None

    @property
    def tonnes(self) -> Decimal | None:
        if self.kg_per_unit is None:
            return None
        return EXACT.divide(EXACT.multiply(self.quantity, self.kg_per_unit), THOUSAND)


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
    def tonnes(self) -> Decimal | None:
        """To the gram, so that the sum of the lines is the total to the last digit."""
        if self.kg_per_unit is None:
            return None
        exact = EXACT.divide(EXACT.multiply(self.quantity, self.kg_per_unit), THOUSAND)
        return exact.quantize(GRAM, ROUND_HALF_UP, EXACT)


@dataclass(frozen=True)
class Calculation:
    lines: list[Line]
    sums: list[LineSum]
    electricity_kwh: Decimal | None
    renewable_kwh: Decimal | None
    it_energy_kwh: Decimal | None
    pue: Decimal | None

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
    activities = list(activities)
    renewable = {(a.site_id, a.month): a for a in activities if a.source == "renewable_electricity"}
    lines: list[Line] = []
    for activity in activities:
        lines += _lines(activity, renewable.get((activity.site_id, activity.month)), book)
    return Calculation(
        lines=lines,
        sums=_sums(lines),
        electricity_kwh=_kwh(activities, "electricity"),
        renewable_kwh=_kwh(activities, "renewable_electricity"),
        it_energy_kwh=_kwh(activities, "it_energy"),
        pue=pue(activities),
    )


def _lines(activity: Activity, renewable: Activity | None, book: FactorBook) -> Iterator[Line]:
    source = activity.source
    if source == "electricity":
        yield _line(activity, Ledger.SCOPE2_LOCATION, ("electricity", "electricity_lifecycle"), book)
        yield from _market_lines(activity, renewable, book)
    elif source == "heat":
        yield _line(activity, Ledger.SCOPE2_LOCATION, ("heat",), book)
        yield _line(activity, Ledger.SCOPE2_MARKET, ("heat",), book)
    elif source == "refrigerant":
        yield _refrigerant_line(activity, book)
    elif source in FUELS:
        variant = VARIANT_OF_SOURCE.get(source) or VARIANTS.get(activity.site_type)
        yield _line(activity, Ledger.SCOPE1, (f"{source}.{variant}", source) if variant else (source,), book)


def _market_lines(activity: Activity, renewable: Activity | None, book: FactorBook) -> Iterator[Line]:
    """What no renewable instrument covers counts at the residual mix; where none is published, at the location-based factor."""
    subjects = ("electricity_residual", "electricity", "electricity_lifecycle")
    residual = book.find(("electricity_residual",), activity.places, activity.month.year)
    bought = convert(activity.quantity, activity.unit, "kWh") if _is_energy(activity) else None
    if renewable is None or bought is None or not _is_energy(renewable):
        yield _line(activity, Ledger.SCOPE2_MARKET, subjects[:1] if residual else subjects[1:], book)
        return
    covered = min(bought, convert(renewable.quantity, renewable.unit, "kWh"))
    rest = _with(activity, quantity=bought - covered, unit="kWh")
    yield Line(renewable, Ledger.SCOPE2_MARKET, covered, "kWh", None, None, Decimal(0))
    yield _line(rest, Ledger.SCOPE2_MARKET, subjects[:1] if residual else subjects[1:], book)


def _line(activity: Activity, ledger: Ledger, subjects: Sequence[str], book: FactorBook) -> Line:
    found = book.find(subjects, activity.places, activity.month.year)
    if found is None:
        return Line(activity, ledger, activity.quantity, activity.unit, None, None, None, Trouble.NO_FACTOR)
    factor = found.factor
    # The year of a fuel's factor is that of its guideline; only a grid has a mix that changes by the year.
    note = found.note if factor.subject.startswith("electricity") else None
    try:
        quantity = convert(activity.quantity, activity.unit, factor.unit)
    except UnknownUnit:
        return Line(activity, ledger, activity.quantity, activity.unit, factor, note, None, Trouble.UNIT)
    return Line(activity, ledger, quantity, factor.unit, factor, note, book.kg_co2e(factor))


def _refrigerant_line(activity: Activity, book: FactorBook) -> Line:
    ledger = Ledger.OUTSIDE if activity.substance in OUTSIDE_THE_SCOPES else Ledger.SCOPE1
    row = book.gas_row(activity.substance)
    if row is None:
        return Line(activity, ledger, activity.quantity, activity.unit, None, None, None, Trouble.NO_FACTOR)
    try:
        quantity = convert(activity.quantity, activity.unit, row.unit)
    except UnknownUnit:
        return Line(activity, ledger, activity.quantity, activity.unit, row, None, None, Trouble.UNIT)
    return Line(activity, ledger, quantity, row.unit, row, None, row.co2)


def _with(activity: Activity, *, quantity: Decimal, unit: str) -> Activity:
    return activity._replace(quantity=quantity, unit=unit)


def _sums(lines: Iterable[Line]) -> list[LineSum]:
    groups: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in lines:
        a = line.activity
        factor = line.factor.key if line.factor else ""
        groups[a.site_id, a.source, a.substance, line.ledger, factor, line.unit, line.note, line.trouble].append(line)
    return [_sum(group) for group in groups.values()]


def _sum(group: list[Line]) -> LineSum:
    first = group[0]
    a = first.activity
    quantity = sum((line.quantity for line in group), Decimal(0))
    measured = sum((line.quantity for line in group if line.activity.is_measured), Decimal(0))
    return LineSum(
        site_id=a.site_id,
        source=a.source,
        substance=a.substance,
        ledger=first.ledger,
        months=tuple(sorted(line.activity.month for line in group)),
        quantity=quantity,
        unit=first.unit,
        factor=first.factor,
        note=first.note,
        kg_per_unit=first.kg_per_unit,
        measured=measured / quantity if quantity else Decimal(1),
        trouble=first.trouble,
    )


# --- energy -----------------------------------------------------------------------------------------------------------


def _is_energy(activity: Activity) -> bool:
    try:
        convert(activity.quantity, activity.unit, "kWh")
    except UnknownUnit:
        return False
    return True


def _kwh(activities: Iterable[Activity], source: str) -> Decimal | None:
    """None when nothing was reported: not known is not zero."""
    amounts = [convert(a.quantity, a.unit, "kWh") for a in activities if a.source == source and _is_energy(a)]
    return sum(amounts, Decimal(0)) if amounts else None


def pue(activities: Sequence[Activity]) -> Decimal | None:
    """Power usage effectiveness over the sites and months for which both numbers are known."""
    total = {(a.site_id, a.month): a for a in activities if a.source == "electricity" and _is_energy(a)}
    pairs = [
        (convert(total[key].quantity, total[key].unit, "kWh"), convert(a.quantity, a.unit, "kWh"))
        for a in activities
        if a.source == "it_energy" and _is_energy(a) and (key := (a.site_id, a.month)) in total
    ]
    it_energy = sum((it for _all, it in pairs), Decimal(0))
    return sum((everything for everything, _it in pairs), Decimal(0)) / it_energy if it_energy else None


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
