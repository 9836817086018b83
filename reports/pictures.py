"""The few pictures the homes and the management report share: each from one query or from the numbers kept day by day, and each number
with the way to the list behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Floor
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_stubs_ext import StrOrPromise

from accounts.models import User
from assessments.models import Assessment, Standing
from assessments.questionnaires.wording import local
from assessments.rules import rulesets
from charts import AreaScore, Part, TrajectoryPoint, area_scores, counted_rows, monthly_sources, share_lines, trajectory
from emissions.models import Inventory
from labels.models import LabelState
from pilots.models import Agreement, Target
from reports import facts
from reports.disclosure_rules import ASKED, BEGUN, HANDED_IN, REVIEWED
from reports.disclosures import count, cycles, list_url, scope_of
from reports.filters import AREAS
from reports.models import DailyFact
from suppliers.models import BuyingUnit, Category


# Steps of ten points; the last one includes 100.
STEP = 10
SHADES = 5
MONTHS = 12
# Columns of a picture over time; the newest day is always among them.
MOST_DAYS = 12
LABELS_SHOWN = (LabelState.AWARDED, LabelState.WARNED, LabelState.PROPOSED, LabelState.SUSPENDED, LabelState.EXPIRED, LabelState.REVOKED)


@dataclass(frozen=True)
class Cell:
    """`shade` 1 to 5 colours a cell of a heat map; 0 is none."""

    text: str
    url: str = ""
    shade: int = 0


@dataclass(frozen=True)
class Picture:
    """A chart and the numbers it is drawn from. A heat map is its own picture: it has no chart beside the table."""

    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    chart: SafeString | None = None
    note: StrOrPromise = ""
    # What the rows are, above their names.
    subject: str = field(default_factory=lambda: _("Subject"))

    @property
    def is_empty(self) -> bool:
        return not self.rows


def portfolio_url(**query: object) -> str:
    return f"{reverse('reports:portfolio')}?{urlencode({name: str(value) for name, value in query.items() if value not in (None, '')})}"


def _key(unit: BuyingUnit | None) -> int | None:
    return unit.pk if unit else None


def number(value: Decimal | int) -> str:
    return f"{value:,}"


# --- participation ----------------------------------------------------------------------------------------------------


def funnel(user: User, *, on: date, unit: BuyingUnit | None = None) -> Picture:
    """Of those asked in the newest cycle, how many began, handed in and were reviewed. One statement."""
    title, known = _("From asked to reviewed"), cycles()
    if not known:
        return Picture(title, [], [])
    scope = scope_of(known[0], user=user, on=on)
    steps = (ASKED, BEGUN, HANDED_IN, REVIEWED)
    suppliers = scope.suppliers().filter(units=unit) if unit else scope.suppliers()
    counted = count(suppliers, steps, scope)
    first = counted[ASKED.key]
    rows = [(str(step.title), counted[step.key], portfolio_url(figure=f"{scope.cycle}:{step.key}", unit=_key(unit))) for step in steps]
    drawn = {name: [Part(_("Suppliers"), found, "chart-1")] for name, found, _url in rows}
    cells = [(name, [Cell(number(found), url), Cell(_percent(found, first))]) for name, found, url in rows]
    return Picture(
        title,
        [_("Suppliers"), _("Share")],
        cells if first else [],
        counted_rows(drawn, title=title) if first else None,
        _("Cycle FY%(cycle)s") % {"cycle": scope.cycle},
    )


def _percent(part: Decimal | int, whole: Decimal | int) -> str:
    return f"{100 * Decimal(part) / whole:.0f}%" if whole else ""


# --- scores -----------------------------------------------------------------------------------------------------------


def score_distribution(user: User, *, unit: BuyingUnit | None = None) -> Picture:
    """How many suppliers lie in each ten points of the evidenced score. One query."""
    rows = _standings(user, unit).filter(evidenced__isnull=False).annotate(step=Floor("evidenced") / STEP)
    found = [0] * (100 // STEP)
    for step, suppliers in rows.order_by().values_list("step").annotate(Count("pk")):
        found[min(len(found) - 1, int(step))] += suppliers
    title = _("Evidenced scores")
    names = [f"{place * STEP}–{place * STEP + STEP - 1}" for place in range(len(found) - 1)] + [f"{100 - STEP}–100"]
    if not any(found):
        return Picture(title, [], [])
    cells = [
        (name, [Cell(number(suppliers), _score_url(place, unit))]) for place, (name, suppliers) in enumerate(zip(names, found, strict=True))
    ]
    drawn = {name: [Part(_("Suppliers"), suppliers, "chart-1")] for name, suppliers in zip(names, found, strict=True)}
    return Picture(title, [_("Suppliers")], cells, counted_rows(drawn, title=title))


def _score_url(place: int, unit: BuyingUnit | None) -> str:
    least = place * STEP
    most = 100 if least + STEP >= 100 else f"{least + STEP - 1}.99"
    return portfolio_url(score="evidenced", score_min=least, score_max=most, unit=_key(unit))


def _standings(user: User, unit: BuyingUnit | None) -> "QuerySet[Standing]":
    rows = Standing.objects.visible_to(user)
    return rows.filter(supplier__units=unit) if unit else rows


_HEAT = """
    SELECT supplier.category, area.key, avg((area.value ->> 'evidenced')::numeric)
    FROM ({visible}) standing
    JOIN suppliers_supplier supplier ON supplier.id = standing.supplier_id, jsonb_each(standing.area_scores) area
    WHERE area.value ->> 'evidenced' IS NOT NULL GROUP BY 1, 2
