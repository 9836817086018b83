from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.messages import compose
from accounts.models import Message, User
from assessments.answering import saving
from assessments.models import Answer, Assessment, EvidenceUse, QueryMessage, QueryNotice, Return, Verdict
from assessments.review import queries, reviewing
from assessments.submission import returning, submitting
from suppliers.models import Supplier
from tests.factories import NOW, attach, create_answer, create_assessment, create_document


LATER = NOW + timedelta(days=2)
DUE = date(2026, 6, 20)


@pytest.fixture
def assessment(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    """In review by `reviewer`. A-01 says no, so A-02 is not asked."""
    found = create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)
    create_answer(assessment=found, question="A-01", value={"value": "no"}, updated_by=owner)
    create_answer(assessment=found, question="B-01", value={"value": "no"}, updated_by=owner)
    return found


@pytest.fixture
def returned(assessment: Assessment, reviewer: User) -> Assessment:
    """A-01 was asked about; B-01 is accepted."""
    decide(assessment, reviewer, "A-01", "query", "Which site has no meter?")
    decide(assessment, reviewer, "B-01", "accept")
    give_back(assessment, reviewer)
    assessment.refresh_from_db()
    return assessment


def decide(assessment: Assessment, by: User, question: str, outcome: str, reason: str = "") -> Verdict:
    return reviewing.decide(assessment_id=assessment.pk, question=question, outcome=outcome, reason=reason, by=by, at=NOW)


def give_back(assessment: Assessment, by: User) -> None:
    reviewing.return_to_supplier(assessment_id=assessment.pk, reason="One question.", due_on=DUE, by=by, at=NOW)


def save(assessment: Assessment, by: User, question: str, value: str, base: int = 1) -> Any:
    return saving.save_answer(
        assessment_id=assessment.pk, question=question, value={"value": value}, note="", base_version=base, by=by, at=LATER
    )


def submit(assessment: Assessment, by: User) -> None:
    submitting.submit_assessment(assessment_id=assessment.pk, by=by, name="Olga", job_title="Director", statement="True.", at=LATER)


# --- only what was asked about ----------------------------------------------------------------------------------------


def test_a_return_opens_what_was_queried_and_what_its_answer_may_open(returned: Assessment, owner: User) -> None:
    assert (returned.status, returned.opened_questions, returned.due_on) == ("returned", ["A-01", "A-02"], DUE)

    save(returned, owner, "A-01", "yes")
    save(returned, owner, "A-02", "3", base=0)
    with pytest.raises(saving.NotOpen):
        save(returned, owner, "B-01", "yes")

    assert dict(Answer.objects.values_list("question", "value__value")) == {"A-01": "yes", "A-02": "3", "B-01": "no"}


def test_no_code_changes_what_was_not_opened(returned: Assessment, supplier: Supplier) -> None:
    other = Answer.objects.get(question="B-01")
    document = create_document(supplier=supplier)

    for change in (
        lambda: Answer.objects.filter(pk=other.pk).update(value={"value": "yes"}),
        other.delete,
        lambda: Answer.objects.create(assessment=returned, question="B-02", value={}, updated_at=LATER),
        lambda: EvidenceUse.objects.create(answer=other, document=document, added_at=LATER),
    ):
        with pytest.raises(IntegrityError, match="not opened by the return"), transaction.atomic():
            change()


def test_evidence_is_given_and_taken_away_for_opened_questions_alone(returned: Assessment, owner: User, supplier: Supplier) -> None:
    document = create_document(supplier=supplier)
    kept = attach(answer=Answer.objects.get(question="B-01"), document=document)
    common: dict[str, Any] = {"assessment_id": returned.pk, "document_id": document.pk, "by": owner, "at": LATER}

    saving.attach_evidence(question="A-01", **common)
    for forbidden in (
        lambda: saving.attach_evidence(question="B-01", **common),
        lambda: saving.detach_evidence(assessment_id=returned.pk, use_id=kept.pk),
    ):
        with pytest.raises(saving.NotOpen):
            forbidden()

    assert set(EvidenceUse.objects.values_list("answer__question", flat=True)) == {"A-01", "B-01"}


