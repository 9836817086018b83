"""Letting people in by a link sent to their e-mail address.

The link's token is derived from the invitation's random key with SECRET_KEY, so it can be written into the mail at the last moment
and needs to be kept nowhere: the database holds its hash (to find and to revoke it), the queued mail holds the invitation's id.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.messages import absolute_url, adds_context, queue
from accounts.models import HOUSE_ROLES, Invitation, Message, Role, User, hash_token
from accounts.people import NotYourself, add_membership, check_hats
from audit import trail


class NotUsable(Exception):
    """The invitation was used, revoked, or is too old."""


class WrongPerson(Exception):
    """The invitation was sent to another e-mail address than that of the person signed in."""


class HasAccount(Exception):
    """Somebody opened an account for this e-mail address a moment ago."""


@dataclass(frozen=True)
class Invitee:
    email: str
    role: Role
    supplier_id: int | None = None
    name: str = ""


def token_of(invitation: Invitation) -> str:
    """The same at each call. A key that was replaced still opens the invitations made under it."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    tokens = [_derive(str(invitation.key), secret) for secret in keys]
    return next((token for token in tokens if hash_token(token) == invitation.token_sha256), tokens[0])


def _derive(key: str, secret: str) -> str:
    digest = salted_hmac("accounts.invitation", key, secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def accept_url(invitation: Invitation) -> str:
    return absolute_url(reverse("accounts:accept_invitation", args=[token_of(invitation)]))


@adds_context("invitation_id")
def _write_link(message: Message) -> dict[str, Any]:
    """Any message whose context holds `invitation_id` may show `accept_url`, `expires_at`, `role_name` and `supplier_name`."""
    invitation = Invitation.objects.select_related("supplier", "invited_by").get(pk=message.context["invitation_id"])
    return {
        "accept_url": accept_url(invitation),
        "expires_at": invitation.expires_at,
        "role_name": invitation.get_role_display(),
        "supplier_name": str(invitation.supplier) if invitation.supplier else "",
        "inviter_name": invitation.invited_by.name if invitation.invited_by else "",
    }


# --- inviting ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(
    *,
    email: str,
    role: Role,
    supplier_id: int | None = None,
    name: str = "",
    by: User | None,
    at: datetime,
    language: str,
    mail: str = "invitation",
    context: Mapping[str, Any] | None = None,
) -> Invitation:
    """Creates the invitation and queues its mail. An earlier link for the same person and side stops working.

    `mail` and `context` are for an app that says in the same mail what the person is invited for. For a role of the house, raises
    what `people.check_hats` does, and `NotYourself`. (What somebody is elsewhere is no supplier's business: the person is told when
    accepting.)
    """
    email = email.lower()
    if role in HOUSE_ROLES:
        _check_invitee(email, role, by)
    Invitation.objects.usable(at).on_side(supplier_id).filter(email=email).update(revoked_at=at)
    [invitation] = invite_many([Invitee(email, role, supplier_id, name)], by=by, at=at)
    queue(
        mail,
        email=email,
        name=name,
        language=language,
        dedupe_key=f"invitation:{invitation.pk}",
        context={**(context or {}), "invitation_id": invitation.pk},
        supplier=invitation.supplier,
    )
    detail = {"invitation": invitation.pk, "role": role}
    trail.record("invitation.sent", actor=by, target=invitation, supplier_id=supplier_id, detail=detail, at=at)
    return invitation


def _check_invitee(email: str, role: Role, by: User | None) -> None:
    if by is not None and by.email == email:
        raise NotYourself
    if person := User.objects.filter(email=email).first():
        check_hats(person, role)


def invite_many(invitees: Iterable[Invitee], *, by: User | None, at: datetime) -> list[Invitation]:
    """Rows only, in one statement: for callers who write their own mail, with `invitation_id` in its context."""
    invitations = [
        Invitation(
            email=invitee.email.lower(),
            name=invitee.name,
            role=invitee.role,
            supplier_id=invitee.supplier_id,
            invited_by=by,
            expires_at=at + Invitation.VALID_FOR,
        )
        for invitee in invitees
    ]
    for invitation in invitations:
        invitation.token_sha256 = hash_token(_derive(str(invitation.key), settings.SECRET_KEY))
    return Invitation.objects.bulk_create(invitations, batch_size=2000)


@transaction.atomic
def revoke(*, invitation_id: int, by: User, at: datetime) -> None:
    invitation = Invitation.objects.select_for_update().get(pk=invitation_id)
    if not invitation.is_usable(at):
        raise NotUsable
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    trail.record("invitation.revoked", actor=by, target=invitation, supplier_id=invitation.supplier_id, at=at)


# --- accepting --------------------------------------------------------------------------------------------------------

Welcome = Callable[[Invitation, User], None]
_welcomes: list[Welcome] = []


def when_accepted(function: Welcome) -> Welcome:
    """Registers what another app does, in the same transaction, when somebody accepts: it may have kept something for the address."""
    _welcomes.append(function)
    return function


def find(token: str, *, at: datetime) -> Invitation:
    """Raises `NotUsable` for a used, revoked, expired or unknown link: a stranger learns nothing from the difference."""
    invitation = Invitation.objects.usable(at).for_token(token).select_related("supplier", "invited_by").first()
    if invitation is None:
        raise NotUsable
    return invitation


def account_of(invitation: Invitation) -> User | None:
    return User.objects.filter(email=invitation.email).first()


@transaction.atomic
def accept_as_new_person(*, token: str, name: str, password: str, language: str, at: datetime) -> User:
    """Raises `HasAccount`."""
    invitation = _locked(token, at=at)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email=invitation.email, password=password, name=name, language=language)
    except IntegrityError as error:
        # Two invitations to one address, accepted at once.
        raise HasAccount from error
    return _accept(invitation, user, at=at)


@transaction.atomic
def accept_as(user: User, *, token: str, at: datetime) -> User:
    """For somebody who has an account: one more membership, which is at once the one in use. Raises what `people.add_membership` does."""
    invitation = _locked(token, at=at)
    if user.email != invitation.email:
        raise WrongPerson
    return _accept(invitation, user, at=at)


def _locked(token: str, *, at: datetime) -> Invitation:
    # Two clicks at once: only one may win, the other finds the invitation used.
    invitation = Invitation.objects.select_for_update(of=("self",)).usable(at).for_token(token).first()
    if invitation is None:
        raise NotUsable
    return invitation


def _accept(invitation: Invitation, user: User, *, at: datetime) -> User:
    user.active_membership = add_membership(user=user, invitation=invitation, at=at)
    user.save(update_fields=["active_membership"])
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    detail = {"role": invitation.role}
    trail.record("invitation.accepted", actor=user, target=invitation, supplier_id=invitation.supplier_id, detail=detail, at=at)
    for welcome in _welcomes:
        welcome(invitation, user)
    return user


def waiting_for(*, supplier_id: int | None, at: datetime) -> list[Invitation]:
    """Open invitations of one supplier, or (None) of the buyer."""
    return list(Invitation.objects.usable(at).on_side(supplier_id).select_related("invited_by").order_by("email", "pk"))
