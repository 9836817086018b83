from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Message, Role, User
from assessments.models import Answer, Assessment, EvidenceUse, Verdict
from assessments.review import reviewing
from assessments.reviewers import assigning
from assessments.scores.keeping import keep_scores
from assessments.views.review_queue import may_have
from audit.models import Event
from suppliers.models import Supplier
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_document, create_supplier, create_user


@pytest.fixture
def assessment(supplier: Supplier, owner: User) -> Assessment:
    """Submitted by `owner`, with all three questions answered."""
    found = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=found, question="A-01", value={"value": "yes"})
    create_answer(assessment=found, question="A-02", value={"value": "2"})
    create_answer(assessment=found, question="B-01", value={"value": "no"})
    return found


def take(assessment: Assessment, by: User) -> None:
    reviewing.take(assessment_id=assessment.pk, by=by, at=NOW)


def decide(assessment: Assessment, by: User, question: str = "A-01", outcome: str = "accept", reason: str = "", hours: int = 0) -> Verdict:
    return reviewing.decide(
        assessment_id=assessment.pk, question=question, outcome=outcome, reason=reason, by=by, at=NOW + timedelta(hours=hours)
    )


# --- taking -----------------------------------------------------------------------------------------------------------


def test_the_first_reviewer_to_take_an_assessment_has_it(assessment: Assessment, reviewer: User, staff: User) -> None:
    take(assessment, reviewer)
    take(assessment, reviewer)

    with pytest.raises(reviewing.TakenByAnother) as refusal:
        take(assessment, staff)

    assessment.refresh_from_db()
    assert refusal.value.reviewer == reviewer
    assert (assessment.status, assessment.reviewer) == ("in_review", reviewer)
    assert assessment.supplier.standing.status == "in_review"
    assert Event.objects.filter(action="assessment.taken", supplier_id=assessment.supplier_id).count() == 1


def test_only_the_reviewer_decides(assessment: Assessment, reviewer: User, staff: User) -> None:
    with pytest.raises(reviewing.TakenByAnother) as refusal:
        decide(assessment, reviewer)
    assert refusal.value.reviewer is None
    take(assessment, reviewer)

    with pytest.raises(reviewing.TakenByAnother):
        decide(assessment, staff)


def test_a_review_is_handed_over_and_given_back(assessment: Assessment, reviewer: User, staff: User) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer)

    assigning.reassign(ids=[assessment.pk], to=staff, reason="Rita is away.", by=staff, at=NOW)
    reviewing.give_back(assessment_id=assessment.pk, by=staff, at=NOW)

    assessment.refresh_from_db()
    assert (assessment.status, assessment.reviewer) == ("submitted", None)
    assert Verdict.objects.count() == 1


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["query", "reject_evidence", "reject_answer"])
def test_whoever_does_not_accept_says_why(assessment: Assessment, reviewer: User, outcome: str) -> None:
    take(assessment, reviewer)

    with pytest.raises(reviewing.ReasonMissing):
        decide(assessment, reviewer, outcome=outcome, reason="  ")

    decide(assessment, reviewer, outcome=outcome, reason="The bill is from 2019.")


def test_a_verdict_replaces_the_one_before(assessment: Assessment, reviewer: User) -> None:
    take(assessment, reviewer)

    decide(assessment, reviewer)
    decide(assessment, reviewer, outcome="query", reason="Which site?")

    assert Verdict.objects.get().outcome == "query"


def test_the_rest_of_an_area_is_accepted_without_touching_what_was_decided(assessment: Assessment, reviewer: User) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer, outcome="reject_answer", reason="There is no meter.")

    accepted = reviewing.accept_rest(assessment_id=assessment.pk, keys=["A-01", "A-02"], by=reviewer, at=NOW)

    assert accepted == 1
    assert dict(Verdict.objects.values_list("answer__question", "outcome")) == {"A-01": "reject_answer", "A-02": "accept"}


# --- the end ----------------------------------------------------------------------------------------------------------


