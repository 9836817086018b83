"""The rules by which cases find their reviewers, edited by the ESG staff; and who is away."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.forms.models import model_to_dict

from accounts.models import User
from assessments.models import Absence, AssignmentRule, ReviewPlan, RuleReviewer
from audit import trail
from suppliers.models import BuyingUnit


@transaction.atomic
def save_rule(
    *, rule: AssignmentRule | None, category: str, unit: BuyingUnit | None, reviewers: Iterable[User], by: User, at: datetime
) -> AssignmentRule:
    """A new rule comes last."""
    rule = rule or AssignmentRule(position=(AssignmentRule.objects.aggregate(last=Max("position"))["last"] or 0) + 1)
    rule.category, rule.unit = category, unit
    rule.save()
    wanted = {person.pk for person in reviewers}
    rule.reviewers.exclude(reviewer__in=wanted).delete()
    RuleReviewer.objects.bulk_create([RuleReviewer(rule=rule, reviewer_id=pk) for pk in sorted(wanted)], ignore_conflicts=True)
    _note(rule, by=by, at=at, category=category, unit=unit.pk if unit else None, reviewers=sorted(wanted))
    return rule


@transaction.atomic
def delete_rule(*, rule: AssignmentRule, by: User, at: datetime) -> None:
    _note(rule, by=by, at=at, deleted=True)
    rule.delete()


@transaction.atomic
def move_rule(*, rule: AssignmentRule, up: bool, by: User, at: datetime) -> None:
    """Past its neighbour; at an end it stays."""
    locked = AssignmentRule.objects.select_for_update().order_by("position")
    beside = locked.filter(position__lt=rule.position).last() if up else locked.filter(position__gt=rule.position).first()
    if beside is None:
        return
    rule.position, beside.position = beside.position, rule.position
    for each in (rule, beside):
        each.save(update_fields=["position"])
    _note(rule, by=by, at=at, position=rule.position)


@transaction.atomic
def save_plan(*, plan: ReviewPlan, by: User, at: datetime) -> ReviewPlan:
    """What a campaign asks of its reviews."""
    plan.save()
    detail = {name: str(value) for name, value in model_to_dict(plan, exclude=["campaign"]).items()}
    trail.record("review_plan.changed", actor=by, target=plan.campaign, detail=detail, at=at)
    return plan


def _note(rule: AssignmentRule, *, by: User, at: datetime, **detail: object) -> None:
    trail.record("assignment_rule.changed", actor=by, target=rule, detail={"place": rule.position, **detail}, at=at)


# --- who is away ------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_away(*, person: User, first_day: date, last_day: date, by: User, at: datetime) -> Absence:
    absence = Absence.objects.create(user=person, first_day=first_day, last_day=last_day, set_by=by, set_at=at)
    trail.record("absence.entered", actor=by, target=absence, detail=_days(absence), at=at)
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, by: User, at: datetime) -> None:
    """The person is there again, or never went."""
    trail.record("absence.ended", actor=by, target=absence, detail=_days(absence), at=at)
    absence.delete()


def _days(absence: Absence) -> dict[str, object]:
    return {"person": absence.user_id, "first_day": absence.first_day.isoformat(), "last_day": absence.last_day.isoformat()}
