"""Everybody concerned is told of each step: once, in one mail, in their language."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.messages import compose
from accounts.models import Message, Role, User
from labels import appealing, deciding, evaluation, notices, units
from labels.dates import ledger_day
from labels.models import LabelEvent, Notice
from suppliers.models import BuyingUnit, Interest, Supplier
from tests.factories import create_supplier, create_user
from tests.labels.support import create_green_supplier, create_standard


REASON = "The photographs of the treatment plant were taken elsewhere."


@pytest.fixture
def labelled(supplier: Supplier, owner: User) -> Supplier:
    create_standard()
    create_green_supplier(supplier, closed_at=timezone.now() - timedelta(days=60))
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    return supplier


def texts(*, to: User) -> list[str]:
    found = []
    for message in Message.objects.filter(email=to.email, kind="label_steps").order_by("pk"):
        mail = compose(message)
        found.append(f"{mail.subject}\n{mail.body}")
    return found


def test_the_people_of_a_supplier_are_told_once_in_their_language(labelled: Supplier, owner: User, staff: User) -> None:
    colleague = create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=labelled, language="zh-hans")

    assert notices.tell(at=timezone.now()) == {"steps": 1, "mails": 2}
    assert notices.tell(at=timezone.now()) == {"steps": 0, "mails": 0}

    assert "Awarded · Green leader" in texts(to=owner)[0]
    assert "授予" in texts(to=colleague)[0]


def test_several_steps_come_in_one_mail_with_their_reasons_and_without_names(labelled: Supplier, owner: User, staff: User) -> None:
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=timezone.now())
    deciding.lift_suspension(supplier_id=labelled.pk, reason="It was a mistake of ours.", by=staff, at=timezone.now())

    assert notices.tell(at=timezone.now())["steps"] == 3

    (text,) = texts(to=owner)
    assert REASON in text
    assert "It was a mistake of ours." in text
    assert staff.name not in text


def test_who_buys_for_a_unit_hears_first_of_lost_labels(labelled: Supplier, reviewer: User, staff: User) -> None:
    unit, other = (BuyingUnit.objects.create(code=code, name_en=code) for code in ("A", "B"))
    stranger = create_user(role=Role.REVIEWER)
    gainer = create_green_supplier(create_supplier(name_en="Gainer Ltd", name_zh=""), closed_at=timezone.now() - timedelta(days=60))
    for supplier in (labelled, gainer):
        supplier.units.add(unit)
    units.watch(unit_ids=[unit.pk], by=reviewer)
    units.watch(unit_ids=[other.pk], by=stranger)
    notices.tell(at=timezone.now())
    Message.objects.all().delete()
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=timezone.now())

    notices.tell(at=timezone.now())

    (text,) = texts(to=reviewer)
    assert text.startswith("A supplier your unit uses lost its label")
    assert text.index("Bamboo Bridge Ltd") < text.index("Gainer Ltd")
    assert texts(to=stranger) == []


def test_who_has_a_conflict_of_interest_hears_nothing_of_that_supplier(labelled: Supplier, reviewer: User) -> None:
    unit = BuyingUnit.objects.create(code="A", name_en="A")
    labelled.units.add(unit)
    units.watch(unit_ids=[unit.pk], by=reviewer)
    Interest.objects.create(user=reviewer, supplier=labelled, kind="family", declared_by=reviewer, declared_at=timezone.now())

    notices.tell(at=timezone.now())

    assert texts(to=reviewer) == []


# --- the committee ----------------------------------------------------------------------------------------------------


def mails(kind: str) -> dict[str, str]:
    composed = {message.email: compose(message) for message in Message.objects.filter(kind=kind)}
    return {email: f"{mail.subject}\n{mail.body}" for email, mail in composed.items()}


def test_the_committee_is_told_of_a_proposal_without_who_proposed_it_or_has_an_interest(labelled: Supplier, staff: User) -> None:
    second, niece = create_user(name="Sara Second"), create_user(name="Nora Niece")
    Interest.objects.create(user=niece, supplier=labelled, kind="family", declared_by=niece, declared_at=timezone.now())

    proposal = deciding.propose_revocation(supplier_id=labelled.pk, ground="ethics", reason=REASON, by=staff, at=timezone.now())

    told = mails("label_proposal")
    assert second.email in told
    assert not {staff.email, niece.email} & set(told)
    assert told[second.email].startswith("Waits for a second person: Revoke the label (Bamboo Bridge Ltd)")
    assert f"Breach of business ethics: {REASON}" in told[second.email]
    assert proposal.get_absolute_url() in told[second.email]


def test_the_committee_is_told_of_an_appeal_without_who_decided_before(labelled: Supplier, staff: User, owner: User) -> None:
    second = create_user(name="Sara Second")
    step = deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=timezone.now())

    appealing.lodge(event_id=step.pk, text="It is another company's plant.", documents=[], by=owner, at=timezone.now())

    told = mails("label_appeal")
    assert staff.email not in told
    assert "Appeal to decide by" in told[second.email]


def test_what_is_long_past_is_no_news(labelled: Supplier, owner: User) -> None:
    later = timezone.now() + timedelta(days=10)

    assert notices.tell(at=later) == {"steps": 1, "mails": 0}
    assert Notice.objects.count() == LabelEvent.objects.count()


def test_steps_beyond_one_batch_follow_in_the_next(labelled: Supplier, owner: User, staff: User) -> None:
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=timezone.now())

    assert [notices.tell(at=timezone.now(), limit=1)["steps"] for _ in range(3)] == [1, 1, 0]
    assert len(texts(to=owner)) == 2
