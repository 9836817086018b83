"""Conflicts of interest: declared by the person, or by the ESG staff for somebody; withdrawn with a reason, never erased.

While one stands the person does not see the supplier (`suppliers/models/walls.py`), is given none of its cases, and the database
refuses to make the person its reviewer. What the person was reviewing goes to somebody else in the same transaction.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.permissions import Permission, has
from assessments.review import second_review
from assessments.reviewers import assigning
from audit import trail
from suppliers.models import Interest, Supplier


class AlreadyDeclared(Exception):
    """One that stands is enough."""


class NotTheirs(Exception):
    """What the ESG staff have declared for somebody, that person does not withdraw."""


class ReasonMissing(Exception):
    """Whoever withdraws says why."""


@transaction.atomic
def declare(*, person: User, supplier: Supplier, kind: str, note: str, by: User, at: datetime) -> Interest:
    """Raises `AlreadyDeclared`."""
    # Of two who declare the same at once, one waits here and then finds the other's. Whoever gives the person a case does not wait.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if Interest.objects.in_force_for(person).filter(supplier=supplier).exists():
        raise AlreadyDeclared
    interest = Interest.objects.create(user=person, supplier=supplier, kind=kind, note=note.strip(), declared_by=by, declared_at=at)
    detail = {"person": person.pk, "kind": kind}
    trail.record("interest.declared", actor=by, target=interest, supplier_id=supplier.pk, detail=detail, at=at)
    assigning.take_from_conflicted(user_id=person.pk, supplier_id=supplier.pk, by=by, at=at)
    second_review.replace_conflicted(user_id=person.pk, supplier_id=supplier.pk, at=at)
    return interest


@transaction.atomic
def withdraw(*, interest_id: int, reason: str, by: User, at: datetime) -> Interest:
    """Twice is once. Raises `NotTheirs` and `ReasonMissing`."""
    interest = Interest.objects.select_for_update(of=("self",)).get(pk=interest_id)
    if not may_withdraw(by, interest):
        raise NotTheirs
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    if interest.withdrawn_at is None:
        interest.withdrawn_by, interest.withdrawn_at, interest.withdrawn_reason = by, at, reason
        interest.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
        detail = {"person": interest.user_id, "reason": reason}
        trail.record("interest.withdrawn", actor=by, target=interest, supplier_id=interest.supplier_id, detail=detail, at=at)
    return interest


def may_withdraw(user: User, interest: Interest) -> bool:
    if interest.user_id == user.pk:
        return interest.declared_by_id == user.pk
    return has(user, Permission.REVIEW_MANAGE)
