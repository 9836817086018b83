"""Findings from raised to closed: who takes which step, what the database insists on, and what stays on record."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from accounts.models import Message, Role, User
from assessments.answering.worksheet import open_worksheet
from assessments.findings import handling, opening
from assessments.findings.effect import label_effect, score_effect
from assessments.models import Answer, Assessment, Finding, FindingStep
from assessments.review import reviewing
from assessments.scores import keeping
from assessments.scoring.scorer import Hit
from audit.models import Event
from suppliers.models import Supplier
from tests.factories import NOW, attach, create_answer, create_assessment, create_document, create_supplier, create_user
from tests.suppliers.files import pdf


LATER = date(2099, 1, 1)


@pytest.fixture
def assessment(supplier: Supplier, owner: User) -> Assessment:
    found = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=found, question="A-01", value={"value": "yes"})
    create_answer(assessment=found, question="A-02", value={"value": "2"})
    create_answer(assessment=found, question="B-01", value={"value": "no"})
    return found


@pytest.fixture
def finding(assessment: Assessment, reviewer: User) -> Finding:
    return raised(assessment, reviewer)


def raised(assessment: Assessment, by: User, severity: str = "major", question: str = "A-01") -> Finding:
    return opening.raise_finding(
        assessment_id=assessment.pk, question=question, severity=severity, text="The meter is broken.", due_on=None, by=by, at=NOW
    )


def planned(finding: Finding, by: User, *days: date) -> Finding:
    actions = [handling.Action(f"Action {number}", "Mrs Wang", day) for number, day in enumerate(days or (LATER,), start=1)]
    return handling.plan(finding_id=finding.pk, cause="Nobody looked.", actions=actions, by=by, at=NOW)


def agreed(finding: Finding, owner: User, reviewer: User) -> Finding:
    planned(finding, owner)
    return handling.agree(finding_id=finding.pk, by=reviewer, at=NOW)


def done(finding: Finding, owner: User, reviewer: User) -> Finding:
    agreed(finding, owner, reviewer)
    documents = [create_document(supplier=finding.supplier)]
    return handling.report(finding_id=finding.pk, action_taken="Replaced.", documents=documents, by=owner, at=NOW)


def plan_sent(*rows: tuple[str, str, str], cause: str = "Nobody looked.", **more: str) -> dict[str, str]:
    sent = {"cause": cause, "actions-TOTAL_FORMS": str(len(rows)), "actions-INITIAL_FORMS": "0", **more}
    for number, row in enumerate(rows):
        sent |= {f"actions-{number}-{name}": text for name, text in zip(("what", "owner", "due_on"), row, strict=True)}
    return sent


# --- the whole way, in the browser's words ----------------------------------------------------------------------------


def test_a_finding_goes_its_way_from_raised_to_closed(client: Client, reviewer: User, owner: User, assessment: Assessment) -> None:
    client.force_login(reviewer)
    client.post(
        reverse("assessments:finding_new", args=[assessment.pk, "A-01"]),
        {"severity": "major", "text": "The meter is broken.", "due_on": ""},
    )
    finding = Finding.objects.get()
    assert (finding.opened_by, finding.supplier_id, finding.rule, finding.origin) == (reviewer, assessment.supplier_id, "", "hand")

    client.force_login(owner)
    assert "The meter is broken." in client.get(finding.get_absolute_url()).text
    rows = [("Buy a meter", "Mr Li", "2099-01-01"), ("Read it monthly", "Ms Wu", "2099-03-01"), ("", "", "")]
    client.post(reverse("assessments:finding_plan", args=[finding.pk]), plan_sent(*rows))
    client.force_login(reviewer)
    client.post(reverse("assessments:finding_agree", args=[finding.pk]))
    finding.refresh_from_db()
    assert (finding.status, finding.due_on, finding.agreed_by) == ("plan_agreed", date(2099, 3, 1), reviewer)

    client.force_login(owner)
    document = create_document(supplier=finding.supplier, title="Invoice of the meter")
    client.post(
        reverse("assessments:finding_report", args=[finding.pk]), {"action_taken": "Replaced on 3 June.", "documents": [document.pk]}
    )
    client.force_login(reviewer)
    client.post(reverse("assessments:finding_send_back", args=[finding.pk]), {"back-reason": "Please show a photo."})
    finding.refresh_from_db()
    assert finding.status == "plan_agreed"
    client.force_login(owner)
    assert "Please show a photo." in client.get(reverse("assessments:finding_report", args=[finding.pk])).text
    client.post(
        reverse("assessments:finding_report", args=[finding.pk]),
        {"action_taken": "Replaced on 3 June, see photo.", "documents": [document.pk], "upload": pdf("photo.pdf")},
    )
    client.force_login(reviewer)
    client.post(reverse("assessments:finding_close", args=[finding.pk]), {"close-reason": "Seen on the photo."})

    finding.refresh_from_db()
    assert (finding.status, finding.closed_by, finding.closing_reason, finding.next_due_on) == (
        "closed",
        reviewer,
        "Seen on the photo.",
        None,
    )
    page = client.get(finding.get_absolute_url()).text
    for words in ("Verified and closed", "Invoice of the meter", "photo.pdf", "Read it monthly", "Nobody looked."):
        assert words in page
    kinds = list(FindingStep.objects.filter(finding=finding).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["raised", "action_planned", "plan_agreed", "action_reported", "sent_back", "action_reported", "closed"]
    assert Event.objects.filter(action="finding.viewed", supplier_id=finding.supplier_id, actor=reviewer).exists()


def test_each_side_hears_of_what_the_other_did(finding: Finding, owner: User, reviewer: User) -> None:
    planned(finding, owner)
    handling.send_plan_back(finding_id=finding.pk, reason="Who reads it?", by=reviewer, at=NOW + timedelta(hours=1))

    told = set(Message.objects.filter(kind="finding_moved").values_list("email", "context__step"))

    assert told == {(owner.email, "raised"), (reviewer.email, "action_planned"), (owner.email, "plan_sent_back")}


def test_a_finding_is_opened_again_with_a_reason_and_planned_anew(finding: Finding, owner: User, reviewer: User) -> None:
    done(finding, owner, reviewer)
    handling.close(finding_id=finding.pk, reason="Seen.", by=reviewer, at=NOW)
    with pytest.raises(handling.ReasonMissing):
        handling.reopen(finding_id=finding.pk, reason="  ", by=reviewer, at=NOW)

    handling.reopen(finding_id=finding.pk, reason="It broke again.", by=reviewer, at=NOW)

    finding.refresh_from_db()
    assert (finding.status, finding.closed_at, finding.agreed_by) == ("open", None, None)
    assert finding.steps.order_by("-pk").first().reason == "It broke again."
    assert planned(finding, owner).status == "action_planned"


def test_a_critical_finding_is_verified_by_other_eyes_than_agreed_its_plan(
    assessment: Assessment, owner: User, reviewer: User, staff: User
) -> None:
    finding = done(raised(assessment, reviewer, "critical"), owner, reviewer)
    with pytest.raises(handling.SameEyes):
        handling.close(finding_id=finding.pk, reason="Fine.", by=reviewer, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(status="closed", closed_at=NOW, closed_by=reviewer, next_due_on=None)

    handling.close(finding_id=finding.pk, reason="Seen on site.", by=staff, at=NOW)

    finding.refresh_from_db()
    assert finding.status == "closed"


def test_a_critical_finding_shows_in_the_standing_until_it_is_closed(
    assessment: Assessment, reviewer: User, staff: User, owner: User
) -> None:
    finding = raised(assessment, reviewer, "critical")
    supplier = Supplier.objects.get(pk=assessment.supplier_id)
    assert supplier.standing.has_critical_finding

    done(finding, owner, reviewer)
    handling.close(finding_id=finding.pk, reason="Seen.", by=staff, at=NOW)

    supplier.standing.refresh_from_db()
    assert not supplier.standing.has_critical_finding


def test_a_finding_sent_twice_is_one_finding(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)
    address = reverse("assessments:finding_new", args=[assessment.pk, "A-01"])
    sent = {"severity": "minor", "text": "No label on the drum.", "due_on": "2099-01-01"}

    first, second = client.post(address, sent), client.post(address, sent)
    client.post(address, sent | {"text": "No label on the second drum."})

    assert first["Location"] == second["Location"]
    assert Finding.objects.count() == 2


# --- where it comes from ----------------------------------------------------------------------------------------------


def test_a_finding_raised_on_a_refused_answer_comes_from_the_verdict(assessment: Assessment, reviewer: User) -> None:
    reviewing.take(assessment_id=assessment.pk, by=reviewer, at=NOW)
    reviewing.decide(assessment_id=assessment.pk, question="A-01", outcome="reject_answer", reason="No meter on site.", by=reviewer, at=NOW)

    finding = raised(assessment, reviewer)

    assert finding.origin == "verdict"
    assert finding.steps.get().detail == {"outcome": "reject_answer", "reason": "No meter on site."}


def test_a_gate_opens_a_major_finding_unless_its_answer_opens_one_anyway(assessment: Assessment) -> None:
    hits = [
        Hit("gate", "A-01", "red"),
        Hit("gate", "A-02", "expired"),
        Hit("critical_finding", "A-02", "not-renewed"),
    ]
    about = opening.Hits(assessment.pk, assessment.supplier_id, assessment.campaign.questionnaire_id, hits)

    assert opening.follow_triggers([about], at=NOW) == (2, 0)

    found = set(Finding.objects.values_list("rule", "severity", "origin", "next_due_on"))
    assert found == {("red", "major", "gate", date(2026, 6, 15)), ("not-renewed", "critical", "rule", date(2026, 6, 8))}


# --- what the database insists on -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"status": "closed", "closed_at": NOW, "next_due_on": None},
        {"status": "action_planned"},
        {"status": "plan_agreed"},
        {"status": "action_done"},
        {"rule": "a-rule"},
        {"origin": "record"},
        {"escalation": 4},
        {"agreed_at": NOW},
        {"closed_at": NOW},
    ],
    ids=",".join,
)
def test_the_database_takes_no_shortcut(finding: Finding, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(**change)


def test_the_database_wants_evidence_for_what_is_done(finding: Finding, owner: User, reviewer: User) -> None:
    agreed(finding, owner, reviewer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(status="action_done")
    with pytest.raises(handling.NoEvidence):
        handling.report(finding_id=finding.pk, action_taken="Done.", documents=[], by=owner, at=NOW)


def test_a_document_of_another_supplier_shows_nothing(finding: Finding, owner: User, reviewer: User) -> None:
    agreed(finding, owner, reviewer)
    foreign = create_document(supplier=create_supplier())

    with pytest.raises(handling.NoEvidence):
        handling.report(finding_id=finding.pk, action_taken="Done.", documents=[foreign], by=owner, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        finding.evidence.create(document=foreign, added_by=owner, added_at=NOW)


def test_steps_are_never_changed(finding: Finding) -> None:
    step = finding.steps.get()

    for change in (lambda: FindingStep.objects.filter(pk=step.pk).update(reason="Another."), step.delete):
        with pytest.raises(Exception, match=r"permission denied|Cannot"), transaction.atomic():
            change()
    with pytest.raises(ProtectedError):
        finding.delete()


def test_a_step_that_is_taken_twice_says_that_the_finding_moved_on(client: Client, finding: Finding, owner: User, reviewer: User) -> None:
    planned(finding, owner)
    client.force_login(reviewer)
    address = reverse("assessments:finding_agree", args=[finding.pk])
    client.post(address)

    page = client.post(address, follow=True)

    assert "moved on meanwhile" in page.text
    assert finding.steps.filter(kind="plan_agreed").count() == 1


# --- bad input --------------------------------------------------------------------------------------------------------


def test_what_is_wrong_in_a_row_of_the_plan_is_told_at_the_top_too(client: Client, finding: Finding, owner: User) -> None:
    client.force_login(owner)

    page = client.post(
        reverse("assessments:finding_plan", args=[finding.pk]), plan_sent(("Write it down", "Ms Bo", "not a day"))
    ).content.decode()

    assert '<li><a href="#id_actions-0-due_on">Done by: Enter a valid date.</a></li>' in page


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (plan_sent(("", "", "")), "This field is required"),
        (plan_sent(("Buy", "Mr Li", "2020-01-01")), "This day has passed."),
        (plan_sent(("Buy", "", "2099-01-01")), "This field is required"),
        (plan_sent(("Buy", "Mr Li", "soon")), "Enter a valid date."),
        (plan_sent(("Buy", "Mr Li", "2099-01-01"), cause=""), "This field is required"),
        ({"cause": "x"}, "A plan has at least one action."),
    ],
)
def test_a_plan_that_lacks_something_says_what(client: Client, finding: Finding, owner: User, sent: dict[str, str], words: str) -> None:
    client.force_login(owner)

    response = client.post(reverse("assessments:finding_plan", args=[finding.pk]), sent)

    assert response.status_code == 422
    assert words in response.text
    finding.refresh_from_db()
    assert (finding.status, finding.actions.count()) == ("open", 0)


def test_a_row_that_came_with_the_page_may_be_left_empty(client: Client, finding: Finding, owner: User) -> None:
    client.force_login(owner)
    sent = plan_sent(("Buy a meter", "Mr Li", "2099-01-01"), ("", "", "")) | {"actions-INITIAL_FORMS": "2"}

    client.post(reverse("assessments:finding_plan", args=[finding.pk]), sent)

    assert [action.what for action in finding.actions.all()] == ["Buy a meter"]


def test_another_action_is_offered_and_nothing_typed_is_lost(client: Client, finding: Finding, owner: User) -> None:
    client.force_login(owner)

    response = client.post(
        reverse("assessments:finding_plan", args=[finding.pk]), plan_sent(("Buy a meter", "", "never"), cause="Rust.", add="1")
    )

    assert response.status_code == 200
    for words in ("Rust.", "Buy a meter", "Action 2"):
        assert words in response.text
    assert not finding.actions.exists()


@pytest.mark.parametrize("sent", [{"action_taken": "Done."}, {"action_taken": ""}, {"action_taken": "Done.", "documents": ["999999"]}])
def test_a_report_without_a_document_is_not_taken(
    client: Client, finding: Finding, owner: User, reviewer: User, sent: dict[str, Any]
) -> None:
    agreed(finding, owner, reviewer)
    client.force_login(owner)

    response = client.post(reverse("assessments:finding_report", args=[finding.pk]), sent)

    assert response.status_code == 422
    finding.refresh_from_db()
    assert finding.status == "plan_agreed"


def test_strangers_do_not_see_a_finding_and_suppliers_do_not_close_it(
    client: Client, reviewer: User, owner: User, stranger: User, finding: Finding
) -> None:
    client.force_login(stranger)
    assert client.get(finding.get_absolute_url()).status_code == 404
    assert client.post(reverse("assessments:finding_plan", args=[finding.pk])).status_code == 404
    client.force_login(owner)
    assert client.post(reverse("assessments:finding_close", args=[finding.pk]), {"close-reason": "Done."}).status_code == 403
    client.force_login(reviewer)
    assert client.post(reverse("assessments:finding_plan", args=[finding.pk])).status_code == 403


# --- what it does to score and label ----------------------------------------------------------------------------------


def test_the_page_states_what_a_zero_tolerance_finding_costs(client: Client, owner: User, supplier: Supplier) -> None:
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"}, evidence_count=1)
    create_answer(assessment=assessment, question="A-02", value={"value": "4"})
    create_answer(assessment=assessment, question="B-01", value={"value": "yes"})
    keeping.keep_scores([assessment.pk], at=NOW)
    finding = Finding.objects.select_related("assessment__campaign", "assessment__supplier").get()

    effect = score_effect(finding, open_worksheet(finding.assessment))

    # By hand: water 100, people 0, each half of the total; the rule holds the total at 30.
    assert (finding.origin, effect.now.declared, effect.without.declared) == ("zero_tolerance", Decimal("30.00"), Decimal("50.00"))
    client.force_login(owner)
    page = client.get(finding.get_absolute_url()).text
    assert "the total score is held at 30" in page
    assert "50.0" in page
    assert "-20.0" in page


def test_a_finding_by_hand_takes_no_points_and_says_so(client: Client, owner: User, finding: Finding) -> None:
    client.force_login(owner)

    assert "This finding takes no points" in client.get(finding.get_absolute_url()).text


def test_the_verdict_behind_a_finding_is_what_takes_the_points(assessment: Assessment, reviewer: User) -> None:
    reviewing.take(assessment_id=assessment.pk, by=reviewer, at=NOW)
    reviewing.decide(assessment_id=assessment.pk, question="A-02", outcome="reject_answer", reason="No.", by=reviewer, at=NOW)
    for question in ("A-01", "B-01"):
        reviewing.decide(assessment_id=assessment.pk, question=question, outcome="accept", reason="", by=reviewer, at=NOW)
    raised(assessment, reviewer, question="A-02")
    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)
    finding = Finding.objects.select_related("assessment__campaign", "assessment__supplier").get()

    effect = score_effect(finding, open_worksheet(finding.assessment))

    # By hand: A-01 without evidence 0.5, A-02 level 2 of 4 is 0.5; (2 x 0.5 + 2 x 0) / 4 = 25, accepted 50. People 100.
    assert (effect.now.verified, effect.without.verified) == (Decimal("62.50"), Decimal("75.00"))


def test_the_supplier_reads_no_verdict_on_the_page_of_a_finding_before_the_review_is_closed(
    client: Client, assessment: Assessment, owner: User, reviewer: User
) -> None:
    reviewing.take(assessment_id=assessment.pk, by=reviewer, at=NOW)
    for question in ("A-01", "B-01"):
        reviewing.decide(assessment_id=assessment.pk, question=question, outcome="accept", reason="", by=reviewer, at=NOW)
    reviewing.decide(assessment_id=assessment.pk, question="A-02", outcome="reject_answer", reason="Thought over.", by=reviewer, at=NOW)
    finding = raised(assessment, reviewer, question="A-02")

    def page(reader: User) -> str:
        client.force_login(reader)
        return client.get(finding.get_absolute_url()).text

    told = ("Thought over.", "Answer rejected", "A verdict of the review", "The verdict behind this finding takes points.", "Verified</th>")
    assert [words for words in told if words in page(owner)] == []
    assert [words for words in told if words not in page(reviewer)] == []
    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)
    assert [words for words in told if words not in page(owner)] == []


def test_there_is_no_effect_on_a_label_where_no_standard_is_in_force(finding: Finding) -> None:
    found = Finding.objects.select_related("assessment__campaign", "assessment__supplier").get(pk=finding.pk)

    assert label_effect(found, score_effect(found, open_worksheet(found.assessment)), at=NOW) is None


# --- lists ------------------------------------------------------------------------------------------------------------


def test_the_list_of_findings_is_narrowed_and_costs_the_same_for_many(
    client: Client, reviewer: User, assessment: Assessment, django_assert_num_queries: Any
) -> None:
    for number in range(12):
        Finding.objects.create(
            supplier=create_supplier(),
            assessment=assessment,
            question="A-01",
            severity="minor" if number else "critical",
            text=f"Finding number {number}.",
            opened_at=NOW,
        )
    client.force_login(reviewer)
    url = reverse("assessments:finding_list")

    # session, user, the rows
    with django_assert_num_queries(3):
        response = client.get(url, {"severity": "critical", "state": "open"})

    assert "Finding number 0." in response.text
    assert "Finding number 1." not in response.text


def test_the_page_of_a_finding_costs_the_same_with_many_steps(
    client: Client, finding: Finding, owner: User, reviewer: User, django_assert_max_num_queries: Any
) -> None:
    def cost() -> int:
        with django_assert_max_num_queries(25) as captured:
            client.get(finding.get_absolute_url())
        return len(captured)

    client.force_login(reviewer)
    done(finding, owner, reviewer)
    cost()  # which fills caches
    before = cost()
    for number in range(10):
        handling.send_back(finding_id=finding.pk, reason=f"Again {number}.", by=reviewer, at=NOW)
        documents = [create_document(supplier=finding.supplier)]
        handling.report(finding_id=finding.pk, action_taken="More.", documents=documents, by=owner, at=NOW)

    assert cost() == before


def test_the_answer_a_finding_is_about_stands_on_its_page(client: Client, finding: Finding, reviewer: User) -> None:
    attach(answer=Answer.objects.get(question="A-01"), document=create_document(supplier=finding.supplier, title="Water bill of May"))
    client.force_login(reviewer)

    page = client.get(finding.get_absolute_url()).text

    assert "Do you meter your water?" in page
    assert "Water bill of May" in page


def test_people_who_left_hear_nothing(finding: Finding, owner: User, reviewer: User) -> None:
    User.objects.filter(pk=reviewer.pk).update(is_active=False)
    create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=finding.supplier, is_active=False)

    planned(finding, owner)

    assert set(Message.objects.values_list("email", flat=True)) == {owner.email}
