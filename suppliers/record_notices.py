"""Mails about public records: that there is one and until when to reply, that the time is nearly over, and what was decided."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Membership, Message, User
from accounts.permissions import ROLE_PERMISSIONS, Permission
from suppliers.models import PublicRecord


# Those who may reply.
ROLES = [role for role, permissions in ROLE_PERMISSIONS.items() if Permission.RECORD_ANSWER in permissions]
REMINDED_BEFORE = timedelta(days=3)


def tell_of(records: Iterable[PublicRecord]) -> int:
    """That the supplier may reply, and until when; once a record and person."""
    return _write("public_record", [record for record in records if record.status == PublicRecord.Status.WAITING])


def to_remind(at: datetime) -> Iterable[int]:
    waiting = PublicRecord.objects.filter(status=PublicRecord.Status.WAITING, reply_until__gt=at, reply_until__lte=at + REMINDED_BEFORE)
    return waiting.order_by("pk").values_list("pk", flat=True)


def remind(record_ids: Iterable[int]) -> int:
    """Once a record and person, however often the job runs."""
    return _write("public_record_reminder", PublicRecord.objects.filter(pk__in=list(record_ids), status=PublicRecord.Status.WAITING))


def tell_of_decision(record: PublicRecord) -> int:
    return _write("public_record_decided", [record], moment=f":{record.judged_at:%Y%m%d%H%M%S}")


def _write(kind: str, records: Iterable[PublicRecord], *, moment: str = "") -> int:
    """Three queries for any number of records."""
    found = list(records)
    hats = Membership.objects.filter(supplier__in={record.supplier_id for record in found}, role__in=ROLES, user__is_active=True)
    people: dict[int, dict[int, User]] = {}
    for hat in hats.select_related("user").order_by("user", "pk"):
        people.setdefault(hat.supplier_id or 0, {})[hat.user_id] = hat.user
    messages = [
        NewMessage(
            person.email,
            f"{kind}:{record.pk}:{person.pk}{moment}",
            person.language,
            {"public_record": record.pk},
            person.name,
            record.supplier_id,
        )
        for record in found
        for person in people.get(record.supplier_id, {}).values()
    ]
    return len(queue_many(kind, messages))


@adds_context("public_record")
def _context(message: Message) -> Mapping[str, Any]:
    """What the templates show, in the reader's language."""
    record = PublicRecord.objects.select_related("supplier").get(pk=message.context["public_record"])
    return {
        "supplier_name": record.supplier.name,
        "authority": record.authority,
        "decided_on": record.decided_on,
        "kind_title": record.get_kind_display(),
        "description": record.description,
        "reply_until": timezone.localtime(record.reply_until),
        "decision": record.get_status_display(),
        "judgement": record.judgement,
        "page_url": absolute_url(record.get_absolute_url()),
    }