"""


def heat_map(user: User, *, unit: BuyingUnit | None = None) -> Picture:
    """The mean evidenced score of each category in each area. One query."""
    sql, parameters = _standings(user, unit).order_by().values("supplier_id", "area_scores").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_HEAT.format(visible=sql), parameters)
        means = {(category, area): mean for category, area, mean in cursor.fetchall()}
    areas = [(code, title) for code, title in AREAS if any(area == code for _category, area in means)]
    rows = [
        (str(label), [_heat_cell(category, code, means.get((category, code)), unit) for code, _title in areas])
        for category, label in Category.choices
        if any(found == category for found, _area in means)
    ]
    heads = [str(title) for _code, title in areas]
    return Picture(_("Mean evidenced scores by category and area"), heads, rows, subject=_("Category"))


def _heat_cell(category: str, area: str, mean: Decimal | None, unit: BuyingUnit | None) -> Cell:
    if mean is None:
        return Cell("–")
    url = portfolio_url(category=category, score="evidenced", area=area, score_min=0, unit=_key(unit))
    return Cell(f"{mean:.1f}", url, min(SHADES, 1 + int(mean // (100 // SHADES))))


# --- over time --------------------------------------------------------------------------------------------------------


def labels_over_time(*, on: date) -> Picture:
    """From the numbers kept each night."""
    days = thinned(facts.over_time(DailyFact.Subject.LABELS, until=on))
    title = _("Labels by state over time")
    if not days:
        return Picture(title, [], [])
    names = {state: str(state.label) for state in LABELS_SHOWN}
    heads = [date_format(day, "SHORT_DATE_FORMAT") for day in days]
    rows = [
        (
            name,
            [Cell(number(int(numbers.get(state, 0))), _newest_url(state, place, len(days))) for place, numbers in enumerate(days.values())],
        )
        for state, name in names.items()
    ]
    series = {name: [numbers.get(state, Decimal(0)) for numbers in days.values()] for state, name in names.items()}
    return Picture(title, heads, rows, monthly_sources(heads, series, title=title, unit=_("labels")))


def _newest_url(state: str, place: int, shown: int) -> str:
    """Only of today there is a list."""
    return f"{reverse('labels:list')}?{urlencode({'state': str(state)})}" if place == shown - 1 else ""


def thinned(days: Mapping[date, Mapping[str, Decimal]]) -> dict[date, Mapping[str, Decimal]]:
    step = max(1, -(-len(days) // MOST_DAYS))
    kept = list(days)[::-1][::step][::-1]
    return {day: days[day] for day in kept}


def emissions_against_path(user: User, *, supplier_id: int | None = None) -> Picture:
    """What the pilots in force may emit each year, and what they did: of those that reported the year. One query."""
    targets = Target.objects.filter(agreement__in=Agreement.objects.visible_to(user).in_force(), agreement__measure="absolute")
    if supplier_id:
        targets = targets.filter(agreement__supplier=supplier_id)
    reported = targets.filter(agreement__reported_years__year=F("year"), agreement__reported_years__months_covered=12)
    rows = (
        reported.order_by("year")
        .values("year")
        .annotate(path=Sum("emissions"), actual=Sum("agreement__reported_years__emissions"), pilots=Count("agreement"))
    )
    found = list(rows.values_list("year", "path", "actual", "pilots"))
    title = _("Pilot emissions against their path")
    if not found:
        return Picture(title, [], [])
    list_of = reverse("pilots:list" if user.is_buyer else "pilots:mine")
    cells = [
        (str(year), [Cell(f"{path:,.1f}"), Cell(f"{actual:,.1f}", list_of), Cell(number(pilots))]) for year, path, actual, pilots in found
    ]
    points = [TrajectoryPoint(str(year), path, actual) for year, path, actual, _pilots in found]
    return Picture(
        title,
        [_("Path (tCO₂e)"), _("Actual (tCO₂e)"), _("Pilots")],
        cells,
        trajectory(points, title=title, unit="tCO₂e", target_label=_("Path")) if len(points) > 1 else None,
        _("Pilots in force that count tonnes; each year those that reported all of it."),
    )


def from_findings(table: Any) -> Picture:
    """A table of `assessments.findings.overview`, as the other pictures are."""
    rows = [(row.label, [Cell(number(each.value), each.url) for each in row.numbers]) for row in table.rows]
    return Picture(table.title, table.heads, rows if table.chart else [], table.chart)


_TREND = """
    SELECT campaign.cycle, count(*), count(assessment.submitted_at), count(assessment.closed_at),
           avg(assessment.evidenced) FILTER (WHERE assessment.submitted_at IS NOT NULL),
           avg(assessment.verified) FILTER (WHERE assessment.submitted_at IS NOT NULL)
    FROM ({visible}) assessment JOIN assessments_campaign campaign ON campaign.id = assessment.campaign_id
    WHERE campaign.status <> 'draft' GROUP BY 1 ORDER BY 1
