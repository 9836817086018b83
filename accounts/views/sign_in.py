from datetime import datetime
from math import ceil
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import limits
from accounts.devices import place_of, remember
from accounts.even_timing import taking_at_least
from accounts.forms import ForgottenPasswordForm, SignInForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import Role, User
from audit import trail


# The page each role's day begins with.
HOMES = {
    Role.SUPPLIER_CONTRIBUTOR: "assessments:home",
    Role.SUPPLIER_SIGNATORY: "assessments:home",
    Role.REVIEWER: "reports:dashboard",
    Role.ESG_STAFF: "reports:dashboard",
    Role.AUDITOR: "reports:dashboard",
    Role.ADMINISTRATOR: "accounts:user_list",
    Role.CASE_TEAM: "grievances:list",
}


def home(request: AuthenticatedHttpRequest) -> HttpResponse:
    return redirect(home_of(request.user))


def home_of(user: User) -> str:
    # Somebody whose last membership was taken away still has an account, and an account page that says so.
    try:
        return reverse(HOMES[Role(user.role)])
    except (NoReverseMatch, ValueError):
        return reverse("accounts:profile")


@require_GET
@never_cache
def session(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Who is signed in here now, with a token: for a page that was open while that changed in another tab."""
    return JsonResponse({"person": request.user.pk, "token": get_token(request)})


class SignInView(auth_views.LoginView):
    """Tries are counted before the password is looked at, by who tries; what is said is the same for every address."""

    template_name = "registration/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        email, at = request.POST.get("username", "").strip().lower(), timezone.now()
        place = place_of(request, email)
        wait = limits.take(limits.SIGN_IN, email, place, at=at)
        if not wait and not place.startswith("device"):
            wait = limits.take(limits.SIGN_INS_FROM_A_PLACE, place, at=at)
        return self._too_often(wait) if wait else super().post(request, *args, **kwargs)

    def _too_often(self, wait: int) -> HttpResponse:
        form = SignInForm(initial={"username": self.request.POST.get("username", "")[:254]})
        response = self.render_to_response(self.get_context_data(form=form, wait_minutes=ceil(wait / 60)), status=429)
        response["Retry-After"] = str(wait)
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        place = place_of(self.request, user.email)
        limits.forget(limits.SIGN_IN, user.email, place)
        limits.give_back(limits.SIGN_INS_FROM_A_PLACE, place)
        login = Login(user=user, redirect_url=self.get_redirect_url() or None)
        response: HttpResponse = perform_password_login(self.request, {"email": user.email}, login)
        remember(self.request, response, user.email)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        single_sign_on = settings.OIDC_NAME if settings.OIDC_SERVER_URL else ""
        return super().get_context_data(**kwargs) | {"single_sign_on": single_sign_on}


sign_in = never_cache(SignInView.as_view())
sign_out = auth_views.LogoutView.as_view()


class ForgottenPasswordView(auth_views.PasswordResetView):
    template_name = "registration/password_reset.html"
    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("accounts:password_reset_sent")

    def form_valid(self, form: Any) -> HttpResponse:
        # The same answer after the same time, whether there is such an account, whether a link goes out, and whether it was too often.
        with taking_at_least(0.3):
            if not self._too_often(form.cleaned_data["email"].lower(), at=timezone.now()):
                form.save()
        return redirect(self.get_success_url())

    def _too_often(self, email: str, *, at: datetime) -> bool:
        place = place_of(self.request, email)
        if limits.take(limits.RESET_LINKS, email, place, at=at):
            return True
        return not place.startswith("device") and bool(limits.take(limits.RESET_LINKS_FROM_A_PLACE, place, at=at))


class NewPasswordView(auth_views.PasswordResetConfirmView):
    template_name = "registration/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:sign_in")

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        response = super().form_valid(form)
        trail.record("user.password_reset", actor=form.user, target=form.user)
        messages.success(self.request, _("Your new password is set. Please sign in with it."))
        return response


class ChangePasswordView(auth_views.PasswordChangeView):
    template_name = "registration/password_change.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        trail.record("user.password_changed", actor=form.user, target=form.user)
        messages.success(self.request, _("Your password is changed."))
        return response


forgotten_password = ForgottenPasswordView.as_view()
forgotten_password_sent = auth_views.PasswordResetDoneView.as_view(template_name="registration/password_reset_sent.html")
new_password = NewPasswordView.as_view()
change_password = ChangePasswordView.as_view()
