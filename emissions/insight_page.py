"""The page of what a supplier's own data tell it, put together from the pure parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.templatetags.ui import percent
from charts import TrajectoryPoint, trajectory
from emissions.coverage import fiscal_months
from emissions.insight import (
    Forecast,
    Lever,
    Saving,
    Share,
    UnusualMonth,
    forecast,
    largest_sources,
    monthly_tonnes,
    peak_month,
    savings,
    unusual_months,
)
from emissions.inventory import YearOfData, activities_of, year_of_data
from emissions.peers import Measure, Standing, standings
from emissions.sources import source_label
from suppliers.models import Site, Supplier


@dataclass(frozen=True)
class NamedShare:
    label: str
    share: Share


@dataclass(frozen=True)
class NamedSaving:
    title: str
    how: str
    saving: Saving


@dataclass(frozen=True)
class NamedStanding:
    label: str
    unit: str
    is_share: bool
    standing: Standing


@dataclass(frozen=True)
class Insight:
    supplier: Supplier
    year: int
    sources: list[NamedShare]
    peak: NamedShare | None
    unusual: list[tuple[str, UnusualMonth]]
    forecast: Forecast | None
    chart: SafeString | None
    months: list[tuple[date, Decimal | None, Decimal | None]]
    savings: list[NamedSaving]
    standings: list[NamedStanding]

    @property
    def is_empty(self) -> bool:
        return not self.sources


def insight(supplier: Supplier, year: int) -> Insight:
    data = year_of_data(supplier, year)
    before = year_of_data(supplier, year - 1, factor_set=data.factor_set)
    sites = {site.pk: site.name for site in Site.objects.filter(supplier=supplier)}
    monthly, monthly_before = _covered(data), _covered(before)
    top = peak_month(data.calculation.lines)
    return Insight(
        supplier=supplier,
        year=year,
        sources=[NamedShare(_source_name(each, sites), each) for each in largest_sources(data.calculation.lines)],
        peak=NamedShare(date_format(top.key, "YEAR_MONTH_FORMAT"), top) if top and isinstance(top.key, date) else None,
        unusual=_unusual(supplier, data, sites),
        forecast=forecast(data.coverage.months, monthly, monthly_before),
        chart=_chart(data, monthly, monthly_before),
        months=[(month, monthly_before.get(_year_before(month)), monthly.get(month)) for month in data.coverage.months],
        savings=[_named(each, sites) for each in savings(data.activities, data.calculation)],
        standings=[_standing(each) for each in standings(supplier, year)],
    )


def _covered(data: YearOfData) -> dict[date, Decimal]:
    """Tonnes of the months that are whole: a month that lacks a source would pull a forecast down."""
    tonnes = monthly_tonnes(data.calculation.lines)
    return {month: tonnes[month] for month in data.coverage.covered if month in tonnes}


def _year_before(month: date) -> date:
    return month.replace(year=month.year - 1)


def _source_name(share: Share, sites: Mapping[int, str]) -> str:
    site_id, source = share.key if isinstance(share.key, tuple) else (0, "")
    return _("%(source)s, %(site)s") % {"source": source_label(source), "site": sites.get(site_id, "")}


def _unusual(supplier: Supplier, data: YearOfData, sites: Mapping[int, str]) -> list[tuple[str, UnusualMonth]]:
    """Judged over this year and the two before, told of this year."""
    start = fiscal_months(data.year - 2, supplier.fiscal_year_start)[0]
    found = unusual_months(activities_of(supplier.pk, [start, data.coverage.months[-1]]))
    this_year = [each for each in found if each.month >= data.coverage.months[0]]
    return [(f"{sites.get(each.site_id, '')}, {source_label(each.source)}", each) for each in this_year]


def _chart(data: YearOfData, monthly: Mapping[date, Decimal], before: Mapping[date, Decimal]) -> SafeString | None:
    if len(monthly) < 2:
        return None
    points = [TrajectoryPoint(f"{month:%Y-%m}", before.get(_year_before(month)), monthly.get(month)) for month in data.coverage.months]
    title = _("This year's months and the year before")
    return trajectory(points, title=title, unit="tCO₂e", target_label=_("The year before"), actual_label=_("This year"))


def _named(saving: Saving, sites: Mapping[int, str]) -> NamedSaving:
    site = sites.get(saving.site_id, "") if saving.site_id else ""
    match saving.lever:
        case Lever.PUE:
            title = _("%(site)s: PUE from %(before)s down to %(after)s") % {
                "site": site,
                "before": f"{saving.before:.2f}",
                "after": f"{saving.after:.2f}",
            }
            how = _(
                "(electricity − IT energy × 1.30) × the grid factor used. 1.30 is the limit of the national call for green data centres."
            )
        case Lever.RENEWABLE:
            title = _("Renewable electricity from %(before)s to %(after)s of what is bought") % {
                "before": percent(saving.before),
                "after": percent(saving.after),
            }
            how = _("Half of the electricity without an instrument × the market-based factor used.")
        case Lever.LEAKS:
            title = _("%(site)s: half of the refrigerant leaks stopped") % {"site": site}
            how = _("Half of the refrigerant topped up × its warming potential.")
        case Lever.USUAL_MONTHS:
            title = _("%(site)s: unusually high months of electricity back to the usual") % {"site": site}
            how = _("(kWh of these months − the usual month) × the grid factor used.")
    return NamedSaving(title, how, saving)


def _standing(standing: Standing) -> NamedStanding:
    match standing.measure:
        case Measure.PER_MILLION_CNY:
            return NamedStanding(_("Emissions per million CNY of revenue"), "tCO₂e", False, standing)
        case Measure.PUE:
            return NamedStanding("PUE", "", False, standing)
        case _:
            return NamedStanding(_("Renewable share of electricity"), "", True, standing)
