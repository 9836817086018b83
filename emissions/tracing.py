"""How each tonne of an inventory came about, line by line: for the page, for the export, and beside another factor set."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from emissions.calculation import Ledger
from emissions.inventory import year_of_data
from emissions.models import Factor, FactorSet, Inventory
from emissions.sources import source_label
from suppliers.models import Site


@dataclass(frozen=True)
class TraceLine:
    """How the tonnes of a line came about."""

    site: str
    source: str
    months: int
    first: str
    last: str
    quantity: Decimal
    unit: str
    factor: Factor | None
    year_note: str
    kg_per_unit: Decimal | None
    measured: Decimal
    tonnes: Decimal | None
    trouble: str


@dataclass(frozen=True)
class Trace:
    ledger: str
    title: str
    lines: list[TraceLine]
    total: Decimal


def titles() -> dict[str, str]:
    return {
        Ledger.SCOPE1: _("Scope 1: fuels and refrigerants"),
        Ledger.SCOPE2_LOCATION: _("Scope 2, location-based"),
        Ledger.SCOPE2_MARKET: _("Scope 2, market-based"),
        Ledger.OUTSIDE: _("Outside the scopes: gases of the Montreal Protocol"),
    }


def trace(inventory: Inventory) -> list[Trace]:
    keys = {line["factor"] for line in inventory.lines if line["factor"]}
    factors = {factor.key: factor for factor in Factor.objects.filter(factor_set_id=inventory.factor_set_id, key__in=keys)}
    sites = {site.pk: site.name for site in Site.objects.filter(supplier_id=inventory.supplier_id)}
    by_ledger: dict[str, list[TraceLine]] = defaultdict(list)
    for line in inventory.lines:
        by_ledger[line["ledger"]].append(_trace_line(line, factors, sites))
    return [
        Trace(ledger, title, lines, sum((line.tonnes for line in lines if line.tonnes is not None), Decimal(0)))
        for ledger, title in titles().items()
        if (lines := by_ledger.get(ledger))
    ]


def _trace_line(line: Mapping[str, Any], factors: Mapping[str, Factor], sites: Mapping[int, str]) -> TraceLine:
    return TraceLine(
        site=sites.get(line["site"], ""),
        source=source_label(line["source"], line["substance"]),
        months=len(line["months"]),
        first=line["months"][0],
        last=line["months"][-1],
        quantity=Decimal(line["quantity"]),
        unit=line["unit"],
        factor=factors.get(line["factor"]),
        year_note=line["year_note"] or "",
        kg_per_unit=None if line["kg_per_unit"] is None else Decimal(line["kg_per_unit"]),
        measured=Decimal(line["measured"]),
        tonnes=None if line["tonnes"] is None else Decimal(line["tonnes"]),
        trouble=line["trouble"] or "",
    )


# --- as a table -------------------------------------------------------------------------------------------------------


def headings() -> list[str]:
    return [
        _("Ledger"), _("Site"), _("Source"), _("First month"), _("Last month"), _("Months"), _("Quantity"), _("Unit"), _("Factor"),
        _("Factor set"), _("Version"), _("Warming potentials"), _("Source of the factor"), _("Year of the factor"), _("Checked"),
        _("kg CO₂e per unit"), _("Share measured"), "tCO₂e", _("Formula"),
    ]  # fmt: skip


def rows(inventory: Inventory) -> Iterator[list[str | Decimal | int | None]]:
    """What the page shows, in its order. Decimals stay exact."""
    found = inventory.factor_set
    for each in trace(inventory):
        for line in each.lines:
            factor = line.factor
            yield [
                each.title, line.site, line.source, line.first, line.last, line.months, line.quantity, line.unit,
                factor.key if factor else "", found.key if found else "", found.version if found else "", found.gwp if found else "",
                factor.source if factor else "", factor.year if factor else None, str(factor.get_checked_display()) if factor else "",
                line.kg_per_unit, line.measured, line.tonnes, formula_of(line),
            ]  # fmt: skip


def formula_of(line: TraceLine) -> str:
    if line.kg_per_unit is None:
        return ""
    return f"{line.quantity.normalize():f} × {line.kg_per_unit.normalize():f} ÷ 1000"


# --- beside another factor set ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restated:
    """A year by another factor set. The stored inventory stays what it is."""

    inventory: Inventory
    factor_set: FactorSet
    scope1: Decimal
    scope2_location: Decimal
    scope2_market: Decimal

    @property
    def change(self) -> Decimal | None:
        """Of scope 1 and market-based scope 2, as a share."""
        was = self.inventory.scope1 + self.inventory.scope2_market
        return (self.scope1 + self.scope2_market - was) / was if was else None


def restated(inventory: Inventory, factor_set: FactorSet) -> Restated:
    calculation = year_of_data(inventory.supplier, inventory.year, factor_set=factor_set).calculation
    ledgers = (Ledger.SCOPE1, Ledger.SCOPE2_LOCATION, Ledger.SCOPE2_MARKET)
    return Restated(inventory, factor_set, *(calculation.total(ledger) for ledger in ledgers))
