"""Abatement outside the own inventory: handed in by the supplier, accepted or refused by one of the buyer's people with a reason."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from audit import trail
from emissions.models import Abatement


if TYPE_CHECKING:
    from accounts.models import User

Status = Abatement.Status


class AlreadyReviewed(Exception):
    """Somebody decided meanwhile; a decided abatement stays as it is."""


@transaction.atomic
def submit_abatement(*, abatement: Abatement, by: "User", at: datetime) -> Abatement:
    """A new one, or one that was not reviewed yet and says something else now. Raises `AlreadyReviewed`."""
    if abatement.pk and Abatement.objects.select_for_update().get(pk=abatement.pk).status != Status.SUBMITTED:
        raise AlreadyReviewed
    abatement.reported_by, abatement.reported_at = by, at
    abatement.save()
    detail = {"kind": abatement.kind, "tonnes": str(abatement.tonnes)}
    trail.record("abatement.submitted", actor=by, target=abatement, supplier_id=abatement.supplier_id, detail=detail, at=at)
    return abatement


@transaction.atomic
def review_abatement(*, abatement_id: int, accept: bool, reason: str, by: "User", at: datetime) -> Abatement:
    """Raises `AlreadyReviewed`."""
    abatement = Abatement.objects.select_for_update().get(pk=abatement_id)
    if abatement.status != Status.SUBMITTED:
        raise AlreadyReviewed
    abatement.status = Status.ACCEPTED if accept else Status.REFUSED
    abatement.reviewed_by, abatement.reviewed_at, abatement.reason = by, at, reason
    abatement.save()
    action = "abatement.accepted" if accept else "abatement.refused"
    trail.record(action, actor=by, target=abatement, supplier_id=abatement.supplier_id, detail={"reason": reason}, at=at)
    return abatement


def accepted_tonnes(abatements: QuerySet[Abatement]) -> dict[str, Decimal]:
    """Tonnes accepted, by kind. They stand beside the inventories and are never taken off them."""
    sums = abatements.filter(status=Status.ACCEPTED).values("kind").annotate(total=Sum(F("baseline_tonnes") - F("project_tonnes")))
    return {row["kind"]: row["total"] for row in sums.order_by("kind")}
