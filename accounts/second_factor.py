"""Who needs a second factor, and who has shown one in this session."""

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.conf import settings

from accounts.models import SUPPLIER_ROLES, User


if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - for its session only

SESSION_KEY = "second_factor"
# Recovery codes stand in for one of these; alone they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_needed(user: User) -> bool:
    return bool(settings.STAFF_SECOND_FACTOR and user.role and user.role not in SUPPLIER_ROLES)


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def is_last(authenticator: Authenticator) -> bool:
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
    return authenticator.type in FACTORS and not others.exists()


def note(request: "HttpRequest") -> None:
    request.session[SESSION_KEY] = True


def was_shown(request: "HttpRequest") -> bool:
    return bool(request.session.get(SESSION_KEY))