def test_the_editor_locks_the_others_and_leaves_them_alone(client: Client, returned: Assessment, owner: User) -> None:
    client.force_login(owner)

    area_b = client.get(reverse("assessments:area", args=[returned.pk, "B"])).text
    saved = client.post(
        reverse("assessments:area", args=[returned.pk, "B"]), {"B-01__-base": "1", "B-01__-was": "", "B-01__value": "yes", "save": "1"}
    )
    one = client.post(reverse("assessments:save_answer", args=[returned.pk, "B-01"]), {"B-01__-base": "1", "B-01__value": "yes"})

    assert "Stays as it was handed in." in area_b
    assert saved.status_code == 302
    assert (one.status_code, "closed" in one.json()) == (409, True)
    assert Answer.objects.get(question="B-01").value == {"value": "no"}
    area_a = client.get(reverse("assessments:area", args=[returned.pk, "A"])).text
    assert "Stays as it was handed in." not in area_a
    assert "Which site has no meter?" in area_a


def test_what_is_handed_in_again_and_taken_back_opens_no_more_than_before(returned: Assessment, owner: User) -> None:
    from assessments.review import amending

    submit(returned, owner)

    amending.take_back(assessment_id=returned.pk, reason="A typo.", by=owner, at=LATER + timedelta(minutes=1))

    save(returned, owner, "A-01", "yes")
    with pytest.raises(saving.NotOpen):
        save(returned, owner, "B-01", "yes")


def test_a_wish_of_the_supplier_opens_everything(assessment: Assessment, owner: User, reviewer: User) -> None:
    from assessments.review import amending

    amending.ask(assessment_id=assessment.pk, reason="We found a mistake.", by=owner, at=NOW)
    give_back(assessment, reviewer)

    assert save(assessment, owner, "B-01", "yes").changed


def test_without_a_question_nothing_is_returned(client: Client, assessment: Assessment, reviewer: User) -> None:
    with pytest.raises(reviewing.NothingAsked):
        give_back(assessment, reviewer)

    client.force_login(reviewer)
    page = reverse("assessments:review_finish", args=[assessment.pk])
    assert "Nothing is asked so far" in client.get(page).text
    due_on = timezone.localdate() + timedelta(days=9)
    assert "at least one answer first" in client.post(page, {"step": "return", "reason": "See.", "due_on": due_on}, follow=True).text


def test_the_reviewer_says_by_when_and_the_supplier_reads_it(client: Client, assessment: Assessment, reviewer: User, owner: User) -> None:
    decide(assessment, reviewer, "A-01", "query", "Which site?")
    client.force_login(reviewer)
    page = reverse("assessments:review_finish", args=[assessment.pk])
    past, soon = timezone.localdate(), timezone.localdate() + timedelta(days=9)

    assert "at least until tomorrow" in client.post(page, {"step": "return", "reason": "See.", "due_on": past}).text
    client.post(page, {"step": "return", "reason": "See.", "due_on": soon})

    assessment.refresh_from_db()
    assert assessment.due_on == soon
    mail = compose(Message.objects.get(kind="review_returned", email=owner.email))
    assert "Open for you: A-01." in mail.body
    client.force_login(owner)
    for address in (reverse("assessments:home"), assessment.get_absolute_url()):
        assert f'/assessments/{assessment.pk}/areas/A/#A-01"' in client.get(address).text


def test_a_question_nobody_answered_opens_by_what_the_reviewer_wrote_about_it(assessment: Assessment, reviewer: User, owner: User) -> None:
    queries.say(assessment_id=assessment.pk, question="A-02", site=None, text="Why is this empty?", by=reviewer, at=NOW)

    give_back(assessment, reviewer)

    assessment.refresh_from_db()
    assert assessment.opened_questions == ["A-02"]
    assert Return.objects.get().queried == ["A-02"]


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_the_reviewer_hears_of_the_answer_and_sees_what_changed(
    client: Client, returned: Assessment, owner: User, reviewer: User, supplier: Supplier
) -> None:
    save(returned, owner, "A-01", "yes")
    document = create_document(supplier=supplier, title="Water bill May")
    saving.attach_evidence(assessment_id=returned.pk, question="A-01", document_id=document.pk, by=owner, at=LATER)
    submit(returned, owner)
    assert Message.objects.get(kind="review_answered").email == reviewer.email
    reviewing.take(assessment_id=returned.pk, by=reviewer, at=LATER)
    client.force_login(reviewer)

    area_a = client.get(reverse("assessments:review_area", args=[returned.pk, "A"])).context["desk"].cards[0]
    area_b = client.get(reverse("assessments:review_area", args=[returned.pk, "B"])).context["desk"].cards[0]

    assert area_a.change.before[0].text == "No"
    assert area_a.change.added == ["Water bill May"]
    assert area_b.change is None
    # The verdict on the untouched answer stays; the other is given anew.
    assert list(Verdict.objects.values_list("answer__question", "outcome")) == [("B-01", "accept")]
    assert Return.objects.get().answered_by == owner


