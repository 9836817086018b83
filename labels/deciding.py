"""What people decide about a label: suspend it, lift their suspension, and, two of them together, revoke it (by exception: `exceptions`).

Reasons are mandatory: the supplier reads them. With `effective_on` a step is announced for that day (`announcing`). Each verb raises
`IllegalStep` where the label is in no state for it, and `Conflict` where the person who decides has an interest in the supplier.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from labels import announcing, committee_notices, ledger
from labels.independence import refuse_conflict
from labels.models import LabelEvent, Proposal
from labels.steps_by_people import Decided
from labels.transitions import IllegalStep


if TYPE_CHECKING:
    from accounts.models import User


class SamePerson(Exception):
    """A second pair of eyes is asked for, and these are the first."""


@transaction.atomic
def suspend(*, supplier_id: int, reason: str, by: "User", at: datetime, effective_on: date | None = None) -> LabelEvent:
    """Until a person lifts it."""
    return _decide_alone(supplier_id, Decided("suspended", reason, by), effective_on, at)


@transaction.atomic
def lift_suspension(*, supplier_id: int, reason: str, by: "User", at: datetime, effective_on: date | None = None) -> LabelEvent:
    """Raises `CriteriaMissed`. What the rules suspended is lifted by the rules, when the criteria are met again."""
    return _decide_alone(supplier_id, Decided("reinstated", reason, by), effective_on, at)


def _decide_alone(supplier_id: int, decided: Decided, effective_on: date | None, at: datetime) -> LabelEvent:
    refuse_conflict(decided.actor, supplier_id)
    event = announcing.decide(ledger.lock_label(supplier_id), decided, effective_on=effective_on, at=at)
    _note(event, decided, effective_on, at=at)
    return event


def _note(event: LabelEvent, decided: Decided, effective_on: date | None, *, at: datetime, **detail: object) -> None:
    by = decided.second_actor or decided.actor
    if event.kind == LabelEvent.Kind.ANNOUNCED:
        detail |= {"step": decided.step, "effective_on": str(effective_on)}
    trail.record(f"label.{event.kind}", actor=by, target=event, supplier_id=event.supplier_id, detail=detail, at=at)


@transaction.atomic
def propose_revocation(
    *, supplier_id: int, ground: str, reason: str, by: "User", at: datetime, effective_on: date | None = None
) -> Proposal:
    refuse_conflict(by, supplier_id)
    label = ledger.lock_label(supplier_id)
    if label.state not in ("awarded", "warned", "suspended") or _is_proposed(supplier_id):
        raise IllegalStep(f"revocation proposed from {label.state}")
    announcing.refuse_announced(supplier_id, "revoked")
    proposal = Proposal.objects.create(
        supplier_id=supplier_id, reason_code=ground, reason=reason, effective_on=effective_on, proposed_by=by, proposed_at=at
    )
    trail.record("label.revocation_proposed", actor=by, target=proposal, supplier_id=supplier_id, detail={"ground": ground}, at=at)
    committee_notices.tell_of_proposal(proposal)
    return proposal


def _is_proposed(supplier_id: int) -> bool:
    return Proposal.objects.open().filter(supplier_id=supplier_id, kind=Proposal.Kind.REVOKE).exists()


@transaction.atomic
def confirm_revocation(*, proposal_id: int, by: "User", at: datetime) -> LabelEvent:
    """On the day that was proposed, or at once where there is none or it has come. Raises `SamePerson` when the proposer confirms."""
    proposal = open_proposal(proposal_id, Proposal.Kind.REVOKE)
    refuse_same_person(proposal, by)
    decided = Decided("revoked", proposal.reason, proposal.proposed_by, by, proposal.reason_code)
    event = announcing.decide(ledger.lock_label(proposal.supplier_id), decided, effective_on=proposal.effective_on, at=at)
    close_proposal(proposal, Proposal.State.CONFIRMED, by=by, at=at)
    _note(event, decided, proposal.effective_on, at=at, ground=proposal.reason_code, proposed_by=proposal.proposed_by_id)
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
