"""Who may not decide about a supplier's label: people with an interest in it, and, on an appeal, those who decided or judged before."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Q

from accounts.models import Membership
from assessments.models import Assessment, Finding
from labels.models import Appeal, LabelEvent, Proposal
from suppliers.models import Interest, PublicRecord


if TYPE_CHECKING:
    from accounts.models import User


class Conflict(Exception):
    """The person has an interest in the supplier."""


class DecidedBefore(Exception):
    """An appeal is for somebody who took no part in what is contested."""


def has_conflict(user: "User", supplier_id: int) -> bool:
    """Whoever declared an interest, or also acts for the supplier, under whatever hat."""
    declared = Interest.objects.in_force_for(user).filter(supplier_id=supplier_id)
    return declared.exists() or Membership.objects.filter(user=user, supplier_id=supplier_id).exists()


def refuse_conflict(user: "User", supplier_id: int) -> None:
    if has_conflict(user, supplier_id):
        raise Conflict(supplier_id)


def decided_before(user: "User", appeal: Appeal) -> bool:
    """Whoever took a step since the award, or proposed one, and whoever judged what the contested step rests on. (A trigger asks for the
    first, too.)"""
    ledger = LabelEvent.objects.filter(supplier_id=appeal.supplier_id)
    award = ledger.filter(kind="awarded", number__lte=appeal.event.number).aggregate(number=Max("number"))["number"] or 0
    steps = ledger.filter(Q(actor=user) | Q(second_actor=user), number__gte=award)
    proposals = Proposal.objects.filter(supplier_id=appeal.supplier_id, proposed_by=user, kind=Proposal.Kind.REVOKE)
    return steps.exists() or proposals.exists() or _judged_the_grounds(user, appeal.event.snapshot)


def _judged_the_grounds(user: "User", snapshot: Mapping[str, Any]) -> bool:
    """Closed the review or gave a verdict in it, raised a finding, upheld a public record."""
    reviews = Assessment.objects.filter(pk=snapshot.get("basis", {}).get("assessment"))
    findings, records = (_named_as(source, snapshot) for source in ("findings", "records"))
    return (
        reviews.filter(Q(closed_by=user) | Q(verdicts__by=user)).exists()
        or Finding.objects.filter(pk__in=findings, opened_by=user).exists()
        or PublicRecord.objects.filter(pk__in=records, judged_by=user).exists()
    )


def _named_as(source: str, snapshot: Mapping[str, Any]) -> list[int]:
    return [number for line in snapshot.get("criteria", ()) if line["source"] == source for number in line.get("refs", ())]


def refuse_decided_before(user: "User", appeal: Appeal) -> None:
    refuse_conflict(user, appeal.supplier_id)
    if decided_before(user, appeal):
        raise DecidedBefore(appeal.pk)
