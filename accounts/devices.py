"""A browser that opened an account once: its tries are counted by themselves, so that nobody else, not even from the same network,
can use them up for its owner. The cookie opens nothing."""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - a cookie is read and written here
from django.utils.crypto import salted_hmac

from accounts.http import network_of


_SALT = "accounts.devices"
_AGE = 180 * 24 * 60 * 60
# Somebody may have several accounts, and several people one computer.
_MOST_ACCOUNTS = 5


def place_of(request: HttpRequest, email: str) -> str:
    """What tries to open this account are counted by: the browser if it opened it before, else the network."""
    return known(request, email) or network_of(request)


def known(request: HttpRequest, email: str) -> str:
    number = _read(request).get(_mark(email))
    return f"device {number}" if number else ""


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    mark = _mark(email)
    others = [each for each in _read(request).items() if each[0] != mark][1 - _MOST_ACCOUNTS :]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(dict([*others, (mark, secrets.token_hex(8))]), salt=_SALT),
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, str]:
    """The accounts that were opened, the newest last, and a number for each."""
    try:
        kept = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _mark(email: str) -> str:
    return salted_hmac(_SALT, email.lower(), algorithm="sha256").hexdigest()
