"""What the sign-in library (django-allauth) asks of us: whom it lets in, what it says, where it leads."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - an adapter of a library of views
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import second_factor
from accounts.demo_access import demo_account_allowed
from accounts.models import SUPPLIER_ROLES, User
from accounts.recent import is_recent
from accounts.sealing import seal, unseal


PURPOSE = "accounts.second_factor"
WRONG_CODE = _("This code is not the right one, or was used already. Wait for the next one, and check the clock of your phone.")
TOO_MANY = _("Too many tries. Please wait some minutes.")

SAID = {
    "mfa/messages/totp_activated.txt": _("Your authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("Your authenticator app is no longer asked for."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey no longer opens your account."),
    "mfa/messages/recovery_codes_generated.txt": _("New recovery codes are made. The ones before no longer work."),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": _("This is not your password."),
        "incorrect_code": WRONG_CODE,
        "rate_limited": TOO_MANY,
        "too_many_login_attempts": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # by invitation and by registration of a company only

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # what somebody put into `next` is no address at all
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.META.get("REMOTE_ADDR", ""))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not is_recent(self.request)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """For every door: password, passkey, single sign-on."""
        if user.is_active and (not user.is_demo or demo_account_allowed(request)):
            return None
        clear_login(request)
        messages.error(request, _("This account is closed."))
        return redirect("accounts:sign_in")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """In our words, or not at all: nobody needs to be told that they signed in."""
        if text := message or SAID.get(message_template or ""):
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Ours is queued by `accounts.signals`, like every other mail."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:home")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code of your authenticator app"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        ways = [{**method, "description": words[method["id"]]} for method in super().get_reauthentication_methods(user)]
        if second_factor.is_needed(user) and second_factor.has_one(user) and not second_factor.was_shown(self.request):
            # The password opened this session and says nothing new.
            return [way for way in ways if way["id"] != "reauthenticate"]
        return ways


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _("Your role needs a second factor. Set up another one before you remove this one."),
        "cannot_generate_recovery_codes": _("Recovery codes stand in for a second factor. Set one up first."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, purpose=PURPOSE)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not (second_factor.is_needed(authenticator.user) and second_factor.is_last(authenticator))

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - the library's name
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return str(_("Passkey %(number)s") % {"number": number})

    def _get_site_name(self) -> str:
        return "Supplier ESG portal"


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """The buyer's own sign-in opens accounts that exist, of the buyer's own people. It makes none: invitations do."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        user = sociallogin.user if sociallogin.is_existing else _invited_before(sociallogin)
        if user is None or not _is_of_the_buyer(user):
            messages.error(request, _("Nobody of this address was invited. Ask an administrator of the portal for an invitation."))
            raise ImmediateHttpResponse(redirect("accounts:sign_in"))
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        messages.error(request, _("%(name)s did not let you in. Please try again.") % {"name": settings.OIDC_NAME})
        raise ImmediateHttpResponse(redirect("accounts:sign_in"))


def _invited_before(sociallogin: SocialLogin) -> User | None:
    # An address counts when the buyer's sign-in says that it has checked it.
    emails = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
    return User.objects.filter(email__in=emails, is_active=True).order_by("pk").first()


def _is_of_the_buyer(user: User) -> bool:
    return user.memberships.exclude(role__in=SUPPLIER_ROLES).exists()
