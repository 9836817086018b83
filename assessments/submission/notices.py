"""Mails about the state of an assessment: to the supplier's people, and to those of the buyer who have to act."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments.models import Assessment
from assessments.questionnaires.wording import listed


def write_to_supplier(kind: str, assessment: Assessment, *, at: datetime, page: str, once: str = "", **context: Any) -> int:
    """How many mails were queued. `once`: what a person is told of a single time, whenever this is called."""
    people = User.objects.filter(memberships__supplier_id=assessment.supplier_id, is_active=True)
    return _write(kind, assessment, people, at=at, url=reverse(page, args=[assessment.pk]), once=once, context=context)


def write_to_buyer(
    kind: str, assessment: Assessment, people: Iterable[User], *, at: datetime, url: str, once: str = "", **context: Any
) -> int:
    return _write(kind, assessment, people, at=at, url=url, once=once, context=context)


def _write(kind: str, assessment: Assessment, people: Iterable[User], *, at: datetime, url: str, once: str, context: dict[str, Any]) -> int:
    common = {"reviewed_id": assessment.pk, "page_url": absolute_url(url), **context}
    queued = queue_many(
        kind,
        [
            NewMessage(
                email=person.email,
                dedupe_key=f"{kind}:{assessment.pk}:{once or f'{at:%Y%m%d%H%M%S}'}:{person.pk}",
                language=person.language,
                context=common,
                name=person.name,
                supplier_id=assessment.supplier_id,
            )
            for person in sorted(set(people), key=lambda each: each.pk)
        ],
    )
    return len(queued)


@adds_context("reviewed_id")
def _write_names(message: Message) -> dict[str, Any]:
    """In the reader's language, which is in use while the mail is written."""
    assessment = Assessment.objects.select_related("supplier", "campaign").get(pk=message.context["reviewed_id"])
    day = parse_date(message.context.get("due_on") or "")
    return {
        "supplier_name": assessment.supplier.name,
        "campaign_title": assessment.campaign.title,
        "due_day": date_format(day, "DATE_FORMAT") if day else "",
        "code_list": listed(message.context.get("codes") or ()),
    }
