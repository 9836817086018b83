"""How each tonne of an inventory came about, line by line: for the page, for the export, and beside another factor set."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emissions.calculation import Ledger
from emissions.coverage import fiscal_months
from emissions.inventory import year_of_data
from emissions.models import Factor, FactorSet, Inventory
from emissions.proofs import Backing, backing
from emissions.sources import source_label
from suppliers.models import Document, Site
from suppliers.table_files import Column


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
    documents: list[Document]
    months_proven: int


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
    proofs = backing(inventory, fiscal_months(inventory.year, inventory.supplier.fiscal_year_start))
    by_ledger: dict[str, list[TraceLine]] = defaultdict(list)
    for line in inventory.lines:
        proof = proofs.get((line["site"], line["source"], line["substance"]))
        by_ledger[line["ledger"]].append(_trace_line(line, factors, sites, proof))
    return [
        Trace(ledger, title, lines, sum((line.tonnes for line in lines if line.tonnes is not None), Decimal(0)))
        for ledger, title in titles().items()
        if (lines := by_ledger.get(ledger))
    ]


def _trace_line(line: Mapping[str, Any], factors: Mapping[str, Factor], sites: Mapping[int, str], proof: Backing | None) -> TraceLine:
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
        documents=proof.documents if proof else [],
        months_proven=sum(f"{month:%Y-%m}" in line["months"] for month in proof.months) if proof else 0,
    )


# --- as a table -------------------------------------------------------------------------------------------------------


EXACT = "General"
COLUMNS = (
    Column(gettext_lazy("Ledger"), lambda row: row.ledger, 24),
    Column(gettext_lazy("Site"), lambda row: row.line.site, 24),
    Column(gettext_lazy("Source"), lambda row: row.line.source, 24),
    Column(gettext_lazy("First month"), lambda row: row.line.first, 10),
    Column(gettext_lazy("Last month"), lambda row: row.line.last, 10),
    Column(gettext_lazy("Months"), lambda row: row.line.months, 8, EXACT),
    Column(gettext_lazy("Months with evidence"), lambda row: row.line.months_proven, 8, EXACT),
    Column(gettext_lazy("Evidence"), lambda row: "; ".join(str(document) for document in row.line.documents), 30),
    Column(gettext_lazy("Quantity"), lambda row: row.line.quantity, 14, EXACT),
    Column(gettext_lazy("Unit"), lambda row: row.line.unit, 10),
    Column(gettext_lazy("Factor"), lambda row: row.factor("key"), 34),
    Column(gettext_lazy("Factor set"), lambda row: row.factor_set("key"), 20),
    Column(gettext_lazy("Version"), lambda row: row.factor_set("version"), 10),
    Column(gettext_lazy("Warming potentials"), lambda row: row.factor_set("gwp"), 10),
    Column(gettext_lazy("Source of the factor"), lambda row: row.factor("source"), 40),
    Column(gettext_lazy("Year of the factor"), lambda row: row.line.factor.year if row.line.factor else None, 10, EXACT),
    Column(gettext_lazy("Checked"), lambda row: row.line.factor.get_checked_display() if row.line.factor else "", 24),
    Column(gettext_lazy("kg CO₂e per unit"), lambda row: row.line.kg_per_unit, 14, EXACT),
    Column(gettext_lazy("Share measured"), lambda row: row.line.measured, 10, EXACT),
    Column("tCO₂e", lambda row: row.line.tonnes, 14, EXACT),
    Column(gettext_lazy("Formula"), lambda row: formula_of(row.line), 34),
)


@dataclass(frozen=True)
class TableRow:
    ledger: str
    line: TraceLine
    inventory: Inventory

    def factor(self, name: str) -> str:
        return str(getattr(self.line.factor, name)) if self.line.factor else ""

    def factor_set(self, name: str) -> str:
        found = self.inventory.factor_set
        return str(getattr(found, name)) if found else ""


def table_rows(inventory: Inventory) -> Iterator[TableRow]:
    """What the page shows, in its order. Decimals stay exact."""
    for each in trace(inventory):
        for line in each.lines:
            yield TableRow(each.title, line, inventory)


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
