from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from audit.models import Event
from labels import deciding, evaluation, ledger
from labels.models import Label, LabelEvent, Proposal
from labels.steps_by_people import CriteriaMissed
from labels.transitions import IllegalStep
from suppliers.models import Supplier
from tests.factories import NOW, create_user
from tests.labels.support import TODAY, create_critical_finding, create_green_supplier, create_standard


REASON = "The photographs of the treatment plant were taken elsewhere."


@pytest.fixture
def labelled(supplier: Supplier) -> Supplier:
    create_standard()
    create_green_supplier(supplier)
    evaluation.evaluate_all(on=TODAY, at=NOW)
    return supplier


def label_of(supplier: Supplier) -> Label:
    return Label.objects.get(supplier=supplier)


def propose(supplier: Supplier, staff: User, ground: str = "false_statement") -> Proposal:
    return deciding.propose_revocation(supplier_id=supplier.pk, ground=ground, reason=REASON, by=staff, at=NOW)


def test_a_person_suspends_a_label_with_a_reason(labelled: Supplier, staff: User) -> None:
    event = deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW)

    label = label_of(labelled)
    assert (label.state, label.is_held, label.last_event) == ("suspended", True, event)
    assert (event.reason, event.actor, event.snapshot["criteria"] != []) == (REASON, staff, True)
    assert Event.objects.get(action="label.suspended").supplier_id == labelled.pk
    assert ledger.differences() == []


def test_the_rules_do_not_lift_what_a_person_suspended(labelled: Supplier, staff: User) -> None:
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW)

    evaluation.evaluate_all(on=TODAY + timedelta(days=1), at=NOW + timedelta(days=1))
    assert label_of(labelled).state == "suspended"

    deciding.lift_suspension(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW + timedelta(days=2))
    assert (label_of(labelled).state, label_of(labelled).is_held) == ("awarded", False)
    assert ledger.differences() == []


def test_a_suspension_is_not_lifted_while_the_criteria_are_missed(labelled: Supplier, staff: User) -> None:
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW)
    create_critical_finding(labelled)
    evaluation.evaluate_all(on=TODAY, at=NOW + timedelta(hours=1))

    with pytest.raises(CriteriaMissed):
        deciding.lift_suspension(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW)


def test_what_the_rules_suspended_no_person_lifts(labelled: Supplier, staff: User) -> None:
    create_critical_finding(labelled)
    evaluation.evaluate_all(on=TODAY, at=NOW + timedelta(hours=1))

    with pytest.raises(IllegalStep):
        deciding.lift_suspension(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW)


def test_a_supplier_without_a_label_has_nothing_to_suspend_or_revoke(supplier: Supplier, staff: User) -> None:
    with pytest.raises(IllegalStep):
        deciding.suspend(supplier_id=supplier.pk, reason=REASON, by=staff, at=NOW)
    with pytest.raises(IllegalStep):
        propose(supplier, staff)
    assert not Label.objects.exists()


def test_two_people_revoke_a_label(labelled: Supplier, staff: User) -> None:
    second = create_user()
    proposal = propose(labelled, staff)
    assert label_of(labelled).state == "awarded"

    event = deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=NOW)

    label = label_of(labelled)
    assert (label.state, label.until) == ("revoked", date(2029, 6, 1))
    assert (event.actor, event.second_actor, event.reason_code, event.reason) == (staff, second, "false_statement", REASON)
    assert Proposal.objects.get().state == Proposal.State.CONFIRMED
    assert ledger.differences() == []


def test_a_breach_of_ethics_keeps_a_label_away_for_five_years(labelled: Supplier, staff: User) -> None:
    proposal = propose(labelled, staff, "ethics")

    deciding.confirm_revocation(proposal_id=proposal.pk, by=create_user(), at=NOW)

    assert label_of(labelled).until == date(2031, 6, 1)


def test_the_proposer_cannot_be_the_second_pair_of_eyes(labelled: Supplier, staff: User) -> None:
    proposal = propose(labelled, staff)

    with pytest.raises(deciding.SamePerson):
        deciding.confirm_revocation(proposal_id=proposal.pk, by=staff, at=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(state="confirmed", decided_by=staff, decided_at=NOW)
    assert label_of(labelled).state == "awarded"


def test_a_revocation_is_confirmed_once(labelled: Supplier, staff: User) -> None:
    proposal, second = propose(labelled, staff), create_user()
    deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=NOW)

    with pytest.raises(IllegalStep):
        deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=NOW)


def test_one_revocation_is_proposed_at_a_time(labelled: Supplier, staff: User) -> None:
    propose(labelled, staff)

    with pytest.raises(IllegalStep):
        propose(labelled, create_user())


def test_a_declined_proposal_changes_no_label(labelled: Supplier, staff: User) -> None:
    proposal = propose(labelled, staff)

    deciding.decline_revocation(proposal_id=proposal.pk, reason=REASON, by=create_user(), at=NOW)

    assert label_of(labelled).state == "awarded"
    assert propose(labelled, staff).state == Proposal.State.OPEN


def test_the_ledger_refuses_to_be_changed(labelled: Supplier) -> None:
    events = LabelEvent.objects.filter(supplier=labelled)

    with pytest.raises(DatabaseError), transaction.atomic():
        events.update(reason="Nothing happened")
    with pytest.raises(DatabaseError), transaction.atomic():
        events.delete()


def test_the_same_step_is_not_taken_twice(labelled: Supplier) -> None:
    event = LabelEvent.objects.get(supplier=labelled)
    event.pk = None

    with pytest.raises(DatabaseError, match="label_event_step_once"), transaction.atomic():
        event.save(force_insert=True)


def test_a_label_that_differs_from_its_ledger_is_found(labelled: Supplier) -> None:
    assert ledger.differences() == []

    Label.objects.filter(supplier=labelled).update(level="green")

    assert ledger.differences() == [labelled.pk]


def test_a_label_without_a_ledger_is_found(labelled: Supplier, stranger: User) -> None:
    event = LabelEvent.objects.get()
    Label.objects.create(
        supplier_id=stranger.supplier_id, state="awarded", level="green", valid_from=TODAY, valid_to=TODAY, last_event=event
    )

    assert ledger.differences() == [stranger.supplier_id]
