"""What a year of a supplier looks like on its page: figures, chart, months that are missing, questions the data raise."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from charts import monthly_sources
from emissions.calculation import Calculation, Ledger, energy_mwh
from emissions.coverage import Coverage, Gap, fiscal_year_of
from emissions.factors import book_of
from emissions.inventory import YearOfData, year_of_data
from emissions.models import Factor, Inventory
from emissions.plausibility import Doubt, Question, questions
from emissions.sources import source_label
from suppliers.models import Site, Supplier


YEARS_SHOWN = 6
SOURCES_SHOWN = 6
# What the location-based total is made of: the market-based lines say the same electricity again.
IN_TOTAL = (Ledger.SCOPE1, Ledger.SCOPE2_LOCATION)


@dataclass(frozen=True)
class SiteRow:
    """How far a site's year is filled in."""

    site: Site
    sources: list[tuple[str, int]]
    missing: int

    @property
    def is_started(self) -> bool:
        return bool(self.sources)


@dataclass(frozen=True)
class YearRow:
    """An inventory in the list of years, with the change against the year before."""

    inventory: Inventory
    change: Decimal | None


@dataclass(frozen=True)
class Overview:
    supplier: Supplier
    year: int
    years: list[int]
    data: YearOfData
    inventory: Inventory | None
    energy_mwh: Decimal
    chart: SafeString | None
    months: list[date]
    table: list[tuple[str, list[Decimal | None], Decimal]]
    sites: list[SiteRow]
    gaps: list[str]
    questions: list[str]
    rows: list[YearRow]
    is_running: bool

    @property
    def calculation(self) -> Calculation:
        return self.data.calculation

    @property
    def coverage(self) -> Coverage:
        return self.data.coverage

    @property
    def total_location(self) -> Decimal:
        return self.calculation.total(Ledger.SCOPE1) + self.calculation.total(Ledger.SCOPE2_LOCATION)


def overview(supplier: Supplier, year: int | None, *, today: date) -> Overview:
    inventories = list(Inventory.objects.filter(supplier=supplier).order_by("-year", "basis", "pk").defer("lines"))
    calculated = {each.year: each for each in inventories if each.basis == Inventory.Basis.CALCULATED}
    current = fiscal_year_of(today, supplier.fiscal_year_start)
    year = year if year is not None else max(calculated, default=current)
    data = year_of_data(supplier, year)
    sites = {site.pk: site for site in Site.objects.filter(supplier=supplier).order_by("closed_on", "name", "pk")}
    table = _monthly(data)
    gaps = list(past_gaps(data.coverage.gaps, today))
    return Overview(
        supplier=supplier,
        year=year,
        years=_years(current, year, calculated),
        data=data,
        inventory=calculated.get(year),
        energy_mwh=energy_mwh(data.activities, book_of(data.factor_set)),
        chart=_chart(data.coverage.months, table),
        months=data.coverage.months,
        table=[(label, values, sum((value for value in values if value is not None), Decimal(0))) for label, values in table.items()],
        sites=_site_rows(sites.values(), data, gaps, supplier),
        gaps=[_gap_text(sites, gap) for gap in gaps],
        questions=[_question_text(sites, question) for question in questions(data.activities)],
        rows=_year_rows(inventories),
        is_running=year == current,
    )


def past_gaps(gaps: Iterable[Gap], today: date) -> Iterator[Gap]:
    """What is missing now: a month that is not over yet is nobody's fault."""
    for gap in gaps:
        if past := tuple(month for month in gap.months if month < today.replace(day=1)):
            yield Gap(gap.site_id, gap.source, past)


def _years(current: int, year: int, calculated: Mapping[int, Any]) -> list[int]:
    """The newest first; never a hole in between, so that a forgotten year shows."""
    earliest = min([*calculated, year, current - 2])
    return list(range(max(current, year), earliest - 1, -1))[:YEARS_SHOWN]


# --- months -----------------------------------------------------------------------------------------------------------


