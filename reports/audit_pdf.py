"""The audit PDF of one assessment: what was asked, answered, evidenced, judged and scored, on paper that can be archived.

Its pages and the data enclosed in it come from one gathering, in a fixed number of queries; within a run these see one state of the
database (`runs.registry.Job.reads_one_state`), so that nothing changes between two pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from assessments.answering import carrying
from assessments.models import Assessment, Finding, FindingEvidence, FindingStep, QueryMessage
from assessments.review import queries
from assessments.scores import past
from assessments.scoring import receipts
from assessments.selectors import AnsweredArea, Dossier, open_dossier
from audit.models import Seal
from audit.sealing import newest_seal
from charts import AreaScore, TrajectoryPoint, area_scores, monthly_sources, trajectory
from emissions.models import Inventory
from labels import explaining
from labels.models import Label, LabelEvent
from pilots.models import Agreement
from reports import audit_data, printing, signing
from reports.models import BOTH
from reports.printing import Enclosed
from reports.signing import Identity
from suppliers.models import Site
from suppliers.places import country_name, region_name


# The order in which a report in both languages speaks.
LANGUAGES = ("zh-hans", "en")
# These stand where the pages name the moment and the newest seal, until they are made: what else they say does not depend on them.
MOMENT, SEAL = "\ue000moment\ue000", "\ue000seal\ue000"
YEARS_SHOWN, MONTHS = 6, 12


@dataclass(frozen=True)
class AreaRow:
    """An area of this cycle beside the same of the last one."""

    area: AnsweredArea
    earlier: Decimal | None

    @property
    def now(self) -> Decimal | None:
        return self.area.score.evidenced if self.area.score.verified is None else self.area.score.verified

    @property
    def change(self) -> Decimal | None:
        return None if self.now is None or self.earlier is None else self.now - self.earlier


@dataclass(frozen=True)
class PilotRow:
    agreement: Agreement
    chart: SafeString | None
    years: list[TrajectoryPoint]


@dataclass(frozen=True)
class AuditReport:
    """Everything the pages say, in the language in use when it was gathered."""

    dossier: Dossier
    language: str
    sites: list[Site]
    country: str
    region: str
    label: Label | None
    label_events: list[explaining.Happening]
    areas: list[AreaRow]
    earlier: Assessment | None
    talks: Mapping[str, list[QueryMessage]]
    findings: list[Finding]
    inventories: list[Inventory]
    emissions_chart: SafeString | None
    pilots: list[PilotRow]
    chart: SafeString
    receipt: Mapping[str, Any]
    signer: Identity
    made_by: User
    # Prefix of the anchors: a report in both languages holds each section twice.
    anchor: str = field(default="")

    @property
    def assessment(self) -> Assessment:
        return self.dossier.assessment

    @property
    def is_draft(self) -> bool:
        return self.assessment.status != Assessment.Status.CLOSED

    @property
    def moment(self) -> str:
        return MOMENT

    @property
    def seal(self) -> str:
        return SEAL

    @property
    def earlier_total(self) -> Decimal | None:
        return None if self.earlier is None else _best(self.earlier.verified, self.earlier.evidenced)

    @property
    def total_change(self) -> Decimal | None:
        result = self.dossier.result
        now = _best(result.verified, result.evidenced)
        return None if now is None or self.earlier_total is None else now - self.earlier_total

    @property
    def has_moved_on(self) -> bool:
        """The answers, or what is known of the company, are not those of the stored score any more."""
        score = self.dossier.score
        return score is not None and score.inputs_sha256 != self.dossier.result.inputs_sha256

    @property
    def open_findings(self) -> int:
        return sum(finding.is_open for finding in self.findings)

    @property
    def asked(self) -> int:
        return sum(len(area.asked) for area in self.dossier.areas)


def _best(verified: Decimal | None, evidenced: Decimal | None) -> Decimal | None:
    return evidenced if verified is None else verified


# --- gathering --------------------------------------------------------------------------------------------------------


def gather(assessment: Assessment, *, by: User) -> AuditReport:
    """A fixed number of queries. `assessment` comes with its campaign, supplier and people."""
    dossier = open_dossier(assessment)
    supplier = assessment.supplier
    events = LabelEvent.objects.filter(supplier=supplier).select_related("standard", "actor", "second_actor")
    earlier = carrying.before(assessment)
    inventories = list(Inventory.objects.filter(supplier=supplier).order_by("-year", "basis", "pk").defer("lines")[: 2 * YEARS_SHOWN])
    scores = [AreaScore(area.title, *area.score) for area in dossier.areas if area.score.declared is not None]
    return AuditReport(
        dossier=dossier,
        language=translation.get_language() or "en",
        sites=list(Site.objects.filter(supplier=supplier).order_by("name", "pk")),
        country=country_name(supplier.country),
        region=region_name(supplier.region, supplier.country) if supplier.region else "",
        label=Label.objects.filter(supplier=supplier).select_related("standard").first(),
        label_events=explaining.happenings(list(events.in_order())),
        areas=[AreaRow(area, _earlier_score(earlier, area.code)) for area in dossier.areas],
        earlier=earlier,
        talks=queries.talks(assessment),
        findings=_findings(assessment),
        inventories=inventories,
        emissions_chart=_emissions_chart(inventories),
        pilots=_pilots(supplier.pk, by),
        chart=area_scores(scores, title=_("Scores by area")),
        receipt=_receipt(dossier),
        signer=signing.identity(),
        made_by=by,
    )


def _earlier_score(earlier: Assessment | None, area: str) -> Decimal | None:
    numbers = earlier.area_scores.get(area) if earlier else None
    text = (numbers.get("verified") or numbers.get("evidenced")) if numbers else None
    return None if text is None else Decimal(text)


def _findings(assessment: Assessment) -> list[Finding]:
    evidence = Prefetch("evidence", FindingEvidence.objects.select_related("document").order_by("added_at", "pk"))
    steps = Prefetch("steps", FindingStep.objects.select_related("by").order_by("at", "pk"))
    found: QuerySet[Finding] = Finding.objects.filter(assessment=assessment).order_by("opened_at", "pk")
    return list(found.prefetch_related("actions", evidence).prefetch_related(steps))


def _receipt(dossier: Dossier) -> Mapping[str, Any]:
    """Of the very score that is printed."""
    sheet, subject = dossier.worksheet, dict[str, Any]()
    if dossier.score is not None:
        dossier.score.assessment = dossier.assessment
        subject = past.subject_of(dossier.score)
    is_closed = dossier.assessment.status == Assessment.Status.CLOSED
    return receipts.build(sheet.rules, sheet.facts, sheet.states, is_closed, subject)


def _emissions_chart(inventories: Sequence[Inventory]) -> SafeString | None:
    """As calculated; as reported where nothing was calculated."""
    by_year: dict[int, Inventory] = {}
    for each in sorted(inventories, key=lambda one: one.basis == Inventory.Basis.CALCULATED):
        by_year[each.year] = each
    years = [by_year[year] for year in sorted(by_year)][-YEARS_SHOWN:]
    if not years:
        return None
    layers = {_("Scope 1"): [each.scope1 for each in years], _("Scope 2, market-based"): [each.scope2_market for each in years]}
    return monthly_sources([_year_title(each) for each in years], layers, title=_("Emissions by fiscal year"), unit="tCO₂e")


def _year_title(inventory: Inventory) -> str:
    """A year that is not over looks small beside whole ones: its name says so."""
    if inventory.months_covered >= MONTHS:
        return str(inventory.year)
    told = {"year": inventory.year, "months": inventory.months_covered}
    return ngettext("%(year)s (%(months)s month)", "%(year)s (%(months)s months)", inventory.months_covered) % told


def _pilots(supplier_id: int, by: User) -> list[PilotRow]:
    found = Agreement.objects.visible_to(by).filter(supplier=supplier_id).exclude(status=Agreement.Status.DRAFT).with_track()
    return [_pilot(agreement) for agreement in found.prefetch_related("targets", "reported_years").order_by("-starts_on", "-pk")]


def _pilot(agreement: Agreement) -> PilotRow:
    targets = {target.year: target.emissions for target in agreement.targets.all()}
    actual = {each.year: each.progress(agreement).actual for each in agreement.reported_years.all()}
    years = [TrajectoryPoint(str(year), targets.get(year), actual.get(year)) for year in sorted({*targets, *actual})]
    base = TrajectoryPoint(str(agreement.base_year), agreement.base_figure, agreement.base_figure)
    title = _("Targets and actual emissions of %(number)s") % {"number": agreement.number}
    return PilotRow(agreement, trajectory([base, *years], title=title, unit=agreement.unit) if years else None, years)


# --- pages ------------------------------------------------------------------------------------------------------------


def as_html(*reports: AuditReport) -> str:
    """One report, or the same in several languages behind each other. `MOMENT` and `SEAL` stand for what is not known yet."""
    parts = []
    for report in reports:
        with translation.override(report.language):
            own = replace(report, anchor=f"{report.language}-") if len(reports) > 1 else report
            parts.append(SafeString(render_to_string("reports/pdf/_audit.html", {"report": own, "dossier": own.dossier})))
    first = reports[0]
    with translation.override(first.language):
        return render_to_string("reports/pdf/audit.html", {"report": first, "parts": parts, "language": _tag(first.language)})


def _tag(language: str) -> str:
    """As HTML and PDF name a language."""
    return "en" if language == "en" else "zh-Hans"


@dataclass(frozen=True)
class AuditDocument:
    """The pages and what travels inside of them, before it is known when they are made. `key` names this content."""

    html: str
    files: list[Enclosed]
    is_draft: bool

    @property
    def key(self) -> str:
        return printing.content_key(self.html, self.files)

    def pdf(self, at: datetime) -> bytes:
        """Signed."""
        html = self.html.replace(MOMENT, f"{at:%Y-%m-%d %H:%M}").replace(SEAL, _seal_words(newest_seal()))
        return signing.signed_pdf(html, files=self.files, reason="Audit report", at=at)


def _seal_words(seal: Seal | None) -> str:
    """As `verify_document` reads it. A dash before the trail has been sealed for the first time."""
    return f"SEAL {seal.number} {seal.sealed_at:%Y-%m-%d} {seal.hash}" if seal else "–"


def audit_document(assessment: Assessment, *, language: str, by: User) -> AuditDocument:
    """`language`: one of the portal's, or `BOTH`. `assessment` comes with its campaign, supplier and people."""
    reports = []
    for one in LANGUAGES if language == BOTH else (language,):
        with translation.override(one):
            reports.append(gather(assessment, by=by))
    first = reports[0]
    files = [
        Enclosed("answers.json", audit_data.answers_json(first.dossier, first.talks), "Questions, answers, evidence and verdicts"),
        Enclosed("receipt.json", audit_data.receipt_json(first.receipt), "The receipt of the score: verify_receipt computes it again"),
    ]
    return AuditDocument(as_html(*reports), files, first.is_draft)


def audit_pdf(assessment: Assessment, *, language: str, by: User, at: datetime) -> bytes:
    return audit_document(assessment, language=language, by=by).pdf(at)
