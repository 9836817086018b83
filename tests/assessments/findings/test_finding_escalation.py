from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.messages import compose
from accounts.models import Message, Role, User
from assessments.findings import handling, opening
from assessments.findings.escalation import escalate, to_escalate
from assessments.models import Finding
from runs.engine import start, work_off
from suppliers.models import Supplier
from tests.factories import NOW, create_assessment, create_supplier, create_user


DUE = date(2026, 6, 15)


@pytest.fixture
def finding(supplier: Supplier, owner: User, reviewer: User) -> Finding:
    """Raised on 1 June; its plan is due on 15 June."""
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    found = opening.raise_finding(
        assessment_id=assessment.pk, question="A-01", severity="major", text="The meter is broken.", due_on=None, by=reviewer, at=NOW
    )
    Message.objects.all().delete()
    return found


def run(day: date) -> dict[str, int]:
    return escalate(list(to_escalate(day)), on=day, at=NOW + (day - NOW.date()))


def told() -> list[str]:
    return sorted(Message.objects.filter(kind="findings_overdue").values_list("email", flat=True))


def test_nothing_happens_before_the_day_is_over(finding: Finding) -> None:
    assert run(DUE) == {"escalated": 0, "mails": 0}
    assert told() == []


def test_the_later_a_finding_the_more_people_hear_of_it_and_each_once(finding: Finding, owner: User, reviewer: User, staff: User) -> None:
    for days in (1, 1, 2, 7):
        run(DUE + timedelta(days=days))
    assert told() == [owner.email]

    for days in (8, 9):
        run(DUE + timedelta(days=days))
    assert told() == sorted([owner.email, owner.email, reviewer.email])

    for days in (22, 30, 300):
        run(DUE + timedelta(days=days))
    assert told() == sorted([*[owner.email] * 3, *[reviewer.email] * 2, staff.email])
    finding.refresh_from_db()
    assert finding.escalation == 3
    assert [step.detail["level"] for step in finding.steps.filter(kind="escalated").order_by("pk")] == [1, 2, 3]


def test_a_run_that_was_left_out_goes_straight_to_the_level(finding: Finding) -> None:
    run(DUE + timedelta(days=40))

    assert [step.detail["level"] for step in finding.steps.filter(kind="escalated")] == [3]


def test_a_step_begins_a_new_count_and_the_buyer_is_late_too(finding: Finding, owner: User, reviewer: User) -> None:
    run(DUE + timedelta(days=1))
    Message.objects.all().delete()
    action = handling.Action("Buy a meter", "Mr Li", date(2026, 12, 1))
    handling.plan(finding_id=finding.pk, cause="Rust.", actions=[action], by=owner, at=NOW + timedelta(days=20))
    finding.refresh_from_db()
    assert (finding.escalation, finding.next_due_on) == (0, date(2026, 6, 28))

    run(date(2026, 6, 29))

    assert told() == [reviewer.email]


def test_the_mail_says_what_is_late_and_since_when(finding: Finding, owner: User) -> None:
    run(DUE + timedelta(days=3))

    mail = compose(Message.objects.get(kind="findings_overdue"))

    assert mail.subject == "A finding is overdue"
    assert "The meter is broken." in mail.body
    assert "3 days ago" in mail.body


def test_a_person_who_left_hears_nothing(finding: Finding, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    create_user(role=Role.SUPPLIER_CONTRIBUTOR)

    run(DUE + timedelta(days=1))

    assert told() == []


def test_the_run_by_the_clock_escalates_what_is_late_now(finding: Finding) -> None:
    Finding.objects.filter(pk=finding.pk).update(next_due_on=date(2020, 1, 1))

    done = work_off(start("escalate_findings", by=None, at=NOW).pk)

    assert done.result["escalated"] == 1
    assert work_off(start("escalate_findings", by=None, at=NOW).pk).result.get("escalated", 0) == 0


def test_what_has_ended_is_never_late(finding: Finding) -> None:
    ended = handling.withdraw(finding_id=finding.pk, reason="Not so.", by=create_user(), at=NOW)

    assert ended.next_due_on is None
    assert list(to_escalate(date(2030, 1, 1))) == []


def test_many_late_findings_are_told_by_as_many_statements_as_one(finding: Finding, reviewer: User) -> None:
    def statements() -> int:
        ids = list(to_escalate(DUE + timedelta(days=40)))
        with CaptureQueriesContext(connection) as queries:
            escalate(ids, on=DUE + timedelta(days=40), at=NOW)
        return len(queries)

    one = statements()
    for _number in range(4):
        supplier = create_supplier()
        signatory = create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier)
        assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=signatory)
        opening.raise_finding(
            assessment_id=assessment.pk, question="A-01", severity="major", text="No meter.", due_on=None, by=reviewer, at=NOW
        )

    assert statements() == one
