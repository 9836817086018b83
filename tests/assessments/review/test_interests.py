"""Who has declared a conflict of interest does not open the case, whichever door they try."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Message, Role, User
from assessments.findings import escalation, handling, opening
from assessments.models import Assessment, ReviewAssignment
from assessments.review import interests, queries
from assessments.reviewers import assigning, assignment_rules
from assessments.reviewers.in_charge import in_charge_of
from audit.models import Event
from suppliers.models import Interest, Supplier
from tests.factories import NOW, create_assessment, create_supplier, create_user


@pytest.fixture
def case(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    return create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)


@pytest.fixture
def mara(db: None) -> User:
    return create_user(role=Role.REVIEWER, name="Mara Moth")


def declare(person: User, supplier: Supplier, by: User | None = None) -> Interest:
    return interests.declare(person=person, supplier=supplier, kind="family", note="My brother.", by=by or person, at=NOW)


def test_the_page_says_why_it_does_not_open(client: Client, reviewer: User, case: Assessment) -> None:
    declare(reviewer, case.supplier)
    client.force_login(reviewer)

    response = client.get(reverse("assessments:review", args=[case.pk]))

    assert response.status_code == 403
    assert "A conflict of interest stands between you and Bamboo Bridge Ltd" in response.text
    assert "Family or friends there" in response.text


def test_what_does_not_exist_is_still_not_found(client: Client, reviewer: User, case: Assessment) -> None:
    declare(reviewer, case.supplier)
    client.force_login(reviewer)

    assert client.get(reverse("assessments:review", args=[case.pk + 1000])).status_code == 404


def test_lists_and_the_api_leave_the_supplier_out(client: Client, reviewer: User, case: Assessment) -> None:
    other = create_supplier(name_en="Kite Ltd")
    declare(reviewer, case.supplier)
    client.force_login(reviewer)

    names = [each["id"] for each in client.get(reverse("api_supplier_list")).json()["results"]]
    assert other.pk in names
    assert case.supplier_id not in names
    assert client.get(reverse("api_assessment_list")).json()["results"] == []
    refused = client.get(reverse("api_assessment_detail", args=[case.pk]))
    assert (refused.status_code, "conflict of interest" in refused.json()["detail"]) == (403, True)
    assert "Bamboo Bridge" not in client.get(reverse("assessments:review_queue")).text
    assert "Bamboo Bridge" not in client.get(reverse("reports:portfolio")).text


def test_the_case_is_handed_on_and_what_was_judged_is_looked_at_again(reviewer: User, mara: User, case: Assessment) -> None:
    assignment_rules.save_rule(rule=None, category="", unit=None, reviewers=[reviewer, mara], by=mara, at=NOW)

    declare(reviewer, case.supplier)

    case.refresh_from_db()
    assert (case.status, case.reviewer) == ("submitted", mara)
    steps = ReviewAssignment.objects.order_by("pk").values_list("why", "before", "reviewer")
    assert list(steps) == [("conflict", reviewer.pk, None), ("rule", None, mara.pk)]
    assert case.supplier.standing.status == "submitted"


def test_a_rule_and_a_colleague_pass_the_conflicted_by(reviewer: User, mara: User, staff: User, supplier: Supplier, owner: User) -> None:
    declare(reviewer, supplier)
    assignment_rules.save_rule(rule=None, category="", unit=None, reviewers=[reviewer], by=staff, at=NOW)
    case = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)

    assert assigning.assign_by_rules([case.pk], at=NOW) == 0
    done = assigning.reassign(ids=[case.pk], to=reviewer, reason="Please.", by=staff, at=NOW)

    assert done == assigning.Reassigned(moved=0, conflicts=1)


def test_the_database_refuses_a_reviewer_with_an_interest(reviewer: User, case: Assessment) -> None:
    declare(reviewer, case.supplier)

    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.filter(pk=case.pk).update(reviewer=reviewer)


def test_an_interest_is_withdrawn_with_a_reason_and_stays_in_the_record(client: Client, reviewer: User, case: Assessment) -> None:
    interest = declare(reviewer, case.supplier)
    client.force_login(reviewer)
    url = reverse("assessments:interest_withdraw", args=[interest.pk])

    assert "This field is required." in client.post(url, {"reason": " "}).text
    client.post(url, {"reason": "He left the company."})
    client.post(url, {"reason": "Twice."})

    interest.refresh_from_db()
    assert (interest.withdrawn_by, interest.withdrawn_reason) == (reviewer, "He left the company.")
    assert client.get(reverse("assessments:review_area", args=[case.pk, "A"])).status_code == 200
    assert "He left the company." in client.get(reverse("assessments:interests")).text
    assert declare(reviewer, case.supplier).pk != interest.pk


def test_what_the_staff_declared_for_somebody_that_person_does_not_withdraw(
    client: Client, reviewer: User, staff: User, supplier: Supplier
) -> None:
    interest = declare(reviewer, supplier, by=staff)
    client.force_login(reviewer)

    refused = client.post(reverse("assessments:interest_withdraw", args=[interest.pk]), {"reason": "No more."})
    assert refused.status_code == 403
    with pytest.raises(interests.NotTheirs):
        interests.withdraw(interest_id=interest.pk, reason="No more.", by=reviewer, at=NOW)
    interests.withdraw(interest_id=interest.pk, reason="Checked.", by=staff, at=NOW)

    assert not Interest.objects.in_force().exists()


def test_a_conflict_is_declared_in_the_browser_once(client: Client, reviewer: User, case: Assessment) -> None:
    client.force_login(reviewer)
    url = reverse("assessments:interest_new")

    assert "Bamboo Bridge Ltd" in client.get(url, {"q": "bamboo"}).text
    address = f"{url}?supplier={case.supplier_id}"
    assert "Please say what it is." in client.post(address, {"kind": "other", "note": " "}).text
    for _time in range(2):
        client.post(address, {"kind": "financial", "note": "Shares."})

    interest = Interest.objects.get()
    assert (interest.user, interest.declared_by, interest.kind) == (reviewer, reviewer, "financial")
    assert Event.objects.filter(action="interest.declared").count() == 1


def test_the_staff_declare_for_somebody_and_a_reviewer_only_for_herself(
    client: Client, reviewer: User, mara: User, staff: User, supplier: Supplier
) -> None:
    address = f"{reverse('assessments:interest_new')}?supplier={supplier.pk}"
    client.force_login(staff)
    client.post(address, {"person": mara.pk, "kind": "business", "note": ""})
    client.force_login(reviewer)
    client.post(address, {"person": staff.pk, "kind": "business", "note": ""})

    assert {(each.user, each.declared_by) for each in Interest.objects.all()} == {(mara, staff), (reviewer, reviewer)}


def test_nobody_but_those_concerned_learns_of_an_interest(reviewer: User, mara: User, staff: User, owner: User, supplier: Supplier) -> None:
    declare(reviewer, supplier)

    counts = [Interest.objects.visible_to(person).count() for person in (reviewer, staff, mara, owner)]

    assert counts == [1, 1, 0, 0]


def test_mails_about_a_case_pass_the_wall(case: Assessment, reviewer: User, staff: User, owner: User) -> None:
    """Whoever has it is written to; with a conflict of interest it is the ESG staff, and of these only who may read it."""
    mine = create_user(name="Nora Niece")
    declare(mine, case.supplier)
    assert in_charge_of(case) == [reviewer]

    declare(reviewer, case.supplier)
    case.refresh_from_db()

    assert in_charge_of(case, reviewer) == [staff]
    assert in_charge_of(case, mine) == [staff]


def test_mails_about_a_finding_pass_the_wall(case: Assessment, reviewer: User, staff: User, owner: User) -> None:
    declare(create_user(name="Nora Niece"), case.supplier)
    raised = {"question": "A-01", "severity": "major", "text": "No meter.", "due_on": None, "by": reviewer, "at": NOW}
    finding = opening.raise_finding(assessment_id=case.pk, **raised)
    declare(reviewer, case.supplier)
    Message.objects.all().delete()

    actions = [handling.Action("Buy a meter", "Mrs Wang", NOW.date() + timedelta(days=300))]
    handling.plan(finding_id=finding.pk, cause="Nobody looked.", actions=actions, by=owner, at=NOW)
    assert set(Message.objects.values_list("kind", "email")) == {("finding_moved", staff.email)}
    escalation.escalate([finding.pk], on=NOW.date() + timedelta(days=200), at=NOW)

    assert {email for kind, email in Message.objects.values_list("kind", "email") if kind == "findings_overdue"} == {staff.email}


def test_what_waits_in_a_mail_is_not_sent_to_who_has_a_conflict_by_then(case: Assessment, reviewer: User, owner: User) -> None:
    queries.say(assessment_id=case.pk, question="A-01", site=None, text="Which bill?", by=reviewer, at=NOW)
    queries.say(assessment_id=case.pk, question="A-01", site=None, text="The blue one.", by=owner, at=NOW)

    declare(reviewer, case.supplier)
    queries.queue_notices(at=NOW + timedelta(hours=1))

    assert list(Message.objects.values_list("email", flat=True)) == [owner.email]


def test_whoever_declares_waits_before_holding_a_case(reviewer: User, case: Assessment) -> None:
    """As whoever gives cases does: the other way round two of them could wait for each other."""
    with CaptureQueriesContext(connection) as queries_made:
        declare(reviewer, case.supplier)

    statements = [query["sql"] for query in queries_made]
    [first] = [number for number, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql][:1]
    holding = [number for number, sql in enumerate(statements) if "FOR UPDATE" in sql and "assessments_assessment" in sql]
    assert first < min(holding)


def test_the_wall_costs_no_statement_of_its_own(client: Client, reviewer: User, case: Assessment, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert list(Assessment.objects.visible_to(reviewer)) == [case]
    with django_assert_num_queries(1):
        assert Assessment.objects.visible_to(reviewer).get(pk=case.pk) == case
