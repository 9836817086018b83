from math import ceil

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

from accounts import limits
from accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """A request that passed LoginRequiredMiddleware."""

    user: User


def require_author(request: AuthenticatedHttpRequest) -> None:
    """Refuses what one person wrote in this browser when another one has signed in since."""
    author = request.headers.get("X-Person")
    if author is not None and author != str(request.user.pk):
        raise PermissionDenied


def network_of(request: HttpRequest) -> str:
    """Where somebody comes from, as far as tries are counted by it (accounts/limits.py)."""
    return limits.network_of(request.META.get("REMOTE_ADDR", ""))


def ask_again_later(request: HttpRequest, template: str, form: BaseForm, wait: int) -> HttpResponse:
    """The form as it was filled in, after too many from one network (accounts/limits.py): whose they were is not known."""
    minutes = ceil(wait / 60)
    text = ngettext(
        "Too much was sent from this network just now. Nothing of what you wrote is lost: please send it again in %(minutes)s minute.",
        "Too much was sent from this network just now. Nothing of what you wrote is lost: please send it again in %(minutes)s minutes.",
        minutes,
    )
    form.add_error(None, text % {"minutes": minutes})
    response = render(request, template, {"form": form}, status=429)
    response["Retry-After"] = str(wait)
    return response
