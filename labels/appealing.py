"""A supplier contests a step of its ledger: within the days the standard gives, with text and evidence; and gets an answer in time from
somebody who did not decide before.

An appeal stays the step's effect no longer than it takes: a suspension goes on until the appeal is upheld. Upheld, what people decided
is lifted, and what the step held against the supplier does not count for the days of grace, in which the buyer's records are put right;
then the rules are asked again.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.scope import system
from audit import trail
from labels import announcing, committee_notices, evaluation, ledger, standards
from labels.dates import ledger_day
from labels.independence import refuse_decided_before
from labels.models import Announcement, Appeal, LabelEvent
from labels.rules import Rules
from labels.transitions import APPEAL, IllegalStep, Step
from suppliers.models import Document


if TYPE_CHECKING:
    from accounts.models import User

# Steps that take something from a supplier.
APPEALABLE = ("declined", "warned", "lowered", "suspended", "expired", "revoked")


class TooLate(Exception):
    """`last_day` was the last one."""

    def __init__(self, last_day: date) -> None:
        super().__init__(last_day.isoformat())
        self.last_day = last_day


class AlreadyAppealed(Exception):
    """A step is contested once."""


class NotTheSuppliersDocument(Exception):
    """Evidence comes from the supplier's own library."""


def last_day_to_appeal(event: LabelEvent) -> date | None:
    """None for a step that cannot be contested. What was announced may be contested, and again once it is in effect."""
    if not takes_something(event) or event.standard is None:
        return None
    return max(event.notice_on, event.effective_on) + timedelta(days=standards.rules_of(event.standard).ledger.appeal_days)


def takes_something(event: LabelEvent) -> bool:
    return event.kind in APPEALABLE or (event.snapshot.get("announces", {}).get("step") in APPEALABLE and event.kind == "announced")


def may_be_appealed(event: LabelEvent, on: date) -> bool:
    last_day = last_day_to_appeal(event)
    return last_day is not None and on <= last_day and not hasattr(event, "appeal")


@transaction.atomic
def lodge(*, event_id: int, text: str, documents: Sequence[int], by: "User", at: datetime) -> Appeal:
    """Raises `TooLate`, `AlreadyAppealed`, `NotTheSuppliersDocument`, `IllegalStep`."""
    event = LabelEvent.objects.select_related("standard").get(pk=event_id)
    with system():  # what comes of it is a step of the ledger, which no supplier writes
        return _lodge(event, text, documents, by, at)


def _lodge(event: LabelEvent, text: str, documents: Sequence[int], by: "User", at: datetime) -> Appeal:
    label = ledger.lock_label(event.supplier_id)
    on, last_day = ledger_day(at), last_day_to_appeal(event)
    if last_day is None or event.standard is None:
        raise IllegalStep(f"{event.kind} contested")
    if on > last_day:
        raise TooLate(last_day)
    if Appeal.objects.filter(event=event).exists():
        raise AlreadyAppealed(event.pk)
    rules = standards.rules_of(event.standard)
    level, criteria = _held_against(event, rules)
    appeal = Appeal.objects.create(
        supplier_id=event.supplier_id,
        event=event,
        text=text,
        lodged_by=by,
        lodged_at=at,
        due_on=on + timedelta(days=rules.ledger.appeal_decision_days),
        level=level if criteria else "",
        criteria=criteria,
    )
    appeal.documents.set(_own_documents(event.supplier_id, documents))
    step = ledger.note("appealed", label, reason_code=APPEAL, on=on)
    ledger.record(step, supplier_id=event.supplier_id, snapshot={"contested": event.number}, at=at, actor=by, reason=text)
    trail.record("label.appealed", actor=by, target=appeal, supplier_id=event.supplier_id, detail={"step": event.number}, at=at)
    committee_notices.tell_of_appeal(appeal)
    return appeal


def _own_documents(supplier_id: int, numbers: Sequence[int]) -> list[Document]:
    found = list(Document.objects.filter(supplier_id=supplier_id, pk__in=numbers))
    if len(found) != len(set(numbers)):
        raise NotTheSuppliersDocument(supplier_id)
    return found


def _held_against(event: LabelEvent, rules: Rules) -> tuple[str, list[str]]:
    """The level that was at stake, and the criteria that were missed for it; none where people decided on other grounds."""
    if event.actor_id is not None:
        return "", []
    level = rules.levels[-1] if event.kind == "lowered" else event.level
    return level, [line["key"] for line in event.snapshot.get("criteria", ()) if level in line["missed"]]


@transaction.atomic
def decide(*, appeal_id: int, upheld: bool, answer: str, by: "User", at: datetime) -> Appeal:
    """Raises `DecidedBefore`, `Conflict`, and `IllegalStep` where it was decided already."""
    appeal = Appeal.objects.select_for_update(of=("self",)).select_related("event").get(pk=appeal_id)
    if appeal.state != Appeal.State.OPEN:
        raise IllegalStep(f"appeal {appeal.state}")
    refuse_decided_before(by, appeal)
    on, label = ledger_day(at), ledger.lock_label(appeal.supplier_id)
    appeal.state = Appeal.State.UPHELD if upheld else Appeal.State.REFUSED
    appeal.answer, appeal.decided_by, appeal.decided_at = answer, by, at
    if upheld and appeal.criteria and label.standard is not None:
        appeal.overlooked_until = on + timedelta(days=standards.rules_of(label.standard).ledger.grace_days)
    appeal.save()
    kind = "appeal_upheld" if upheld else "appeal_refused"
    snapshot = {"contested": appeal.event.number}
    event = ledger.record(
        ledger.note(kind, label, reason_code=APPEAL, on=on),
        supplier_id=appeal.supplier_id,
        snapshot=snapshot,
        at=at,
        actor=by,
        reason=answer,
    )
    trail.record(f"label.{kind}", actor=by, target=event, supplier_id=appeal.supplier_id, detail=snapshot, at=at)
    if upheld:
        _put_right(appeal, by=by, at=at)
    return appeal


def _put_right(appeal: Appeal, *, by: "User", at: datetime) -> None:
    announcement = Announcement.objects.waiting().filter(event=appeal.event).first()
    if announcement is not None:
        announcing.call_off(announcement_id=announcement.pk, reason=appeal.answer, by=by, at=at)
    on, label = ledger_day(at), ledger.lock_label(appeal.supplier_id)
    if label.state == "revoked" or label.is_held:
        step = Step("reinstated", label.level, label.standard_id, APPEAL, on, label.valid_from, label.valid_to, by_person=True)
        snapshot = {"contested": appeal.event.number}
        ledger.record(step, supplier_id=appeal.supplier_id, snapshot=snapshot, at=at, actor=by, reason=appeal.answer)
    evaluation.evaluate([appeal.supplier_id], on=on, at=at)
