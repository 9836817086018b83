"""The clocks: the case team is told of each report, before a day passes, and every day after it. Mails say a number, never a word."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from accounts.permissions import Permission, holders_of
from grievances.models import Case


BEFORE_ACKNOWLEDGING = timedelta(days=2)
BEFORE_FEEDBACK = timedelta(days=14)


def tell_of_report(case: Case) -> None:
    _queue("case_received", [case], "received")


def remind(*, at: datetime) -> int:
    """Each morning. How many mails were queued: each case and step once a day."""
    day = f"{at:%Y-%m-%d}"
    soon = Case.objects.unacknowledged().filter(acknowledge_by__lt=at + BEFORE_ACKNOWLEDGING)
    due = Case.objects.without_feedback().filter(feedback_by__lt=at + BEFORE_FEEDBACK)
    acknowledging = list(soon.order_by("pk"))
    known = {case.pk for case in acknowledging}
    feedback = [case for case in due.order_by("pk") if case.pk not in known]
    return _queue("case_due", acknowledging, f"acknowledge:{day}") + _queue("case_due", feedback, f"feedback:{day}")


def _queue(kind: str, cases: list[Case], what: str) -> int:
    team = list(User.objects.filter(is_active=True, memberships__role__in=holders_of(Permission.CASE_HANDLE)).distinct().order_by("pk"))
    messages = [
        NewMessage(
            person.email,
            f"{kind}:{case.pk}:{what}:{person.pk}",
            person.language,
            {"case_of_team": case.pk, "what": what.partition(":")[0]},
            person.name,
        )
        for case in cases
        for person in team
    ]
    return len(queue_many(kind, messages))


@adds_context("case_of_team")
def _write_case(message: Message) -> dict[str, Any]:
    case = Case.objects.get(pk=message.context["case_of_team"])
    due = case.feedback_by if message.context["what"] == "feedback" else case.acknowledge_by
    return {"number": case.number, "due": due, "case_url": absolute_url(reverse("grievances:case", args=[case.pk]))}
