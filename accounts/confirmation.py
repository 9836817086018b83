"""Asking again who is there, before what weighs: signatures, exports, rights. A sign-in or an answer of the last minutes counts.

The sign-in library asks for the password, the code or the passkey, and then goes on with what was sent.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.internal.httpkit import serialize_request
from django.http import HttpRequest, HttpResponse, HttpResponseBase  # noqa: TID251 - a decorator of views
from django.shortcuts import redirect

from accounts.adapters import AccountAdapter
from accounts.recent import is_recent


V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def confirmed(*methods: str) -> Callable[[V], V]:
    """What this view does by these methods it does for somebody who has shown in the last minutes who they are."""

    def asked_for(view: V) -> V:
        @wraps(view)
        def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = ask_first(request) if request.method in methods else None
            return asked or view(request, *args, **kwargs)

        return asking  # type: ignore[return-value]  # takes and gives what the view does

    return asked_for


def ask_first(request: HttpRequest) -> HttpResponse | None:
    """The way to the question, where it has to be asked. What was sent waits in the session, and is done when the answer is right."""
    if not request.user.is_authenticated or is_recent(request):
        return None
    ways = AccountAdapter().get_reauthentication_methods(request.user)
    # Somebody whom only the buyer's own sign-in knows has nothing to answer with here: that has asked.
    return _ask(request, str(ways[0]["url"])) if ways else None


def _ask(request: HttpRequest, url: str) -> HttpResponse:
    if request.method == "POST":
        request.session[STATE_SESSION_KEY] = {"request": serialize_request(request)}
    back = request.path if request.method == "POST" else request.get_full_path()
    return redirect(f"{url}?{urlencode({'next': back})}")
