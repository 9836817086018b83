"""Mails about the state of an assessment: to the supplier's people, and to those of the buyer who have to act."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments.models import Assessment


def write_to_supplier(kind: str, assessment: Assessment, *, at: datetime, page: str, **context: Any) -> None:
    people = User.objects.filter(memberships__supplier_id=assessment.supplier_id, is_active=True)
    _write(kind, assessment, people, at=at, url=reverse(page, args=[assessment.pk]), context=context)


def write_to_buyer(kind: str, assessment: Assessment, people: Iterable[User], *, at: datetime, url: str, **context: Any) -> None:
    _write(kind, assessment, people, at=at, url=url, context=context)


def _write(kind: str, assessment: Assessment, people: Iterable[User], *, at: datetime, url: str, context: dict[str, Any]) -> None:
    common = {"reviewed_id": assessment.pk, "page_url": absolute_url(url), **context}
    queue_many(
        kind,
        [
            NewMessage(
                email=person.email,
                dedupe_key=f"{kind}:{assessment.pk}:{at:%Y%m%d%H%M%S}:{person.pk}",
                language=person.language,
                context=common,
                name=person.name,
                supplier_id=assessment.supplier_id,
            )
            for person in sorted(set(people), key=lambda each: each.pk)
        ],
    )


@adds_context("reviewed_id")
def _write_names(message: Message) -> dict[str, str]:
    """In the reader's language, which is in use while the mail is written."""
    assessment = Assessment.objects.select_related("supplier", "campaign").get(pk=message.context["reviewed_id"])
    return {"supplier_name": assessment.supplier.name, "campaign_title": assessment.campaign.title}