"""


def trend(user: User) -> Picture:
    """Cycle by cycle: who was asked, handed in and was reviewed, and the mean scores of what was handed in. One query."""
    columns = ("campaign_id", "submitted_at", "closed_at", "evidenced", "verified")
    sql, parameters = Assessment.objects.visible_to(user).order_by().values(*columns).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_TREND.format(visible=sql), parameters)
        found = cursor.fetchall()
    title = _("Trend from cycle to cycle")
    rows = [
        (
            f"FY{cycle}",
            [
                Cell(number(asked), list_url(cycle, ASKED.key)),
                Cell(number(handed_in), list_url(cycle, HANDED_IN.key)),
                Cell(_percent(handed_in, asked)),
                Cell(number(reviewed), list_url(cycle, REVIEWED.key)),
                Cell("–" if evidenced is None else f"{evidenced:.1f}"),
                Cell("–" if verified is None else f"{verified:.1f}"),
            ],
        )
        for cycle, asked, handed_in, reviewed, evidenced, verified in found
    ]
    heads = [_("Asked"), _("Handed in"), _("Share"), pgettext("count", "Reviewed"), _("Mean evidenced"), _("Mean verified")]
    series = {
        _("Handed in, %"): [100 * Decimal(handed_in) / asked for _cycle, asked, handed_in, *_rest in found],
        _("Mean evidenced score"): [row[4] for row in found],
        _("Mean verified score"): [row[5] for row in found],
    }
    chart = share_lines([name for name, _cells in rows], series, title=title) if len(rows) > 1 else None
    return Picture(title, heads, rows, chart)


# --- one supplier -----------------------------------------------------------------------------------------------------


def own_scores(user: User) -> Picture:
    """The areas of the newest assessment that has a score, as the supplier sees them. One query."""
    title = _("Your scores by area")
    mine = Assessment.objects.visible_to(user).filter(scored_at__isnull=False, submitted_at__isnull=False)
    newest = mine.select_related("campaign").order_by("-created_at", "-pk").first()
    if newest is None:
        return Picture(title, [], [])
    url = reverse("assessments:results", args=[newest.pk])
    areas = rulesets.questionnaire_of(newest.campaign.questionnaire_id).areas
    scored = [(local(area.title), newest.area_scores[area.code]) for area in areas if area.code in newest.area_scores]
    kinds = ("declared", "evidenced", "verified")
    bars = [AreaScore(name, *(Decimal(scores[kind]) if scores.get(kind) else None for kind in kinds)) for name, scores in scored]
    cells = [(name, [Cell(scores.get(kind) or "–", url if scores.get(kind) else "") for kind in kinds]) for name, scores in scored]
    heads = [_("Declared"), _("Evidenced"), _("Verified")]
    return Picture(title, heads, cells, area_scores(bars, title=title) if bars else None, str(newest.campaign.title))


def own_emissions(user: User) -> Picture:
    """The supplier's inventories year by year; calculated before reported. One query."""
    title = _("Your emissions by year")
    found: dict[int, Inventory] = {}
    for inventory in Inventory.objects.visible_to(user).defer("lines").order_by("year", "-basis"):
        found[inventory.year] = inventory
    if not found:
        return Picture(title, [], [])
    # A year that is not complete says so: its column would look like a reduction.
    years = [
        str(year) if each.months_covered == MONTHS else _("%(year)s (%(months)s months)") % {"year": year, "months": each.months_covered}
        for year, each in found.items()
    ]
    series = {
        _("Scope 1"): [each.scope1 for each in found.values()],
        _("Scope 2, market-based"): [each.scope2_market for each in found.values()],
    }
    url = reverse("emissions:home")
    rows = [(name, [Cell(f"{tonnes:,.1f}", url) for tonnes in numbers]) for name, numbers in series.items()]
    return Picture(title, years, rows, monthly_sources(years, series, title=title, unit="tCO₂e"))
