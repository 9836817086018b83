"""Awards by exception: one person proposes to overlook what a supplier misses, for a time, and a second one agrees.

What suspends a label at once cannot be overlooked. The exception names the criteria that are missed on the day it is proposed; whatever
is missed besides counts as usual, before the award and after it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from labels import committee_notices, facts, ledger, standards
from labels.criteria import SUSPEND, Outcome, Overlooked
from labels.dates import last_day_of_term, ledger_day
from labels.deciding import close_proposal, open_proposal, refuse_same_person
from labels.evaluation import decide
from labels.facts import Standing
from labels.independence import refuse_conflict
from labels.models import LabelEvent, Proposal, Standard
from labels.rules import Rules
from labels.transitions import EXCEPTION, Step


if TYPE_CHECKING:
    from accounts.models import User


class GateMissed(Exception):
    """What is missed allows no delay, and no exception."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = list(keys)


class NothingMissed(Exception):
    """The level is met: the rules award it by themselves."""


class MoreMissed(Exception):
    """Something is missed that the proposal does not name."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = list(keys)


def missed_now(supplier_id: int, level: str, *, at: datetime) -> tuple[Outcome, list[str]]:
    """The outcome, and what is missed for the level. Raises `GateMissed`, `NothingMissed`."""
    rules, outcome = _judged(supplier_id, at=at)
    missed = outcome.missed(level)
    gates = [key for key in missed if rules.rule_of[key].criterion.effect == SUSPEND]
    if gates:
        raise GateMissed(gates)
    if not missed:
        raise NothingMissed(level)
    return outcome, list(missed)


@transaction.atomic
def propose_exception(*, supplier_id: int, level: str, until: date, reason: str, by: "User", at: datetime) -> Proposal:
    """A step of the ledger: the supplier reads that an award is proposed. Raises `GateMissed`, `NothingMissed`, `IllegalStep`."""
    refuse_conflict(by, supplier_id)
    label = ledger.lock_label(supplier_id)
    outcome, missed = missed_now(supplier_id, level, at=at)
    step = Step("proposed", level, standards.in_force(ledger_day(at)).pk, EXCEPTION, ledger_day(at), label.valid_from, label.valid_to)
    event = ledger.record(step, supplier_id=supplier_id, snapshot=outcome.to_json(), at=at, actor=by, reason=reason)
    proposal = Proposal.objects.create(
        supplier_id=supplier_id,
        kind=Proposal.Kind.EXCEPT,
        reason_code=EXCEPTION,
        reason=reason,
        level=level,
        criteria=missed,
        until=until,
        proposed_by=by,
        proposed_at=at,
    )
    trail.record("label.exception_proposed", actor=by, target=event, supplier_id=supplier_id, detail={"criteria": missed}, at=at)
    committee_notices.tell_of_proposal(proposal)
    return proposal


@transaction.atomic
def confirm_exception(*, proposal_id: int, by: "User", at: datetime) -> LabelEvent:
    """The award. Raises `SamePerson`, `MoreMissed`."""
    proposal = open_proposal(proposal_id, Proposal.Kind.EXCEPT)
    refuse_same_person(proposal, by)
    on = ledger_day(at)
    ledger.lock_label(proposal.supplier_id)
    standard, rules, standing = _standing(proposal.supplier_id, at=at)
    overlooked = {key: Overlooked(EXCEPTION, proposal.pk, proposal.level) for key in proposal.criteria}
    outcome = decide(rules, standing.facts._replace(overlooked={**standing.facts.overlooked, **overlooked}), on)
    if rules.rank(outcome.level) < rules.rank(proposal.level):
        raise MoreMissed(outcome.missed(proposal.level))
    valid_to = last_day_of_term(on, rules.ledger.valid_months)
    event = ledger.record(
        Step("awarded", proposal.level, standard.pk, EXCEPTION, on, on, valid_to, by_person=True),
        supplier_id=proposal.supplier_id,
        snapshot=outcome.to_json(),
        at=at,
        actor=proposal.proposed_by,
        second_actor=by,
        reason=proposal.reason,
    )
    close_proposal(proposal, Proposal.State.CONFIRMED, by=by, at=at)
    detail = {"criteria": proposal.criteria, "until": str(proposal.until), "proposed_by": proposal.proposed_by_id}
    trail.record("label.awarded_by_exception", actor=by, target=event, supplier_id=proposal.supplier_id, detail=detail, at=at)
    return event


@transaction.atomic
def decline_exception(*, proposal_id: int, reason: str, by: "User", at: datetime) -> LabelEvent | None:
    """The second person declines it, or the first takes it back: the label is again what it was before.

    None where the rules awarded the label meanwhile: there is nothing left to decline.
    """
    proposal = open_proposal(proposal_id, Proposal.Kind.EXCEPT)
    refuse_conflict(by, proposal.supplier_id)
    label = ledger.lock_label(proposal.supplier_id)
    close_proposal(proposal, Proposal.State.DECLINED, by=by, at=at, answer=reason)
    if label.state != "proposed":
        return None
    before = ledger.state_before_proposal(proposal.supplier_id)
    event = ledger.record(
        Step("declined", before.level, before.standard_id, EXCEPTION, ledger_day(at), before.valid_from, before.valid_to, by_person=True),
        supplier_id=proposal.supplier_id,
        snapshot={},
        at=at,
        actor=by,
        reason=reason,
    )
    trail.record("label.exception_declined", actor=by, target=event, supplier_id=proposal.supplier_id, at=at)
    return event


def _standing(supplier_id: int, *, at: datetime) -> tuple[Standard, Rules, Standing]:
    standard = standards.in_force(ledger_day(at))
    rules = standards.rules_of(standard)
    return standard, rules, next(facts.read(rules, supplier_ids=[supplier_id], on=ledger_day(at), at=at))


def _judged(supplier_id: int, *, at: datetime) -> tuple[Rules, Outcome]:
    _standard, rules, standing = _standing(supplier_id, at=at)
    return rules, decide(rules, standing.facts, ledger_day(at))
