"""A step of the ledger that people decide: written at once, or on the day for which it was announced."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from labels import ledger, standards
from labels.dates import add_months, ledger_day
from labels.models import Decision, Label, LabelEvent
from labels.transitions import IllegalStep, Step


if TYPE_CHECKING:
    from accounts.models import User

BY_PERSON = "by_person"


class CriteriaMissed(Exception):
    """The suspension cannot be lifted while the supplier misses the criteria of every level."""


class Decided(NamedTuple):
    """What people decided, and why. `reason_code`: the ground of a revocation."""

    step: str
    reason: str
    actor: "User"
    second_actor: "User | None" = None
    reason_code: str = BY_PERSON


def refuse_impossible(label: Label, step: str) -> None:
    """Whether the label is in a state for it now. Raises `IllegalStep`, `CriteriaMissed`."""
    if step != "reinstated":
        ledger.apply(ledger.state_of(label), _step_of(label, step, BY_PERSON, date.min))
    elif not label.is_held:
        # What the rules suspended is lifted by the rules, when the criteria are met again.
        raise IllegalStep(f"reinstated by a person from {label.state}")
    elif not Decision.objects.filter(supplier_id=label.supplier_id).exclude(outcome="").exists():
        raise CriteriaMissed(label.supplier_id)


def record(
    label: Label, decided: Decided, *, at: datetime, notice_on: date | None = None, snapshot: Mapping[str, Any] | None = None
) -> LabelEvent:
    """In effect from today. `notice_on` and `snapshot` are those of the announcement, where there was one."""
    refuse_impossible(label, decided.step)
    return ledger.record(
        _step_of(label, decided.step, decided.reason_code, ledger_day(at)),
        supplier_id=label.supplier_id,
        snapshot=dict(snapshot) if snapshot is not None else snapshot_of(label.supplier_id),
        at=at,
        actor=decided.actor,
        second_actor=decided.second_actor,
        reason=decided.reason,
        notice_on=notice_on,
    )


def _step_of(label: Label, kind: str, reason_code: str, on: date) -> Step:
    until = add_months(on, 12 * _cooling_off(label, reason_code)) if kind == "revoked" else None
    return Step(kind, label.level, label.standard_id, reason_code, on, label.valid_from, label.valid_to, until=until, by_person=True)


def _cooling_off(label: Label, ground: str) -> int:
    """Years."""
    if label.standard is None:
        raise IllegalStep("no standard")
    return standards.rules_of(label.standard).ledger.cooling_off(ground)


def snapshot_of(supplier_id: int) -> dict[str, Any]:
    """The criteria as they stood when a person decided."""
    decision = Decision.objects.filter(supplier_id=supplier_id).values_list("criteria", flat=True).first()
    return decision or {}
