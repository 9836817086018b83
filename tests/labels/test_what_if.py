"""A sandbox for suppliers: score and label move with the answers, and nothing is stored."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Answer, Assessment, QuestionnaireVersion, Verdict
from tests.assessments.questionnaires.test_supplier_questionnaire import SHIPPED
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_questionnaire
from tests.labels.support import create_standard


@pytest.fixture
def assessment(supplier) -> Assessment:
    campaign = create_campaign(questionnaire=create_questionnaire())
    assessment = create_assessment(supplier=supplier, campaign=campaign, status="in_progress", started_at=NOW)
    create_answer(assessment=assessment, question="A-01", value={"value": "yes", "note": "Since May."})
    create_answer(assessment=assessment, question="B-01", value={"value": "yes"})
    return assessment


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def url(assessment: Assessment) -> str:
    return reverse("labels:what_if", args=[assessment.pk])


def post(client, assessment: Assessment, **answers: str):
    """A page as it is sent: every question, and what was changed."""
    data: dict[str, Any] = {f"{code}__-asked": "1" for code in ("A-01", "A-02", "B-01")}
    data |= {"A-01__value": "yes", "B-01__value": "yes"}
    return client.post(url(assessment), data | answers, headers={"HX-Request": "true"})


def test_score_moves_with_a_changed_answer(signed_in, assessment):
    comparison = post(signed_in, assessment, **{"B-01__value": "no"}).context["comparison"]

    assert (comparison.before.capped, comparison.after.capped) == (True, False)
    # A: (2 x 1/2) / (2 + 2) = 25; B: 100.
    assert comparison.after.verified == Decimal("62.50")
    assert comparison.totals[2].moved == Decimal("62.50") - comparison.before.verified


def test_evidence_counts_in_the_sandbox_without_a_file(signed_in, assessment):
    changes = {"B-01__value": "no", "A-01__-evidence": "1", "A-02__value": "4"}

    assert post(signed_in, assessment, **changes).context["comparison"].after.verified == Decimal("100.00")


def test_nothing_is_stored(signed_in, assessment):
    before = list(Answer.objects.order_by("pk").values())

    post(signed_in, assessment, **{"B-01__value": "no", "A-02__value": "3"})

    assert list(Answer.objects.order_by("pk").values()) == before


def test_a_page_sent_as_it_came_changes_nothing(signed_in, assessment):
    response = post(signed_in, assessment)

    assert response.context["sandbox"].changed == []
    assert "Nothing changed yet" in response.text


def test_page_works_without_script_and_keeps_what_was_typed(signed_in, assessment):
    response = signed_in.post(url(assessment), {"B-01__-asked": "1", "B-01__value": "no"})

    assert "<html" in response.text
    assert response.context["sandbox"].changed == ["B-01"]
    assert [area.is_open for area in response.context["areas"]] == [False, True]
    assert re.findall(r'name="B-01__value"[^>]*value="(\w+)"[^>]*checked', response.text) == ["no"]


def test_what_cannot_be_understood_is_said_and_left_as_it_was(signed_in, assessment):
    response = post(signed_in, assessment, **{"A-02__value": "eleven"})

    assert response.context["sandbox"].broken == ["A-02"]
    assert "Not understood, left as it was: A-02" in response.text


def test_ways_name_the_fewest_changes_to_the_next_band(signed_in, assessment):
    [way] = signed_in.get(url(assessment)).context["comparison"].ways

    assert "Leading" in way.goal
    # Child labour caps the total, and without the saving the area stays too low.
    assert [step.code for step in way.steps][:2] == ["B-01", "A-02"]


def test_after_the_review_the_sandbox_still_opens(signed_in, assessment, owner):
    Assessment.objects.filter(pk=assessment.pk).update(
        status="closed", submitted_at=NOW, submitted_by=owner, closed_at=NOW, closed_by=owner
    )

    assert post(signed_in, assessment, **{"B-01__value": "no"}).context["comparison"].after.verified == Decimal("62.50")


@pytest.mark.parametrize(("status", "before"), [("in_review", "81.25"), ("returned", "68.75")])
def test_what_a_reviewer_says_shows_in_the_sandbox_when_it_is_told(signed_in, assessment, owner, reviewer, status, before):
    answer = Answer.objects.get(assessment=assessment, question="A-01")
    answers = Answer.objects.filter(assessment=assessment)
    answers.filter(question="B-01").update(value={"value": "no"})
    create_answer(assessment=assessment, question="A-02", value={"value": "3"})
    Verdict.objects.create(answer=answer, outcome="reject_answer", reason="Not so.", by=reviewer, at=NOW)
    Assessment.objects.filter(pk=assessment.pk).update(status=status, submitted_at=NOW, submitted_by=owner)

    assert signed_in.get(url(assessment)).context["comparison"].before.verified == Decimal(before)


def test_queries_do_not_grow_with_the_answers(signed_in, assessment):
    create_standard()
    signed_in.get(url(assessment))
    with CaptureQueriesContext(connection) as few:
        post(signed_in, assessment, **{"B-01__value": "no"})
    create_answer(assessment=assessment, question="A-02", value={"value": "3"})
    with CaptureQueriesContext(connection) as more:
        post(signed_in, assessment, **{"B-01__value": "no"})

    assert len(more) == len(few)


def test_label_moves_with_the_answers_and_its_way_names_what_else_it_asks(signed_in, supplier):
    create_standard()
    questionnaire = load_our_code()
    campaign = create_campaign(questionnaire=questionnaire)
    assessment = create_assessment(supplier=supplier, campaign=campaign, status="in_progress", started_at=NOW)

    response = signed_in.get(url(assessment))

    comparison = response.context["comparison"]
    assert comparison.levels == ("No label", "No label")
    label = comparison.ways[-1]
    assert "Green supplier" in label.goal
    assert label.steps
    assert any("Discharge permit" in text or "certificate" in text.lower() for text in label.also)
    # Django refuses a form of more than a thousand fields.
    assert response.text.count(" name=") < 2000


def load_our_code() -> QuestionnaireVersion:
    return create_questionnaire(content=dict(SHIPPED.document), version="2026.1", sha256=SHIPPED.sha256)
