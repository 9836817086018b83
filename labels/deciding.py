"""What people decide about a label: suspend it, lift their suspension, and, two of them together, revoke it (by exception: `exceptions`).

Reasons are mandatory: the supplier reads them. Each verb raises `IllegalStep` where the label is in no state for it, and `Conflict`
where the person who decides has an interest in the supplier.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import trail
from labels import ledger, standards
from labels.dates import add_months, ledger_day
from labels.independence import refuse_conflict
from labels.models import Decision, Label, LabelEvent, Proposal
from labels.transitions import IllegalStep, Step


if TYPE_CHECKING:
    from accounts.models import User

REVOCATION_GROUNDS = [
    ("false_statement", _("False statement or forged evidence")),
    ("serious_violation", _("Serious violation of the supplier code")),
    ("ethics", _("Breach of business ethics")),
    ("misuse", _("Misuse of the label")),
]
BY_PERSON = "by_person"


class SamePerson(Exception):
    """A second pair of eyes is asked for, and these are the first."""


class CriteriaMissed(Exception):
    """The suspension cannot be lifted while the supplier misses the criteria of every level."""


@transaction.atomic
def suspend(*, supplier_id: int, reason: str, by: "User", at: datetime) -> LabelEvent:
    """At once, and until a person lifts it."""
    refuse_conflict(by, supplier_id)
    label = ledger.lock_label(supplier_id)
    event = _record(label, "suspended", reason_code=BY_PERSON, reason=reason, by=by, at=at)
    trail.record("label.suspended", actor=by, target=event, supplier_id=supplier_id, at=at)
    return event


@transaction.atomic
def lift_suspension(*, supplier_id: int, reason: str, by: "User", at: datetime) -> LabelEvent:
    """Raises `CriteriaMissed`. What the rules suspended is lifted by the rules, when the criteria are met again."""
    refuse_conflict(by, supplier_id)
    label = ledger.lock_label(supplier_id)
    if not label.is_held:
        raise IllegalStep(f"reinstated by a person from {label.state}")
    if not Decision.objects.filter(supplier_id=supplier_id).exclude(outcome="").exists():
        raise CriteriaMissed(supplier_id)
    event = _record(label, "reinstated", reason_code=BY_PERSON, reason=reason, by=by, at=at)
    trail.record("label.reinstated", actor=by, target=event, supplier_id=supplier_id, at=at)
    return event


@transaction.atomic
def propose_revocation(*, supplier_id: int, ground: str, reason: str, by: "User", at: datetime) -> Proposal:
    refuse_conflict(by, supplier_id)
    label = ledger.lock_label(supplier_id)
    if label.state not in ("awarded", "warned", "suspended") or _is_proposed(supplier_id):
        raise IllegalStep(f"revocation proposed from {label.state}")
    proposal = Proposal.objects.create(supplier_id=supplier_id, reason_code=ground, reason=reason, proposed_by=by, proposed_at=at)
    trail.record("label.revocation_proposed", actor=by, target=proposal, supplier_id=supplier_id, detail={"ground": ground}, at=at)
    return proposal


def _is_proposed(supplier_id: int) -> bool:
    return Proposal.objects.open().filter(supplier_id=supplier_id, kind=Proposal.Kind.REVOKE).exists()


@transaction.atomic
def confirm_revocation(*, proposal_id: int, by: "User", at: datetime) -> LabelEvent:
    """Raises `SamePerson` when the proposer confirms."""
    proposal = open_proposal(proposal_id, Proposal.Kind.REVOKE)
    refuse_same_person(proposal, by)
    label = ledger.lock_label(proposal.supplier_id)
    years = _cooling_off(label, proposal.reason_code)
    event = _record(
        label,
        "revoked",
        reason_code=proposal.reason_code,
        reason=proposal.reason,
        by=proposal.proposed_by,
        second=by,
        at=at,
        years=years,
    )
    close_proposal(proposal, Proposal.State.CONFIRMED, by=by, at=at)
    detail = {"ground": proposal.reason_code, "proposed_by": proposal.proposed_by_id}
    trail.record("label.revoked", actor=by, target=event, supplier_id=proposal.supplier_id, detail=detail, at=at)
    return event


@transaction.atomic
def decline_revocation(*, proposal_id: int, reason: str, by: "User", at: datetime) -> Proposal:
    """The second person declines it, or the first takes it back."""
    proposal = open_proposal(proposal_id, Proposal.Kind.REVOKE)
    refuse_conflict(by, proposal.supplier_id)
    close_proposal(proposal, Proposal.State.DECLINED, by=by, at=at, answer=reason)
    trail.record("label.revocation_declined", actor=by, target=proposal, supplier_id=proposal.supplier_id, at=at)
    return proposal


def open_proposal(proposal_id: int, kind: Proposal.Kind) -> Proposal:
    proposal = Proposal.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=proposal_id, kind=kind)
    if proposal.state != Proposal.State.OPEN:
        raise IllegalStep(f"proposal {proposal.state}")
    return proposal


def refuse_same_person(proposal: Proposal, by: "User") -> None:
    if proposal.proposed_by_id == by.pk:
        raise SamePerson(by.pk)
    refuse_conflict(by, proposal.supplier_id)


def close_proposal(proposal: Proposal, state: Proposal.State, *, by: "User", at: datetime, answer: str = "") -> None:
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.answer = state, by, at, answer
    proposal.save(update_fields=["state", "decided_by", "decided_at", "answer"])


def _cooling_off(label: Label, ground: str) -> int:
    if label.standard is None:
        raise IllegalStep("no standard")
    return standards.rules_of(label.standard).ledger.cooling_off(ground)


def _record(
    label: Label,
    kind: str,
    *,
    reason_code: str,
    reason: str,
    by: "User",
    at: datetime,
    second: "User | None" = None,
    years: int = 0,
) -> LabelEvent:
    on = ledger_day(at)
    step = Step(
        kind,
        label.level,
        label.standard_id,
        reason_code,
        on,
        label.valid_from,
        label.valid_to,
        until=add_months(on, 12 * years) if years else None,
        by_person=True,
    )
    snapshot = snapshot_of(label.supplier_id)
    return ledger.record(step, supplier_id=label.supplier_id, snapshot=snapshot, at=at, actor=by, second_actor=second, reason=reason)


def snapshot_of(supplier_id: int) -> dict[str, Any]:
    """The criteria as they stood when a person decided."""
    decision = Decision.objects.filter(supplier_id=supplier_id).values_list("criteria", flat=True).first()
    return decision or {}
