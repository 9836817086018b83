"""Sign-in and sign-out, by whatever door, go into the audit trail."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from accounts.models import User
from accounts.people import give_a_hat
from audit import trail


@receiver(user_logged_in, dispatch_uid="accounts.signed_in")
def signed_in(user: User, **_kwargs: Any) -> None:
    give_a_hat(user)
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
    trail.record("user.sign_in_failed", target=user, detail={"known_address": user is not None})