def test_closing_a_review_states_the_verified_score_at_once(assessment: Assessment, reviewer: User, owner: User) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer, question="A-02", outcome="reject_answer", reason="No programme was shown.")

    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)

    assessment.refresh_from_db()
    # A: 2 x 0.5 (evidence missing) + 2 x 0 of 4 -> 25. B: 100.
    assert (assessment.status, assessment.verified) == ("closed", Decimal("62.50"))
    assert assessment.supplier.standing.verified == Decimal("62.50")
    assert Message.objects.get(kind="review_closed").email == owner.email
    assert Event.objects.get(action="assessment.closed").detail == {"verified": "62.50"}


def test_a_review_is_not_closed_over_an_open_query(assessment: Assessment, reviewer: User) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer, outcome="query", reason="Which site?")

    with pytest.raises(reviewing.QueriesOpen) as refusal:
        reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)

    assert refusal.value.questions == ["A-01"]


def test_returning_tells_every_person_of_the_supplier_why(assessment: Assessment, reviewer: User, owner: User, colleague: User) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer, outcome="query", reason="Which year?")

    reviewing.return_to_supplier(assessment_id=assessment.pk, reason="Please attach this year's bill.", by=reviewer, at=NOW)

    assessment.refresh_from_db()
    assert (assessment.status, assessment.returned_reason) == ("returned", "Please attach this year's bill.")
    assert set(Message.objects.values_list("kind", "email")) == {("review_returned", owner.email), ("review_returned", colleague.email)}


def test_after_a_return_verdicts_on_changed_answers_are_given_anew(assessment: Assessment, reviewer: User, owner: User) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer, outcome="reject_evidence", reason="Out of date.")
    for question in ("A-02", "B-01"):
        decide(assessment, reviewer, question=question, outcome="query", reason="Since when?")
    reviewing.return_to_supplier(assessment_id=assessment.pk, reason="See the verdicts.", by=reviewer, at=NOW)
    later = NOW + timedelta(days=1)
    Answer.objects.filter(question="A-02").update(value={"value": "1"}, updated_at=later)
    answer = Answer.objects.get(question="B-01")
    EvidenceUse.objects.create(answer=answer, document=create_document(supplier=assessment.supplier), added_by=owner, added_at=later)
    assessment.refresh_from_db()
    assessment.submit(by=owner, at=later)

    take(assessment, reviewer)

    assert list(Verdict.objects.values_list("answer__question", flat=True)) == ["A-01"]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_longest_first(client: Client, reviewer: User, owner: User) -> None:
    campaign = create_campaign()
    for days, name in ((1, "Young Ltd"), (9, "Old Ltd")):
        create_assessment(
            campaign=campaign,
            supplier=create_supplier(name_en=name),
            status="submitted",
            submitted_at=NOW - timedelta(days=days),
            submitted_by=owner,
        )
    client.force_login(reviewer)

    text = client.get(reverse("assessments:review_queue")).text

    assert text.index("Old Ltd") < text.index("Young Ltd")


def test_the_queue_says_how_much_of_the_evidence_is_there(client: Client, reviewer: User, assessment: Assessment) -> None:
    keep_scores([assessment.pk], at=NOW)
    client.force_login(reviewer)

    text = client.get(reverse("assessments:review_queue")).text

    assert "Evidence coverage" in text
    # A-01 asks for evidence, and has none.
    assert "0%" in text


def test_the_queue_is_narrowed_by_reviewer_category_and_name(client: Client, reviewer: User, owner: User, assessment: Assessment) -> None:
    other = create_supplier(name_en="Quiet Media Ltd", category="media")
    create_assessment(supplier=other, status="in_review", reviewer=reviewer, submitted_at=NOW, submitted_by=owner)
    client.force_login(reviewer)
    url = reverse("assessments:review_queue")

    for query in ({"whose": "mine"}, {"category": "media"}, {"q": "quiet media"}):
        text = client.get(url, query).text
        assert "Quiet Media Ltd" in text
        assert "Bamboo Bridge Ltd" not in text
    assert "Bamboo Bridge Ltd" in client.get(url, {"whose": "free"}).text


