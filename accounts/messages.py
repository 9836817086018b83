"""E-mail that is never sent twice: queued as rows under a dedupe key, claimed one by one, rendered at the last moment in the
reader's language. A kind of message is three templates: templates/emails/<kind>.subject.txt, <kind>.txt and <kind>.html.

A row says "being sent" before the mail server is spoken to. Should the worker die in between, nobody can know whether the mail went
out; such a message fails with that reason instead of being sent again, and staff decide.
"""

import json
import logging
import smtplib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from kombu.exceptions import OperationalError

from accounts.models import Message
from accounts.scope import system


logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
# Longer than any mail server takes: EMAIL_TIMEOUT is 20 seconds, a task ends after 300.
LOST_AFTER = timedelta(minutes=10)
# A delivering task hands over to the next in the queue after so many mails.
BATCH = 200
MOST_WAKES = 4


# --- queueing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewMessage:
    """`context` is JSON and is kept with the message: ids and names, never a secret."""

    email: str
    dedupe_key: str
    language: str
    context: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    supplier_id: int | None = None


def queue(
    kind: str,
    *,
    email: str,
    dedupe_key: str,
    context: Mapping[str, Any],
    language: str,
    name: str = "",
    supplier: models.Model | None = None,
) -> int | None:
    """Queues one message and, on commit, its delivery. None when the dedupe key was used before: the person has it already."""
    supplier_id = supplier.pk if supplier else None
    message = NewMessage(email, dedupe_key, language, context, name, supplier_id)
    return next(iter(queue_many(kind, [message])), None)


def queue_many(kind: str, messages: Iterable[NewMessage]) -> list[int]:
    """One INSERT for any number of messages; those whose dedupe key was used before are left out. Answers the new ids."""
    rows = [
        (kind, m.email.lower(), m.name, m.language, json.dumps(dict(m.context)), m.dedupe_key, m.supplier_id, timezone.now())
        for m in messages
    ]
    if not rows:
        return []
    # Whoever causes a mail does not thereby see the mails of others.
    with system(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        transaction.on_commit(lambda: _wake(ids))
    return ids


_INSERT = """
    INSERT INTO accounts_message
        (kind, email, name, language, context, dedupe_key, supplier_id, created_at, status, attempts, error)
    SELECT kind, email, name, language, context::jsonb, dedupe_key, supplier_id, created_at, 'queued', 0, ''
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
        AS new (kind, email, name, language, context, dedupe_key, supplier_id, created_at)
    ON CONFLICT (dedupe_key) DO NOTHING
    RETURNING id
"""


def _wake(ids: list[int]) -> None:
    """A single message goes to a worker by itself; many are fetched by workers in turn. The sweep catches what is missed."""
    try:
        if len(ids) == 1:
            current_app.send_task("accounts.tasks.deliver_message", kwargs={"message_id": ids[0]})
        for _ in range(min(len(ids) // 2, MOST_WAKES)):
            current_app.send_task("accounts.tasks.deliver_waiting")
    except (OperationalError, OSError):
        logger.warning("The broker did not take the wake-up for %s messages; the sweep will send another.", len(ids), exc_info=True)


# --- delivering -------------------------------------------------------------------------------------------------------


def deliver(message_id: int, *, mailer: BaseEmailBackend | None = None) -> bool:
    """Sends one message unless another worker has it. Answers whether it went out. Not to be called inside a transaction."""
    message = _claim(Message.objects.ready(timezone.now()).filter(pk=message_id))
    return message is not None and _send(message, mailer or get_connection())


def deliver_batch(*, size: int = BATCH) -> int:
    """Sends up to `size` waiting messages over one connection to the mail server. Answers how many it tried."""
    tried = 0
    with get_connection() as mailer:
        while tried < size and (message := _claim(Message.objects.ready(timezone.now()))):
            _send(message, mailer)
            tried += 1
    return tried


@transaction.atomic
def _claim(waiting: "models.QuerySet[Message]") -> Message | None:
    message = waiting.select_for_update(skip_locked=True).order_by("pk").first()
    if message is not None:
        message.status, message.claimed_at = Message.Status.SENDING, timezone.now()
        message.attempts += 1
        message.save(update_fields=["status", "claimed_at", "attempts"])
    return message


def _send(message: Message, mailer: BaseEmailBackend) -> bool:
    try:
        mail = compose(message, mailer)
    except Exception as error:  # whatever a template raises, the next attempt would raise again
        logger.exception("Message %s of the kind %s cannot be written.", message.pk, message.kind)
        _fail(message, error)
        return False
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        _fail(message, error)
        return False
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("Message %s was not taken by the mail server: %s", message.pk, error)
        _hand_back(message, error)
        return False
    _mark_sent(message, at=timezone.now())
    return True


def _mark_sent(message: Message, *, at: datetime) -> None:
    message.status, message.sent_at, message.error = Message.Status.SENT, at, ""
    message.save(update_fields=["status", "sent_at", "error"])


def _hand_back(message: Message, error: Exception) -> None:
    if message.attempts >= MOST_ATTEMPTS:
        _fail(message, error)
        return
    message.status, message.error = Message.Status.QUEUED, str(error)[:2000]
    message.save(update_fields=["status", "error"])


def _fail(message: Message, error: Exception) -> None:
    message.status, message.error = Message.Status.FAILED, f"{type(error).__name__}: {error}"[:2000]
    message.save(update_fields=["status", "error"])


def fail_lost(*, at: datetime) -> int:
    """Messages whose worker died between the claim and the mail server's answer."""
    lost = Message.objects.stuck(at - LOST_AFTER)
    return lost.update(
        status=Message.Status.FAILED,
        error="The worker stopped while sending; whether the mail went out is not known. Send it again if it did not.",
    )


# --- writing ----------------------------------------------------------------------------------------------------------

# What a kind adds to its context when the mail is written: links with secrets in them, which are kept nowhere.
Secrets = Callable[[Message], Mapping[str, Any]]
_secrets: dict[str, Secrets] = {}


def adds_context(context_key: str) -> Callable[[Secrets], Secrets]:
    """Registers a function that is asked for every message whose context holds `context_key`."""

    def register(function: Secrets) -> Secrets:
        _secrets[context_key] = function
        return function

    return register


def compose(message: Message, mailer: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    with translation.override(message.language):
        context = full_context(message)
        subject = " ".join(render_to_string(f"emails/{message.kind}.subject.txt", context).split())
        text = render_to_string(f"emails/{message.kind}.txt", context).strip() + "\n"
        html = render_to_string(f"emails/{message.kind}.html", context)
    mail = EmailMultiAlternatives(subject, text, to=[message.email], connection=mailer, headers=_headers(message))
    mail.attach_alternative(html, "text/html")
    return mail


def full_context(message: Message) -> dict[str, Any]:
    context: dict[str, Any] = {"public_url": settings.PUBLIC_URL, "language": message.language, "name": message.name, **message.context}
    # A copy: what a function imports may register more.
    for key, function in list(_secrets.items()):
        if key in message.context:
            context |= function(message)
    return context


def _headers(message: Message) -> dict[str, str]:
    # The same id at each attempt: a mail server that took it before its answer got lost may recognise it.
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return {"Message-ID": f"<message-{message.pk}@{domain}>", "Auto-Submitted": "auto-generated", "Content-Language": message.language}


def absolute_url(path: str) -> str:
    return settings.PUBLIC_URL + path
