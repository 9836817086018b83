"""Sign-in and sign-out, by whatever door, and what happens to the ways in, go into the audit trail."""

from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.account.signals import user_logged_in as let_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest  # noqa: TID251 - signals carry the request
from django.utils import timezone

from accounts import recent, second_factor
from accounts.messages import queue
from accounts.models import User
from accounts.people import give_a_hat
from accounts.scope import system
from audit import trail


@receiver(user_logged_in, dispatch_uid="accounts.signed_in")
def signed_in(user: User, request: HttpRequest, **_kwargs: Any) -> None:
    give_a_hat(user)
    recent.note(request)
    keep_chosen_language(user, request)
    if request.META.get("REMOTE_ADDR"):
        UserSession.objects.create_from_request(request, user=user)
    trail.record("user.signed_in", actor=user, target=user, supplier_id=user.supplier_id)


@receiver(user_logged_out, dispatch_uid="accounts.signed_out")
def signed_out(user: User | None, **_kwargs: Any) -> None:
    if user is not None:
        trail.record("user.signed_out", actor=user, target=user, supplier_id=user.supplier_id)


@receiver(user_login_failed, dispatch_uid="accounts.sign_in_failed")
def sign_in_failed(credentials: dict[str, Any], **_kwargs: Any) -> None:
    email = str(credentials.get("username") or credentials.get("email") or "").lower()
    user = User.objects.filter(email=email).first()
    # What was typed for an unknown address stays out of the trail: people type passwords into the wrong field.
    # Also somebody signed in, who is asked again who is there: the line is about an account, not of a supplier.
    with system():
        trail.record("user.sign_in_failed", target=user, detail={"known_address": user is not None})


def keep_chosen_language(user: User, request: HttpRequest) -> None:
    """Somebody who switched the language on the way to the sign-in meant it."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(settings.LANGUAGES) and chosen != user.language:
        user.language = chosen
        user.save(update_fields=["language"])


# --- second factor ----------------------------------------------------------------------------------------------------


@receiver(authentication_step_completed, dispatch_uid="accounts.step_completed")
def step_completed(request: HttpRequest, user: User, method: str, **_kwargs: Any) -> None:
    recent.note(request)
    if method == "mfa":
        second_factor.note(request, user)


@receiver(let_in, dispatch_uid="accounts.let_in")
def let_in_by_single_sign_on(request: HttpRequest, user: User, sociallogin: SocialLogin | None = None, **_kwargs: Any) -> None:
    if sociallogin and second_factor.was_shown_elsewhere(sociallogin.account.extra_data.get("id_token", {})):
        second_factor.note(request, user)


@receiver(social_account_added, dispatch_uid="accounts.single_sign_on_linked")
def single_sign_on_linked(sociallogin: SocialLogin, **_kwargs: Any) -> None:
    user = sociallogin.user
    _tell(user, "linked")
    trail.record("single_sign_on.linked", actor=user, target=user)


@receiver(authenticator_added, dispatch_uid="accounts.factor_added")
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    if authenticator.type in second_factor.FACTORS:
        second_factor.note(request, user)  # it was held just now
        if second_factor.is_last(authenticator):
            # The first. What was open until now opened by less than this.
            end_other_sessions(request, user)
        _tell(user, "added", authenticator.type)
    trail.record("second_factor.added", actor=user, target=user, detail={"type": authenticator.type})


@receiver(authenticator_removed, dispatch_uid="accounts.factor_removed")
def factor_removed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    if authenticator.type in second_factor.FACTORS:
        _tell(user, "removed", authenticator.type)
    trail.record("second_factor.removed", actor=user, target=user, detail={"type": authenticator.type})


@receiver(authenticator_reset, dispatch_uid="accounts.codes_made")
def codes_made(user: User, **_kwargs: Any) -> None:
    trail.record("second_factor.codes_made", actor=user, target=user)


@receiver(authentication_failed, dispatch_uid="accounts.factor_failed")
def factor_failed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    with system():
        trail.record("second_factor.failed", target=user, detail={"type": authenticator.type})


def _tell(user: User, what: str, factor: str = "") -> None:
    """Whoever did not do this reads of it at once."""
    queue(
        "security_changed",
        email=user.email,
        name=user.name,
        language=user.language,
        dedupe_key=f"security-changed:{user.pk}:{what}:{timezone.now():%Y-%m-%dT%H:%M:%S.%f}",
        context={"what": what, "type": str(factor)},
    )
