"""Managing who may enter: memberships, roles, and shutting an account."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.messages import queue
from accounts.models import HOUSE_ROLES, Membership, Role, User
from accounts.scope import system
from audit import trail


class LastAdministrator(Exception):
    """Somebody must be able to manage people."""


class NotYourself(Exception):
    """People do not take away their own access."""


@transaction.atomic
def switch_membership(*, user: User, membership_id: int, at: datetime) -> Membership:
    """Puts on another hat. Raises `Membership.DoesNotExist` for somebody else's."""
    membership = user.memberships.get(pk=membership_id)
    user.active_membership = membership
    user.save(update_fields=["active_membership"])
    trail.record("membership.switched", actor=user, target=membership, supplier_id=membership.supplier_id, at=at)
    return membership


def give_a_hat(user: User) -> None:
    """Somebody whose membership in use was removed takes the oldest one left."""
    if user.active_membership_id is None and (membership := user.memberships.order_by("pk").first()):
        user.active_membership = membership
        user.save(update_fields=["active_membership"])


@transaction.atomic
def remove_membership(*, membership: Membership, by: User, at: datetime) -> None:
    if membership.user_id == by.pk:
        raise NotYourself
    detail = {"role": membership.role, "user": membership.user_id}
    trail.record("membership.removed", actor=by, target=membership, supplier_id=membership.supplier_id, detail=detail, at=at)
    user = membership.user
    with system():  # it is the account of somebody else, and the next hat may be that of another company
        membership.delete()
        user.refresh_from_db(fields=["active_membership"])
        give_a_hat(user)


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User, at: datetime) -> None:
    """Within the same side: somebody of the house gets another role of the house."""
    if membership.user_id == by.pk:
        raise NotYourself
    if (membership.role in HOUSE_ROLES) != (role in HOUSE_ROLES):
        raise ValueError(f"{role} is a role of the other side")
    before = membership.role
    membership.role = role
    membership.save(update_fields=["role"])
    keep_an_administrator()
    detail = {"from": before, "to": role}
    trail.record("role.changed", actor=by, target=membership.user, supplier_id=membership.supplier_id, detail=detail, at=at)


@transaction.atomic
def set_active(*, user: User, active: bool, by: User, at: datetime) -> None:
    """A shut account ends its sessions with their next request."""
    if user.pk == by.pk:
        raise NotYourself
    user.is_active = active
    user.save(update_fields=["is_active"])
    keep_an_administrator()
    trail.record("user.reactivated" if active else "user.deactivated", actor=by, target=user, at=at)


@transaction.atomic
def remove_second_factors(*, user: User, by: User, at: datetime) -> None:
    """For somebody whose phone is lost, and the codes too. Whoever asks on the telephone must be known by something else."""
    if user.pk == by.pk:
        raise NotYourself
    Authenticator.objects.filter(user_id=user.pk).delete()
    for session in UserSession.objects.filter(user_id=user.pk):
        session.end()
    trail.record("second_factor.taken_off", actor=by, target=user, at=at)
    queue(
        "security_changed",
        email=user.email,
        name=user.name,
        language=user.language,
        dedupe_key=f"second-factors-removed:{user.pk}:{at:%Y-%m-%dT%H:%M:%S.%f}",
        context={"what": "all_removed", "type": ""},
    )


def keep_an_administrator() -> None:
    if not Membership.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True).exists():
        raise LastAdministrator
