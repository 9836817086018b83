"""Who of the supplier answers which area, and by when: assigned to a colleague, or to somebody who is invited with it.

Whether an area is done is not kept: it follows from the answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.dateparse import parse_date

from accounts.invitations import invite, when_accepted
from accounts.messages import NewMessage, absolute_url, adds_context, queue, queue_many
from accounts.models import Invitation, Membership, Message, Role, User
from assessments.answering.saving import NotOpen
from assessments.answering.worksheet import open_worksheet
from assessments.models import AreaTask, Assessment
from assessments.questionnaires.wording import listed, local
from assessments.rules import rulesets
from audit import trail


# How long before the due date somebody is reminded of an area that is not complete.
REMIND_BEFORE = timedelta(days=3)


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has no account with this supplier yet."""

    email: str
    name: str
    language: str


# --- assigning --------------------------------------------------------------------------------------------------------


@transaction.atomic
def assign(*, assessment_id: int, areas: Iterable[str], to: User | Newcomer, due_on: date, by: User, at: datetime) -> None:
    """One person for each area: who had it before has it no longer. A newcomer is invited with the same mail. Raises `NotOpen`."""
    assessment = _open(assessment_id)
    person: dict[str, Any] = {"assignee": to, "email": ""} if isinstance(to, User) else {"assignee": None, "email": to.email.lower()}
    wanted = {**person, "due_on": due_on}
    given = [area for area in areas if not AreaTask.objects.filter(assessment=assessment, area=area, **wanted).exists()]
    if not given:
        return
    for area in given:
        AreaTask.objects.update_or_create(assessment=assessment, area=area, defaults={**wanted, "assigned_by": by, "assigned_at": at})
    context = {"areas_of": assessment.pk, "areas": given, "due_on": due_on.isoformat(), "by_name": by.name}
    if isinstance(to, Newcomer):
        invitation = invite(
            email=to.email,
            name=to.name,
            role=Role.SUPPLIER_CONTRIBUTOR,
            supplier_id=assessment.supplier_id,
            by=by,
            at=at,
            language=to.language,
            mail="area_invitation",
            context=context,
        )
        # The trail stays for ever: it names nobody by an address.
        who = {"invitation": invitation.pk}
    else:
        who = {"to": to.pk}
        if to.pk != by.pk:
            _tell(to, assessment, context, at)
    detail = {"areas": given, **who, "due_on": due_on.isoformat()}
    trail.record("area.assigned", actor=by, target=assessment, supplier_id=assessment.supplier_id, detail=detail, at=at)


def _tell(person: User, assessment: Assessment, context: dict[str, Any], at: datetime) -> None:
    queue(
        "area_assigned",
        email=person.email,
        name=person.name,
        language=person.language,
        dedupe_key=f"area_assigned:{assessment.pk}:{person.pk}:{at.timestamp():.6f}",
        context=context,
        supplier=assessment.supplier,
    )


@transaction.atomic
def unassign(*, assessment_id: int, areas: Iterable[str], by: User, at: datetime) -> None:
    assessment = _open(assessment_id)
    taken = AreaTask.objects.filter(assessment=assessment, area__in=list(areas))
    if names := sorted(taken.values_list("area", flat=True)):
        taken.delete()
        trail.record("area.unassigned", actor=by, target=assessment, supplier_id=assessment.supplier_id, detail={"areas": names}, at=at)


def _open(assessment_id: int) -> Assessment:
    try:
        return Assessment.objects.open_for_answers().select_related("supplier").get(pk=assessment_id)
    except Assessment.DoesNotExist:
        raise NotOpen(assessment_id) from None


@when_accepted
def _hand_over(invitation: Invitation, user: User) -> None:
    """What was kept for an address is now the person's."""
    if invitation.supplier_id is not None:
        waiting = AreaTask.objects.filter(email=user.email, assessment__supplier_id=invitation.supplier_id)
        waiting.update(assignee=user, email="")


# --- reminding --------------------------------------------------------------------------------------------------------


def to_be_reminded(today: date) -> list[int]:
    """Assessments with an area that is due soon. Whether it is complete is looked at by the one who reminds."""
    soon = AreaTask.objects.filter(due_on__range=(today, today + REMIND_BEFORE), assignee__isnull=False)
    open_ones = soon.filter(assessment__status__in=Assessment.EDITABLE)
    return list(open_ones.order_by("assessment_id").values_list("assessment_id", flat=True).distinct())


@transaction.atomic
def remind(assessment_ids: Iterable[int], *, today: date) -> int:
    """One mail for each person, assessment and due date, however often it is called. Answers how many were queued."""
    messages = []
    for assessment in Assessment.objects.filter(pk__in=list(assessment_ids)).select_related("campaign", "supplier").order_by("pk"):
        messages += _reminders(assessment, today)
    return len(queue_many("area_reminder", messages))


def _reminders(assessment: Assessment, today: date) -> list[NewMessage]:
    worksheet = open_worksheet(assessment)
    acts = Membership.objects.filter(user=OuterRef("assignee"), supplier=assessment.supplier_id)
    tasks = AreaTask.objects.filter(Exists(acts), assessment=assessment, assignee__is_active=True)
    groups: dict[tuple[int, date], list[AreaTask]] = {}
    for task in tasks.filter(due_on__range=(today, today + REMIND_BEFORE)).select_related("assignee").order_by("area"):
        if not worksheet.progress(task.area).is_complete and task.assignee_id:
            groups.setdefault((task.assignee_id, task.due_on), []).append(task)
    return [_reminder(assessment, group, due_on) for (_person, due_on), group in groups.items()]


def _reminder(assessment: Assessment, tasks: list[AreaTask], due_on: date) -> NewMessage:
    person = tasks[0].assignee
    assert person is not None  # noqa: S101 - only tasks of persons come here
    return NewMessage(
        email=person.email,
        dedupe_key=f"area_reminder:{assessment.pk}:{person.pk}:{due_on}",
        language=person.language,
        context={"areas_of": assessment.pk, "areas": [task.area for task in tasks], "due_on": due_on.isoformat()},
        name=person.name,
        supplier_id=assessment.supplier_id,
    )


# --- the mails --------------------------------------------------------------------------------------------------------


@adds_context("areas_of")
def _write(message: Message) -> dict[str, Any]:
    """What the mails about areas show, in the reader's language."""
    assessment = Assessment.objects.select_related("campaign", "supplier").get(pk=message.context["areas_of"])
    chosen = [
        area for area in rulesets.questionnaire_of(assessment.campaign.questionnaire_id).areas if area.code in message.context["areas"]
    ]
    page, arguments = (
        ("assessments:area", [assessment.pk, chosen[0].code]) if len(chosen) == 1 else ("assessments:overview", [assessment.pk])
    )
    return {
        "campaign_title": assessment.campaign.title,
        "supplier_name": assessment.supplier.name,
        "area_names": listed(local(area.title) for area in chosen),
        "due_on": parse_date(message.context["due_on"]),
        "page_url": absolute_url(reverse(page, args=arguments)),
    }
