"""Reminders of reviews that are due: to whoever has them, and to the ESG staff when they stay overdue. Each is sent once.

What was told is a row of `ReviewNotice`, written with the mail in one transaction: a night that is missed or run twice leaves nobody out
and writes to nobody twice. A case that comes back from the supplier is due anew, and told of anew.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments.models import Assessment, ReviewNotice, SecondReview
from assessments.reviewers.deadlines import Pace, queue_with_deadlines, with_deadlines
from assessments.reviewers.in_charge import esg_staff
from runs.calendar import buyers_day
from suppliers.models import Interest


Stage = ReviewNotice.Stage
# Named in a mail; the rest is counted.
NAMED = 20


# --- whoever has them -------------------------------------------------------------------------------------------------


def to_be_reminded(*, at: datetime) -> Iterable[int]:
    """People who have a case that is due soon or overdue and have not been told yet."""
    people: set[int | None] = set()
    for stage in (Stage.DUE_SOON, Stage.OVERDUE):
        people |= set(_untold(stage, at=at).values_list("reviewer", flat=True))
        people |= set(_untold_second(stage, at=at).values_list("second_review__reviewer", flat=True))
    return sorted(person for person in people if person)


def _due(stage: str, *, at: datetime) -> QuerySet[Any]:
    return queue_with_deadlines(at=at).filter(pace=Pace.SOON if stage == Stage.DUE_SOON else Pace.OVERDUE)


def _untold(stage: str, *, at: datetime) -> QuerySet[Any]:
    """A first reviewer who has finished and waits for the second is done."""
    waiting = SecondReview.objects.open().filter(assessment=OuterRef("pk"), first_finished_at__isnull=False)
    told = ReviewNotice.objects.filter(assessment=OuterRef("pk"), person=OuterRef("reviewer"), stage=stage, round=OuterRef("submitted_at"))
    return _due(stage, at=at).filter(~Exists(told), ~Exists(waiting), reviewer__is_active=True)


def _untold_second(stage: str, *, at: datetime) -> QuerySet[Any]:
    told = ReviewNotice.objects.filter(
        assessment=OuterRef("pk"), person=OuterRef("second_review__reviewer"), stage=stage, round=OuterRef("submitted_at")
    )
    open_ones = Q(second_review__status=SecondReview.Status.OPEN, second_review__finished_at=None, second_review__reviewer__is_active=True)
    return _due(stage, at=at).filter(~Exists(told), open_ones)


@transaction.atomic
def remind(person_id: int, *, at: datetime) -> int:
    """One mail about everything that is new. How many were queued."""
    person = User.objects.select_for_update(of=("self",)).get(pk=person_id)
    found: dict[str, list[Any]] = {}
    for stage in (Stage.OVERDUE, Stage.DUE_SOON):
        first = _untold(stage, at=at).filter(reviewer=person).order_by("review_due_on", "pk")
        second = _untold_second(stage, at=at).filter(second_review__reviewer=person).order_by("review_due_on", "pk")
        found[stage] = [*first, *second]
    _note([(case, stage) for stage, cases in found.items() for case in cases], person=person, at=at)
    if not any(found.values()):
        return 0
    context = {
        "due_reviews": {stage: [case.pk for case in cases[:NAMED]] for stage, cases in found.items()},
        "overdue": len(found[Stage.OVERDUE]),
        "soon": len(found[Stage.DUE_SOON]),
    }
    key = f"reviews_due:{person.pk}:{at:%Y%m%d%H%M%S}"
    return len(queue_many("reviews_due", [NewMessage(person.email, key, person.language, context, person.name)]))


def _note(told: Sequence[tuple[Any, str]], *, person: User | None, at: datetime) -> None:
    ReviewNotice.objects.bulk_create(
        [ReviewNotice(assessment=case, person=person, stage=stage, round=case.submitted_at, told_at=at) for case, stage in told],
        batch_size=1000,
    )


# --- the ESG staff ----------------------------------------------------------------------------------------------------


def _to_escalate(*, at: datetime) -> QuerySet[Any]:
    told = ReviewNotice.objects.filter(assessment=OuterRef("pk"), stage=Stage.ESCALATED, round=OuterRef("submitted_at"))
    late = queue_with_deadlines(at=at).filter(pace=Pace.OVERDUE, escalated_on__lte=buyers_day(at))
    return late.filter(~Exists(told)).order_by(F("review_due_on"), "pk")


@transaction.atomic
def escalate(*, at: datetime) -> int:
    """One mail to each of the ESG staff about every case that has just been overdue too long. How many cases."""
    cases = list(_to_escalate(at=at).select_for_update(of=("self",)))
    if not cases:
        return 0
    _note([(case, Stage.ESCALATED) for case in cases], person=None, at=at)
    interested = Interest.objects.people_by_supplier(case.supplier_id for case in cases)
    mails = [_escalation(person, [case for case in cases if person.pk not in interested[case.supplier_id]], at) for person in esg_staff()]
    queue_many("reviews_escalated", [mail for mail in mails if mail])
    return len(cases)


def _escalation(person: User, cases: Sequence[Assessment], at: datetime) -> NewMessage | None:
    """Of what this person may read; where that is nothing, no mail."""
    context = {"escalated_reviews": [case.pk for case in cases[:NAMED]], "count": len(cases)}
    key = f"reviews_escalated:{person.pk}:{at:%Y%m%d%H%M%S}"
    return NewMessage(person.email, key, person.language, context, person.name) if cases else None


# --- the mails --------------------------------------------------------------------------------------------------------


@adds_context("due_reviews")
def _write_due(message: Message) -> dict[str, Any]:
    """What `reviews_due` shows, in the reader's language. A second reviewer is sent to the own page."""
    named = message.context["due_reviews"]
    lines = _lines([pk for ids in named.values() for pk in ids], reader=message.email)
    told = {stage: [lines[pk] for pk in ids if pk in lines] for stage, ids in named.items()}
    page = absolute_url(reverse("assessments:review_queue") + "?whose=mine")
    return {"overdue_lines": told[Stage.OVERDUE], "soon_lines": told[Stage.DUE_SOON], "page_url": page}


@adds_context("escalated_reviews")
def _write_escalated(message: Message) -> dict[str, Any]:
    lines = _lines(message.context["escalated_reviews"], reader="")
    page = absolute_url(reverse("assessments:review_queue") + "?due=overdue")
    return {"lines": list(lines.values()), "page_url": page}


def _lines(ids: Sequence[int], *, reader: str) -> dict[int, dict[str, Any]]:
    rows = with_deadlines(Assessment.objects.filter(pk__in=ids), at=timezone.now()).select_related(
        "supplier", "reviewer", "second_review__reviewer"
    )
    return {row.pk: _line(row, reader) for row in rows.order_by("review_due_on", "pk")}


def _line(row: Any, reader: str) -> dict[str, Any]:
    second = getattr(row, "second_review", None)
    is_second = bool(reader and second and second.reviewer and second.reviewer.email == reader)
    page = "assessments:second_review" if is_second else "assessments:review"
    return {
        "supplier": row.supplier.name,
        "due_on": row.review_due_on,
        "reviewer": str(row.reviewer or ""),
        "url": absolute_url(reverse(page, args=[row.pk])),
    }
