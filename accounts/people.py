"""Managing who may enter: memberships, roles, and shutting an account."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet

from accounts.messages import NewMessage, adds_context, queue, queue_many
from accounts.models import HOUSE_ROLES, Invitation, Membership, Message, Role, User
from accounts.scope import system
from audit import trail


class LastAdministrator(Exception):
    """Somebody must be able to manage people."""


class LastSignatory(Exception):
    """Somebody must be able to sign for a company."""


class NotYourself(Exception):
    """People neither take away their own access nor give themselves more."""


class HasHouseRole(Exception):
    """Somebody of the house has a role there already: that is changed by `change_role`, never by an invitation."""


class CasesApart(Exception):
    """Whoever acts for a supplier reads no grievances, under whatever hat: one may be about that supplier."""


@transaction.atomic
def add_membership(*, user: User, invitation: Invitation, at: datetime) -> Membership:
    """What an invitation gives. A role at a supplier takes the place of an earlier one there.

    Raises `HasHouseRole` and `CasesApart`.
    """
    role = Role(invitation.role)
    _lock(user)
    check_hats(user, role)
    membership, _created = Membership.objects.update_or_create(user=user, supplier=invitation.supplier, defaults={"role": role})
    if role == Role.CASE_TEAM:
        _tell_case_team(membership, by=invitation.invited_by, at=at)
    return membership


def check_hats(user: User, role: Role) -> None:
    """Whether the person may get one more hat. Raises `HasHouseRole` and `CasesApart`."""
    if role in HOUSE_ROLES and user.memberships.filter(role__in=HOUSE_ROLES).exists():
        raise HasHouseRole
    _keep_cases_apart(user, role)


def _keep_cases_apart(user: User, role: Role) -> None:
    # A trigger asks for it, too.
    if role == Role.CASE_TEAM and user.memberships.filter(supplier__isnull=False).exists():
        raise CasesApart
    if role not in HOUSE_ROLES and user.memberships.filter(role=Role.CASE_TEAM).exists():
        raise CasesApart


def _lock(user: User) -> None:
    """Of two hats that somebody gets at once, the second is checked against the first."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


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
        signatories = Membership.objects.filter(role=Role.SUPPLIER_SIGNATORY, supplier=membership.supplier)
        _lock_all(signatories)
        membership.delete()
        if membership.role == Role.SUPPLIER_SIGNATORY and not signatories.exists():
            raise LastSignatory
        user.refresh_from_db(fields=["active_membership"])
        give_a_hat(user)


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User, at: datetime) -> None:
    """Within the same side: somebody of the house gets another role of the house. Raises `CasesApart`, too."""
    if membership.user_id == by.pk:
        raise NotYourself
    if (membership.role in HOUSE_ROLES) != (role in HOUSE_ROLES):
        raise ValueError(f"{role} is a role of the other side")
    lock_administrators()
    _lock(membership.user)
    _keep_cases_apart(membership.user, role)
    before = membership.role
    membership.role = role
    membership.save(update_fields=["role"])
    keep_an_administrator()
    if role == Role.CASE_TEAM != before:
        _tell_case_team(membership, by=by, at=at)
    detail = {"from": before, "to": role}
    trail.record("role.changed", actor=by, target=membership.user, supplier_id=membership.supplier_id, detail=detail, at=at)


@transaction.atomic
def set_active(*, user: User, active: bool, by: User, at: datetime) -> None:
    """A shut account ends its sessions with their next request."""
    if user.pk == by.pk:
        raise NotYourself
    lock_administrators()
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


def lock_administrators() -> None:
    """Before a change that `keep_an_administrator` is asked about: of two who take each other's access, the second sees the first."""
    _lock_all(Membership.objects.filter(role=Role.ADMINISTRATOR))


def _lock_all(memberships: QuerySet[Membership]) -> None:
    """In one order, whoever locks them."""
    list(memberships.select_for_update().order_by("pk"))


def keep_an_administrator() -> None:
    if not Membership.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True).exists():
        raise LastAdministrator


# --- who joins the case team ------------------------------------------------------------------------------------------


def _tell_case_team(newcomer: Membership, *, by: User | None, at: datetime) -> None:
    """Those who are on it hear who reads reports with them from now on."""
    team = User.objects.filter(is_active=True, memberships__role=Role.CASE_TEAM).exclude(pk=newcomer.user_id).order_by("pk")
    context = {"newcomer": newcomer.user_id, "let_in_by": by.pk if by else None}
    key = f"case_team_joined:{newcomer.pk}:{at:%Y-%m-%dT%H:%M:%S.%f}"
    queue_many("case_team_joined", (NewMessage(each.email, f"{key}:{each.pk}", each.language, context, each.name) for each in team))


@adds_context("newcomer")
def _write_newcomer(message: Message) -> dict[str, Any]:
    by = User.objects.filter(pk=message.context["let_in_by"]).first()
    return {"newcomer": User.objects.get(pk=message.context["newcomer"]), "let_in_by": by}
