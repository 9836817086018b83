import logging
from collections.abc import Callable

from allauth.socialaccount.providers.openid_connect import views as openid
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from requests import RequestException


logger = logging.getLogger(__name__)


@login_not_required  # the way in
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _through(openid.login, request, provider_id)


@login_not_required  # the way in
def end(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _through(openid.callback, request, provider_id)


def _through(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    """The other server may be away: people are told so and can sign in with their password."""
    if not settings.OIDC_SERVER_URL:
        return redirect("accounts:sign_in")
    try:
        return view(request, provider_id)
    except (RequestException, KeyError, ValueError):
        logger.warning("Single sign-on: the server did not answer as it should.", exc_info=True)
        text = _("%(name)s does not answer at present. Sign in with your password, or try later.")
        messages.error(request, text % {"name": settings.OIDC_NAME})
        return redirect("accounts:sign_in")
