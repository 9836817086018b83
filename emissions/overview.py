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
from emissions.coverage import Coverage, Gap, fiscal_months, fiscal_year_of
from emissions.factors import book_of
from emissions.gases import Gas, by_gas
from emissions.instruments import Proof, proof_of
from emissions.intensity import Intensity, Recovery, intensities, recovery
from emissions.inventory import YearOfData, activities_of, year_of_data
from emissions.models import DataReply, Inventory, Scope3Entry
from emissions.plausibility import Doubt, Question, questions, sum_of_parts
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
class AskedQuestion:
    """A question the data raise, and what the supplier said to it."""

    key: str
    text: str
    replies: list[DataReply]


@dataclass(frozen=True)
class GasRow:
    label: str
    scope1: Decimal
    location: Decimal
    market: Decimal


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
    questions: list[AskedQuestion]
    rows: list[YearRow]
    gases: list[GasRow]
    intensities: list[Intensity]
    packaging: Recovery | None
    exhibitions: Recovery | None
    scope3: list[Scope3Entry]
    proof: Proof
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
    before = activities_of(supplier.pk, fiscal_months(year - 1, supplier.fiscal_year_start))
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
        questions=_asked(supplier, year, sites, [*questions(data.activities, before), *_sums(data, inventories)]),
        rows=_year_rows(inventories),
        gases=_gas_rows(data),
        intensities=intensities(data.activities, data.calculation),
        packaging=recovery(data.activities, "packaging_bought", "packaging_recovered"),
        exhibitions=recovery(data.activities, "exhibition_material", "exhibition_reused"),
        scope3=list(Scope3Entry.objects.filter(supplier=supplier, year=year).order_by("category")),
        proof=proof_of(supplier, year, bought=data.calculation.electricity_kwh, claimed=data.calculation.renewable_kwh),
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


def _asked(supplier: Supplier, year: int, sites: Mapping[int, Site], found: Iterable[Question]) -> list[AskedQuestion]:
    replies: dict[str, list[DataReply]] = defaultdict(list)
    for reply in DataReply.objects.filter(supplier=supplier, year=year).select_related("by").order_by("at", "pk"):
        replies[reply.question].append(reply)
    return [AskedQuestion(each.key, _question_text(sites, each), replies[each.key]) for each in found]


def _sums(data: YearOfData, inventories: Iterable[Inventory]) -> Iterator[Question]:
    """What the supplier reported as its total beside what its activity data give; full years only."""
    reported = next((each for each in inventories if each.year == data.year and each.basis == Inventory.Basis.REPORTED), None)
    if reported is not None and data.coverage.is_complete:
        total = data.calculation.total(Ledger.SCOPE1) + data.calculation.total(Ledger.SCOPE2_MARKET)
        if found := sum_of_parts(total, reported.scope1 + reported.scope2_market):
            yield found


def _question_text(sites: Mapping[int, Site], question: Question) -> str:
    if question.doubt == Doubt.SUM_OF_PARTS:
        text = _("The total reported for the year is %(change)s away from what the activity data come to. Is a source missing?")
        return text % {"change": _change_text(question.value)}
    values = {
        "site": sites[question.site_id],
        "source": source_label(question.source) if question.source else "",
        "month": date_format(question.month, "YEAR_MONTH_FORMAT") if question.month else "",
    }
    match question.doubt:
        case Doubt.PUE_BELOW_ONE:
            text = _("%(site)s: the IT load uses more than all electricity bought (PUE %(pue)s). Is one of the meters missing?")
            return text % (values | {"pue": f"{question.value:.2f}"})
        case Doubt.NO_REFRIGERANT:
            return _("%(site)s: no refrigerant was topped up in the whole year. Is that so?") % values
        case Doubt.PART_ABOVE_WHOLE:
            return _("%(site)s, %(source)s in %(month)s is more than the whole it is a part of. Is one of the two numbers wrong?") % values
        case Doubt.YEAR_ON_YEAR:
            text = _("%(site)s, %(source)s: %(change)s against the same months of the year before. What changed?")
            return text % (values | {"change": _change_text(question.value)})
        case _:
            text = _("%(site)s, %(source)s in %(month)s is %(factor)s times the usual month. Is the unit right?")
            return text % (values | {"factor": _times_text(question.value)})


def _times_text(value: Decimal | None) -> str:
    if value is None:
        return "∞"
    return f"{value:.2g}" if value < 1 else f"{value:,.0f}"


def _change_text(value: Decimal | None) -> str:
    return f"{100 * (value or 0):+.0f}%"


def _gas_rows(data: YearOfData) -> list[GasRow]:
    split = by_gas(data.calculation.sums, book_of(data.factor_set))
    labels = {
        Gas.CO2: "CO₂",
        Gas.CH4: "CH₄",
        Gas.N2O: "N₂O",
        Gas.HFCS: "HFCs",
        Gas.SF6: "SF₆",
        Gas.UNSPLIT: _("CO₂e, not told apart by its factor"),
    }
    columns = [split.get(ledger, {}) for ledger in (Ledger.SCOPE1, Ledger.SCOPE2_LOCATION, Ledger.SCOPE2_MARKET)]
    none = Decimal(0)
    return [
        GasRow(label, *(column.get(gas, none) for column in columns)) for gas, label in labels.items() if any(gas in c for c in columns)
    ]


def _year_rows(inventories: Sequence[Inventory]) -> list[YearRow]:
    by_year = {each.year: each for each in inventories if each.basis == Inventory.Basis.CALCULATED and each.months_covered == 12}
    return [YearRow(each, _change(each, by_year.get(each.year - 1))) for each in inventories]


def _change(inventory: Inventory, before: Inventory | None) -> Decimal | None:
    """Market-based, full years only: a part of a year compares with nothing."""
    if before is None or inventory.months_covered < 12 or inventory.basis != Inventory.Basis.CALCULATED:
        return None
    was = before.scope1 + before.scope2_market
    return (inventory.scope1 + inventory.scope2_market - was) / was if was else None
