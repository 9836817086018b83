"""What the buyer's people see of one supplier: where it stands, why, and what happened, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice

from django.db.models import F
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.looks import without_looks
from accounts.models import User
from assessments.models import Assessment, Finding
from assessments.questionnaires.wording import local
from assessments.rules import rulesets
from audit.action_names import action_name
from audit.models import Event
from charts import AreaScore, area_scores
from labels import explaining
from labels.models import Label, LabelEvent
from suppliers.models import Contact, Document, PublicRecord, Site, Supplier


EVENTS_SHOWN, EVENTS_READ = 20, 200


@dataclass(frozen=True)
class Happening:
    """As `components/timeline.html` wants it."""

    title: str
    at: datetime
    actor: str
    detail: str = ""


@dataclass(frozen=True)
class SupplierPage:
    supplier: Supplier
    scored: Assessment | None
    band: str
    areas: list[AreaScore]
    chart: SafeString | None
    assessments: list[Assessment]
    findings: list[Finding]
    documents: list[Document]
    sites: list[Site]
    contacts: list[Contact]
    public_records: list[PublicRecord]
    label: Label | None
    label_events: list[explaining.Happening]
    history: list[Happening]


def supplier_page(supplier: Supplier, viewer: User) -> SupplierPage:
    assessments = list(
        Assessment.objects.filter(supplier=supplier).with_coverage().select_related("campaign", "reviewer").order_by("-created_at", "-pk")
    )
    standing = supplier.standing
    scored = next((assessment for assessment in assessments if assessment.pk == standing.scored_id), None)
    areas, band = _areas(scored) if scored else ([], "")
    return SupplierPage(
        supplier=supplier,
        scored=scored,
        band=band,
        areas=areas,
        chart=area_scores(areas, title=_("Scores by area")) if areas else None,
        assessments=assessments,
        findings=list(
            Finding.objects.visible_to(viewer).filter(supplier=supplier).order_by(F("closed_at").desc(nulls_first=True), "severity", "-pk")
        ),
        documents=list(Document.objects.filter(supplier=supplier).current().select_related("site").order_by("kind", "-pk")),
        sites=list(Site.objects.filter(supplier=supplier).order_by("name", "pk")),
        contacts=list(Contact.objects.filter(supplier=supplier).order_by("-is_primary", "name", "pk")),
        public_records=list(PublicRecord.objects.filter(supplier=supplier).order_by("-decided_on", "-pk")),
        label=Label.objects.filter(supplier=supplier).select_related("standard").first(),
        label_events=_label_history(supplier),
        history=_history(supplier.pk),
    )


def _areas(assessment: Assessment) -> tuple[list[AreaScore], str]:
    """In the questionnaire's order, with its titles; and the band of the best proven total."""
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    rows = []
    for area in rules.questionnaire.areas:
        numbers = assessment.area_scores.get(area.code)
        if numbers and numbers.get("declared") is not None:
            declared, evidenced, verified = (_number(numbers.get(name)) for name in ("declared", "evidenced", "verified"))
            rows.append(AreaScore(local(area.title), declared, evidenced, verified))
    key = rules.band(assessment.verified if assessment.verified is not None else assessment.evidenced)
    band = next((local(band.title) for band in rules.questionnaire.bands if band.key == key), "")
    return rows, band


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _history(supplier_id: int) -> list[Happening]:
    """What was done over and over in one day, by one person, is told once: eighteen papers printed must not push out all else."""
    events = without_looks(Event.objects.about_supplier(supplier_id)).select_related("actor").newest_first()[:EVENTS_READ]
    alike = (list(group) for _key, group in groupby(events, key=lambda event: (event.action, event.actor_id, localdate(event.at))))
    return [_happening(group[0], len(group)) for group in islice(alike, EVENTS_SHOWN)]


def _happening(event: Event, times: int) -> Happening:
    detail = _("%(count)d times") % {"count": times} if times > 1 else ""
    return Happening(action_name(event.action), event.at, str(event.actor or _("the system")), detail)


def _label_history(supplier: Supplier) -> list[explaining.Happening]:
    events = LabelEvent.objects.filter(supplier=supplier).select_related("standard", "actor", "second_actor").in_order().reverse()
    return explaining.happenings(list(events))
