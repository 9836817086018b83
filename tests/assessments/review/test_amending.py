"""Taking back, asking, granting, refusing; and that nothing else opens what was handed in."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Message, User
from assessments.answering.saving import save_answer
from assessments.models import Amendment, Answer, Assessment, EvidenceUse, Signature
from assessments.review import amending, reviewing
from assessments.scores.keeping import keep_scores
from assessments.submission.submitting import submit_assessment
from audit.models import Event
from tests.factories import NOW, attach, create_answer, create_assessment, create_document


LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def scored_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from assessments.tasks import score_assessment

    monkeypatch.setattr(score_assessment, "delay", lambda *, assessment_id: None)


def sign(assessment: Assessment, owner: User, *, at: Any = NOW) -> Signature:
    return submit_assessment(assessment_id=assessment.pk, by=owner, name="Olive Owner", job_title="Manager", statement="True.", at=at)


@pytest.fixture
def submitted(supplier: Any, owner: User) -> Assessment:
    assessment = create_assessment(supplier=supplier, status="in_progress")
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    sign(assessment, owner)
    assessment.refresh_from_db()
    return assessment


@pytest.fixture
def in_review(submitted: Assessment, reviewer: User) -> Assessment:
    return reviewing.take(assessment_id=submitted.pk, by=reviewer, at=NOW)


@pytest.fixture
def closed(in_review: Assessment, reviewer: User) -> Assessment:
    return reviewing.close(assessment_id=in_review.pk, by=reviewer, at=NOW)


def take_back(assessment: Assessment, by: User, reason: str = "A bill is wrong.") -> Amendment:
    return amending.take_back(assessment_id=assessment.pk, reason=reason, by=by, at=LATER)


def ask(assessment: Assessment, by: User, reason: str = "A bill is wrong.") -> Amendment:
    return amending.ask(assessment_id=assessment.pk, reason=reason, by=by, at=LATER)


def letters() -> list[tuple[str, str]]:
    return sorted(Message.objects.values_list("kind", "email"))


# --- taking back ------------------------------------------------------------------------------------------------------


def test_what_nobody_reviews_yet_is_taken_back_and_signed_anew(submitted: Assessment, owner: User, colleague: User) -> None:
    first = submitted.signatures.get()

    take_back(submitted, owner)

    submitted.refresh_from_db()
    assert (submitted.status, submitted.submitted_at, submitted.submitted_by) == ("in_progress", None, None)
    assert list(submitted.signatures.all()) == [first]
    assert Event.objects.get(action="assessment.taken_back").detail == {"reason": "A bill is wrong."}
    assert submitted.supplier.standing.status == "in_progress"
    assert letters() == [("assessment_taken_back", colleague.email), ("assessment_taken_back", owner.email)]

    save_answer(assessment_id=submitted.pk, question="A-01", value={"value": "no"}, note="", base_version=1, by=owner, at=LATER)
    second = sign(submitted, owner, at=LATER + timedelta(hours=1))
    assert second.content_sha256 != first.content_sha256
    assert submitted.signatures.count() == 2


def test_what_is_being_reviewed_is_not_taken_back(in_review: Assessment, owner: User) -> None:
    with pytest.raises(Assessment.IllegalTransition):
        take_back(in_review, owner)

    assert not Amendment.objects.exists()


def test_taking_back_and_asking_need_a_reason(submitted: Assessment, owner: User) -> None:
    with pytest.raises(amending.ReasonMissing):
        take_back(submitted, owner, reason="  ")
    with pytest.raises(amending.ReasonMissing):
        ask(submitted, owner, reason="")


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_request_waits_for_the_reviewer_who_is_told_once(in_review: Assessment, owner: User, reviewer: User, staff: User) -> None:
    amendment = ask(in_review, owner)

    in_review.refresh_from_db()
    assert (in_review.status, amendment.state, amendment.opened_from) == ("in_review", "asked", "in_review")
    assert letters() == [("amendment_asked", reviewer.email)]
    with pytest.raises(amending.AlreadyAsked):
        ask(in_review, owner)


def test_where_the_reviewer_is_gone_the_staff_are_told(closed: Assessment, owner: User, reviewer: User, staff: User) -> None:
    Message.objects.all().delete()
    reviewer.is_active = False
    reviewer.save()

    ask(closed, owner)

    assert letters() == [("amendment_asked", staff.email)]


def test_a_granted_request_gives_the_assessment_back(in_review: Assessment, owner: User, reviewer: User) -> None:
    amendment = ask(in_review, owner)

    amending.grant(amendment_id=amendment.pk, message="Please correct the bill.", by=reviewer, at=LATER)

    in_review.refresh_from_db()
    assert (in_review.status, in_review.returned_reason) == ("returned", "Please correct the bill.")
    assert ("amendment_granted", owner.email) in letters()
    with pytest.raises(Amendment.IllegalTransition):
        amending.refuse(amendment_id=amendment.pk, message="No.", by=reviewer, at=LATER)


def test_a_closed_assessment_opens_again_and_keeps_its_score_and_signature(closed: Assessment, owner: User, reviewer: User) -> None:
    signature = closed.signatures.get()
    stated = closed.scores.get(is_current=True)
    amendment = ask(closed, owner)
    amending.grant(amendment_id=amendment.pk, message="", by=reviewer, at=LATER)

    closed.refresh_from_db()
    amendment.refresh_from_db()
    assert (closed.status, closed.closed_at, closed.returned_reason) == ("returned", None, "A bill is wrong.")
    assert amendment.verified == stated.verified

    save_answer(assessment_id=closed.pk, question="A-01", value={"value": "no"}, note="", base_version=1, by=owner, at=LATER)
    sign(closed, owner, at=LATER + timedelta(hours=1))
    keep_scores([closed.pk], at=LATER + timedelta(hours=1))
    reviewing.take(assessment_id=closed.pk, by=reviewer, at=LATER + timedelta(hours=2))
    reviewing.close(assessment_id=closed.pk, by=reviewer, at=LATER + timedelta(hours=2))

    assert closed.signatures.count() == 2
    assert closed.signatures.filter(pk=signature.pk).exists()
    stated.refresh_from_db()
    assert (stated.is_current, stated.verified) == (False, Decimal("12.50"))


def test_a_refusal_says_why_and_changes_nothing(closed: Assessment, owner: User, reviewer: User) -> None:
    amendment = ask(closed, owner)
    with pytest.raises(amending.ReasonMissing):
        amending.refuse(amendment_id=amendment.pk, message=" ", by=reviewer, at=LATER)

    amending.refuse(amendment_id=amendment.pk, message="The next cycle begins in May.", by=reviewer, at=LATER)

    closed.refresh_from_db()
    assert closed.status == "closed"
    assert Message.objects.get(kind="amendment_refused").context["reason"] == "The next cycle begins in May."
    assert ask(closed, owner).state == "asked"


def test_a_return_by_the_reviewer_answers_a_waiting_request(in_review: Assessment, owner: User, reviewer: User) -> None:
    amendment = ask(in_review, owner)

    reviewing.return_to_supplier(assessment_id=in_review.pk, reason="See the verdicts.", by=reviewer, at=LATER)

    amendment.refresh_from_db()
    assert (amendment.state, amendment.decided_by) == ("granted", reviewer)


def test_taking_back_answers_a_request_from_before_the_review_was_given_back(in_review: Assessment, owner: User, reviewer: User) -> None:
    asked = ask(in_review, owner)
    reviewing.give_back(assessment_id=in_review.pk, by=reviewer, at=LATER)

    assert take_back(in_review, owner) == asked
    assert Amendment.objects.get().state == "taken_back"


# --- what the database holds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["submitted", "in_review", "closed", "lapsed"])
def test_no_code_changes_what_was_handed_in(supplier: Any, owner: User, status: str) -> None:
    handed_in: dict[str, Any] = {} if status == "lapsed" else {"submitted_at": NOW, "submitted_by": owner}
    closing = {"closed_at": NOW, "closed_by": owner} if status == "closed" else {}
    assessment = create_assessment(supplier=supplier, status=status, **handed_in, **closing)
    answer = create_answer(assessment=assessment, question="A-01")
    use = attach(answer=answer, document=create_document(supplier=supplier))

    def refused(change: Any) -> bool:
        with pytest.raises(IntegrityError, match="not open for answers"), transaction.atomic():
            change()
        return True

    assert refused(lambda: Answer.objects.filter(pk=answer.pk).update(value={"value": "no"}))
    assert refused(lambda: Answer.objects.bulk_create([Answer(assessment=assessment, question="A-02", updated_at=NOW)]))
    assert refused(answer.delete)
    assert refused(use.delete)
    assert refused(lambda: EvidenceUse.objects.create(answer=answer, document=create_document(supplier=supplier), added_at=NOW))
    assert (Answer.objects.get().value, Answer.objects.get().evidence_count) == ({"value": "yes"}, 1)


@pytest.mark.parametrize("status", ["in_progress", "returned", "in_review"])
def test_no_code_opens_what_was_closed(closed: Assessment, status: str) -> None:
    with pytest.raises(IntegrityError, match="by a return or an amendment"), transaction.atomic():
        Assessment.objects.filter(pk=closed.pk).update(status=status, closed_at=None, closed_by=None)


def test_no_code_takes_back_without_an_amendment(submitted: Assessment, owner: User) -> None:
    take_back(submitted, owner)
    sign(submitted, owner, at=LATER + timedelta(hours=1))

    # The amendment of last time opens nothing that was signed after it.
    with pytest.raises(IntegrityError, match="by a return or an amendment"), transaction.atomic():
        Assessment.objects.filter(pk=submitted.pk).update(status="in_progress")


def test_an_answer_stays_with_its_assessment(supplier: Any) -> None:
    answer = create_answer(assessment=create_assessment(supplier=supplier), question="A-01")

    with pytest.raises(Exception, match="stays with its assessment"), transaction.atomic():
        Answer.objects.filter(pk=answer.pk).update(assessment=create_assessment())


# --- pages ------------------------------------------------------------------------------------------------------------


def post(client: Client, name: str, pk: int, **data: str) -> Any:
    return client.post(reverse(f"assessments:{name}", args=[pk]), data)


def test_signatory_takes_back_on_a_page(client: Client, submitted: Assessment, owner: User) -> None:
    client.force_login(owner)
    assert "you may take it back without asking" in client.get(reverse("assessments:amend", args=[submitted.pk])).text

    assert "This field is required" in post(client, "amend", submitted.pk, step="take_back", reason=" ").text
    response = post(client, "amend", submitted.pk, step="take_back", reason="A bill is wrong.")

    assert response.url == submitted.get_absolute_url()
    assert "A bill is wrong." in client.get(response.url).text
    assert client.get(reverse("assessments:amend", args=[submitted.pk])).status_code == 302


def test_a_page_from_before_the_review_does_not_ask_unnoticed(client: Client, in_review: Assessment, owner: User) -> None:
    client.force_login(owner)

    post(client, "amend", in_review.pk, step="take_back", reason="A bill is wrong.")

    assert not Amendment.objects.exists()


def test_reviewer_finds_the_request_in_queue_and_workbench_and_decides(
    client: Client, in_review: Assessment, owner: User, reviewer: User
) -> None:
    client.force_login(owner)
    post(client, "amend", in_review.pk, step="ask", reason="A bill is wrong.")
    amendment = Amendment.objects.get()

    client.force_login(reviewer)
    for page in (reverse("assessments:review_queue"), reverse("assessments:review", args=[in_review.pk])):
        assert amendment.get_absolute_url() in client.get(page, follow=True).text
    assert "This field is required" in post(client, "amendment", amendment.pk, step="refuse").text
    post(client, "amendment", amendment.pk, step="grant")

    in_review.refresh_from_db()
    assert in_review.status == "returned"
    client.force_login(owner)
    assert "Granted" in client.get(in_review.get_absolute_url()).text


def test_a_request_is_answered_once(client: Client, in_review: Assessment, owner: User, reviewer: User) -> None:
    amendment = ask(in_review, owner)
    client.force_login(reviewer)

    post(client, "amendment", amendment.pk, step="grant")
    response = client.post(amendment.get_absolute_url(), {"step": "refuse", "reason": "No."}, follow=True)

    assert "answered already" in response.text
    assert Amendment.objects.get().state == "granted"


def test_queue_tells_for_two_weeks_what_was_taken_back(client: Client, submitted: Assessment, owner: User, reviewer: User) -> None:
    def queue_on(day: int) -> str:
        with time_machine.travel(LATER + timedelta(days=day), tick=False):
            client.force_login(reviewer)
            return client.get(reverse("assessments:review_queue")).text

    take_back(submitted, owner)

    assert "A bill is wrong." in queue_on(13)
    assert "A bill is wrong." not in queue_on(15)
