"""Steps that people decide today and that take effect on a later day: announced in the ledger, and taken when their day comes.

1. `announce`: a step of the ledger says what will happen and why. The supplier is told, and may appeal. The label stays as it is.
2. On the day, by the clock, the step itself is written, with the day of the notice. Where the label is in no state for it any more, the
   ledger says that nothing came of it.
3. Until then a person may call it off, with a reason.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from labels import ledger, steps_by_people
from labels.dates import ledger_day
from labels.independence import refuse_conflict
from labels.models import Announcement, Label, LabelEvent
from labels.steps_by_people import BY_PERSON, CriteriaMissed, Decided
from labels.transitions import IllegalStep, Step


if TYPE_CHECKING:
    from accounts.models import User

# Nothing came of it: the label was in no state for the step when its day came.
LAPSED = "lapsed"


class AlreadyAnnounced(IllegalStep):
    """The same step waits for its day."""


def decide(label: Label, decided: Decided, *, effective_on: date | None, at: datetime) -> LabelEvent:
    """At once, or announced where the day is still to come. The caller holds the label's lock.

    Raises `IllegalStep`, `CriteriaMissed`, `AlreadyAnnounced`.
    """
    if effective_on is not None and effective_on > ledger_day(at):
        return _announce(label, decided, effective_on=effective_on, at=at)
    return steps_by_people.record(label, decided, at=at)


def refuse_announced(supplier_id: int, step: str) -> None:
    """Raises `AlreadyAnnounced`."""
    if Announcement.objects.waiting().filter(supplier=supplier_id, step=step).exists():
        raise AlreadyAnnounced(step)


def _announce(label: Label, decided: Decided, *, effective_on: date, at: datetime) -> LabelEvent:
    steps_by_people.refuse_impossible(label, decided.step)
    refuse_announced(label.supplier_id, decided.step)
    told = {"step": decided.step, "effective_on": effective_on.isoformat()}
    event = ledger.record(
        ledger.note("announced", label, reason_code=decided.reason_code, on=ledger_day(at)),
        supplier_id=label.supplier_id,
        snapshot={**steps_by_people.snapshot_of(label.supplier_id), "announces": told},
        at=at,
        actor=decided.actor,
        second_actor=decided.second_actor,
        reason=decided.reason,
    )
    Announcement.objects.create(
        supplier_id=label.supplier_id, event=event, step=decided.step, notice_on=event.notice_on, effective_on=effective_on
    )
    return event


@transaction.atomic
def call_off(*, announcement_id: int, reason: str, by: "User", at: datetime) -> LabelEvent:
    """Raises `IllegalStep` when it is not waiting any more, and `Conflict`."""
    announcement = _locked(announcement_id)
    if announcement is None:
        raise IllegalStep("not announced any more")
    refuse_conflict(by, announcement.supplier_id)
    step = _note(announcement, BY_PERSON, at)
    event = ledger.record(step, supplier_id=announcement.supplier_id, snapshot=_announced(announcement), at=at, actor=by, reason=reason)
    _end(announcement, Announcement.State.CALLED_OFF, event)
    trail.record(
        "label.called_off", actor=by, target=event, supplier_id=announcement.supplier_id, detail={"step": announcement.step}, at=at
    )
    return event


def take_due(*, at: datetime) -> int:
    """What was announced for today or before. How many; often and by several workers at once is as once."""
    due = Announcement.objects.due(ledger_day(at)).order_by("effective_on", "pk").values_list("pk", flat=True)
    return sum(_take(pk, at=at) for pk in list(due))


@transaction.atomic
def _take(announcement_id: int, *, at: datetime) -> bool:
    announcement = _locked(announcement_id)
    if announcement is None:
        return False
    supplier_id, told = announcement.supplier_id, announcement.event
    assert told.actor is not None  # noqa: S101 - people announce
    decided = Decided(announcement.step, told.reason, told.actor, told.second_actor, told.reason_code)
    try:
        event = steps_by_people.record(
            ledger.lock_label(supplier_id), decided, at=at, notice_on=announcement.notice_on, snapshot=told.snapshot
        )
    except (IllegalStep, CriteriaMissed):
        event = ledger.record(_note(announcement, LAPSED, at), supplier_id=supplier_id, snapshot=_announced(announcement), at=at)
        _end(announcement, Announcement.State.LAPSED, event)
    else:
        _end(announcement, Announcement.State.TAKEN, event)
    trail.record(f"label.{event.kind}", target=event, supplier_id=supplier_id, detail={"announced": told.number}, at=at)
    return True


def _locked(announcement_id: int) -> Announcement | None:
    """None when it is not waiting any more. The label first, as everybody else does."""
    ledger.lock_label(Announcement.objects.values_list("supplier_id", flat=True).get(pk=announcement_id))
    waiting = Announcement.objects.waiting().select_for_update(of=("self",)).filter(pk=announcement_id)
    return waiting.select_related("event__actor", "event__second_actor").first()


def _note(announcement: Announcement, reason_code: str, at: datetime) -> Step:
    return ledger.note("called_off", ledger.lock_label(announcement.supplier_id), reason_code=reason_code, on=ledger_day(at))


def _announced(announcement: Announcement) -> dict[str, object]:
    return {"announces": announcement.event.snapshot["announces"]}


def _end(announcement: Announcement, state: str, event: LabelEvent) -> None:
    announcement.state, announcement.end = state, event
    announcement.save(update_fields=["state", "end"])
