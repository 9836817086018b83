"""Joint actions of a year: planned by the buyer, offered to suppliers with a pilot, committed to, delivered, and added up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, Sum

from pilots.agreements import note
from pilots.models import Agreement, JointAction, JointProgramme
from pilots.models.joint import JointProgrammeQuerySet


if TYPE_CHECKING:
    from accounts.models import User

Status = JointAction.Status


class PlaceTaken(ValueError):
    """The year has a joint action in this place already: there are one or two a year."""


@dataclass(frozen=True)
class Programme:
    year: int
    place: int
    title_en: str
    title_zh: str
    description: str
    reply_by: date
    ends_on: date
    status: str = JointProgramme.Status.OPEN


@dataclass(frozen=True)
class Totals:
    invited: int
    committed: int
    delivered: int
    promised: Decimal
    saved: Decimal


def save_programme(*, programme: Programme, by: "User", at: datetime, programme_id: int | None = None) -> JointProgramme:
    """Plans a joint action of a year or changes it. Raises `PlaceTaken`."""
    try:
        with transaction.atomic():
            if programme_id is None:
                return JointProgramme.objects.create(planned_by=by, planned_at=at, **vars(programme))
            stored = JointProgramme.objects.select_for_update().get(pk=programme_id)
            for name, value in vars(programme).items():
                setattr(stored, name, value)
            stored.save()
            return stored
    except IntegrityError as error:
        if "joint_programme_one_or_two_a_year" in str(error):
            raise PlaceTaken from error
        raise


@transaction.atomic
def invite(*, programme_id: int, agreement_ids: Iterable[int], by: "User", at: datetime) -> int:
    """Suppliers with an agreement in force; says how many are newly invited. Invited twice is invited once."""
    programme = JointProgramme.objects.select_for_update().get(pk=programme_id)
    if programme.status != JointProgramme.Status.OPEN:
        return 0
    there = set(programme.actions.values_list("agreement_id", flat=True))
    new = Agreement.objects.in_force().filter(pk__in=set(agreement_ids) - there).select_related("supplier").order_by("pk")
    count = 0
    for agreement in new:
        JointAction.objects.create(
            agreement=agreement,
            programme=programme,
            year=programme.year,
            title=f"{programme.title_zh} {programme.title_en}"[:200],
            description=programme.description,
            status=Status.INVITED,
            due_on=programme.ends_on,
        )
        note("joint_action.invited", agreement, by=by, at=at, programme=programme.pk, title=programme.title_en)
        count += 1
    return count


def _locked(action_id: int, *, allowed: tuple[str, ...]) -> JointAction:
    rows = JointAction.objects.select_for_update(of=("self",)).select_related("agreement__supplier", "programme")
    action = rows.get(pk=action_id)
    is_over = action.programme is None or action.programme.status != JointProgramme.Status.OPEN or action.agreement.ended_at is not None
    if is_over or action.status not in allowed:
        raise JointAction.IllegalTransition(action.status)
    return action


@transaction.atomic
def commit_to(*, action_id: int, tonnes: Decimal, words: str, by: "User", at: datetime) -> JointAction:
    """The supplier takes part, and says how much it means to save. Raises `JointAction.IllegalTransition`."""
    action = _locked(action_id, allowed=(Status.INVITED, Status.DECLINED, Status.PLANNED, Status.UNDER_WAY))
    action.expected_reduction, action.description, action.status = tonnes, words, Status.PLANNED
    action.save()
    note("joint_action.committed", action.agreement, by=by, at=at, title=action.title, tonnes=str(tonnes))
    return action


@transaction.atomic
def decline(*, action_id: int, words: str, by: "User", at: datetime) -> JointAction:
    """Raises `JointAction.IllegalTransition`."""
    action = _locked(action_id, allowed=(Status.INVITED, Status.PLANNED, Status.UNDER_WAY))
    action.description, action.status = words, Status.DECLINED
    action.save()
    note("joint_action.declined", action.agreement, by=by, at=at, title=action.title)
    return action


@transaction.atomic
def deliver(*, action_id: int, tonnes: Decimal, words: str, by: "User", at: datetime) -> JointAction:
    """What came of it; corrected, it is the same row with its history. Raises `JointAction.IllegalTransition`."""
    action = _locked(action_id, allowed=(Status.PLANNED, Status.UNDER_WAY, Status.DELIVERED))
    action.delivered_reduction, action.description, action.status = tonnes, words, Status.DELIVERED
    action.save()
    note("joint_action.delivered", action.agreement, by=by, at=at, title=action.title, tonnes=str(tonnes))
    return action


def with_totals(programmes: JointProgrammeQuerySet) -> JointProgrammeQuerySet:
    taking_part = Q(actions__status__in=[Status.PLANNED, Status.UNDER_WAY, Status.DELIVERED])
    return programmes.annotate(  # type: ignore[no-redef]  # the model names what is added here
        invited=Count("actions"),
        committed=Count("actions", filter=taking_part),
        promised=Sum("actions__expected_reduction", filter=taking_part),
        saved=Sum("actions__delivered_reduction"),
    )


def totals_of(actions: Iterable[JointAction]) -> Totals:
    rows = list(actions)
    taking_part = [row for row in rows if row.status not in JointAction.NOT_TAKEN_PART]
    return Totals(
        invited=len(rows),
        committed=len(taking_part),
        delivered=sum(row.status == Status.DELIVERED for row in rows),
        promised=sum((row.expected_reduction or Decimal(0) for row in taking_part), Decimal(0)),
        saved=sum((row.delivered_reduction or Decimal(0) for row in rows), Decimal(0)),
    )
