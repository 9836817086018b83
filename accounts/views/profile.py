from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as set_language_cookie

from accounts.forms import ProfileForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import Membership, User
from accounts.people import switch_membership
from accounts.scope import system


def profile(request: AuthenticatedHttpRequest) -> HttpResponse:
    # A copy of its own: a form that failed must not change the name at the top of the page.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        user = form.save()
        translation.activate(user.language)
        messages.success(request, _("Your account is saved."))
        return in_language(redirect("accounts:profile"), user.language)
    with system():  # one's other hats are of other companies
        memberships = list(request.user.memberships.select_related("supplier").order_by("pk"))
    return render(request, "accounts/profile.html", {"form": form, "memberships": memberships})


@require_POST
def membership_switch(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    try:
        switch_membership(user=request.user, membership_id=pk, at=timezone.now())
    except Membership.DoesNotExist:
        raise Http404 from None
    return redirect("accounts:home")


@login_not_required  # a language is chosen before signing in
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The browser remembers it in a cookie, and so does the account of somebody signed in."""
    response: HttpResponse = set_language_cookie(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return response


def in_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response
