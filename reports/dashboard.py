"""The programme at a glance: where the newest campaign stands, how the scores lie, what waits for somebody. One home for those who run
or oversee it, one for procurement, each with the few pictures it needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from accounts.models import User
from assessments.findings import overview
from assessments.models import Assessment, Campaign, Finding
from assessments.reviewers.deadlines import Pace, with_deadlines
from labels.dates import ledger_day
from labels.models import Label
from pilots.models import Agreement
from reports import pictures
from reports.pictures import Picture
from runs.models import Run
from suppliers.models import BuyingUnit, Registration, Supplier


RUNS_SHOWN = 5
HANDED_IN = ("submitted", "in_review", "returned", "closed")


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
    pictures: list[Picture]
    runs: list[Run]

    @property
    def share_handed_in(self) -> Decimal | None:
        return Decimal(self.handed_in) / self.asked if self.asked else None


def dashboard(user: User, *, at: datetime) -> Dashboard:
    on = ledger_day(at)
    campaign = Campaign.objects.exclude(status=Campaign.Status.DRAFT).order_by("-launched_at", "-pk").first()
    statuses = _counts(Assessment.objects.filter(campaign=campaign), "status") if campaign else {}
    return Dashboard(
        suppliers=Supplier.objects.in_business().count(),
        campaign=campaign,
        handed_in=sum(statuses.get(status, 0) for status in HANDED_IN),
        asked=sum(statuses.values()),
        to_review=Assessment.objects.in_review_queue().count(),
        registrations=Registration.objects.waiting().count(),
        critical=Finding.objects.open().filter(severity=Finding.Severity.CRITICAL).count(),
        live_labels=Label.objects.live(on).count(),
        pilots=Agreement.objects.in_force().count(),
        pictures=[
            pictures.funnel(user, on=on),
            pictures.score_distribution(user),
            pictures.heat_map(user),
            pictures.labels_over_time(on=on),
            pictures.from_findings(overview.overview(user, at=at).by_age),
            pictures.emissions_against_path(user),
            pictures.trend(user),
        ],
        runs=list(Run.objects.for_list()[:RUNS_SHOWN]),
    )


def _counts(rows: Any, field: str) -> Mapping[str, int]:
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))


@dataclass(frozen=True)
class ProcurementHome:
    """Of the buying unit that was chosen, or of all suppliers."""

    units: Sequence[BuyingUnit]
    unit: BuyingUnit | None
    mine: int
    overdue: int
    free: int
    findings: int
    labelled: int
    suppliers: int
    pictures: list[Picture]

    @property
    def unit_key(self) -> str:
        return str(self.unit.pk) if self.unit else ""

    @property
    def share_labelled(self) -> Decimal | None:
        return Decimal(self.labelled) / self.suppliers if self.suppliers else None


def procurement_home(user: User, *, unit: str, at: datetime) -> ProcurementHome:
    """The units a person buys for come first; a number that is no unit's is as good as none."""
    on = ledger_day(at)
    watched = Count("watches", filter=Q(watches__user=user))
    units = list(BuyingUnit.objects.annotate(watched=watched).order_by("-watched", "code"))
    chosen = next((each for each in units if str(each.pk) == unit), None)
    suppliers = Supplier.objects.visible_to(user).in_business()
    if chosen:
        suppliers = suppliers.filter(units=chosen)
    waiting = with_deadlines(Assessment.objects.visible_to(user).in_review_queue(), at=at)
    reviews = waiting.aggregate(
        mine=Count("pk", filter=Q(reviewer=user)),
        overdue=Count("pk", filter=Q(reviewer=user, pace=Pace.OVERDUE)),
        free=Count("pk", filter=Q(reviewer=None)),
    )
    live = Q(label__state__in=Label.LIVE, label__valid_to__gte=on)
    counted = suppliers.aggregate(all=Count("pk"), labelled=Count("pk", filter=live))
    findings = overview.overview(user, at=at)
    return ProcurementHome(
        units=units,
        unit=chosen,
        **reviews,
        findings=findings.to_agree.value + findings.to_verify.value,
        labelled=counted["labelled"],
        suppliers=counted["all"],
        pictures=[
            pictures.funnel(user, on=on, unit=chosen),
            pictures.score_distribution(user, unit=chosen),
            pictures.heat_map(user, unit=chosen),
            pictures.from_findings(findings.by_age),
        ],
    )
