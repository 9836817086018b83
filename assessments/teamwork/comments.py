"""What a supplier's people say to each other about a question, and the mails that tell those concerned, a few comments at once.

The buyer's people see none of it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.messages import adds_context
from accounts.models import Message, User
from assessments.models import Answer, AreaTask, Assessment, Comment, CommentNotice
from assessments.questionnaires.questions import Question
from assessments.rules import rulesets
from assessments.teamwork import talk_mails


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


def queue_notices(*, at: datetime) -> int:
    return talk_mails.queue_ripe(
        CommentNotice.objects.all(), about="comment", kind="comments", key="comment_ids", reads_still=_acts_still, at=at
    )


def _acts_still(notice: CommentNotice) -> bool:
    """Who has left the company meanwhile reads no more of it."""
    hats = notice.user.memberships.filter(supplier=notice.comment.assessment.supplier_id)
    return notice.user.is_active and hats.exists()


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
    return talk_mails.line_of(comment, question, label=comment.question, page=page)
