"""The figures of the disclosure tables: what each is called, what it counts, and under which code of which framework it is reported.

HKEX: the ESG Code of the Hong Kong exchange, aspect B5 (supply chain management). GRI: 2-6, 204, 308 and 414 of the 2021 set. UNGC: the
ten principles of the UN Global Compact, through the mappings of the questionnaire.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.text import format_lazy
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assessments.models import Assessment, Finding
from emissions.models import Abatement, Inventory
from labels.models import Label, LabelState, Level
from pilots.models import Agreement, AgreementQuerySet, ReportedYear
from pilots.trajectory import Track
from reports.disclosure_parts import ENVIRONMENT, SOCIAL, Amount, Condition, Disclosure, Figure, Scope
from suppliers.models import Category, PublicRecord, Supplier
from suppliers.places import country_name, region_name


HOME = "CN"
SIGNIFICANT = (Finding.Severity.CRITICAL, Finding.Severity.MAJOR)
BAND_PAINTS = ("bad", "warning", "info", "good", "chart-1", "chart-2")


# --- conditions that several figures share ----------------------------------------------------------------------------


def in_business(scope: Scope) -> Q:
    return Q(state__in=Supplier.IN_BUSINESS)


def asked(scope: Scope) -> Q:
    return Q(asked__isnull=False)


def begun(scope: Scope) -> Q:
    return Q(asked__started_at__isnull=False) | handed_in(scope)


def handed_in(scope: Scope) -> Q:
    return Q(asked__submitted_at__isnull=False)


def closed(scope: Scope) -> Q:
    return Q(asked__status=Assessment.Status.CLOSED)


def scored_in(areas: Sequence[str]) -> Condition:
    def condition(scope: Scope) -> Q:
        scored = Q()
        for area in areas:
            scored |= Q(**{f"score_{area}__isnull": False})
        return handed_in(scope) & scored

    return condition


def new(scope: Scope) -> Q:
    return Q(created_at__date__gt=scope.since, created_at__date__lte=scope.until)


def new_and(condition: Condition) -> Condition:
    return lambda scope: new(scope) & condition(scope)


def impact_in(areas: Sequence[str]) -> Condition:
    return lambda scope: scope.has_finding(severity__in=SIGNIFICANT, question__in=scope.questions_in(areas))


def improvement_in(areas: Sequence[str]) -> Condition:
    return lambda scope: scope.has_finding(severity__in=SIGNIFICANT, question__in=scope.questions_in(areas), agreed_at__isnull=False)


def ended_after(condition: Condition) -> Condition:
    return lambda scope: condition(scope) & Q(state=Supplier.State.OFFBOARDED)


def live_label(scope: Scope) -> Q:
    return Q(label__state__in=Label.LIVE, label__valid_to__gte=scope.on)


def pilot(scope: Scope) -> Q:
    return Q(pk__in=Agreement.objects.in_force().values("supplier"))


# --- HKEX B5 ----------------------------------------------------------------------------------------------------------

IN_BUSINESS = Figure("in-business", _("Suppliers in business"), _("Suppliers invited, registered or active."), in_business)
ASKED = Figure(
    "asked",
    _("Asked under the code"),
    _("Suppliers with an assessment in a campaign of the cycle: the supplier ESG code was put to them."),
    asked,
)
BEGUN = Figure(
    "begun", _("Have begun"), _("Suppliers that have begun to answer, or have handed in, an assessment of the cycle."), begun, "asked"
)
REVIEWED = Figure(
    "reviewed",
    _("Reviewed by the buyer"),
    _("Suppliers whose answers and evidence a reviewer has judged: the assessment of the cycle is closed."),
    closed,
    "asked",
)
HANDED_IN = Figure("handed-in", _("Taking part"), _("Suppliers that signed and handed in an assessment of the cycle."), handed_in, "asked")


def regions(scope: Scope) -> list[Figure]:
    rule = _("Suppliers in business by their place of registration: provinces of China, other countries whole. Not where they deliver.")
    places = Supplier.objects.visible_to(scope.user).in_business().order_by().values_list("country", "region").distinct()
    found = {(country, region if country == HOME else "") for country, region in places}
    return [IN_BUSINESS, *(_region(country, region, rule) for country, region in sorted(found, key=_place))]


def _place(place: tuple[str, str]) -> tuple[bool, str, str]:
    return place[0] != HOME, *place


def _region(country: str, region: str, rule: StrOrPromise) -> Figure:
    title: StrOrPromise = region_name(region, country) if region else country_name(country)
    if country == HOME and not region:
        title = _("China, province not stated")
    where = Q(country=country, region=region) if country == HOME else Q(country=country)
    return Figure(f"region-{country}-{region}", title, rule, lambda scope: in_business(scope) & where, "in-business")


def categories(scope: Scope) -> list[Figure]:
    rule = _("Suppliers in business by the category they are registered in.")
    paints = ("chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6", "neutral")
    return [
        Figure(f"category-{value}", label, rule, _of_category(value), "in-business", paint=paint)
        for (value, label), paint in zip(Category.choices, paints, strict=True)
    ]


def _of_category(category: str) -> Condition:
    return lambda scope: in_business(scope) & Q(category=category)


PRACTICES = (
    ASKED,
    BEGUN,
    HANDED_IN,
    REVIEWED,
    Figure(
        "corrective-plans",
        _("With a corrective action plan agreed"),
        _("Suppliers with a finding from the cycle whose plan the buyer has agreed."),
        lambda scope: scope.has_finding(agreed_at__isnull=False),
        "asked",
    ),
)
IDENTIFYING = (
    Figure(
        "environmental-screening",
        _("Screened for environmental risks"),
        _("Suppliers that handed in and have a score in at least one of the six environmental areas."),
        scored_in(ENVIRONMENT),
        "asked",
    ),
    Figure(
        "social-screening",
        _("Screened for social risks"),
        _("Suppliers that handed in and have a score in the area labor, which holds health and safety."),
        scored_in(SOCIAL),
        "asked",
    ),
    Figure(
        "public-records",
        _("With a public record on file"),
        _("Suppliers in business about which a public record (a penalty, a rating, a report) is kept."),
        lambda scope: in_business(scope) & Q(pk__in=PublicRecord.objects.values("supplier")),
        "in-business",
    ),
    Figure(
        "risks-found",
        _("With a risk found"),
        _("Suppliers with a critical or major finding from the cycle that was not withdrawn."),
        lambda scope: scope.has_finding(severity__in=SIGNIFICANT),
        "asked",
    ),
)
CHOOSING = (
    Figure(
        "evaluated",
        _("Evaluated against the green standard"),
        _("Suppliers in business whose facts were put beside the criteria of the green procurement standard."),
        lambda scope: in_business(scope) & Q(label_decision__isnull=False),
        "in-business",
    ),
    Figure(
        "label-live",
        _("Holding the green supplier label"),
        _("Suppliers whose label is awarded or warned, and whose term runs."),
        live_label,
        "in-business",
    ),
    Figure("pilot-in-force", _("With a carbon-neutral pilot"), _("Suppliers with a pilot agreement in force."), pilot, "in-business"),
)


# --- GRI --------------------------------------------------------------------------------------------------------------

LOCAL = Figure(
    "local",
    _("Local suppliers"),
    _("Suppliers in business that are registered in mainland China, where the buyer works."),
    lambda scope: in_business(scope) & Q(country=HOME),
    "in-business",
)


def screening(prefix: str, screened: StrOrPromise, rule: StrOrPromise, areas: Sequence[str]) -> tuple[Figure, ...]:
    return (
        Figure(f"{prefix}-new", _("New suppliers"), _("Suppliers that entered the register within the year of the figures."), new),
        Figure(f"{prefix}-a", screened, rule, new_and(scored_in(areas)), f"{prefix}-new"),
    )


def impacts(prefix: str, areas: Sequence[str]) -> tuple[Figure, ...]:
    found = impact_in(areas)
    return (
        Figure(
            f"{prefix}-a",
            _("a. Suppliers assessed for impacts"),
            _("Suppliers that handed in and have a score in these areas."),
            scored_in(areas),
        ),
        Figure(
            f"{prefix}-b",
            _("b. Suppliers with significant negative impacts"),
            _("Suppliers with a critical or major finding of the cycle on a question of these areas, not withdrawn."),
            found,
            f"{prefix}-a",
        ),
        Figure(
            f"{prefix}-d",
            _("d. With which improvements were agreed"),
            _("Of b: the buyer has agreed a corrective action plan for such a finding."),
            improvement_in(areas),
            f"{prefix}-b",
        ),
        Figure(
            f"{prefix}-e",
            _("e. With which the relationship was ended"),
            _("Of b: the supplier is offboarded today."),
            ended_after(found),
            f"{prefix}-b",
        ),
    )


# --- UN Global Compact ------------------------------------------------------------------------------------------------

PRINCIPLES = (
    ("1", _("1 Respect human rights")),
    ("2", _("2 No part in human rights abuses")),
    ("3", _("3 Freedom of association and collective bargaining")),
    ("4", _("4 No forced labor")),
    ("5", _("5 No child labor")),
    ("6", _("6 No discrimination at work")),
    ("7", _("7 Precaution towards the environment")),
    ("8", _("8 Greater environmental responsibility")),
    ("9", _("9 Environmentally friendly technology")),
    ("10", _("10 Against corruption")),
)


def principles(scope: Scope) -> list[Figure]:
    return [figure for number, title in PRINCIPLES for figure in _principle(scope, number, title)]


def _principle(scope: Scope, number: str, title: StrOrPromise) -> tuple[Figure, Figure]:
    questions = scope.questions_mapped_to("ungc", number)
    areas = scope.areas_of(questions)
    return (
        Figure(
            f"ungc-{number}",
            format_lazy(_("{principle}: assessed"), principle=title),
            _("Assessed: suppliers that handed in and have a score in an area with questions that the code maps to the principle."),
            scored_in(areas) if areas else nobody,
            "asked",
        ),
        Figure(
            f"ungc-{number}-open",
            format_lazy(_("{principle}: open finding"), principle=title),
            _("Open finding: suppliers with an open finding of the cycle on a question mapped to the principle."),
            lambda scope: scope.has_finding(question__in=questions, closed_at__isnull=True),
            f"ungc-{number}",
        ),
    )


def nobody(scope: Scope) -> Q:
    return Q(pk__isnull=True)


# --- areas by maturity ------------------------------------------------------------------------------------------------


def maturity(scope: Scope) -> list[Figure]:
    """A cell for each environmental area and band of the code; a band reaches up to the next, the last one includes 100."""
    bands = scope.questionnaire.bands if scope.questionnaire else ()
    rule = _("Suppliers that handed in, by the band of the code that their evidenced score of the area lies in.")
    return [
        Figure(
            f"maturity-{area}-{band.key}",
            f"{area} {band.title.in_language(_language())}",
            rule,
            _between(area, band.starts_at, bands[place + 1].starts_at if place + 1 < len(bands) else None),
            "handed-in",
            paint=BAND_PAINTS[min(place, len(BAND_PAINTS) - 1)],
        )
        for area in ENVIRONMENT
        for place, band in enumerate(bands)
    ]


def _language() -> str:
    return get_language() or "en"


def _between(area: str, least: object, below: object) -> Condition:
    upper = Q(**{f"score_{area}__lt": below}) if below is not None else Q()
    return lambda scope: handed_in(scope) & Q(**{f"score_{area}__gte": least}) & upper


def area_titles(scope: Scope) -> list[StrOrPromise]:
    asked_about = {area.code: area.title for area in scope.questionnaire.areas} if scope.questionnaire else {}
    return [f"{code} {asked_about[code].in_language(_language())}" if code in asked_about else code for code in ENVIRONMENT]


def band_titles(scope: Scope) -> list[StrOrPromise]:
    return [band.title.in_language(_language()) for band in scope.questionnaire.bands] if scope.questionnaire else []


# --- labels -----------------------------------------------------------------------------------------------------------


def _label_of_level(level: str) -> Condition:
    return lambda scope: live_label(scope) & Q(label__level=level)


def _label_in_state(state: str) -> Condition:
    return lambda scope: Q(label__state=state)


def labels(scope: Scope) -> list[Figure]:
    in_force = [
        Figure(
            f"label-{level}",
            label,
            _("Suppliers whose label of this level is in force."),
            _label_of_level(level),
            "in-business",
            paint=paint,
        )
        for (level, label), paint in zip(Level.choices, ("good", "chart-1"), strict=True)
    ]
    paints = {LabelState.PROPOSED: "info", LabelState.SUSPENDED: "warning", LabelState.EXPIRED: "neutral", LabelState.REVOKED: "bad"}
    rest = [
        Figure(
            f"label-{state}",
            state.label,
            _("Suppliers whose label is in this state today."),
            _label_in_state(state),
            "in-business",
            paint=paint,
        )
        for state, paint in paints.items()
    ]
    return [*in_force, *rest]


# --- pilots and tonnes ------------------------------------------------------------------------------------------------

TRACKS = ((Track.ON_TRACK, "good"), (Track.AT_RISK, "warning"), (Track.OFF_TRACK, "bad"), (Track.NO_DATA, "neutral"))


def agreements(scope: Scope) -> AgreementQuerySet:
    return Agreement.objects.visible_to(scope.user).in_force().with_track()


def measured(scope: Scope) -> QuerySet[Agreement]:
    """In tonnes: an intensity adds up with nothing."""
    rows = agreements(scope).filter(Q(latest_year__isnull=False), measure=Agreement.Measure.ABSOLUTE)
    return rows.annotate(reduced=F("base") - F("latest_figure"))


def newest_reports(scope: Scope) -> QuerySet[ReportedYear]:
    newest = Window(RowNumber(), partition_by="agreement", order_by="-year")
    in_force = ReportedYear.objects.visible_to(scope.user).filter(agreement__in=Agreement.objects.in_force())
    return in_force.annotate(place=newest).filter(place=1)


def newest_inventories(scope: Scope) -> QuerySet[Inventory]:
    """A supplier's newest year up to the cycle's; calculated before reported, where both are there."""
    newest = Window(RowNumber(), partition_by="supplier", order_by=("-year", "basis"))
    until = Inventory.objects.visible_to(scope.user).filter(year__lte=scope.cycle)
    return until.annotate(place=newest).filter(place=1).defer("lines")


def accepted_abatements(scope: Scope) -> QuerySet[Abatement]:
    return (
        Abatement.objects.visible_to(scope.user)
        .filter(status=Abatement.Status.ACCEPTED, year__lte=scope.cycle)
        .annotate(abated=F("baseline_tonnes") - F("project_tonnes"))
    )


SOURCES: dict[str, Callable[[Scope], QuerySet[Any]]] = {
    "pilots": measured,
    "reports": newest_reports,
    "inventories": newest_inventories,
    "abatements": accepted_abatements,
}


def _tonnes(source: str, column: str) -> Amount:
    return Amount(source, column, "tCO₂e", SOURCES[source])


def _of(amount: Amount) -> Condition:
    return lambda scope: Q(pk__in=amount.rows(scope).values("supplier" if amount.source != "reports" else "agreement__supplier"))


def _tracked(track: str) -> Condition:
    return lambda scope: Q(pk__in=agreements(scope).tracked_as(track).values("supplier"))


def _amount(key: str, title: StrOrPromise, rule: StrOrPromise, source: str, column: str) -> Figure:
    amount = _tonnes(source, column)
    return Figure(key, title, rule, _of(amount), amount=amount)


def pilots(scope: Scope) -> list[Figure]:
    rule = _("Suppliers with a pilot agreement in force whose latest full year stands so against its target.")
    absolute = _("Agreements in force that count tonnes and have a full reported year: the sum over them.")
    apart = _("The newest reported year of each agreement in force. Kept apart: it never changes a reduction.")
    inventory = _("The newest inventory of each supplier up to the cycle's year, calculated before reported.")
    return [
        Figure("pilots", _("Suppliers with a pilot in force"), _("Suppliers with a pilot agreement in force."), pilot, "in-business"),
        *(Figure(f"pilots-{track}", track.label, rule, _tracked(track), "pilots", paint=paint) for track, paint in TRACKS),
        _amount("pilot-base", _("Base-year emissions of the pilots"), absolute, "pilots", "base"),
        _amount("pilot-actual", _("Their latest full year"), absolute, "pilots", "latest_figure"),
        _amount("pilot-reduced", _("Reduced against the base year"), absolute, "pilots", "reduced"),
        _amount("pilot-removals", _("Removals, reported apart"), apart, "reports", "removals"),
        _amount("pilot-offsets", _("Offsets, reported apart"), apart, "reports", "offsets"),
        _amount(
            "abatement",
            _("Abatement accepted, outside the inventories"),
            _("Abatement of suppliers that was accepted, up to the cycle's year."),
            "abatements",
            "abated",
        ),
        _amount("scope1", _("Suppliers' scope 1"), inventory, "inventories", "scope1"),
        _amount("scope2-location", _("Suppliers' scope 2, location-based"), inventory, "inventories", "scope2_location"),
        _amount("scope2-market", _("Suppliers' scope 2, market-based"), inventory, "inventories", "scope2_market"),
        _amount("scope3", _("Suppliers' scope 3, where reported"), inventory, "inventories", "scope3"),
    ]


# --- the tables, in the order of the page -----------------------------------------------------------------------------

_SPEND = _("The standard asks for the share of spending. The portal holds no spending, so this is the share of suppliers.")

DISCLOSURES = (
    Disclosure("HKEX B5.1", _("Suppliers by region of registration"), _("Number of suppliers by geographical region."), regions, "top"),
    Disclosure(
        "HKEX B5.2",
        _("Engaging suppliers: practices and the number they cover"),
        _("Suppliers under the code, taking part, reviewed, and correcting what was found."),
        lambda scope: PRACTICES,
        "bars",
    ),
    Disclosure(
        "HKEX B5.3",
        _("Finding environmental and social risks"),
        _("Practices that identify risks along the supply chain, and the suppliers they cover."),
        lambda scope: IDENTIFYING,
        "bars",
    ),
    Disclosure(
        "HKEX B5.4",
        _("Preferring environmentally better supply"),
        _("Practices that promote environmentally preferable products and services when suppliers are chosen."),
        lambda scope: CHOOSING,
        "bars",
    ),
    Disclosure("GRI 2-6", _("Supply chain by type of supplier"), _("Types of suppliers and their number."), categories, "ring"),
    Disclosure("GRI 204-1", _("Local suppliers"), _SPEND, lambda scope: (LOCAL,)),
    Disclosure(
        "GRI 308-1",
        _("New suppliers screened using environmental criteria"),
        _("New: entered the register within the year of the figures."),
        lambda scope: screening(
            "gri-308-1",
            _("Screened using environmental criteria"),
            _("Of the new suppliers: handed in, with a score in at least one of the six environmental areas."),
            ENVIRONMENT,
        ),
    ),
    Disclosure(
        "GRI 308-2",
        _("Negative environmental impacts in the supply chain"),
        _("By the findings on questions of the six environmental areas."),
        lambda scope: impacts("gri-308-2", ENVIRONMENT),
    ),
    Disclosure(
        "GRI 414-1",
        _("New suppliers screened using social criteria"),
        _("New: entered the register within the year of the figures."),
        lambda scope: screening(
            "gri-414-1",
            _("Screened using social criteria"),
            _("Of the new suppliers: handed in, with a score in the area labor."),
            SOCIAL,
        ),
    ),
    Disclosure(
        "GRI 414-2",
        _("Negative social impacts in the supply chain"),
        _("By the findings on questions of the area labor, health and safety included."),
        lambda scope: impacts("gri-414-2", SOCIAL),
    ),
    Disclosure(
        "UNGC",
        _("UN Global Compact principles"),
        _("Through the questions that the code maps to each principle."),
        principles,
        heads=lambda scope: [pgettext_lazy("suppliers", "Assessed"), _("With an open finding")],
        row_titles=lambda scope: [title for _number, title in PRINCIPLES],
    ),
    Disclosure(
        "ESG E1–E6",
        _("Environmental areas by maturity"),
        _("How far suppliers have come in each of the six areas of the code."),
        maturity,
        "stack",
        heads=band_titles,
        row_titles=area_titles,
    ),
    Disclosure("ESG L", _("Label share"), _("Green supplier labels, of the suppliers in business."), labels, "ring"),
    Disclosure("ESG P", _("Pilots and tonnes"), _("Carbon-neutral pilots against their targets, and what suppliers emit."), pilots, "ring"),
)
