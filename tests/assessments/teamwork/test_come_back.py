""" "I don't know yet": a question to come back to, until it is answered or the mark is taken off."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.models import Answer, Assessment, ComeBack
from tests.factories import NOW, create_answer, create_assessment


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, status="in_progress")


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def area(assessment: Assessment, code: str = "A") -> str:
    return reverse("assessments:area", args=[assessment.pk, code])


def mark(client: Client, assessment: Assessment, code: str = "A-01", wanted: str = "1") -> Any:
    return client.post(reverse("assessments:come_back", args=[assessment.pk, code]), {"wanted": wanted})


def waiting(client: Client, assessment: Assessment) -> list[str]:
    return [each.code for each in client.get(assessment.get_absolute_url()).context["waiting"]]


def test_a_mark_is_set_and_taken_off(signed_in, assessment):
    assert mark(signed_in, assessment).json()["waiting"] == ["A-01"]
    assert mark(signed_in, assessment, wanted="0").json()["waiting"] == []


def test_marked_questions_stand_on_overview_check_and_area_page(signed_in, assessment):
    mark(signed_in, assessment, "B-01")

    for address in (assessment.get_absolute_url(), reverse("assessments:check", args=[assessment.pk]), area(assessment)):
        page = signed_in.get(address).text
        assert "1 question to come back to" in page
        assert f"{area(assessment, 'B')}#B-01" in page


def test_one_leads_to_the_next_and_the_last_to_the_first(signed_in, assessment):
    mark(signed_in, assessment, "A-01")
    assert signed_in.get(area(assessment)).context["page"].team.questions["A-01"].next_waiting is None

    mark(signed_in, assessment, "B-01")
    following = [
        signed_in.get(area(assessment, code[0])).context["page"].team.questions[code].next_waiting.code for code in ("A-01", "B-01")
    ]
    assert following == ["B-01", "A-01"]


def test_an_answer_settles_the_mark(signed_in, assessment):
    mark(signed_in, assessment)
    Answer.objects.create(assessment=assessment, question="A-01", value={"value": "no"}, updated_at=timezone.now())

    assert waiting(signed_in, assessment) == []


def test_a_doubtful_answer_can_be_marked(signed_in, assessment):
    create_answer(assessment=assessment, question="A-01")

    mark(signed_in, assessment)

    assert waiting(signed_in, assessment) == ["A-01"]


def test_an_answer_that_is_not_complete_leaves_the_mark(signed_in, assessment):
    mark(signed_in, assessment)
    later = timezone.now() + timedelta(minutes=1)
    Answer.objects.create(assessment=assessment, question="A-01", value={"note": "Ask Li"}, updated_at=later)

    assert waiting(signed_in, assessment) == ["A-01"]


def test_a_question_that_is_not_asked_any_more_waits_for_nobody(signed_in, assessment, owner):
    ComeBack.objects.create(assessment=assessment, question="A-02", marked_by=owner, marked_at=NOW)

    assert waiting(signed_in, assessment) == []


def test_without_script_the_button_saves_the_page_first(signed_in, assessment):
    data = {"A-01__-base": "0", "A-01__-was": "", "A-01__note": "Ask Li", "mark": "A-01"}

    response = signed_in.post(area(assessment), data)

    assert response.url == f"{area(assessment)}#A-01"
    assert Answer.objects.get().value == {"note": "Ask Li"}
    assert ComeBack.objects.get().question == "A-01"

    signed_in.post(area(assessment), {"unmark": "A-01"})
    assert not ComeBack.objects.exists()


def test_a_handed_in_assessment_takes_no_mark(signed_in, supplier, owner):
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)

    assert mark(signed_in, assessment).status_code == 409
    assert not ComeBack.objects.exists()


def test_a_question_of_another_questionnaire_is_not_found(signed_in, assessment):
    assert mark(signed_in, assessment, "Z-99").status_code == 404


def test_the_buyers_people_see_no_mark(assessment, owner, staff, stranger):
    ComeBack.objects.create(assessment=assessment, question="A-01", marked_by=owner, marked_at=NOW)

    assert [ComeBack.objects.visible_to(user).count() for user in (owner, staff, stranger)] == [1, 0, 0]