def _monthly(data: YearOfData) -> dict[str, list[Decimal | None]]:
    """Tonnes by source and month, location-based; None where nothing was reported. The smallest sources are put together."""
    sums: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for line in data.calculation.lines:
        if line.ledger in IN_TOTAL and line.tonnes is not None:
            source, month = line.activity.source, line.activity.month
            sums[source][month] = sums[source].get(month, Decimal(0)) + line.tonnes
    ranked = sorted(sums, key=lambda source: -sum(sums[source].values()))
    kept, rest = (ranked, []) if len(ranked) <= SOURCES_SHOWN else (ranked[: SOURCES_SHOWN - 1], ranked[SOURCES_SHOWN - 1 :])
    table = {source_label(source): [sums[source].get(month) for month in data.coverage.months] for source in kept}
    if rest:
        table[_("Other sources")] = [_sum_known(sums[source].get(month) for source in rest) for month in data.coverage.months]
    return table


def _sum_known(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _chart(months: Sequence[date], table: Mapping[str, Sequence[Decimal | None]]) -> SafeString | None:
    if not table:
        return None
    labels = [f"{month:%Y-%m}" for month in months]
    return monthly_sources(labels, table, title=_("Emissions by month and source"), unit="tCO₂e")


# --- sites and words --------------------------------------------------------------------------------------------------


def _site_rows(sites: Iterable[Site], data: YearOfData, gaps: Iterable[Gap], supplier: Supplier) -> list[SiteRow]:
    months: dict[int, dict[tuple[str, str], set[date]]] = defaultdict(lambda: defaultdict(set))
    for activity in data.activities:
        months[activity.site_id][activity.source, activity.substance].add(activity.month)
    missing: dict[int, int] = defaultdict(int)
    for gap in gaps:
        missing[gap.site_id] += len(gap.months)
    rows = []
    for site in sites:
        if site.closed_on and site.pk not in months and fiscal_year_of(site.closed_on, supplier.fiscal_year_start) < data.year:
            continue
        sources = [(source_label(*key), len(found)) for key, found in months[site.pk].items()]
        rows.append(SiteRow(site, sources, missing[site.pk]))
    return rows


def _gap_text(sites: Mapping[int, Site], gap: Gap) -> str:
    return _("%(site)s, %(source)s: nothing for %(months)s") % {
        "site": sites[gap.site_id],
        "source": source_label(gap.source),
        "months": _(", ").join(date_format(month, "YEAR_MONTH_FORMAT") for month in gap.months),
    }


def _question_text(sites: Mapping[int, Site], question: Question) -> str:
    site = sites[question.site_id]
    if question.doubt == Doubt.PUE_BELOW_ONE:
        return _("%(site)s: the IT load uses more than all electricity bought (PUE %(pue)s). Is one of the meters missing?") % {
            "site": site,
            "pue": f"{question.value:.2f}",
        }
    if question.doubt == Doubt.NO_REFRIGERANT:
        return _("%(site)s: no refrigerant was topped up in the whole year. Is that so?") % {"site": site}
    month = date_format(question.month, "YEAR_MONTH_FORMAT") if question.month else ""
    return _("%(site)s, %(source)s in %(month)s is %(factor)s times the usual month. Is the unit right?") % {
        "site": site,
        "source": source_label(question.source),
        "month": month,
        "factor": f"{question.value:.2g}" if (question.value or 0) < 1 else f"{question.value:,.0f}",
    }


def _year_rows(inventories: Sequence[Inventory]) -> list[YearRow]:
    by_year = {each.year: each for each in inventories if each.basis == Inventory.Basis.CALCULATED and each.months_covered == 12}
    return [YearRow(each, _change(each, by_year.get(each.year - 1))) for each in inventories]


def _change(inventory: Inventory, before: Inventory | None) -> Decimal | None:
    """Market-based, full years only: a part of a year compares with nothing."""
    if before is None or inventory.months_covered < 12 or inventory.basis != Inventory.Basis.CALCULATED:
        return None
    was = before.scope1 + before.scope2_market
    return (inventory.scope1 + inventory.scope2_market - was) / was if was else None


# --- one inventory, line by line --------------------------------------------------------------------------------------


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
