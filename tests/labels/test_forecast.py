"""What the end of a document would cost: said day by day, before it happens."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Answer, Assessment, EvidenceUse, ScoreMark, Verdict
from assessments.scores.freshness import rescore_marked
from assessments.scores.keeping import keep_scores
from labels import forecast
from suppliers import endings
from suppliers.models import Document
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_document, create_questionnaire
from tests.labels.support import TODAY, create_green_supplier, create_standard


@pytest.fixture
def answer(supplier, owner) -> Answer:
    campaign = create_campaign(questionnaire=create_questionnaire())
    assessment = create_assessment(supplier=supplier, campaign=campaign, status="submitted", submitted_at=NOW, submitted_by=owner)
    with before_handing_in():
        answer = create_answer(assessment=assessment, question="A-01")
        create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    return answer


def support(answer: Answer, owner, *, days: int) -> Document:
    """A document behind the answer that ends in so many days."""
    document = create_document(supplier=answer.assessment.supplier, valid_to=TODAY + timedelta(days=days))
    with before_handing_in():
        EvidenceUse.objects.create(answer=answer, document=document, added_by=owner, added_at=NOW)
    keep_scores([answer.assessment_id], at=NOW)
    return document


def losses(supplier) -> list[forecast.Loss]:
    return forecast.losses(supplier.pk, on=TODAY, at=NOW)


def test_end_of_the_only_evidence_costs_its_area_and_the_total(answer, owner, supplier):
    document = support(answer, owner, days=30)

    [loss] = losses(supplier)

    assert (loss.day, loss.documents) == (document.valid_to, [document])
    # Half of the credit of A-01, which is half of the weight of area A, which is half of the total.
    assert [(area.before, area.after) for area in loss.areas] == [(Decimal("50.00"), Decimal("25.00"))]
    assert (loss.before, loss.after) == (Decimal("75.00"), Decimal("62.50"))


def test_another_document_behind_the_answer_keeps_the_points_until_it_ends_too(answer, owner, supplier):
    support(answer, owner, days=30)
    later = support(answer, owner, days=60)

    [loss] = losses(supplier)

    assert loss.documents == [later]


def test_what_was_forecast_is_what_happens_when_the_day_has_passed(answer, owner, supplier):
    document = support(answer, owner, days=30)
    [loss] = losses(supplier)
    rescore_marked(at=NOW)

    endings.mark_ended(on=document.valid_to)
    assert not ScoreMark.objects.exists()
    endings.mark_ended(on=document.valid_to + timedelta(days=1))
    rescore_marked(at=NOW)

    assessment = Assessment.objects.get(pk=answer.assessment_id)
    assert (loss.before, loss.after) == (Decimal("75.00"), Decimal("62.50"))
    assert assessment.evidenced == loss.after
    assert losses(supplier) == []


def test_a_forecast_knows_nothing_of_what_an_open_review_says(answer, owner, supplier, reviewer):
    support(answer, owner, days=30)
    [before] = losses(supplier)
    Assessment.objects.filter(pk=answer.assessment_id).update(status="in_review", reviewer=reviewer)

    Verdict.objects.create(answer=answer, outcome="reject_answer", reason="Not so.", by=reviewer, at=NOW)

    assert losses(supplier) == [before]


def test_a_revision_ends_when_the_newest_does(answer, owner, supplier):
    older = support(answer, owner, days=30)
    newer = create_document(supplier=supplier, replaces=older, valid_to=TODAY + timedelta(days=60))

    [loss] = losses(supplier)

    assert (loss.day, loss.documents) == (newer.valid_to, [newer])
    assert loss.after == Decimal("62.50")


def test_what_ends_long_after_is_no_news(answer, owner, supplier):
    support(answer, owner, days=200)

    assert losses(supplier) == []


def test_a_permit_the_label_leans_on_puts_it_at_risk(supplier):
    create_standard()
    create_green_supplier(supplier)
    Document.objects.filter(supplier=supplier).update(valid_to=TODAY + timedelta(days=20))
    Assessment.objects.filter(supplier=supplier).update(scored_at=None)

    [loss] = losses(supplier)

    assert loss.label_before
    assert loss.is_label_lost or loss.label_after


def test_home_fetches_the_forecast_and_the_page_stands_alone(client, answer, owner, supplier, time_machine):
    time_machine.move_to(NOW, tick=False)
    support(answer, owner, days=30)
    client.force_login(owner)
    url = reverse("labels:forecast", args=[supplier.pk])

    assert f'hx-get="{url}"' in client.get(reverse("assessments:home")).text
    assert "50.0 → 25.0" in client.get(url).text
    assert "<html" not in client.get(url, headers={"HX-Request": "true"}).text


def test_forecast_costs_the_same_for_one_document_and_for_many(answer, owner, supplier):
    support(answer, owner, days=10)
    losses(supplier)
    with CaptureQueriesContext(connection) as one:
        losses(supplier)
    for days in (20, 30, 40):
        support(answer, owner, days=days)
    with CaptureQueriesContext(connection) as many:
        losses(supplier)

    assert len(many) == len(one)
