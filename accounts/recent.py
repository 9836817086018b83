"""When the person of a session last showed who they are: by signing in, or by an answer when asked again."""

import time
from typing import TYPE_CHECKING

from django.conf import settings


if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - for its session only

SESSION_KEY = "confirmed_at"


def note(request: "HttpRequest") -> None:
    request.session[SESSION_KEY] = time.time()


def is_recent(request: "HttpRequest") -> bool:
    confirmed_at = request.session.get(SESSION_KEY)
    return isinstance(confirmed_at, float) and time.time() - confirmed_at < settings.CONFIRM_AFTER_SECONDS
