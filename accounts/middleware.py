from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts import consent, limits, second_factor
from accounts.adapters import AccountAdapter
from accounts.models import User
from accounts.reasons import WhyNeeded
from accounts.scope import system
from accounts.sessions import finding_person_of
from audit import trail


class PersonMiddleware(AuthenticationMiddleware):
    """Django's own, except that the person came with the session (accounts/sessions.py)."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        found = cast(User, SimpleLazyObject(lambda: _person_of(request)))
        request.user = found


def _person_of(request: HttpRequest) -> User | AnonymousUser:
    with finding_person_of(request.session):
        return get_user(request)


class PersonalSettingsMiddleware:
    """Pages speak the language and show the time of the person signed in, whatever the browser says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            # Whoever brings no session is nobody: looking for one would make every open page private to caches.
            request.user = AnonymousUser()
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language() or ""
        with timezone.override(ZoneInfo(request.user.timezone)):
            response = self.get_response(request)
        # What a person sees is kept by no cache, unless its view knows better: the next one at this computer must not find it.
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class RefusalMiddleware:
    """Whoever is signed in and asks for what is not theirs stands in the trail: the first times, then less and less often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in (403, 404) and request.resolver_match and request.user.is_authenticated:
            _note_refusal(request, request.user, response.status_code)
        return response


def _note_refusal(request: HttpRequest, user: User, status: int) -> None:
    page = request.resolver_match
    if page is None or limits.take(limits.REFUSALS, str(user.pk), at=timezone.now()):
        return
    # The name of the page and numbers: an address may hold what opens something.
    numbers = {name: value for name, value in page.kwargs.items() if isinstance(value, int)}
    detail = {"status": status, "method": request.method, "page": page.view_name, **numbers}
    with system():
        trail.record("access.refused", actor=user, detail=detail)


class AskWhyMiddleware:
    """Shows the question of `accounts.reasons` in place of a file that nobody gave a reason for yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, WhyNeeded):
            return None
        before = request.headers.get("Referer", "")
        here = url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()}, require_https=request.is_secure())
        context = {"form": exception.form, "action": exception.action, "sent": exception.sent, "back": before if here else "/"}
        return render(request, "accounts/why.html", context, status=422 if exception.form.is_bound else 200)


class ForwardedAddressMiddleware:
    """Behind a proxy the visitor's address is the last one of the header: the proxy itself wrote that, whoever wrote the others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        with suppress(ValueError):
            request.META["REMOTE_ADDR"] = str(ip_address(address))
        return self.get_response(request)


class SecondFactorMiddleware:
    """The buyer's people get no further than to their second factor until they have shown it in this session."""

    # For whoever has one: to show it, the way out, and what their pages fetch. It may be a thief of the password.
    OPEN_TO_SHOW_IT = frozenset(
        {"accounts:sign_out", "accounts:session", "set_language", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
    )
    # For whoever has none yet: to set it up too.
    OPEN = OPEN_TO_SHOW_IT | {
        *("accounts:password_change", "account_reauthenticate", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn"),
        *("mfa_list_webauthn", "mfa_view_recovery_codes", "mfa_download_recovery_codes"),
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or not second_factor.is_needed(user) or second_factor.was_shown(request):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": _("Show your second factor first.")}, status=403)
        if not getattr(view, "login_required", True):
            return None
        has_one = second_factor.has_one(user)
        if request.resolver_match and request.resolver_match.view_name in (self.OPEN_TO_SHOW_IT if has_one else self.OPEN):
            return None
        if has_one:
            first_way = AccountAdapter(request).get_reauthentication_methods(user)[0]
            return redirect(f"{first_way['url']}?{urlencode({'next': request.path})}")
        messages.info(request, _("Your role needs a second factor. Set one up, and everything opens."))
        return redirect("mfa_index")


class ConsentMiddleware:
    """At the first sign-in, and when the privacy notice has a new version, people read it before anything else. Programs are not asked."""

    OPEN = SecondFactorMiddleware.OPEN | {"accounts:consent"}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not settings.CONSENT_NEEDED or not user.is_authenticated or not getattr(view, "login_required", True):
            return None
        if request.session.get(consent.SESSION_KEY) == consent.in_force().version:
            return None
        if request.resolver_match and request.resolver_match.view_name in self.OPEN:
            return None
        if consent.has_accepted(user):
            # Once a session is enough to look.
            request.session[consent.SESSION_KEY] = consent.in_force().version
            return None
        return redirect("accounts:consent")
