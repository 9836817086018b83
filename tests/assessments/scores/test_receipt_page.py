"""The receipt as a person reads it, and what is handed out to check it: open to everybody, and the same as the page."""

import json

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from assessments.models import Answer, Assessment, Verdict
from assessments.rules import rulesets
from assessments.scores import past, receipt_page
from assessments.scores.keeping import keep_scores
from assessments.scoring import offline_checker, receipts
from audit.models import Event
from tests.assessments.editor.test_site_pages import CONTENT
from tests.assessments.scoring.test_receipts import FORM
from tests.factories import (
    NOW,
    create_answer,
    create_assessment,
    create_campaign,
    create_questionnaire,
    create_site,
    forge_scores,
)


@pytest.fixture
def scored(supplier) -> Assessment:
    """One question differs between two sites, one is answered for all, the others are not answered."""
    create_site(supplier=supplier, name="Hangzhou works", type="factory")
    second = create_site(supplier=supplier, name="Ningbo works", type="factory")
    campaign = create_campaign(questionnaire=create_questionnaire(content=CONTENT))
    assessment = create_assessment(supplier=supplier, campaign=campaign, status="in_progress", started_at=NOW)
    create_answer(assessment=assessment, question="A-01")
    create_answer(assessment=assessment, question="A-01", site=second, value={"value": "no"})
    keep_scores([assessment.pk], at=NOW)
    return assessment


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def url(name: str, assessment: Assessment) -> str:
    return reverse(f"assessments:{name}", args=[assessment.pk])


def test_page_says_answer_credit_reason_and_what_it_would_take(signed_in, scored):
    page = signed_in.get(url("receipt_page", scored))

    [first, *_] = [question for area in page.context["areas"] for question in area.questions]
    assert [(line.site, line.said[0].text) for line in first.sites] == [("All other sites", "Yes"), ("Ningbo works", "No")]
    assert first.sites[0].reasons == ["The evidence this answer requires is missing, or has ended."]
    assert "Attach evidence: Water bill" in first.sites[0].takes[0].text
    assert "Not answered, so it earns nothing." in page.text


def test_page_shows_the_receipt_as_it_was_stated(signed_in, scored):
    before = json.loads(signed_in.get(url("receipt", scored)).content)
    Answer.objects.filter(assessment=scored, site=None).update(value={"value": "no"}, version=2)

    assert signed_in.get(url("receipt_page", scored)).context["receipt"] == before


def test_downloaded_receipt_has_the_published_form_and_is_sound(signed_in, client, scored):
    form = json.loads(client.get(reverse("assessments:receipt_schema")).content)
    receipt = json.loads(signed_in.get(url("receipt", scored)).content)

    jsonschema.Draft202012Validator(form).validate(receipt)
    assert form == FORM.schema
    assert receipts.verify(receipt) == []


def test_anybody_may_take_the_check_along(client):
    response = client.get(reverse("assessments:receipt_checker"))

    assert response.content.decode() == offline_checker.source()
    assert "verify_receipt.py" in response["Content-Disposition"]


def test_supplier_sees_that_the_buyer_read_its_receipt(client, staff, scored):
    client.force_login(staff)
    client.get(url("receipt_page", scored))

    assert Event.objects.filter(action="assessment.viewed", supplier_id=scored.supplier_id).exists()


def test_without_a_score_there_is_no_receipt(signed_in, supplier):
    empty = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire()))

    assert signed_in.get(url("receipt_page", empty)).status_code == 404


def test_page_of_a_receipt_nobody_can_put_together_leads_back(signed_in, scored):
    forge_scores(scored.scores, inputs_sha256="0" * 64)

    assert signed_in.get(url("receipt_page", scored)).url == url("results", scored)


def test_page_costs_the_same_however_many_answers_there_are(signed_in, scored):
    signed_in.get(url("receipt_page", scored))
    with CaptureQueriesContext(connection) as few:
        signed_in.get(url("receipt_page", scored))
    for code in ("A-02", "B-01"):
        create_answer(assessment=scored, question=code, value={"value": "2" if code == "A-02" else "no"})
    keep_scores([scored.pk], at=NOW)
    with CaptureQueriesContext(connection) as many:
        signed_in.get(url("receipt_page", scored))

    assert len(many) == len(few)


def test_reasons_are_told_in_the_readers_language(scored, reviewer):
    answer = Answer.objects.get(assessment=scored, site=None)
    Verdict.objects.create(answer=answer, outcome="reject_evidence", reason="Of another company.", by=reviewer, at=NOW)
    Assessment.objects.filter(pk=scored.pk).update(
        status="closed", submitted_at=NOW, submitted_by=reviewer, closed_at=NOW, closed_by=reviewer
    )
    keep_scores([scored.pk], at=NOW)
    score = scored.scores.select_related("assessment__campaign", "assessment__supplier").get(is_current=True)
    with translation.override("en"):
        areas = receipt_page.read(past.receipt_for(score), rulesets.questionnaire_of(scored.campaign.questionnaire_id))

    line = areas[0].questions[0].sites[0]
    assert line.verdict == "Evidence rejected"
    assert "The reviewer did not accept the evidence: it counts as missing." in line.reasons
