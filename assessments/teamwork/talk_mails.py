"""Mails about talks: what is said in some minutes comes in one mail for each person and assessment."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.messages import NewMessage, absolute_url, queue_many
from assessments.questionnaires.questions import Question
from assessments.questionnaires.wording import local


# A talk goes to and fro.
WAIT = timedelta(minutes=10)
MOST_AT_ONCE = 2000


@transaction.atomic
def queue_ripe(notices: QuerySet[Any], *, about: str, kind: str, key: str, reads_still: Callable[[Any], bool], at: datetime) -> int:
    """Once the oldest notice has waited. The notices go with the queueing: never twice.

    `about` is the field of a notice that holds what was said; `key` names those in the mail's context.
    """
    waiting = notices.select_for_update(of=("self",), skip_locked=True).select_related(f"{about}__assessment", "user")
    groups: dict[tuple[int, int], list[Any]] = {}
    for notice in waiting.order_by("pk")[:MOST_AT_ONCE]:
        groups.setdefault((notice.user_id, getattr(notice, about).assessment_id), []).append(notice)
    ripe = [group for group in groups.values() if group[0].created_at <= at - WAIT]
    queued = queue_many(kind, [_message(group, about, kind, key) for group in ripe if reads_still(group[0])])
    notices.filter(pk__in=[notice.pk for group in ripe for notice in group]).delete()
    return len(queued)


def _message(notices: Sequence[Any], about: str, kind: str, key: str) -> NewMessage:
    person, assessment = notices[0].user, getattr(notices[0], about).assessment
    said = [getattr(notice, about).pk for notice in notices]
    return NewMessage(
        email=person.email,
        dedupe_key=f"{kind}:{assessment.pk}:{person.pk}:{max(said)}",
        language=person.language,
        context={key: said},
        name=person.name,
        supplier_id=assessment.supplier_id,
    )


def line_of(said: Any, question: Question, *, label: str, page: str) -> dict[str, Any]:
    """What a mail shows of a comment or a message."""
    return {"code": label, "topic": local(question.topic), "by": said.by.name, "text": said.text, "url": absolute_url(page)}
