"""A link to choose a new password. Its token is made when the mail is written, and kept nowhere."""

from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.messages import absolute_url, adds_context, queue
from accounts.models import Message, User
from audit import trail


def send_reset_link(user: User, *, at: datetime) -> None:
    """At most one mail a minute: pressing the button again and again fills nobody's mailbox."""
    queued = queue(
        "password_reset",
        email=user.email,
        name=user.name,
        language=user.language,
        dedupe_key=f"password-reset:{user.pk}:{at:%Y-%m-%dT%H:%M}",
        context={"reset_for": user.pk},
    )
    if queued:
        trail.record("user.password_reset_asked", target=user, at=at)


@adds_context("reset_for")
def _write_link(message: Message) -> dict[str, Any]:
    user = User.objects.get(pk=message.context["reset_for"])
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
    return {"reset_url": absolute_url(reverse("accounts:password_reset_confirm", args=[uid, token]))}
