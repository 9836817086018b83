"""The programme at a glance: where the newest campaign stands, how the scores lie, what waits for somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.db.models.functions import Floor
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessments.models import Assessment, Campaign, Finding, Standing
from assessments.participation import PAINTS
from charts import Part, distribution, stacked_rows
from labels.models import Label, LabelState
from pilots.models import Agreement
from runs.models import Run
from suppliers.models import Category, Registration, Supplier


LABEL_PAINTS = {
    LabelState.AWARDED: "good",
    LabelState.WARNED: "warning",
    LabelState.PROPOSED: "info",
    LabelState.SUSPENDED: "chart-4",
    LabelState.EXPIRED: "neutral",
    LabelState.REVOKED: "bad",
}
SEVERITY_PAINTS = {Finding.Severity.CRITICAL: "bad", Finding.Severity.MAJOR: "warning", Finding.Severity.MINOR: "info"}
# Evidenced scores in fifths, the lowest first.
SCORE_PAINTS = ("bad", "warning", "chart-4", "chart-2", "good")
RUNS_SHOWN = 5


@dataclass(frozen=True)
class Drawing:
    """A chart and the same numbers for its table."""

    chart: SafeString
    parts: list[Part]


@dataclass(frozen=True)
class Dashboard:
    suppliers: int
    campaign: Campaign | None
    handed_in: int
    asked: int
    to_review: int
    registrations: int
    critical: int
    live_labels: int
    pilots: int
    participation: Drawing
    labels: Drawing
    findings: Drawing
    scores: SafeString | None
    score_rows: Mapping[str, list[Part]]
    runs: list[Run]

    @property
    def share_handed_in(self) -> Decimal | None:
        return Decimal(self.handed_in) / self.asked if self.asked else None


def dashboard(*, on: date) -> Dashboard:
    campaign = Campaign.objects.exclude(status=Campaign.Status.DRAFT).order_by("-launched_at", "-pk").first()
    statuses = _counts(Assessment.objects.filter(campaign=campaign), "status") if campaign else {}
    findings = _counts(Finding.objects.open(), "severity")
    score_rows = _score_rows()
    return Dashboard(
        suppliers=Supplier.objects.in_business().count(),
        campaign=campaign,
        handed_in=sum(statuses.get(status, 0) for status in ("submitted", "in_review", "returned", "closed")),
        asked=sum(statuses.values()),
        to_review=Assessment.objects.in_review_queue().count(),
        registrations=Registration.objects.waiting().count(),
        critical=findings.get(Finding.Severity.CRITICAL, 0),
        live_labels=Label.objects.live(on).count(),
        pilots=Agreement.objects.in_force().count(),
        participation=_ring(_("Assessments by state"), PAINTS, statuses, Assessment.Status),
        labels=_ring(_("Labels by state"), LABEL_PAINTS, _counts(Label.objects.all(), "state"), LabelState),
        findings=_ring(_("Open findings by severity"), SEVERITY_PAINTS, findings, Finding.Severity),
        scores=stacked_rows(score_rows, title=_("Evidenced scores by category")) if score_rows else None,
        score_rows=score_rows,
        runs=list(Run.objects.for_list()[:RUNS_SHOWN]),
    )


def _counts(rows: Any, field: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))


def _ring(title: str, paints: Mapping[Any, str], counts: Mapping[str, int], choices: Any) -> Drawing:
    labels = dict(choices.choices)
    parts = [Part(str(labels[state]), counts.get(state, 0), paint) for state, paint in paints.items()]
    return Drawing(distribution(parts, title=title), parts)


def _score_rows() -> dict[str, list[Part]]:
    """By category, how many suppliers lie in each fifth of the scale; 100 belongs to the top one."""
    fifths = Standing.objects.filter(evidenced__isnull=False).annotate(fifth=Floor("evidenced") / 20)
    found: dict[str, list[int]] = {category: [0] * 5 for category in Category.values}
    counted = fifths.order_by().values_list("supplier__category", "fifth").annotate(Count("pk"))
    for category, fifth, count in counted:
        found[category][min(4, int(fifth))] += count
    names = ("0–19", "20–39", "40–59", "60–79", "80–100")
    return {
        str(Category(category).label): [Part(name, count, paint) for name, count, paint in zip(names, counts, SCORE_PAINTS, strict=True)]
        for category, counts in found.items()
        if any(counts)
    }
