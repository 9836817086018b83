"""An appeal: in time, with evidence, decided by somebody who did not decide before, and with an effect."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Role, User
from assessments.models import Assessment, Verdict
from labels import appealing, deciding, evaluation, ledger
from labels.independence import DecidedBefore
from labels.models import Appeal, Label, LabelEvent
from labels.transitions import IllegalStep
from suppliers.models import Document, PublicRecord, Supplier
from tests.factories import NOW, create_answer, create_document, create_user
from tests.labels.support import TODAY, create_critical_finding, create_green_supplier, create_standard


DAY = timedelta(days=1)
TEXT = "The finding is about another company of nearly the same name."
ANSWER = "We looked at the register: the finding was entered for the wrong company."


@pytest.fixture
def labelled(supplier: Supplier) -> Supplier:
    create_standard()
    create_green_supplier(supplier)
    evaluation.evaluate_all(on=TODAY, at=NOW)
    return supplier


@pytest.fixture
def suspended(labelled: Supplier) -> LabelEvent:
    """By the rules, for a critical finding."""
    create_critical_finding(labelled)
    evaluation.evaluate_all(on=TODAY, at=NOW + timedelta(hours=1))
    return LabelEvent.objects.latest("number")


@pytest.fixture
def fresh(db: None) -> User:
    return create_user(role=Role.ESG_STAFF)


def lodge(event: LabelEvent, owner: User, *, days: int = 1, documents: tuple[int, ...] = ()) -> Appeal:
    return appealing.lodge(event_id=event.pk, text=TEXT, documents=documents, by=owner, at=NOW + days * DAY)


def decide(appeal: Appeal, by: User, *, upheld: bool, days: int = 5) -> Appeal:
    return appealing.decide(appeal_id=appeal.pk, upheld=upheld, answer=ANSWER, by=by, at=NOW + days * DAY)


def kinds(supplier: Supplier) -> list[str]:
    return list(LabelEvent.objects.filter(supplier=supplier).in_order().values_list("kind", flat=True))


def test_an_appeal_carries_text_evidence_and_a_clock(suspended: LabelEvent, owner: User, supplier: Supplier) -> None:
    document = create_document(supplier=supplier, title="Extract of the register")

    appeal = lodge(suspended, owner, documents=(document.pk,))

    assert (appeal.text, list(appeal.documents.all()), appeal.due_on) == (TEXT, [document], TODAY + 31 * DAY)
    assert (appeal.level, appeal.criteria) == ("green_leader", ["no_critical_finding"])
    assert kinds(supplier) == ["awarded", "suspended", "appealed"]
    assert Label.objects.get().state == "suspended", "an appeal delays nothing"
    assert not appeal.is_overdue(appeal.due_on)
    assert appeal.is_overdue(appeal.due_on + DAY)
    assert ledger.differences() == []


def test_an_appeal_out_of_time_is_refused_with_the_last_day(suspended: LabelEvent, owner: User) -> None:
    with pytest.raises(appealing.TooLate) as refused:
        lodge(suspended, owner, days=31)

    assert refused.value.last_day == TODAY + 30 * DAY
    assert lodge(suspended, owner, days=30).state == "open"


def test_a_step_is_contested_once(suspended: LabelEvent, owner: User) -> None:
    lodge(suspended, owner)

    with pytest.raises(appealing.AlreadyAppealed):
        lodge(suspended, owner)
    assert LabelEvent.objects.filter(kind="appealed").count() == 1


def test_an_award_cannot_be_contested(labelled: Supplier, owner: User) -> None:
    with pytest.raises(IllegalStep):
        lodge(LabelEvent.objects.get(kind="awarded"), owner)


def test_evidence_of_others_is_refused(suspended: LabelEvent, owner: User, stranger: User) -> None:
    assert stranger.active_membership is not None
    document = create_document(supplier=Supplier.objects.get(pk=stranger.supplier_id))

    with pytest.raises(appealing.NotTheSuppliersDocument):
        lodge(suspended, owner, documents=(document.pk,))
    assert not Appeal.objects.exists()


def test_an_upheld_appeal_gives_the_label_back_and_time_to_put_the_records_right(
    suspended: LabelEvent, owner: User, supplier: Supplier, fresh: User
) -> None:
    appeal = decide(lodge(suspended, owner), fresh, upheld=True)

    assert kinds(supplier) == ["awarded", "suspended", "appealed", "appeal_upheld", "reinstated"]
    assert (Label.objects.get().state, appeal.overlooked_until) == ("awarded", TODAY + 35 * DAY)
    evaluation.evaluate_all(on=TODAY + 35 * DAY, at=NOW + 35 * DAY)
    assert Label.objects.get().state == "awarded"
    evaluation.evaluate_all(on=TODAY + 36 * DAY, at=NOW + 36 * DAY)
    assert Label.objects.get().state == "suspended", "the finding is still open"
    assert ledger.differences() == []


def test_a_refused_appeal_leaves_the_step_and_says_why(suspended: LabelEvent, owner: User, supplier: Supplier, fresh: User) -> None:
    decide(lodge(suspended, owner), fresh, upheld=False)

    assert kinds(supplier) == ["awarded", "suspended", "appealed", "appeal_refused"]
    assert LabelEvent.objects.latest("number").reason == ANSWER
    assert Label.objects.get().state == "suspended"


def test_a_revoked_label_comes_back_by_an_appeal_alone(labelled: Supplier, owner: User, staff: User, fresh: User) -> None:
    second = create_user(role=Role.ESG_STAFF)
    proposal = deciding.propose_revocation(supplier_id=labelled.pk, ground="misuse", reason=TEXT, by=staff, at=NOW)
    revoked = deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=NOW)
    appeal = lodge(revoked, owner)

    for person in (staff, second):
        with pytest.raises(DecidedBefore):
            decide(appeal, person, upheld=True)
    decide(appeal, fresh, upheld=True)

    label = Label.objects.get()
    assert (label.state, label.until, label.valid_to) == ("awarded", None, date(2027, 5, 31))
    assert kinds(labelled)[-2:] == ["appeal_upheld", "reinstated"]
    assert ledger.differences() == []


def test_the_reviewer_whose_review_is_contested_does_not_decide(suspended: LabelEvent, owner: User, supplier: Supplier) -> None:
    reviewer = Assessment.objects.get(supplier=supplier).closed_by
    assert reviewer is not None

    with pytest.raises(DecidedBefore):
        decide(lodge(suspended, owner), reviewer, upheld=False)


def test_who_gave_a_verdict_in_the_review_does_not_decide(suspended: LabelEvent, owner: User, supplier: Supplier, staff: User) -> None:
    answer = create_answer(assessment=Assessment.objects.get(supplier=supplier), question="E1-01", value={"value": "yes"})
    Verdict.objects.create(answer=answer, outcome="accept", by=staff, at=NOW)

    with pytest.raises(DecidedBefore):
        decide(lodge(suspended, owner), staff, upheld=False)


def test_who_raised_the_finding_does_not_decide(labelled: Supplier, owner: User, staff: User, fresh: User) -> None:
    create_critical_finding(labelled, opened_by=staff)
    create_critical_finding(labelled, opened_by=fresh, severity="minor")
    evaluation.evaluate_all(on=TODAY, at=NOW + timedelta(hours=1))
    appeal = lodge(LabelEvent.objects.latest("number"), owner)

    with pytest.raises(DecidedBefore):
        decide(appeal, staff, upheld=False)
    assert decide(appeal, fresh, upheld=False).state == "refused"


def test_who_upheld_the_public_record_does_not_decide(labelled: Supplier, owner: User, staff: User) -> None:
    PublicRecord.objects.create(
        supplier=labelled,
        authority="Ecology bureau",
        decided_on=date(2026, 1, 10),
        description="Discharge over the limit",
        reply_until=NOW - DAY,
        status="upheld",
        judged_at=NOW,
        judged_by=staff,
        judgement="It is this company.",
    )
    evaluation.evaluate_all(on=TODAY, at=NOW + timedelta(hours=1))
    held = LabelEvent.objects.latest("number")
    assert held.kind != "awarded"

    with pytest.raises(DecidedBefore):
        decide(lodge(held, owner), staff, upheld=False)


def test_the_database_refuses_a_decider_who_took_a_step(labelled: Supplier, owner: User, staff: User) -> None:
    held = deciding.suspend(supplier_id=labelled.pk, reason=TEXT, by=staff, at=NOW)
    appeal = lodge(held, owner)

    with pytest.raises(DatabaseError, match="somebody who took no part"), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(state="refused", answer=ANSWER, decided_by=staff, decided_at=NOW)
    with pytest.raises(DecidedBefore):
        decide(appeal, staff, upheld=False)


def test_an_appeal_is_decided_once_and_stays(suspended: LabelEvent, owner: User, fresh: User) -> None:
    appeal = decide(lodge(suspended, owner), fresh, upheld=False)

    with pytest.raises(IllegalStep):
        decide(appeal, create_user(role=Role.ESG_STAFF), upheld=True)
    for change in (lambda: Appeal.objects.update(answer="Other words"), lambda: Appeal.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_missing_certificate_that_was_there_is_overlooked_when_the_appeal_is_upheld(labelled: Supplier, owner: User, fresh: User) -> None:
    Document.objects.filter(supplier=labelled).delete()
    evaluation.evaluate_all(on=TODAY + DAY, at=NOW + DAY)
    warned = LabelEvent.objects.latest("number")
    assert warned.kind == "warned"

    decide(lodge(warned, owner, days=2), fresh, upheld=True)

    assert kinds(labelled)[-1] == "cleared"
