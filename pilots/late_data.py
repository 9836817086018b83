"""Data of a period that is over and not complete: the supplier is reminded, then its signatories, then the buyer's staff are told.

Days after the period's end: 7, 30 (the day the data are due), 45. A mail is sent once a period, level and person, however often the job
runs; what is complete is not asked for. What is still missing when the period is appraised is appraised as missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Membership, Message, Role, User
from pilots.actuals import NotCalculable, Period, actual_of
from pilots.appraisal import DATA_DUE, ended_periods, last_day
from pilots.models import Agreement


# After so many days, these are told.
LEVELS = (
    (7, (Role.SUPPLIER_CONTRIBUTOR, Role.SUPPLIER_SIGNATORY)),
    (DATA_DUE.days, (Role.SUPPLIER_CONTRIBUTOR, Role.SUPPLIER_SIGNATORY)),
    (45, (Role.SUPPLIER_SIGNATORY, Role.ESG_STAFF)),
)
# Older gaps were told of often enough.
LOOK_BACK = timedelta(days=180)


def to_remind() -> Iterable[int]:
    return Agreement.objects.in_force().order_by("pk").values_list("pk", flat=True)


def remind(agreement_ids: Sequence[int], *, on: date) -> int:
    """Says how many mails it queued."""
    agreements = Agreement.objects.in_force().filter(pk__in=agreement_ids).select_related("supplier", "factor_set").order_by("pk")
    staff = list(_people(Role.ESG_STAFF))
    return len(queue_many("pilot_data_missing", [message for each in agreements for message in _messages(each, staff, on)]))


def _messages(agreement: Agreement, staff: Sequence[User], on: date) -> Iterator[NewMessage]:
    for period in ended_periods(agreement, on=on, since=timedelta(days=LEVELS[0][0])):
        ended = last_day(agreement, period)
        if on - ended > LOOK_BACK or not _is_missing(agreement, period):
            continue
        level, roles = next((days, roles) for days, roles in reversed(LEVELS) if on - ended >= timedelta(days=days))
        for person in _told(agreement, roles, staff):
            yield NewMessage(
                person.email,
                f"pilot_data:{agreement.pk}:{period.year}:{period.quarter or 0}:{level}:{person.pk}",
                person.language,
                {"pilot_data": agreement.pk, "year": period.year, "quarter": period.quarter, "level": level},
                person.name,
                agreement.supplier_id,
            )


def _is_missing(agreement: Agreement, period: Period) -> bool:
    try:
        return not actual_of(agreement, period).coverage.is_complete
    except NotCalculable:
        return True


def _told(agreement: Agreement, roles: Sequence[str], staff: Sequence[User]) -> Iterator[User]:
    for role in roles:
        yield from staff if role == Role.ESG_STAFF else _people(role, supplier_id=agreement.supplier_id)


def _people(role: str, **of: int) -> Iterator[User]:
    memberships = Membership.objects.filter(role=role, user__is_active=True, **of).select_related("user")
    return (membership.user for membership in memberships.order_by("user_id"))


@adds_context("pilot_data")
def _context(message: Message) -> Mapping[str, Any]:
    agreement = Agreement.objects.select_related("supplier").get(pk=message.context["pilot_data"])
    ended = last_day(agreement, Period(message.context["year"], message.context["quarter"]))
    return {
        "agreement": agreement.number,
        "agreement_title": agreement.title,
        "supplier_name": agreement.supplier.name,
        "year": message.context["year"],
        "quarter": message.context["quarter"],
        "ended_on": ended,
        "due_on": ended + DATA_DUE,
        "is_late": message.context["level"] >= DATA_DUE.days,
        "page_url": absolute_url(agreement.get_absolute_url()),
    }
