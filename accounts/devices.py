"""A browser that opened an account once: its tries are counted by themselves, so that nobody else, not even from the same network,
can use them up for its owner. The cookie opens nothing."""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - a cookie is read and written here
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.limits import network_of


_SALT = "accounts.devices"
_AGE = 180 * 24 * 60 * 60


def place_of(request: HttpRequest, email: str) -> str:
    """What tries to open this account are counted by: the browser if it opened it before, else the network."""
    return known(request, email) or network_of(request.META.get("REMOTE_ADDR", ""))


def known(request: HttpRequest, email: str) -> str:
    try:
        account, number = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return f"device {number}" if constant_time_compare(str(account), _mark(email)) else ""


def remember(response: HttpResponse, email: str) -> None:
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([_mark(email), secrets.token_hex(8)], salt=_SALT),
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _mark(email: str) -> str:
    return salted_hmac(_SALT, email.lower(), algorithm="sha256").hexdigest()
