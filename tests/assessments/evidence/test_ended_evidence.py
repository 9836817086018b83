"""Evidence counts as long as its document, in its newest revision, is valid: in drafts, in what was handed in, in receipts of the time."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering.saving import attach_evidence
from assessments.models import Answer, Assessment, Score
from assessments.scores.freshness import rescore_marked
from assessments.scores.keeping import keep_scores
from assessments.scores.past import receipt_for
from assessments.submission import signatures, submitting
from runs import engine
from runs.calendar import buyers_day
from suppliers import documents, endings
from suppliers.models import Document, Supplier
from tests.factories import NOW, create_answer, create_assessment, create_document
from tests.suppliers.files import pdf


TODAY = buyers_day(NOW)
WITH_EVIDENCE, WITHOUT = Decimal("75.00"), Decimal("62.50")


def permit(supplier: Supplier, **fields: object) -> Document:
    return create_document(supplier=supplier, **{"title": "Permit", "valid_to": TODAY + timedelta(days=30), **fields})


@pytest.fixture
def assessment(supplier: Supplier, owner: User) -> Assessment:
    """A-01 yes, for which evidence is asked."""
    assessment = create_assessment(supplier=supplier, status="in_progress")
    # Counted beforehand: within one transaction, the history could not tell attaching from ending.
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"}, evidence_count=1)
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    return assessment


def attach(assessment: Assessment, document: Document, by: User) -> None:
    attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=document.pk, by=by, at=NOW)


def hand_in(assessment: Assessment, by: User) -> None:
    submitting.submit_assessment(assessment_id=assessment.pk, by=by, name="Olive", job_title="Owner", statement="True.", at=NOW)
    keep_scores([assessment.pk], at=NOW)


def a_day_begins(day: date) -> None:
    endings.mark_ended(on=day)
    rescore_marked(at=NOW)


def counted() -> int:
    return Answer.objects.get(question="A-01").evidence_count


def evidenced(assessment: Assessment) -> Decimal | None:
    return Assessment.objects.get(pk=assessment.pk).evidenced


def test_a_draft_lacks_evidence_from_the_day_after_its_end(client: Client, assessment: Assessment, owner: User, supplier: Supplier) -> None:
    document = permit(supplier)
    attach(assessment, document, owner)
    client.force_login(owner)
    url = reverse("assessments:area", args=[assessment.pk, "A"])

    endings.mark_ended(on=TODAY + timedelta(days=30))
    assert not client.get(url).context["page"].questions[0].lacks_evidence
    endings.mark_ended(on=TODAY + timedelta(days=31))
    assert client.get(url).context["page"].questions[0].lacks_evidence
    assert counted() == 0


def test_the_score_of_what_was_handed_in_falls_and_its_signature_stands(assessment: Assessment, owner: User, supplier: Supplier) -> None:
    attach(assessment, permit(supplier), owner)
    hand_in(assessment, owner)
    assert evidenced(assessment) == WITH_EVIDENCE

    a_day_begins(TODAY + timedelta(days=31))

    assert evidenced(assessment) == WITHOUT
    signature = signatures.newest(assessment)
    assert signature is not None
    assert signatures.check(signature, Assessment.objects.select_related("campaign__questionnaire").get(pk=assessment.pk)).is_sound
    # Both scores can still be recomputed from the evidence of their time.
    scores = Score.objects.select_related("assessment__campaign", "assessment__supplier").order_by("pk")
    assert [Decimal(receipt_for(score)["result"]["evidenced"]) for score in scores] == [WITH_EVIDENCE, WITHOUT]


def test_a_new_revision_keeps_or_brings_back_what_leans_on_the_old_one(assessment: Assessment, owner: User, supplier: Supplier) -> None:
    document = permit(supplier)
    attach(assessment, document, owner)
    hand_in(assessment, owner)
    a_day_begins(TODAY + timedelta(days=31))
    assert evidenced(assessment) == WITHOUT

    later = NOW + timedelta(days=40)
    renewed = documents.store(supplier=supplier, file=pdf(), by=owner, at=later, replaces=document, valid_to=TODAY + timedelta(days=400))
    rescore_marked(at=later)
    assert evidenced(assessment) == WITH_EVIDENCE

    a_day_begins(TODAY + timedelta(days=401))
    assert evidenced(assessment) == WITHOUT
    assert Document.objects.filter(has_ended=True).count() == 2
    assert renewed.replaces == document


def test_a_date_that_is_put_right_counts_at_once(assessment: Assessment, owner: User, supplier: Supplier) -> None:
    document = permit(supplier)
    attach(assessment, document, owner)

    documents.change_details(document=document, details={"valid_to": TODAY - timedelta(days=1)}, by=owner, at=NOW)
    assert counted() == 0
    documents.change_details(document=document, details={"valid_to": TODAY}, by=owner, at=NOW)
    assert counted() == 1


def test_a_document_that_has_ended_can_be_attached_and_does_not_count(assessment: Assessment, owner: User, supplier: Supplier) -> None:
    document = documents.store(supplier=supplier, file=pdf(), by=owner, at=NOW, valid_to=TODAY - timedelta(days=1))

    attach(assessment, document, owner)

    assert (document.uses.count(), counted()) == (1, 0)


def test_nothing_else_of_what_was_handed_in_can_change(assessment: Assessment, owner: User, supplier: Supplier) -> None:
    hand_in(assessment, owner)
    answers = Answer.objects.filter(assessment=assessment, question="A-01")

    for change in ({"value": {"value": "no"}}, {"note": "n"}, {"version": 7}, {"updated_by": None}, {"question": "A-02"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            answers.update(**change)


def test_the_morning_run_marks_once(assessment: Assessment, supplier: Supplier) -> None:
    permit(supplier, valid_to=date(2020, 1, 1))
    permit(supplier, valid_to=None)

    runs = [engine.work_off(engine.start("end_documents", parameters={}, by=None, at=NOW).pk) for _time in range(2)]

    assert [run.result["documents"] for run in runs] == [1, 0]
