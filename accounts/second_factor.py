"""Who needs a second factor, and who has shown one in this session."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.conf import settings

from accounts.models import SUPPLIER_ROLES, User


if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - for its session only

SESSION_KEY = "second_factor"
# Recovery codes stand in for one of these; alone they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Of the methods in a token of OpenID Connect (RFC 8176): several factors, a code once, a key in hardware or software, a smart card.
MORE_THAN_A_PASSWORD = ("mfa", "otp", "hwk", "swk", "sc")


def is_needed(user: User) -> bool:
    return bool(settings.STAFF_SECOND_FACTOR and user.role and user.role not in SUPPLIER_ROLES)


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def is_last(authenticator: Authenticator) -> bool:
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
    return authenticator.type in FACTORS and not others.exists()


def note(request: "HttpRequest", user: User) -> None:
    """Of whom: a session in which a sign-in was broken off may be taken over by another person's."""
    request.session[SESSION_KEY] = user.pk


def was_shown(request: "HttpRequest") -> bool:
    return bool(request.session.get(SESSION_KEY) == request.user.pk)


def was_shown_elsewhere(token: Mapping[str, Any]) -> bool:
    """Whether the buyer's own sign-in asked for one: its token says so, or its operator does for all of them."""
    methods, context = token.get("amr"), token.get("acr")
    says_so = isinstance(methods, list) and any(method in MORE_THAN_A_PASSWORD for method in methods)
    return settings.OIDC_SECOND_FACTOR or says_so or context in settings.OIDC_SECOND_FACTOR_ACR
