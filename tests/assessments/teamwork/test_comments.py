"""What a supplier's people say to each other: theirs alone, never changed, told by one mail in a while and never twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.messages import compose
from accounts.models import Message, Role
from assessments.models import AreaTask, Assessment, Comment, CommentNotice
from assessments.teamwork import comments, talk_mails
from tests.factories import NOW, create_answer, create_assessment, create_user


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, status="in_progress")


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def url(assessment: Assessment, code: str = "A-01") -> str:
    return reverse("assessments:comments", args=[assessment.pk, code])


def say(client: Client, assessment: Assessment, text: str = "Which meter do we mean?", code: str = "A-01") -> Any:
    return client.post(url(assessment, code), {"text": text})


def told() -> set[str]:
    return set(CommentNotice.objects.values_list("user__name", flat=True))


def test_a_comment_stands_on_its_page_and_is_counted_at_the_question(signed_in, assessment):
    response = say(signed_in, assessment, "Which meter?\nThe <b>old</b> one?")

    assert response.url == url(assessment)
    page = signed_in.get(url(assessment)).text
    assert "Which meter?<br>The &lt;b&gt;old&lt;/b&gt; one?" in page
    assert "The buyer does not see it" in page
    beside = signed_in.get(reverse("assessments:area", args=[assessment.pk, "A"])).context["page"].team.questions
    assert (beside["A-01"].comments, beside["A-01"].is_talk_open, beside["A-02"].comments) == (1, True, 0)


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\x00b"])
def test_a_comment_that_says_nothing_or_too_much_is_refused_beside_the_field(signed_in, assessment, text):
    response = say(signed_in, assessment, text)

    assert list(response.context["form"].errors) == ["text"]
    assert not Comment.objects.exists()


def test_a_settled_talk_is_closed_and_opened_by_the_next_comment(signed_in, assessment):
    def is_open() -> bool:
        return bool(signed_in.get(url(assessment)).context["is_open"])

    signed_in.post(url(assessment), {"settle": "1"})
    assert not Comment.objects.exists()
    say(signed_in, assessment)
    assert is_open()
    for _time in range(2):
        signed_in.post(url(assessment), {"settle": "1"})
    assert not is_open()
    assert Comment.objects.filter(settles=True).count() == 1
    say(signed_in, assessment, "One more thing.")
    assert is_open()


def test_the_dialog_gets_the_same_part_with_the_count(signed_in, assessment):
    response = signed_in.post(url(assessment), {"text": "Hello"}, headers={"X-Requested-With": "fetch"})

    assert response.json()["count"] == 1
    assert "Hello" in response.json()["html"]
    assert signed_in.post(url(assessment), {"text": ""}, headers={"X-Requested-With": "fetch"}).status_code == 422


def test_what_was_said_is_never_changed(signed_in, assessment):
    say(signed_in, assessment)

    for change in (lambda: Comment.objects.update(text="Something else"), lambda: Comment.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Comment.objects.get().text == "Which meter do we mean?"


def test_the_buyers_people_and_strangers_see_no_comment(client, assessment, owner, reviewer, staff, auditor, administrator, stranger):
    Comment.objects.create(assessment=assessment, question="A-01", text="Between us", by=owner, at=NOW)

    for person in (reviewer, staff, auditor, administrator, stranger):
        assert not Comment.objects.visible_to(person).exists()
        client.force_login(person)
        assert client.get(url(assessment)).status_code in (403, 404)
    assert Comment.objects.visible_to(owner).count() == 1


def test_no_page_of_the_buyer_holds_a_comment(client, supplier, owner, reviewer):
    handed_in = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=handed_in, question="A-01")
    Comment.objects.create(assessment=handed_in, question="A-01", text="Between us", by=owner, at=NOW)
    client.force_login(reviewer)

    for name, args in (("review", [handed_in.pk]), ("review_area", [handed_in.pk, "A"]), ("results", [handed_in.pk])):
        assert "Between us" not in client.get(reverse(f"assessments:{name}", args=args)).text


# --- who is told ------------------------------------------------------------------------------------------------------


def test_those_are_told_who_spoke_answered_or_have_the_area(signed_in, assessment, supplier, owner, colleague):
    names = {key: create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier, name=key) for key in ("Spoke", "Has it", "Elsewhere")}
    Comment.objects.create(assessment=assessment, question="A-01", text="Before", by=names["Spoke"], at=NOW)
    Comment.objects.create(assessment=assessment, question="B-01", text="Other question", by=names["Elsewhere"], at=NOW)
    create_answer(assessment=assessment, question="A-01", updated_by=colleague)
    AreaTask.objects.create(
        assessment=assessment, area="A", assignee=names["Has it"], due_on=NOW.date(), assigned_by=owner, assigned_at=NOW
    )

    say(signed_in, assessment)

    assert told() == {"Spoke", "Has it", "Colin Colleague"}


def test_everybody_is_told_when_nobody_is_involved(signed_in, assessment, supplier, colleague, stranger):
    create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier, name="Gone", is_active=False)

    say(signed_in, assessment)

    assert told() == {"Colin Colleague"}


def test_comments_of_a_while_come_in_one_mail_and_never_twice(signed_in, assessment, colleague):
    say(signed_in, assessment, "First")
    say(signed_in, assessment, "Second", code="B-01")
    now = timezone.now()

    assert comments.queue_notices(at=now + timedelta(minutes=9)) == 0
    assert [comments.queue_notices(at=now + timedelta(minutes=11)) for _time in range(2)] == [1, 0]

    mail = compose(Message.objects.get(kind="comments"))
    assert mail.to == [colleague.email]
    assert "2 new comments" in mail.subject
    assert all(words in mail.body for words in ("A-01 Meter", "Olive Owner: First", "B-01 Children", "Second", url(assessment, "B-01")))
    assert not CommentNotice.objects.exists()


def test_who_has_left_the_company_is_told_nothing_more(signed_in, assessment, colleague):
    say(signed_in, assessment)
    colleague.memberships.all().delete()

    assert comments.queue_notices(at=timezone.now() + timedelta(hours=1)) == 0
    assert not CommentNotice.objects.exists()


def test_a_mail_that_cannot_be_queued_leaves_the_notice(signed_in, assessment, colleague, monkeypatch):
    say(signed_in, assessment)

    def fail(*args: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(talk_mails, "queue_many", fail)
    with pytest.raises(DatabaseError):
        comments.queue_notices(at=timezone.now() + timedelta(hours=1))

    assert told() == {"Colin Colleague"}


def test_comments_cost_the_same_for_one_and_for_many(signed_in, assessment, owner, django_assert_num_queries):
    signed_in.get(url(assessment))  # reads the questionnaire
    for number in range(30):
        Comment.objects.create(assessment=assessment, question="A-01", text=str(number), by=owner, at=NOW)

    # session, person, assessment, the talk
    with django_assert_num_queries(4):
        signed_in.get(url(assessment))
