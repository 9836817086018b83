"""Questions to the supplier about single answers, and its replies: a talk both sides read, told by mail a few at once.

What the supplier's people say to each other is another matter (`assessments.teamwork.comments`), which the buyer never sees.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.messages import adds_context
from accounts.models import Message, User
from assessments.answering.inputs import answer_key
from assessments.models import Answer, AreaTask, Assessment, QueryMessage, QueryNotice, Verdict
from assessments.reviewers.in_charge import in_charge_of, may_read
from assessments.rules import rulesets
from assessments.teamwork import talk_mails
from suppliers.models import Site


class NotNow(Exception):
    """Nobody writes any more once the review is closed; and a supplier answers where the reviewer has asked."""


TALKS_WHILE = (Assessment.Status.SUBMITTED, Assessment.Status.IN_REVIEW, Assessment.Status.RETURNED, Assessment.Status.IN_PROGRESS)


@transaction.atomic
def say(*, assessment_id: int, question: str, site: int | None, text: str, by: User, at: datetime) -> QueryMessage:
    """By either side. The other one is told by mail. Raises `NotNow`."""
    assessment = Assessment.objects.select_related("reviewer").get(pk=assessment_id)
    if not may_write(assessment, question, by):
        raise NotNow
    latest = talk(assessment_id, question, site)[-1:]
    if latest and (latest[0].text, latest[0].by_id) == (text.strip(), by.pk):
        return latest[0]  # the same form, sent twice
    message = QueryMessage.objects.create(
        assessment=assessment, question=question, site_id=site, is_from_buyer=by.is_buyer, text=text.strip(), by=by, at=at
    )
    people = _people_of_supplier(assessment, question) if by.is_buyer else in_charge_of(assessment)
    QueryNotice.objects.bulk_create(QueryNotice(message=message, user=person, created_at=at) for person in people)
    return message


def may_write(assessment: Assessment, question: str, by: User) -> bool:
    if assessment.status not in TALKS_WHILE or assessment.submitted_at is None:
        return False
    return by.is_buyer or assessment.query_messages.filter(question=question).exists()


def ask(verdict: Verdict, *, by: User, at: datetime) -> None:
    """The reason of a query becomes a message when the assessment is returned; the mail about the return tells of it."""
    answer = verdict.answer
    latest = talk(answer.assessment_id, answer.question, answer.site_id)[-1:]
    if latest and latest[0].is_from_buyer and latest[0].text == verdict.reason:
        return
    QueryMessage.objects.create(
        assessment_id=answer.assessment_id,
        question=answer.question,
        site=answer.site,
        is_from_buyer=True,
        text=verdict.reason,
        by=by,
        at=at,
    )


def talk(assessment_id: int, question: str, site: int | None) -> list[QueryMessage]:
    messages = QueryMessage.objects.filter(assessment=assessment_id, question=question, site=site)
    return list(messages.select_related("by").order_by("at", "pk"))


def talks(assessment: Assessment) -> dict[str, list[QueryMessage]]:
    """Key of an answer -> its talk, the oldest message first. One query, and none before the first submission."""
    found: dict[str, list[QueryMessage]] = {}
    if assessment.submitted_at is None and assessment.opened_questions is None:
        return found
    for message in QueryMessage.objects.filter(assessment=assessment).select_related("by").order_by("at", "pk"):
        found.setdefault(answer_key(message.question, message.site_id), []).append(message)
    return found


def _people_of_supplier(assessment: Assessment, question: str) -> list[User]:
    """Who took part: spoke here, answered the question, or has its area. When that is nobody, everybody of the supplier."""
    members = User.objects.filter(memberships__supplier=assessment.supplier_id, is_active=True)
    here = {"assessment": assessment, "question": question}
    area = rulesets.questionnaire_of(Assessment.objects.values_list("campaign__questionnaire", flat=True).get(pk=assessment.pk))
    involved = members.filter(
        Q(pk__in=QueryMessage.objects.filter(**here).values("by"))
        | Q(pk__in=Answer.objects.filter(**here).values("updated_by"))
        | Q(pk__in=AreaTask.objects.filter(assessment=assessment, area=area.question(question).area).values("assignee"))
    )
    return list(involved.distinct().order_by("pk")) or list(members.distinct().order_by("pk"))


# --- telling ----------------------------------------------------------------------------------------------------------


def queue_notices(*, at: datetime) -> int:
    return talk_mails.queue_ripe(
        QueryNotice.objects.all(), about="message", kind="queries", key="query_ids", reads_still=_reads_still, at=at
    )


def _reads_still(notice: QueryNotice) -> bool:
    """Who has left the company, or the buyer, meanwhile reads no more of it; nor who has a conflict of interest since."""
    hats, assessment = notice.user.memberships.all(), notice.message.assessment
    if notice.message.is_from_buyer:
        return notice.user.is_active and hats.filter(supplier=assessment.supplier_id).exists()
    return notice.user.is_active and hats.exists() and bool(may_read([notice.user], assessment))


@adds_context("query_ids")
def _write(message: Message) -> dict[str, Any]:
    """What the mail shows, in the reader's language."""
    found = QueryMessage.objects.filter(pk__in=message.context["query_ids"])
    said = list(found.select_related("by", "site", "assessment__campaign", "assessment__supplier").order_by("at", "pk"))
    assessment = said[0].assessment
    return {
        "campaign_title": assessment.campaign.title,
        "supplier_name": assessment.supplier.name,
        "talks": [_talk(each, assessment.campaign.questionnaire_id) for each in said],
    }


def _talk(message: QueryMessage, questionnaire_id: int) -> dict[str, Any]:
    question = rulesets.questionnaire_of(questionnaire_id).question(message.question)
    page = reverse("assessments:query", args=[message.assessment_id, answer_key(message.question, message.site_id)])
    return talk_mails.line_of(message, question, label=label_of(message.question, message.site), page=page)


def label_of(question: str, site: Site | None) -> str:
    return f"{question} · {site}" if site else question
