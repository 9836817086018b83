from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.forms import ForgottenPasswordForm, SignInForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import Role, User
from audit import trail


# The page each role's day begins with.
HOMES = {
    Role.SUPPLIER_CONTRIBUTOR: "assessments:home",
    Role.SUPPLIER_SIGNATORY: "assessments:home",
    Role.REVIEWER: "reports:portfolio",
    Role.ESG_STAFF: "reports:dashboard",
    Role.AUDITOR: "reports:dashboard",
    Role.ADMINISTRATOR: "accounts:user_list",
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
    template_name = "registration/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        keep_chosen_language(self.request)
        return response


def keep_chosen_language(request: HttpRequest) -> None:
    """Somebody who switched the language on the way to the sign-in meant it."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    user = request.user
    if user.is_authenticated and chosen in dict(settings.LANGUAGES) and chosen != user.language:
        user.language = chosen
        user.save(update_fields=["language"])


sign_in = SignInView.as_view()
sign_out = auth_views.LogoutView.as_view()


class ForgottenPasswordView(auth_views.PasswordResetView):
    template_name = "registration/password_reset.html"
    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("accounts:password_reset_sent")


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
