"""Reviewers are told once of what is due, and the ESG staff of what stays overdue."""

from datetime import timedelta

import pytest

from accounts.messages import compose
from accounts.models import Message, Role, User
from assessments.models import Assessment, ReviewNotice, ReviewPlan, SecondReview
from assessments.reviewers.reminders import escalate, remind, to_be_reminded
from runs import engine
from runs.registry import job_of
from suppliers.models import Interest
from tests.factories import NOW, create_assessment, create_campaign, create_supplier, create_user


@pytest.fixture
def case(owner: User, reviewer: User) -> Assessment:
    """Due on 8 June, soon from the 6th on, told to the ESG staff on the 10th."""
    campaign = create_campaign()
    ReviewPlan.objects.create(campaign=campaign, days=7, soon_days=2, escalate_days=2)
    kite = create_supplier(name_en="Kite Ltd")
    return create_assessment(supplier=kite, campaign=campaign, status="in_review", reviewer=reviewer, submitted_at=NOW, submitted_by=owner)


def told(days: int) -> list[str]:
    """The mails of the morning so many days later."""
    at = NOW + timedelta(days=days)
    for person in to_be_reminded(at=at):
        remind(person, at=at)
    escalate(at=at)
    mails = Message.objects.order_by("pk")
    subjects = [f"{mail.name}: {compose(mail).subject}" for mail in mails]
    mails.delete()
    return subjects


def test_a_reviewer_is_told_when_a_review_is_due_soon_and_when_it_is_overdue_each_once(case: Assessment) -> None:
    assert told(days=4) == []
    assert told(days=5) == ["Rita Reviewer: 1 review of yours is due soon"]
    assert told(days=6) == []
    assert told(days=8) == ["Rita Reviewer: 1 review of yours is overdue"]
    assert told(days=8) == []


def test_the_staff_are_told_of_what_stays_overdue_once(case: Assessment, staff: User) -> None:
    assert [line for line in told(days=8) if "Steve" in line] == []
    assert told(days=9) == ["Steve Staff: 1 review has been overdue for long"]
    assert told(days=10) == []


def test_staff_with_a_conflict_of_interest_are_told_of_the_other_cases_alone(case: Assessment, staff: User, owner: User) -> None:
    other = create_assessment(campaign=case.campaign, status="submitted", submitted_at=NOW, submitted_by=owner)
    nora, otto = create_user(name="Nora Niece"), create_user(name="Otto Owner")
    for person, supplier in ((nora, case.supplier), (otto, case.supplier), (otto, other.supplier)):
        Interest.objects.create(user=person, supplier=supplier, kind="family", declared_by=person, declared_at=NOW)

    escalate(at=NOW + timedelta(days=9))

    mails = {mail.name: compose(mail).body for mail in Message.objects.all()}
    assert set(mails) == {"Steve Staff", "Nora Niece"}
    assert "Kite Ltd" in mails["Steve Staff"]
    assert "Kite Ltd" not in mails["Nora Niece"]
    assert other.supplier.name in mails["Nora Niece"]


def test_a_night_that_was_missed_leaves_nobody_out(case: Assessment, staff: User) -> None:
    assert told(days=30) == ["Rita Reviewer: 1 review of yours is overdue", "Steve Staff: 1 review has been overdue for long"]


def test_what_comes_back_from_the_supplier_is_due_anew(case: Assessment) -> None:
    told(days=8)
    Assessment.objects.filter(pk=case.pk).update(submitted_at=NOW + timedelta(days=20))

    assert told(days=21) == []
    assert told(days=28) == ["Rita Reviewer: 1 review of yours is overdue"]
    assert ReviewNotice.objects.filter(assessment=case, stage="overdue").count() == 2


def test_the_mail_names_the_cases_and_a_second_reviewer_is_sent_to_the_own_page(case: Assessment, reviewer: User) -> None:
    mara = create_user(role=Role.REVIEWER, name="Mara Moth")
    SecondReview.objects.create(assessment=case, drawn="share", drawn_at=NOW, reviewer=mara)
    at = NOW + timedelta(days=8)

    assert to_be_reminded(at=at) == sorted([reviewer.pk, mara.pk])
    for person in (reviewer, mara):
        remind(person.pk, at=at)

    first, second = (compose(mail).body for mail in Message.objects.order_by("pk"))
    assert "Kite Ltd, 8 Jun 2026" in first
    assert f"/assessments/{case.pk}/review/" in first
    assert f"/assessments/{case.pk}/second-review/" in second


def test_the_run_has_a_part_for_each_person_and_one_for_the_staff(case: Assessment, reviewer: User) -> None:
    run = engine.start("remind_reviewers", by=None, at=NOW)

    plans = [plan.payload for plan in job_of("remind_reviewers").plan(run)]

    assert plans == [{"person": reviewer.pk}, {"person": None}]
