"""What a reviewer writes is nobody else's until the review is closed or the answers are returned."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering.worksheet import open_worksheet
from assessments.models import Assessment, Finding, Score
from assessments.review import reviewing
from assessments.scores import freshness, past
from assessments.scores.keeping import keep_scores
from suppliers.models import Supplier
from tests.factories import NOW, create_answer, create_assessment, forge_scores


@pytest.fixture
def assessment(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    """In review by `reviewer`, with all three questions answered, and scored."""
    found = create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)
    create_answer(assessment=found, question="A-01")
    create_answer(assessment=found, question="A-02", value={"value": "2"})
    create_answer(assessment=found, question="B-01", value={"value": "no"})
    keep_scores([found.pk], at=NOW)
    return found


def correct(assessment: Assessment, by: User) -> None:
    """The reviewer found a child at work: a zero-tolerance rule fires on that."""
    said: dict[str, Any] = {"outcome": "correct", "reason": "The inspection found one.", "corrected": {"value": "yes"}}
    reviewing.decide(assessment_id=assessment.pk, question="B-01", by=by, at=NOW + timedelta(hours=1), **said)


def current(assessment: Assessment) -> Score:
    return Score.objects.select_related("assessment__campaign", "assessment__supplier").get(assessment=assessment, is_current=True)


def test_a_correction_changes_the_score_and_opens_its_finding_when_the_review_is_closed(assessment: Assessment, reviewer: User) -> None:
    before = current(assessment)
    correct(assessment, reviewer)
    freshness.rescore_marked(at=NOW + timedelta(hours=2))

    assert current(assessment).pk == before.pk
    assert not Finding.objects.exists()

    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW + timedelta(hours=3))

    assert current(assessment).verified == Decimal("25.00")
    assert [hit["key"] for hit in current(assessment).triggers_hit] == ["B-01-child-labour"]
    assert Finding.objects.get().rule == "B-01-child-labour"


def test_the_receipt_of_an_open_review_holds_no_verdict(assessment: Assessment, reviewer: User) -> None:
    correct(assessment, reviewer)
    keep_scores([assessment.pk], at=NOW + timedelta(hours=2))

    assert past.receipt_for(current(assessment))["inputs"]["answers"]["B-01"] == [{"value": "no"}, False, None]


def test_a_score_that_holds_verdicts_of_an_open_review_has_its_receipt_when_they_are_told(assessment: Assessment, reviewer: User) -> None:
    """As scores were stored before a verdict counted only at the close."""
    correct(assessment, reviewer)
    read = open_worksheet(assessment, blind=False)
    inputs = read.rules.score(read.facts, read.states, False).inputs_sha256
    forge_scores(Score.objects.filter(assessment=assessment), inputs_sha256=inputs, computed_at=NOW + timedelta(hours=2))

    with pytest.raises(past.NotReproducible):
        past.receipt_for(current(assessment))

    Assessment.objects.filter(pk=assessment.pk).update(status="returned")
    assert past.receipt_for(current(assessment))["inputs"]["answers"]["B-01"][2] == ["correct", {"value": "yes"}]


def test_the_results_page_of_an_open_review_is_what_it_was_before_the_verdict(
    client: Client, owner: User, assessment: Assessment, reviewer: User
) -> None:
    client.force_login(owner)
    address = reverse("assessments:results", args=[assessment.pk])
    before = client.get(address).context

    correct(assessment, reviewer)

    page = client.get(address)
    assert page.context["has_moved_on"] is False
    assert page.context["objections"] == []
    assert [page.context[part] for part in ("advice", "zero_tolerance", "headline", "areas")] == [
        before[part] for part in ("advice", "zero_tolerance", "headline", "areas")
    ]
    assert "The inspection found one." not in page.text


def test_the_results_page_says_after_a_return_what_the_reviewer_says(
    client: Client, owner: User, assessment: Assessment, reviewer: User
) -> None:
    correct(assessment, reviewer)
    said: dict[str, Any] = {"question": "A-01", "outcome": "query", "reason": "Which meter?"}
    reviewing.decide(assessment_id=assessment.pk, by=reviewer, at=NOW + timedelta(hours=1), **said)
    reviewing.return_to_supplier(assessment_id=assessment.pk, reason="One question.", by=reviewer, at=NOW + timedelta(hours=2))
    client.force_login(owner)

    page = client.get(reverse("assessments:results", args=[assessment.pk]))

    assert [each.label for each in page.context["objections"]] == ["A-01", "B-01"]
    assert page.context["has_moved_on"] is False
