"""A return in detail: which questions it opens, what the supplier is told and reminded of, and that the reviewer hears of the answer."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment, QueryMessage, Return, Verdict
from assessments.reviewers.in_charge import in_charge_of
from assessments.scoring.dependencies import dependencies_of
from assessments.submission.notices import write_to_buyer, write_to_supplier


# Unless the reviewer says otherwise.
TIME_TO_ANSWER = timedelta(days=14)
# The supplier is reminded before and after the deadline, the reviewer of what lies unread.
REMIND_BEFORE, REMIND_AFTER = timedelta(days=3), timedelta(days=1)
LIES_UNREAD = timedelta(days=3)
# What is older was not told in its time, and is not told any more.
TOO_LATE = timedelta(days=30)


# --- opening ----------------------------------------------------------------------------------------------------------


def queried(assessment: Assessment) -> list[Verdict]:
    """In the order of their questions. Each with its answer."""
    asked = Verdict.objects.filter(assessment=assessment, outcome=Verdict.Outcome.QUERY).select_related("answer__site", "by")
    return list(asked.order_by("answer__question", "answer__site"))


def asked_in_talk(assessment: Assessment) -> list[str]:
    """Questions that nobody answered have no answer to query: those the buyer wrote about since the newest return. Codes."""
    said = QueryMessage.objects.filter(assessment=assessment, is_from_buyer=True)
    answered = Answer.objects.filter(assessment=assessment, question=OuterRef("question")).exclude(value={})
    newest = assessment.returns.order_by("-at", "-pk").values_list("at", flat=True).first()
    if newest is not None:
        said = said.filter(at__gt=newest)
    return sorted(set(said.exclude(Exists(answered)).values_list("question", flat=True)))


def opened_by(assessment: Assessment, codes: Iterable[str]) -> list[str]:
    """These questions, and those that are hidden now and may be asked as soon as these are answered otherwise."""
    worksheet = open_worksheet(assessment)
    codes = set(codes)
    may_follow = dependencies_of(worksheet.rules).asked_because_of(codes) & worksheet.hidden.keys()
    return sorted(codes | may_follow)


def keep_return(
    assessment: Assessment, *, codes: Sequence[str], opened: list[str] | None, reason: str, due_on: date, by: User, at: datetime
) -> Return:
    return Return.objects.create(assessment=assessment, reason=reason, queried=list(codes), opened=opened, due_on=due_on, by=by, at=at)


def note_answered(assessment: Assessment, *, by: User, at: datetime) -> None:
    """The supplier has handed it in again: whoever returned it is told at once. Without a return, nothing is to be told."""
    newest = assessment.returns.order_by("-at", "-pk").select_related("by").first()
    if newest is None:
        return
    newest.answered_by, newest.answered_at = by, at
    newest.save(update_fields=["answered_by", "answered_at"])
    write_to_buyer("review_answered", assessment, in_charge_of(assessment, newest.by), at=at, url=_review_url(assessment), by_name=by.name)


# --- reminding --------------------------------------------------------------------------------------------------------


def to_be_reminded(at: datetime) -> list[int]:
    """Returns of which somebody may have to be reminded; whether that was done already, the mail's key says."""
    today = timezone.localdate(at)
    open_ones = Return.objects.filter(
        answered_at__isnull=True, due_on__range=(today - TOO_LATE, today + REMIND_BEFORE), assessment__status__in=Assessment.EDITABLE
    )
    # Of several returns, the one that what lies there now answers.
    unread = Return.objects.filter(
        answered_at__range=(at - TOO_LATE, at - LIES_UNREAD),
        assessment__status=Assessment.Status.SUBMITTED,
        assessment__submitted_at=F("answered_at"),
    )
    return sorted({*open_ones.values_list("pk", flat=True), *unread.values_list("pk", flat=True)})


@transaction.atomic
def remind(return_ids: Iterable[int], *, at: datetime) -> int:
    """Each reminder once a person and return, however often it is called; none of what was done since it was planned.

    Answers how many mails were queued.
    """
    related = ("assessment__supplier", "assessment__campaign", "assessment__reviewer", "by")
    returns = Return.objects.filter(pk__in=set(return_ids) & set(to_be_reminded(at))).select_related(*related).order_by("pk")
    return sum(_remind(each, at) for each in returns)


def _remind(each: Return, at: datetime) -> int:
    assessment, today = each.assessment, timezone.localdate(at)
    if each.answered_at is not None:
        told = in_charge_of(assessment, each.by)
        return write_to_buyer("review_unread", assessment, told, at=at, url=_review_url(assessment), once=f"return{each.pk}")
    kind = "return_overdue" if today >= each.due_on + REMIND_AFTER else "return_due"
    return write_to_supplier(kind, assessment, at=at, page="assessments:overview", once=f"return{each.pk}", **said_of(each))


def said_of(each: Return) -> dict[str, Any]:
    """What the mails about a return say of it."""
    return {"due_on": each.due_on.isoformat(), "codes": each.queried}


def _review_url(assessment: Assessment) -> str:
    return reverse("assessments:review", args=[assessment.pk])
