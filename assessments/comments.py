"""What a supplier's people say to each other about a question, and the mails that tell those concerned, a few comments at once.

The buyer's people see none of it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments import rulesets
from assessments.models import Answer, AreaTask, Assessment, Comment, CommentNotice
from assessments.questions import Question
from assessments.wording import local


# A talk goes to and fro: what is said in this time comes in one mail.
WAIT = timedelta(minutes=10)
MOST_AT_ONCE = 2000


@transaction.atomic
def say(*, assessment_id: int, question: Question, text: str, by: User, at: datetime) -> Comment:
    comment = Comment.objects.create(assessment_id=assessment_id, question=question.code, text=text.strip(), by=by, at=at)
    people = concerned(assessment_id=assessment_id, question=question, besides=by)
    CommentNotice.objects.bulk_create(CommentNotice(comment=comment, user=person, created_at=at) for person in people)
    return comment


def settle(*, assessment_id: int, question: Question, by: User, at: datetime) -> Comment | None:
    """Closes the talk; a later comment opens it again. None when there is nothing to close."""
    newest = Comment.objects.filter(assessment=assessment_id, question=question.code).order_by("-at", "-pk").first()
    if newest is None or newest.settles:
        return None
    return Comment.objects.create(assessment_id=assessment_id, question=question.code, settles=True, by=by, at=at)


def concerned(*, assessment_id: int, question: Question, besides: User) -> list[User]:
    """Who takes part already: spoke here, answered the question, or has its area. When that is nobody, everybody of the supplier."""
    supplier = Assessment.objects.values_list("supplier_id", flat=True).get(pk=assessment_id)
    members = User.objects.filter(memberships__supplier=supplier, is_active=True).exclude(pk=besides.pk)
    here = {"assessment": assessment_id, "question": question.code}
    involved = members.filter(
        Q(pk__in=Comment.objects.filter(**here).values("by"))
        | Q(pk__in=Answer.objects.filter(**here).values("updated_by"))
        | Q(pk__in=AreaTask.objects.filter(assessment=assessment_id, area=question.area).values("assignee"))
    )
    return list(involved.order_by("pk")) or list(members.order_by("pk"))


# --- telling ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def queue_notices(*, at: datetime) -> int:
    """One mail for each person and assessment, once the oldest comment has waited. The notices go with the queueing: never twice."""
    waiting = CommentNotice.objects.select_for_update(of=("self",), skip_locked=True).select_related("comment__assessment", "user")
    groups: dict[tuple[int, int], list[CommentNotice]] = {}
    for notice in waiting.order_by("pk")[:MOST_AT_ONCE]:
        groups.setdefault((notice.user_id, notice.comment.assessment_id), []).append(notice)
    ripe = [group for group in groups.values() if group[0].created_at <= at - WAIT]
    queued = queue_many("comments", [_message(group) for group in ripe if _acts_still(group[0])])
    CommentNotice.objects.filter(pk__in=[notice.pk for group in ripe for notice in group]).delete()
    return len(queued)


def _acts_still(notice: CommentNotice) -> bool:
    """Who has left the company meanwhile reads no more of it."""
    hats = notice.user.memberships.filter(supplier=notice.comment.assessment.supplier_id)
    return notice.user.is_active and hats.exists()


def _message(notices: list[CommentNotice]) -> NewMessage:
    person, assessment = notices[0].user, notices[0].comment.assessment
    comments = [notice.comment_id for notice in notices]
    return NewMessage(
        email=person.email,
        dedupe_key=f"comments:{assessment.pk}:{person.pk}:{max(comments)}",
        language=person.language,
        context={"comment_ids": comments},
        name=person.name,
        supplier_id=assessment.supplier_id,
    )


@adds_context("comment_ids")
def _write(message: Message) -> dict[str, Any]:
    """What the mail shows, in the reader's language."""
    comments = list(
        Comment.objects.filter(pk__in=message.context["comment_ids"]).select_related("by", "assessment__campaign").order_by("at", "pk")
    )
    assessment = comments[0].assessment
    by_code = rulesets.questionnaire_of(assessment.campaign.questionnaire_id).by_code
    return {"campaign_title": assessment.campaign.title, "talks": [_talk(comment, by_code[comment.question]) for comment in comments]}


def _talk(comment: Comment, question: Question) -> dict[str, Any]:
    page = reverse("assessments:comments", args=[comment.assessment_id, comment.question])
    return {
        "code": comment.question,
        "topic": local(question.topic),
        "by": comment.by.name,
        "text": comment.text,
        "url": absolute_url(page),
    }