def test_reminders_go_both_ways_once_each(returned: Assessment, owner: User, colleague: User, reviewer: User) -> None:
    def run(day: date) -> int:
        at = NOW.replace(year=day.year, month=day.month, day=day.day)
        return returning.remind(returning.to_be_reminded(at), at=at)

    assert run(DUE - timedelta(days=5)) == 0
    assert [run(DUE - timedelta(days=days)) for days in (3, 2)] == [2, 0]
    assert [run(DUE + timedelta(days=days)) for days in (1, 2)] == [2, 0]
    submit(returned, owner)
    assert [run((LATER + timedelta(days=days)).date()) for days in (2, 4, 5)] == [0, 1, 0]

    kinds = Message.objects.exclude(kind__in=["review_returned", "review_answered"]).order_by("kind", "email")
    assert {(each.kind, each.email) for each in kinds} == {
        ("return_due", owner.email),
        ("return_due", colleague.email),
        ("return_overdue", owner.email),
        ("return_overdue", colleague.email),
        ("review_unread", reviewer.email),
    }
    assert all(compose(each).body for each in kinds)


def test_the_reviewer_is_reminded_of_what_lies_there_now_and_not_of_an_earlier_round(
    returned: Assessment, owner: User, reviewer: User
) -> None:
    submit(returned, owner)
    first = Return.objects.get()
    Assessment.objects.filter(pk=returned.pk).update(submitted_at=LATER + timedelta(days=20))
    Message.objects.all().delete()

    at = LATER + timedelta(days=21)

    assert returning.to_be_reminded(at) == []
    assert returning.remind([first.pk], at=at) == 0


def test_nobody_is_reminded_of_what_was_done_since_the_run_was_planned(returned: Assessment, reviewer: User, owner: User) -> None:
    submit(returned, owner)
    at = LATER + timedelta(days=4)
    planned = returning.to_be_reminded(at)
    reviewing.take(assessment_id=returned.pk, by=reviewer, at=at)

    assert len(planned) == 1
    assert returning.remind(planned, at=at) == 0


# --- the talk ---------------------------------------------------------------------------------------------------------


def test_a_query_becomes_a_message_that_both_sides_read_and_answer(
    client: Client, returned: Assessment, owner: User, reviewer: User, stranger: User
) -> None:
    page = reverse("assessments:query", args=[returned.pk, "A-01"])
    client.force_login(owner)
    assert "Which site has no meter?" in client.get(page).text
    for _ in range(2):
        client.post(page, {"text": "The warehouse in Ningbo."})

    client.force_login(reviewer)
    assert "The warehouse in Ningbo." in client.get(page).text
    assert client.post(page, {"text": " \u200b"}).status_code == 200
    assert list(QueryMessage.objects.values_list("is_from_buyer", "by__name")) == [(True, reviewer.name), (False, owner.name)]
    client.force_login(stranger)
    assert client.get(page).status_code == 404


def test_messages_are_told_by_one_mail_to_whom_they_concern(returned: Assessment, owner: User, colleague: User, reviewer: User) -> None:
    for text in ("And since when?", "And why?"):
        queries.say(assessment_id=returned.pk, question="A-01", site=None, text=text, by=reviewer, at=NOW)
    assert queries.queue_notices(at=NOW + timedelta(minutes=5)) == 0

    assert queries.queue_notices(at=NOW + timedelta(minutes=11)) == 1

    mail = Message.objects.get(kind="queries")
    # Who answered the question, and not everybody.
    assert mail.email == owner.email
    assert "And since when?" in compose(mail).body
    assert not QueryNotice.objects.exists()


def test_a_supplier_writes_where_it_was_asked_and_nobody_after_the_end(returned: Assessment, owner: User, reviewer: User) -> None:
    common: dict[str, Any] = {"assessment_id": returned.pk, "site": None, "text": "Hello", "at": LATER}
    with pytest.raises(queries.NotNow):
        queries.say(question="B-01", by=owner, **common)
    submit(returned, owner)
    reviewing.take(assessment_id=returned.pk, by=reviewer, at=LATER)
    reviewing.decide(assessment_id=returned.pk, question="A-01", outcome="accept", reason="", by=reviewer, at=LATER)
    reviewing.close(assessment_id=returned.pk, by=reviewer, at=LATER)

    for person in (owner, reviewer):
        with pytest.raises(queries.NotNow):
            queries.say(question="A-01", by=person, **common)
