"""The side of the case team: acknowledge, write, give feedback, close."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from grievances.models import Case, CaseLook, CaseMessage
from grievances.sealing import seal, unseal


@dataclass(frozen=True)
class Line:
    """A message as people read it."""

    text: str | None
    at: datetime
    by: User | None


def note_look(*, case: Case, by: User, at: datetime) -> None:
    CaseLook.objects.create(case=case, by=by, at=at)


def lines_of(case: Case) -> list[Line]:
    messages: Iterable[CaseMessage] = case.messages.select_related("by").order_by("at", "pk")
    return [Line(unseal(message.text), message.at, message.by) for message in messages]


@transaction.atomic
def acknowledge(*, case_id: int, by: User, at: datetime) -> Case:
    case = _open(case_id)
    if case.acknowledged_at is not None:
        raise Case.IllegalTransition(case.state)
    _acknowledge(case, by, at)
    case.save(update_fields=["acknowledged_at", "acknowledged_by", "state"])
    return case


@transaction.atomic
def write(*, case_id: int, text: str, is_feedback: bool, once: UUID, by: User, at: datetime) -> Case:
    """Feedback says what was found and what is done about it. Whoever writes has acknowledged, too."""
    case = _open(case_id)
    _message, is_new = CaseMessage.objects.get_or_create(case=case, once=once, defaults={"text": seal(text), "at": at, "by": by})
    if not is_new:
        return case
    if case.acknowledged_at is None:
        _acknowledge(case, by, at)
    if is_feedback and case.feedback_at is None:
        case.feedback_at, case.feedback_given_by, case.state = at, by, Case.State.ANSWERED
    case.save()
    return case


@transaction.atomic
def close(*, case_id: int, by: User, at: datetime) -> Case:
    """Nobody is left without a word: feedback comes first."""
    case = _open(case_id)
    if case.feedback_at is None:
        raise Case.IllegalTransition(case.state)
    case.state, case.closed_at, case.closed_by = Case.State.CLOSED, at, by
    case.save(update_fields=["state", "closed_at", "closed_by"])
    return case


def _open(case_id: int) -> Case:
    case = Case.objects.select_for_update().get(pk=case_id)
    if not case.is_open:
        raise Case.IllegalTransition(case.state)
    return case


def _acknowledge(case: Case, by: User, at: datetime) -> None:
    case.acknowledged_at, case.acknowledged_by, case.state = at, by, Case.State.ACKNOWLEDGED
