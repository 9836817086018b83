"""Who looks after the portal is told in the morning what did not run that must: nobody looks at a page of schedules every day."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from accounts.permissions import Permission, holders_of
from runs.calendar import buyers_day
from runs.models import Run
from runs.schedules import MUST_RUN, ScheduleLine, schedule_lines


# Each is to run once a day.
LONGEST_WITHOUT = timedelta(hours=48)


def tell_of_failures(*, at: datetime) -> int:
    """How many mails were queued: one a day and person."""
    failed = [line.key for line in schedule_lines(at=at) if line.key in MUST_RUN and _has_failed(line, at)]
    day = buyers_day(at)
    messages = [
        NewMessage(person.email, f"must_run_failed:{day}:{person.pk}", person.language, {"schedules_that_failed": failed}, person.name)
        for person in (_people() if failed else ())
    ]
    return len(queue_many("must_run_failed", messages))


def _has_failed(line: ScheduleLine, at: datetime) -> bool:
    """A run that hangs, or that somebody paused, keeps those of the nights after from being started."""
    started = line.run.created_at if line.run else line.last_run_at
    # What has never run is new: its first night is still to come.
    overdue = started is not None and at - started > LONGEST_WITHOUT
    return overdue or line.result not in ("", Run.Status.QUEUED, Run.Status.RUNNING, Run.Status.DONE)


def _people() -> list[User]:
    roles = {*holders_of(Permission.RUN_MANAGE), *holders_of(Permission.AUDIT_VIEW)}
    return list(User.objects.filter(is_active=True, memberships__role__in=roles).distinct().order_by("pk"))


@adds_context("schedules_that_failed")
def _write_schedules(message: Message) -> dict[str, Any]:
    names = [_(name) for name in message.context["schedules_that_failed"]]
    return {"schedules": names, "schedules_url": absolute_url(reverse("runs:schedule_list"))}
