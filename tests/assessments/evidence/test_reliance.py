"""What happens to answers and scores when a document ends: worked out by the scorer, shown on the document's page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from assessments.answering.saving import attach_evidence
from assessments.evidence.reliance import answers_section
from assessments.models import Verdict
from suppliers import endings
from suppliers.models import Document
from tests.factories import NOW, create_answer, create_assessment, create_document


pytestmark = pytest.mark.django_db


@pytest.fixture
def document(supplier):
    return create_document(supplier=supplier, title="Water bill")


def leaning(document, viewer):
    section = answers_section(document, viewer, timezone.now())
    return section.context["assessments"] if section else []


def answered(supplier, owner, *documents, **fields):
    """A-01 yes, with evidence: 2 of 4 points of area A, which is half of the total; without it half of that."""
    assessment = create_assessment(supplier=supplier, status="in_progress", **fields)
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    for each in documents:
        attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=each.pk, by=owner, at=NOW)
    return assessment


def test_without_the_document_the_score_falls_to_what_the_scorer_says(supplier, owner, document):
    answered(supplier, owner, document)

    [found] = leaning(document, owner)
    [answer] = found.answers
    # 100 x 2/4 x 1/2 + 50 now, 100 x 1/4 x 1/2 + 50 then.
    assert (found.now, found.then) == (Decimal("75.00"), Decimal("62.50"))
    assert (answer.code, answer.is_needed, answer.has_more, answer.loses) == ("A-01", True, False, Decimal("12.5"))


def test_where_another_document_stands_behind_the_answer_nothing_is_lost(supplier, owner, document):
    answered(supplier, owner, document, create_document(supplier=supplier))

    [found] = leaning(document, owner)
    assert found.now == found.then == Decimal("75.00")
    assert (found.answers[0].has_more, found.answers[0].loses) == (True, 0)


def test_evidence_that_was_not_asked_for_costs_nothing(supplier, owner, document):
    assessment = answered(supplier, owner)
    attach_evidence(assessment_id=assessment.pk, question="B-01", document_id=document.pk, by=owner, at=NOW)

    [found] = leaning(document, owner)
    assert (found.loses, found.answers[0].is_needed) == (0, False)


def test_a_document_nothing_leans_on_has_no_such_part(supplier, owner, document):
    answered(supplier, owner)

    assert answers_section(document, owner, timezone.now()) is None


def test_the_buyers_people_see_only_what_was_handed_in(supplier, owner, reviewer, document):
    assessment = answered(supplier, owner, document)
    assert leaning(document, reviewer) == []

    type(assessment).objects.filter(pk=assessment.pk).update(status="submitted", submitted_at=NOW, submitted_by=owner)
    assert [each.assessment for each in leaning(document, reviewer)] == [assessment]


def test_points_that_lean_on_a_document_do_not_tell_of_an_open_review(supplier, owner, reviewer, document):
    assessment = answered(supplier, owner, document)
    type(assessment).objects.filter(pk=assessment.pk).update(status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)
    [before] = leaning(document, owner)

    rejected = {"outcome": "reject_answer", "reason": "Not so.", "by": reviewer, "at": NOW}
    Verdict.objects.create(answer=assessment.answers.get(question="A-01"), **rejected)

    [after] = leaning(document, owner)
    assert (after.loses, after.answers[0].loses) == (before.loses, before.answers[0].loses)


def test_older_assessments_are_counted_not_worked_out(supplier, owner, document):
    for _ in range(5):
        answered(supplier, owner, document)

    section = answers_section(document, owner, timezone.now())
    assert (len(section.context["assessments"]), section.context["older"]) == (3, 2)


def test_the_page_of_the_document_says_it_in_words(client, supplier, owner, document):
    answered(supplier, owner, document)
    client.force_login(owner)

    page = client.get(document.get_absolute_url()).content.decode()

    assert all(words in page for words in ("Answers that lean on it", "75.00", "62.50", "12.50 points fewer", "Do you meter your water?"))
    assert "counts as an answer without evidence" in page


def test_the_page_costs_the_same_for_one_answer_and_for_two(client, supplier, owner, document, django_assert_num_queries):
    assessment = answered(supplier, owner, document)
    client.force_login(owner)

    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(document.get_absolute_url())
        return len(captured)

    queries()
    once = queries()
    attach_evidence(assessment_id=assessment.pk, question="B-01", document_id=document.pk, by=owner, at=NOW)
    assert queries() == once


def test_what_has_ended_leans_no_more_and_another_document_is_not_taken_for_it(supplier, owner, document):
    answered(supplier, owner, document, create_document(supplier=supplier))
    Document.objects.filter(pk=document.pk).update(valid_to=NOW - timedelta(days=1))
    endings.mark_ended(on=NOW.date())
    document.refresh_from_db()

    [found] = leaning(document, owner)

    assert found.now == found.then == Decimal("75.00")
    assert (found.answers[0].has_more, found.answers[0].loses) == (True, 0)
