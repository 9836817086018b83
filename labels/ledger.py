"""The label ledger in the database: one step written, the label derived, and the check that both agree."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import transaction

from labels.dates import ledger_day
from labels.models import Label, LabelEvent
from labels.transitions import LabelState, Step, apply, derive
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["apply", "derive", "differences", "lock_label", "note", "record", "state_before_proposal", "state_of"]

_STEP_COLUMNS = ("kind", "level", "standard_id", "reason_code", "effective_on", "valid_from", "valid_to", "until", "actor_id")


def state_of(label: Label | None) -> LabelState:
    if label is None or label.last_event is None:
        return LabelState()
    return LabelState(
        label.state,
        label.level,
        label.standard_id,
        label.valid_from,
        label.valid_to,
        label.until,
        label.is_held,
        label.last_event.number,
        label.last_event.effective_on,
        label.is_due,
    )


def lock_label(supplier_id: int) -> Label:
    """The supplier's label, locked until the transaction ends; made where there was none."""
    # The supplier's row is the lock of a label that does not exist yet.
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    found = Label.objects.select_for_update(of=("self",)).select_related("last_event", "standard").filter(supplier_id=supplier_id).first()
    return found or Label(supplier_id=supplier_id)


@transaction.atomic
def record(
    step: Step,
    *,
    supplier_id: int,
    snapshot: dict[str, Any],
    at: datetime,
    actor: "User | None" = None,
    second_actor: "User | None" = None,
    reason: str = "",
    notice_on: date | None = None,
) -> LabelEvent:
    """Writes one step and derives the label. Raises `IllegalStep` where the label's state does not allow it."""
    label = lock_label(supplier_id)
    after = apply(state_of(label), step)
    event = LabelEvent.objects.create(
        supplier_id=supplier_id,
        number=after.number,
        kind=step.kind,
        level=step.level,
        standard_id=step.standard_id,
        reason_code=step.reason_code,
        reason=reason,
        snapshot=snapshot,
        notice_on=notice_on or ledger_day(at),
        effective_on=step.effective_on,
        valid_from=step.valid_from,
        valid_to=step.valid_to,
        until=step.until,
        actor=actor,
        second_actor=second_actor,
        at=at,
    )
    _take_over(label, after)
    label.last_event, label.changed_at = event, at
    label.save()
    return event


def note(kind: str, label: Label, *, reason_code: str, on: date) -> Step:
    """A step that says something and leaves the label as it is."""
    return Step(kind, label.level, label.standard_id, reason_code, on, label.valid_from, label.valid_to, label.until, by_person=True)


def _take_over(label: Label, state: LabelState) -> None:
    label.state, label.level, label.standard_id = state.state, state.level, state.standard_id
    label.valid_from, label.valid_to = state.valid_from, state.valid_to
    label.until, label.is_held, label.is_due = state.until, state.is_held, state.is_due


def differences() -> list[int]:
    """Suppliers whose label is not what their ledger says. Empty when all is well; looked at after every nightly evaluation."""
    stored = {label.supplier_id: state_of(label) for label in Label.objects.select_related("last_event").iterator()}
    wrong = [supplier_id for supplier_id, derived in _derived() if stored.pop(supplier_id, None) != derived]
    # What is left has a label and no ledger.
    return sorted([*wrong, *(supplier_id for supplier_id, state in stored.items() if state != LabelState())])


def state_before_proposal(supplier_id: int) -> LabelState:
    """What the label was when its last award was proposed."""
    rows = list(LabelEvent.objects.filter(supplier_id=supplier_id).in_order().values_list(*_STEP_COLUMNS))
    last = max(place for place, row in enumerate(rows) if row[0] == LabelEvent.Kind.PROPOSED)
    return derive(_step_of(*row) for row in rows[:last])


def _derived() -> Iterator[tuple[int, LabelState]]:
    rows = LabelEvent.objects.in_order().values_list("supplier_id", *_STEP_COLUMNS).iterator(chunk_size=5_000)
    for supplier_id, steps in groupby(rows, key=lambda row: row[0]):
        yield supplier_id, derive(_step_of(*row[1:]) for row in steps)


def _step_of(*columns: Any) -> Step:
    return Step._make((*columns[:-1], columns[-1] is not None))
