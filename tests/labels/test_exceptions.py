"""Awards by exception: two people, bounded in time, never past what allows no delay."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Membership, Role, User
from labels import deciding, evaluation, exceptions, ledger
from labels.independence import Conflict
from labels.models import Decision, Label, LabelEvent, Proposal
from labels.transitions import IllegalStep
from suppliers.models import Document, Interest, Supplier
from tests.factories import NOW, create_user
from tests.labels.support import TODAY, create_critical_finding, create_green_supplier, create_standard


REASON = "The certificate is being renewed; the auditor has confirmed it in writing."
DAY = timedelta(days=1)


@pytest.fixture
def lacking(supplier: Supplier) -> Supplier:
    """Meets everything but the certificate of its category."""
    create_standard()
    create_green_supplier(supplier)
    Document.objects.filter(supplier=supplier).delete()
    evaluation.evaluate_all(on=TODAY, at=NOW)
    return supplier


@pytest.fixture
def second(db: None) -> User:
    return create_user(role=Role.ESG_STAFF)


def propose(supplier: Supplier, by: User, *, level: str = "green", until: date = date(2026, 9, 30)) -> Proposal:
    return exceptions.propose_exception(supplier_id=supplier.pk, level=level, until=until, reason=REASON, by=by, at=NOW)


def kinds(supplier: Supplier) -> list[str]:
    return list(LabelEvent.objects.filter(supplier=supplier).in_order().values_list("kind", flat=True))


def test_two_people_award_a_label_by_exception(lacking: Supplier, staff: User, second: User) -> None:
    proposal = propose(lacking, staff)
    assert (Label.objects.get().state, proposal.criteria) == ("proposed", ["qualification_services"])

    event = exceptions.confirm_exception(proposal_id=proposal.pk, by=second, at=NOW)

    label = Label.objects.get()
    assert (label.state, label.level, label.valid_to) == ("awarded", "green", date(2027, 5, 31))
    assert (event.actor, event.second_actor, event.reason, event.notice_on) == (staff, second, REASON, TODAY)
    assert [line["overlooked"] for line in event.snapshot["criteria"] if "overlooked" in line] == ["exception"]
    assert kinds(lacking) == ["proposed", "awarded"]
    assert ledger.differences() == []


def test_an_exception_holds_until_its_last_day_and_then_the_rules_warn(lacking: Supplier, staff: User, second: User) -> None:
    exceptions.confirm_exception(proposal_id=propose(lacking, staff).pk, by=second, at=NOW)

    for days in (1, 60, 121):  # 30 September
        evaluation.evaluate_all(on=TODAY + days * DAY, at=NOW + days * DAY)
        assert Label.objects.get().state == "awarded"
    evaluation.evaluate_all(on=TODAY + 122 * DAY, at=NOW + 122 * DAY)

    assert Label.objects.get().state == "warned"
    assert ledger.differences() == []


def test_the_proposer_cannot_confirm_an_exception_and_the_database_refuses_it_too(lacking: Supplier, staff: User) -> None:
    proposal = propose(lacking, staff)

    with pytest.raises(deciding.SamePerson):
        exceptions.confirm_exception(proposal_id=proposal.pk, by=staff, at=NOW)
    event = LabelEvent.objects.latest("number")
    for second_actor in (None, staff):
        event.pk, event.number, event.kind, event.second_actor = None, 50, "awarded", second_actor
        with pytest.raises(DatabaseError), transaction.atomic():
            event.save(force_insert=True)


def test_what_allows_no_delay_is_never_overlooked(lacking: Supplier, staff: User) -> None:
    create_critical_finding(lacking)

    with pytest.raises(exceptions.GateMissed) as refused:
        propose(lacking, staff)

    assert refused.value.keys == ["no_critical_finding"]
    assert not LabelEvent.objects.exists()


def test_no_exception_is_needed_where_nothing_is_missed(supplier: Supplier, staff: User) -> None:
    create_standard()
    create_green_supplier(supplier)

    with pytest.raises(exceptions.NothingMissed):
        propose(supplier, staff)


def test_more_that_is_missed_by_the_time_of_the_award_is_not_covered(lacking: Supplier, staff: User, second: User) -> None:
    proposal = propose(lacking, staff)
    create_critical_finding(lacking)

    with pytest.raises(exceptions.MoreMissed) as refused:
        exceptions.confirm_exception(proposal_id=proposal.pk, by=second, at=NOW)

    assert refused.value.keys == ["no_critical_finding"]
    assert Label.objects.get().state == "proposed"


def test_a_declined_exception_leads_back_to_where_the_label_was(lacking: Supplier, staff: User, second: User) -> None:
    proposal = propose(lacking, staff)

    exceptions.decline_exception(proposal_id=proposal.pk, reason=REASON, by=second, at=NOW)

    proposal.refresh_from_db()
    assert (Label.objects.get().state, proposal.state, proposal.answer) == ("none", "declined", REASON)
    assert ledger.differences() == []
    with pytest.raises(IllegalStep):
        exceptions.confirm_exception(proposal_id=proposal.pk, by=second, at=NOW)


def test_an_expired_label_is_expired_again_after_a_declined_exception(supplier: Supplier, staff: User, second: User) -> None:
    create_standard()
    create_green_supplier(supplier)
    evaluation.evaluate_all(on=TODAY, at=NOW)
    later = NOW + 700 * DAY
    evaluation.evaluate_all(on=TODAY + 700 * DAY, at=later)
    before = Label.objects.get()
    assert before.state == "expired"
    proposal = exceptions.propose_exception(
        supplier_id=supplier.pk, level="green", until=(later + 90 * DAY).date(), reason=REASON, by=staff, at=later
    )

    exceptions.decline_exception(proposal_id=proposal.pk, reason=REASON, by=second, at=later)

    after = Label.objects.get()
    assert (after.state, after.level, after.valid_to) == (before.state, before.level, before.valid_to)
    assert ledger.differences() == []


def test_the_rules_may_award_before_the_second_person_does(lacking: Supplier, staff: User, second: User) -> None:
    proposal = propose(lacking, staff)
    Decision.objects.all().delete()
    create_green_document(lacking)
    evaluation.evaluate_all(on=TODAY + DAY, at=NOW + DAY)
    assert Label.objects.get().state == "awarded"

    with pytest.raises(IllegalStep):
        exceptions.confirm_exception(proposal_id=proposal.pk, by=second, at=NOW + DAY)
    assert exceptions.decline_exception(proposal_id=proposal.pk, reason=REASON, by=second, at=NOW + DAY) is None
    assert kinds(lacking) == ["proposed", "awarded"]


def create_green_document(supplier: Supplier) -> None:
    from tests.factories import create_document

    create_document(supplier=supplier, kind="iso_14001", valid_from=date(2026, 1, 1), valid_to=date(2028, 1, 1), uploaded_at=NOW)


def test_whoever_declared_an_interest_decides_nothing(lacking: Supplier, staff: User, second: User) -> None:
    proposal = propose(lacking, staff)
    Interest.objects.create(user=second, supplier=lacking, kind="family", declared_by=second, declared_at=NOW)

    with pytest.raises(Conflict):
        exceptions.confirm_exception(proposal_id=proposal.pk, by=second, at=NOW)


def test_whoever_also_acts_for_the_supplier_decides_nothing(lacking: Supplier, staff: User, second: User) -> None:
    proposal = propose(lacking, staff)
    Membership.objects.create(user=second, role=Role.SUPPLIER_CONTRIBUTOR, supplier=lacking)

    with pytest.raises(Conflict):
        exceptions.confirm_exception(proposal_id=proposal.pk, by=second, at=NOW)
    with pytest.raises(Conflict):
        exceptions.decline_exception(proposal_id=proposal.pk, reason=REASON, by=second, at=NOW)
    with pytest.raises(Conflict):
        deciding.suspend(supplier_id=lacking.pk, reason=REASON, by=second, at=NOW)
    with pytest.raises(Conflict):
        deciding.propose_revocation(supplier_id=lacking.pk, ground="misuse", reason=REASON, by=second, at=NOW)
