"""Two people judge the same answers without knowing of each other, and a third settles what differs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from assessments.models import Assessment, Campaign, Finding, ReviewPlan, SecondReview, SecondVerdict, Verdict
from assessments.review import amending, interests, reviewing, second_review
from assessments.review.agreement_report import report
from assessments.reviewers import assigning, drawing
from audit.models import Event
from suppliers.models import Supplier
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_supplier, create_user


LATER = NOW + timedelta(hours=1)
KEYS = ("A-01", "A-02", "B-01")


@pytest.fixture
def rita(reviewer: User) -> User:
    """Reviews first."""
    return reviewer


@pytest.fixture
def mara(db: None) -> User:
    """Reviews second."""
    return create_user(role=Role.REVIEWER, name="Mara Moth")


@pytest.fixture
def theo(db: None) -> User:
    """The third."""
    return create_user(role=Role.REVIEWER, name="Theo Third")


@pytest.fixture
def case(supplier: Supplier, owner: User, rita: User) -> Assessment:
    return answered(supplier, owner, rita)


def answered(supplier: Supplier, owner: User, reviewer: User | None, campaign: Campaign | None = None) -> Assessment:
    status = "in_review" if reviewer else "submitted"
    fields = {"status": status, "reviewer": reviewer, "submitted_at": NOW, "submitted_by": owner, "campaign": campaign}
    case = create_assessment(supplier=supplier, **fields)
    for question, value in zip(KEYS, ("yes", "2", "no"), strict=True):
        create_answer(assessment=case, question=question, value={"value": value})
    return case


@pytest.fixture
def second(case: Assessment, mara: User) -> SecondReview:
    return SecondReview.objects.create(assessment=case, drawn="share", drawn_at=NOW, reviewer=mara)


def judges(second: SecondReview, by: User, **outcomes: str) -> None:
    """What is not named is accepted; then the second review is finished."""
    for key, outcome in outcomes.items():
        question = key.replace("_", "-")
        second_review.judge(second_id=second.pk, question=question, site=None, outcome=outcome, reason="I doubt it.", by=by, at=LATER)
    second_review.accept_rest(second_id=second.pk, keys=KEYS, by=by, at=LATER)
    second_review.finish(second_id=second.pk, keys=KEYS, by=by, at=LATER)
    second.refresh_from_db()


def closes(case: Assessment, by: User, **outcomes: str) -> None:
    for key, outcome in outcomes.items():
        question = key.replace("_", "-")
        reviewing.decide(assessment_id=case.pk, question=question, outcome=outcome, reason="Secret of the first.", by=by, at=LATER)
    reviewing.close(assessment_id=case.pk, by=by, at=LATER)
    case.refresh_from_db()


# --- the two of them --------------------------------------------------------------------------------------------------


def test_where_both_say_the_same_the_review_closes_when_the_later_one_finishes(
    case: Assessment, second: SecondReview, rita: User, mara: User
) -> None:
    closes(case, rita, A_02="reject_answer")
    assert (case.status, case.verified) == ("in_review", None)

    judges(second, mara, A_02="reject_answer")

    case.refresh_from_db()
    assert (second.status, case.status, case.closed_by) == ("settled", "closed", rita)
    assert case.verified is not None


def test_it_is_all_the_same_who_finishes_first(case: Assessment, second: SecondReview, rita: User, mara: User) -> None:
    judges(second, mara)
    assert (second.status, case.status) == ("open", "in_review")

    closes(case, rita)

    second.refresh_from_db()
    assert (second.status, case.status, case.closed_by) == ("settled", "closed", rita)


def test_what_the_first_left_without_a_verdict_counts_as_accepted(case: Assessment, second: SecondReview, rita: User, mara: User) -> None:
    closes(case, rita)
    judges(second, mara, B_01="reject_answer")

    assert set(second.verdicts.values_list("answer__question", "first_outcome", "outcome")) == {
        ("A-01", "accept", "accept"),
        ("A-02", "accept", "accept"),
        ("B-01", "accept", "reject_answer"),
    }


def test_what_differs_goes_to_a_third_person_whose_verdict_counts(
    case: Assessment, second: SecondReview, rita: User, mara: User, theo: User
) -> None:
    closes(case, rita, A_02="reject_answer")
    judges(second, mara, B_01="reject_answer")
    assert (second.status, second.third) == ("differs", theo)

    said = {"second_id": second.pk, "site": None, "by": theo, "at": LATER}
    second_review.settle(question="A-02", outcome="accept", reason="It is mature.", **said)
    case.refresh_from_db()
    assert case.status == "in_review"
    second_review.settle(question="B-01", outcome="reject_answer", reason="No list of ages.", **said)

    case.refresh_from_db()
    second.refresh_from_db()
    assert (second.status, case.status, case.closed_by) == ("settled", "closed", theo)
    verdicts = {verdict.answer.question: verdict for verdict in Verdict.objects.filter(answer__assessment=case).select_related("answer")}
    assert (verdicts["A-02"].outcome, verdicts["A-02"].by) == ("accept", theo)
    assert (verdicts["B-01"].outcome, verdicts["B-01"].reason) == ("reject_answer", "No list of ages.")
    # A counts half without its bill, B nothing: (2 x .5 + 2 x .5) / 4 and 0, by halves.
    assert case.verified == Decimal("25.00")


def test_a_third_person_is_neither_of_the_two_and_has_no_conflict(
    case: Assessment, second: SecondReview, rita: User, mara: User, theo: User, staff: User
) -> None:
    interests.declare(person=theo, supplier=case.supplier, kind="family", note="", by=theo, at=NOW)
    closes(case, rita)
    judges(second, mara, B_01="reject_answer")

    assert second.third == staff
    with pytest.raises(second_review.Unsuitable):
        second_review.appoint(second_id=second.pk, person=theo, by=staff, at=LATER)
    with pytest.raises(second_review.Unsuitable):
        second_review.appoint(second_id=second.pk, person=rita, by=staff, at=LATER)
    for person in (mara, rita):
        with pytest.raises(second_review.NotTheirs):
            second_review.settle(second_id=second.pk, question="B-01", site=None, outcome="accept", reason="So.", by=person, at=LATER)


def test_a_first_reviewer_who_has_finished_changes_nothing_more(case: Assessment, second: SecondReview, rita: User) -> None:
    closes(case, rita)

    with pytest.raises(reviewing.AwaitsOthers):
        reviewing.decide(assessment_id=case.pk, question="A-01", outcome="accept", reason="", by=rita, at=LATER)
    with pytest.raises(reviewing.AwaitsOthers):
        reviewing.close(assessment_id=case.pk, by=rita, at=LATER)


def test_a_second_review_is_finished_when_every_answer_is_judged(second: SecondReview, mara: User) -> None:
    second_review.judge(second_id=second.pk, question="A-01", site=None, outcome="accept", reason="", by=mara, at=LATER)

    with pytest.raises(second_review.NotFinished) as left:
        second_review.finish(second_id=second.pk, keys=KEYS, by=mara, at=LATER)

    assert left.value.keys == ["A-02", "B-01"]


def test_only_the_second_reviewer_judges_and_says_why(second: SecondReview, rita: User, mara: User) -> None:
    said: dict[str, Any] = {"second_id": second.pk, "question": "A-01", "site": None, "outcome": "reject_answer", "at": LATER}
    with pytest.raises(second_review.NotTheirs):
        second_review.judge(**said, reason="No.", by=rita)
    with pytest.raises(second_review.ReasonMissing):
        second_review.judge(**said, reason=" ", by=mara)


def test_what_the_supplier_changes_is_judged_anew(case: Assessment, second: SecondReview, mara: User, rita: User, owner: User) -> None:
    judges(second, mara)
    reviewing.decide(assessment_id=case.pk, question="A-01", outcome="query", reason="Which bill?", by=rita, at=LATER)
    reviewing.return_to_supplier(assessment_id=case.pk, reason="The bill, please.", by=rita, at=LATER)
    second.refresh_from_db()
    assert second.finished_at is None
    with pytest.raises(second_review.NotTheirs):
        second_review.judge(second_id=second.pk, question="A-01", site=None, outcome="accept", reason="", by=mara, at=LATER)
    with before_handing_in():
        case.answers.filter(question="A-01").update(updated_at=LATER + timedelta(hours=1))
    Assessment.objects.filter(pk=case.pk).update(status="in_review", submitted_at=LATER, opened_questions=None)

    with pytest.raises(second_review.NotFinished) as left:
        second_review.finish(second_id=second.pk, keys=KEYS, by=mara, at=LATER)
    assert left.value.keys == ["A-01"]


def test_an_amendment_after_both_were_read_calls_the_second_review_off(
    case: Assessment, second: SecondReview, rita: User, mara: User, owner: User
) -> None:
    closes(case, rita)
    judges(second, mara, B_01="reject_answer")
    asked = amending.ask(assessment_id=case.pk, reason="A wrong bill.", by=owner, at=LATER)

    amending.grant(amendment_id=asked.pk, message="", by=rita, at=LATER)

    second.refresh_from_db()
    assert second.status == "called_off"


def test_calling_off_lets_the_first_review_stand(case: Assessment, second: SecondReview, rita: User, staff: User) -> None:
    closes(case, rita)

    second_review.call_off(second_id=second.pk, reason="Nobody is free.", by=staff, at=LATER)

    case.refresh_from_db()
    assert (case.status, case.closed_by) == ("closed", rita)


def test_a_difference_is_settled_once(case: Assessment, second: SecondReview, rita: User, mara: User, theo: User) -> None:
    closes(case, rita)
    judges(second, mara, A_01="reject_answer", B_01="reject_answer")
    said: dict[str, Any] = {"second_id": second.pk, "question": "B-01", "site": None, "reason": "Seen.", "by": theo, "at": LATER}
    second_review.settle(outcome="accept", **said)

    with pytest.raises(second_review.AlreadySettled):
        second_review.settle(outcome="reject_answer", **said)

    verdict = Verdict.objects.get(answer__assessment=case, answer__question="B-01")
    assert (verdict.outcome, verdict.version) == ("accept", 1)


def test_what_is_taken_back_is_judged_anew_by_the_second_too(
    supplier: Supplier, owner: User, mara: User, django_capture_on_commit_callbacks: Any
) -> None:
    case = answered(supplier, owner, None)
    second = SecondReview.objects.create(assessment=case, drawn="share", drawn_at=NOW, reviewer=mara)
    judges(second, mara)

    amending.take_back(assessment_id=case.pk, reason="A wrong bill.", by=owner, at=LATER)

    second.refresh_from_db()
    assert (second.status, second.finished_at) == ("open", None)


# --- conflicts that are declared later --------------------------------------------------------------------------------


def conflicted(case: Assessment, person: User) -> None:
    interests.declare(person=person, supplier=case.supplier, kind="financial", note="", by=person, at=LATER)
    case.refresh_from_db()


def test_a_first_reviewer_with_a_conflict_has_not_finished_after_all(
    case: Assessment, second: SecondReview, rita: User, mara: User, theo: User
) -> None:
    closes(case, rita, A_02="reject_answer")

    conflicted(case, rita)
    judges(second, mara)

    assert (second.status, second.first_finished_by, case.status, case.reviewer) == ("open", None, "submitted", None)
    reviewing.take(assessment_id=case.pk, by=theo, at=LATER)
    closes(case, theo, A_02="accept")
    second.refresh_from_db()
    assert (second.status, case.status, case.closed_by) == ("settled", "closed", theo)
    assert Verdict.objects.get(answer__assessment=case, answer__question="A-02").by == theo


def test_a_first_reviewer_with_a_conflict_ends_a_second_review_that_was_read(
    case: Assessment, second: SecondReview, rita: User, mara: User, theo: User
) -> None:
    closes(case, rita)
    judges(second, mara, B_01="reject_answer")

    conflicted(case, rita)

    second.refresh_from_db()
    assert (second.status, case.status, case.reviewer) == ("called_off", "submitted", None)
    assert "conflict of interest" in second.called_off_reason


def test_what_a_third_person_with_a_conflict_settled_is_settled_anew(
    case: Assessment, second: SecondReview, rita: User, mara: User, theo: User, staff: User
) -> None:
    closes(case, rita)
    judges(second, mara, A_01="reject_answer", B_01="reject_answer")
    said: dict[str, Any] = {"second_id": second.pk, "site": None, "outcome": "accept", "reason": "Seen.", "at": LATER}
    second_review.settle(**said, question="B-01", by=theo)

    conflicted(case, theo)

    for question in ("A-01", "B-01"):
        second_review.settle(**said, question=question, by=staff)
    case.refresh_from_db()
    assert (case.status, {verdict.by for verdict in Verdict.objects.filter(answer__assessment=case)}) == ("closed", {staff})


# --- blind ------------------------------------------------------------------------------------------------------------


def addresses(case: Assessment) -> list[str]:
    names = ("review", "review_finish", "results", "receipt", "receipt_page", "overview", "signature")
    return [*(reverse(f"assessments:{name}", args=[case.pk]) for name in names), reverse("api_assessment_detail", args=[case.pk])]


def test_no_door_leads_a_second_reviewer_to_the_first_review(
    client: Client, case: Assessment, second: SecondReview, rita: User, mara: User
) -> None:
    reviewing.decide(assessment_id=case.pk, question="A-02", outcome="reject_answer", reason="Secret of the first.", by=rita, at=NOW)
    finding = Finding.objects.create(
        supplier=case.supplier, assessment=case, question="A-01", severity="minor", text="Secret finding.", opened_at=NOW, opened_by=rita
    )
    client.force_login(mara)

    for address in (*addresses(case), finding.get_absolute_url()):
        response = client.get(address)
        assert response.status_code == 403, address
        assert "second time" in response.text, address
    assert client.post(reverse("reports:audit_pdf", args=[case.pk])).status_code == 403
    assert client.get(reverse("labels:forecast", args=[case.supplier_id])).status_code == 403
    for name in ("api_assessment_list", "api_score_list"):
        assert client.get(reverse(name)).json()["results"] == []
    for name in ("assessments:review_queue", "assessments:finding_list", "assessments:second_reviews", "assessments:agreement"):
        assert "Secret" not in client.get(reverse(name)).text
    assert "Secret" not in client.get(case.supplier.get_absolute_url()).text


def test_the_own_page_shows_the_answers_and_nothing_of_the_first(
    client: Client, case: Assessment, second: SecondReview, rita: User, mara: User
) -> None:
    reviewing.decide(assessment_id=case.pk, question="A-02", outcome="reject_answer", reason="Secret of the first.", by=rita, at=NOW)
    client.force_login(mara)

    text = client.get(reverse("assessments:second_review_area", args=[case.pk, "A"])).text

    assert "Do you meter your water?" in text
    assert "Secret" not in text
    assert "Answer rejected" not in text
    assert Event.objects.filter(action="assessment.viewed", actor=mara, supplier_id=case.supplier_id).count() == 1


def test_nobody_reads_the_second_review_before_both_have_finished(
    client: Client, case: Assessment, second: SecondReview, rita: User, mara: User, staff: User
) -> None:
    second_review.judge(second_id=second.pk, question="A-01", site=None, outcome="reject_answer", reason="Secret.", by=mara, at=LATER)

    for person in (rita, staff):
        client.force_login(person)
        assert "Secret" not in client.get(reverse("assessments:second_review", args=[case.pk])).text
        assert not SecondVerdict.objects.visible_to(person).exists()
    assert SecondVerdict.objects.visible_to(mara).count() == 1


def test_when_both_have_finished_both_are_read(client: Client, case: Assessment, second: SecondReview, rita: User, mara: User) -> None:
    closes(case, rita, A_02="reject_answer")
    judges(second, mara)
    for person in (rita, mara):
        client.force_login(person)

        text = client.get(reverse("assessments:second_review", args=[case.pk])).text

        assert "Secret of the first." in text
        assert client.get(reverse("assessments:review_area", args=[case.pk, "A"])).status_code == 200


def test_a_second_review_goes_its_way_in_the_browser(
    client: Client, case: Assessment, second: SecondReview, rita: User, mara: User, theo: User
) -> None:
    closes(case, rita)
    client.force_login(mara)
    page = reverse("assessments:second_review", args=[case.pk])

    refused = client.post(reverse("assessments:second_review_decide", args=[case.pk, "A-01"]), {"A-01-outcome": "reject_answer"})
    assert (refused.status_code, "Please say why." in refused.text) == (422, True)
    early = client.post(reverse("assessments:second_review_finish", args=[case.pk]), follow=True)
    assert "3 answers are left without a verdict." in early.text
    client.post(
        reverse("assessments:second_review_decide", args=[case.pk, "A-01"]), {"A-01-outcome": "reject_answer", "A-01-reason": "No bill."}
    )
    for area in ("A", "B"):
        client.post(reverse("assessments:second_review_accept_rest", args=[case.pk, area]))
    done = client.post(reverse("assessments:second_review_finish", args=[case.pk]), follow=True)
    assert "What differs goes to a third person." in done.text

    client.force_login(theo)
    assert "Settle the differences" in client.get(reverse("assessments:second_reviews")).text
    settle = reverse("assessments:second_review_settle", args=[case.pk, "A-01"])
    assert client.post(settle, {"A-01-outcome": "accept", "A-01-reason": " "}).status_code == 422
    assert client.post(settle, {"A-01-outcome": "query", "A-01-reason": "?"}).status_code == 422
    assert "The review is closed." in client.post(settle, {"A-01-outcome": "accept", "A-01-reason": "Fine."}, follow=True).text
    assert client.post(settle, {"A-01-outcome": "accept", "A-01-reason": "Fine."}, follow=True).status_code == 200
    assert "As the first reviewer said" in client.get(page).text


def test_the_staff_appoint_and_call_off_with_a_reason(
    client: Client, case: Assessment, second: SecondReview, rita: User, theo: User, staff: User
) -> None:
    client.force_login(staff)
    url = reverse("assessments:second_review_manage", args=[case.pk])

    assert "This person has a part in the case" in client.post(url, {"step": "appoint", "person": rita.pk}).text
    client.post(url, {"step": "appoint", "person": theo.pk})
    second.refresh_from_db()
    assert second.reviewer == theo
    assert "This field is required." in client.post(url, {"step": "call_off", "reason": " "}).text
    client.post(url, {"step": "call_off", "reason": "Too many."})
    second.refresh_from_db()
    assert second.status == "called_off"


# --- drawing ----------------------------------------------------------------------------------------------------------


def plan(campaign: Campaign, **fields: Any) -> ReviewPlan:
    return ReviewPlan.objects.create(campaign=campaign, **{"seed": "a seed"} | fields)


def test_the_share_is_drawn_once_and_goes_to_somebody_without_a_part(
    case: Assessment, rita: User, mara: User, django_assert_max_num_queries: Any
) -> None:
    plan(case.campaign, second_share=100)

    # Lock, plans, cases, the pool (people, three loads, conflicts, parts, assignments, verdicts), the rows, the events, savepoints.
    with django_assert_max_num_queries(18):
        assert drawing.draw_by_share([case.pk], at=NOW) == 1
    assert drawing.draw_by_share([case.pk], at=NOW) == 0

    second = SecondReview.objects.get()
    assert (second.reviewer, second.drawn) == (mara, "share")


def test_a_share_of_nothing_draws_nothing(case: Assessment) -> None:
    plan(case.campaign, second_share=0)

    assert drawing.draw_by_share([case.pk], at=NOW) == 0


def test_who_knows_what_was_said_or_has_a_conflict_does_not_review_second(
    client: Client, case: Assessment, rita: User, mara: User, theo: User
) -> None:
    interests.declare(person=theo, supplier=case.supplier, kind="family", note="", by=theo, at=NOW)
    reviewing.decide(assessment_id=case.pk, question="A-01", outcome="accept", reason="", by=rita, at=NOW)
    client.force_login(mara)
    client.get(reverse("assessments:review_area", args=[case.pk, "A"]))
    plan(case.campaign, second_share=100)

    drawing.draw_by_share([case.pk], at=NOW)

    assert SecondReview.objects.get().reviewer is None


def test_the_minimum_of_each_category_is_drawn_at_night(rita: User, mara: User, owner: User) -> None:
    campaign = create_campaign()
    for category in ("media", "media", "media", "logistics"):
        answered(create_supplier(category=category), owner, None, campaign)
    plan(campaign, second_minimum=2)

    assert drawing.draw_minimum(campaign.pk, at=NOW) == 3
    assert drawing.draw_minimum(campaign.pk, at=NOW) == 0
    drawn = SecondReview.objects.values_list("assessment__supplier__category", "drawn")
    assert sorted(drawn) == [("logistics", "minimum"), ("media", "minimum"), ("media", "minimum")]


def test_a_conflict_declared_later_hands_the_second_review_on(case: Assessment, second: SecondReview, mara: User, theo: User) -> None:
    judges_some = {"second_id": second.pk, "question": "A-01", "site": None, "outcome": "accept", "reason": ""}
    second_review.judge(**judges_some, by=mara, at=NOW)

    interests.declare(person=mara, supplier=case.supplier, kind="financial", note="", by=mara, at=NOW)

    second.refresh_from_db()
    assert second.reviewer == theo
    assert not second.verdicts.exists()


def test_a_second_reviewer_is_not_given_the_first_review(case: Assessment, second: SecondReview, mara: User, staff: User) -> None:
    done = assigning.reassign(ids=[case.pk], to=mara, reason="Please.", by=staff, at=NOW)

    assert (done.moved, done.conflicts) == (0, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.filter(pk=case.pk).update(reviewer=mara)
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondReview.objects.filter(pk=second.pk).update(reviewer=case.reviewer)
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondReview.objects.filter(pk=second.pk).update(status="settled", ended_at=NOW)


# --- agreement --------------------------------------------------------------------------------------------------------


def test_agreement_is_counted_by_question_and_by_person(
    case: Assessment, second: SecondReview, rita: User, mara: User, theo: User, staff: User
) -> None:
    closes(case, rita)
    judges(second, mara, B_01="reject_answer")
    second_review.settle(second_id=second.pk, question="B-01", site=None, outcome="reject_answer", reason="No list.", by=theo, at=LATER)

    found = report(staff, campaign=case.campaign)

    assert (found.reviews, found.whole.agreement.n, found.whole.agreement.agreed) == (1, 3, 2)
    assert {line.label: line.agreement.agreed for line in found.questions} == {"A-01": 1, "A-02": 1, "B-01": 0}
    people = {line.label: (line.agreement.n, line.upheld, line.settled) for line in found.people}
    assert people == {"Rita Reviewer": (3, 0, 1), "Mara Moth": (3, 1, 1)}
    assert [line.label for line in report(rita, campaign=None).people] == ["Rita Reviewer"]
    # Three answers are too few to judge anybody by.
    assert (found.whole.kappa, found.question_chart, found.people_chart) == (None, None, None)


def test_the_pages_cost_the_same_for_one_and_for_many(
    client: Client, owner: User, staff: User, rita: User, mara: User, django_assert_num_queries: Any
) -> None:
    campaign = create_campaign()

    def add(count: int) -> None:
        for _number in range(count):
            case = answered(create_supplier(), owner, rita, campaign)
            second = SecondReview.objects.create(assessment=case, drawn="share", drawn_at=NOW, reviewer=mara)
            closes(case, rita)
            judges(second, mara)

    add(1)
    client.force_login(staff)
    urls = [reverse("assessments:second_reviews"), reverse("assessments:agreement")]
    for url in urls:
        client.get(url)
    add(6)

    # session, user, mine, four counts, the rows; session, user, campaigns, the counted pairs, people, reviews, campaign of the texts
    for url, count in zip(urls, (8, 7), strict=True):
        with django_assert_num_queries(count):
            client.get(url)