def test_the_queue_costs_the_same_for_one_and_for_many(
    client: Client, reviewer: User, owner: User, assessment: Assessment, django_assert_num_queries: Any
) -> None:
    client.force_login(reviewer)
    url = reverse("assessments:review_queue")
    # session, user, the rows, the counts, reviewers, campaigns and units of the filter, requests of suppliers, what they took back
    with django_assert_num_queries(9):
        client.get(url)
    for _ in range(20):
        create_assessment(status="submitted", submitted_at=NOW, submitted_by=owner, campaign=assessment.campaign)

    with django_assert_num_queries(9):
        client.get(url)


def test_a_look_at_the_answers_leaves_an_event_the_supplier_can_see(client: Client, auditor: User, assessment: Assessment) -> None:
    client.force_login(auditor)

    response = client.get(reverse("assessments:review", args=[assessment.pk]), follow=True)

    event = Event.objects.get(action="assessment.viewed")
    assert (event.actor, event.supplier_id) == (auditor, assessment.supplier_id)
    assert "Do you meter your water?" in response.text
    assert "Take into review" not in response.text


def test_what_was_never_handed_in_is_not_for_the_buyer_to_read(client: Client, reviewer: User) -> None:
    begun = create_assessment(status="in_progress")
    client.force_login(reviewer)

    assert client.get(reverse("assessments:review", args=[begun.pk])).status_code == 404


def test_suppliers_have_no_workbench(client: Client, owner: User, assessment: Assessment) -> None:
    client.force_login(owner)

    assert client.get(reverse("assessments:review", args=[assessment.pk])).status_code == 403
    assert client.get(reverse("assessments:review_queue")).status_code == 403


def test_a_reviewer_takes_judges_and_closes_in_the_browser(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)
    client.post(reverse("assessments:review_take", args=[assessment.pk]))

    client.post(reverse("assessments:review_decide", args=[assessment.pk, "A-01"]), {"A-01__.outcome": "accept"})
    client.post(reverse("assessments:review_accept_rest", args=[assessment.pk, "A"]), {"answer": ["A-02"]})
    assert Verdict.objects.count() == 2
    assert client.get(reverse("assessments:review_finish", args=[assessment.pk])).status_code == 200
    client.post(reverse("assessments:review_finish", args=[assessment.pk]), {"step": "close"})

    assessment.refresh_from_db()
    assert assessment.status == "closed"
    assert client.get(reverse("assessments:review", args=[assessment.pk]), follow=True).status_code == 200


def test_returning_without_a_reason_is_refused(client: Client, reviewer: User, assessment: Assessment) -> None:
    take(assessment, reviewer)
    decide(assessment, reviewer, outcome="query", reason="Which year?")
    client.force_login(reviewer)

    response = client.post(reverse("assessments:review_finish", args=[assessment.pk]), {"step": "return", "reason": " "})

    assessment.refresh_from_db()
    assert assessment.status == "in_review"
    assert "This field is required." in response.text


def test_the_second_reviewer_is_told_who_has_it(client: Client, reviewer: User, staff: User, assessment: Assessment) -> None:
    take(assessment, reviewer)
    client.force_login(staff)

    response = client.post(reverse("assessments:review_take", args=[assessment.pk]), follow=True)

    assert "Rita Reviewer reviews this assessment" in response.text


def test_a_review_is_handed_to_those_who_may_decide_only(
    client: Client, reviewer: User, staff: User, auditor: User, assessment: Assessment
) -> None:
    take(assessment, reviewer)
    client.force_login(reviewer)
    url = reverse("assessments:review_hand_over", args=[assessment.pk])

    assert client.post(url, {"to": auditor.pk, "reason": "She knows them."}).status_code == 200
    assert client.post(url, {"to": staff.pk, "reason": " "}).status_code == 200
    client.post(url, {"to": staff.pk, "reason": "He knows them."})

    assessment.refresh_from_db()
    assert assessment.reviewer == staff


def test_reviewers_know_only_people_who_may_decide(db: None, assessment: Assessment) -> None:
    able = create_user(role=Role.ESG_STAFF)
    create_user(role=Role.AUDITOR)

    assert list(may_have(assessment)) == [able]
