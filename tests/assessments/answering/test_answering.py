"""Saving answers: nothing lost, nothing overwritten in silence, nothing changed after the signature."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from accounts.models import User
from assessments.answering.saving import (
    Conflict,
    NotOpen,
    Saved,
    attach_evidence,
    detach_evidence,
    restore_version,
    save_answer,
    upload_evidence,
    versions_of,
)
from assessments.models import Answer, Assessment, EvidenceUse
from suppliers.documents import FileRefused
from suppliers.models import Document
from tests.factories import NOW, attach, create_answer, create_assessment, create_document
from tests.suppliers.files import pdf_bytes


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier)


def save(
    assessment: Assessment, by: User, value: dict, *, base: int = 0, note: str = "", question: str = "A-01", minutes: int = 0
) -> Saved:
    return save_answer(
        assessment_id=assessment.pk,
        question=question,
        value=value,
        note=note,
        base_version=base,
        by=by,
        at=NOW + timedelta(minutes=minutes),
    )


def stored(assessment: Assessment, question: str = "A-01") -> Answer:
    return Answer.objects.get(assessment=assessment, question=question)


def test_first_save_makes_version_one_and_puts_the_assessment_in_progress(assessment, owner):
    saved = save(assessment, owner, {"value": "yes"})

    assessment.refresh_from_db()
    assert (saved.version, saved.changed) == (1, True)
    assert stored(assessment).value == {"value": "yes"}
    assert stored(assessment).updated_by == owner
    assert (assessment.status, assessment.started_at) == (Assessment.Status.IN_PROGRESS, NOW)


def test_first_save_shows_in_the_standing(assessment, owner, supplier):
    save(assessment, owner, {"value": "yes"})

    supplier.standing.refresh_from_db()
    assert supplier.standing.status == Assessment.Status.IN_PROGRESS


def test_each_save_counts_up_and_keeps_who_and_when(assessment, owner, colleague):
    save(assessment, owner, {"value": "yes"})
    second = save(assessment, colleague, {"value": "no"}, base=1, minutes=5)

    assert second.version == 2
    assert stored(assessment).updated_by == colleague
    assert stored(assessment).updated_at == NOW + timedelta(minutes=5)


def test_same_save_sent_twice_counts_once(assessment, owner):
    save(assessment, owner, {"value": "yes"})
    again = save(assessment, owner, {"value": "yes"})

    assert (again.version, again.changed) == (1, False)
    assert [each.version for each in versions_of(stored(assessment))] == [1]


def test_note_is_kept_where_the_scoring_rules_look_and_beside_it(assessment, owner):
    save(assessment, owner, {"value": "yes"}, note="Since March")

    assert stored(assessment).value == {"value": "yes", "note": "Since March"}
    assert stored(assessment).note == "Since March"


def test_stale_save_over_somebody_elses_answer_is_a_conflict_and_changes_nothing(assessment, owner, colleague):
    save(assessment, owner, {"value": "yes"})
    save(assessment, colleague, {"value": "no"}, base=1)

    with pytest.raises(Conflict) as raised:
        save(assessment, owner, {"value": "maybe"}, base=1)

    assert raised.value.stored.value == {"value": "no"}
    assert raised.value.stored.updated_by == colleague
    assert not raised.value.is_own
    assert stored(assessment).value == {"value": "no"}


def test_stale_save_over_ones_own_answer_says_so(assessment, owner):
    save(assessment, owner, {"value": "yes"})
    save(assessment, owner, {"value": "no"}, base=1)

    with pytest.raises(Conflict) as raised:
        save(assessment, owner, {"value": "yes"}, base=1)

    assert raised.value.is_own


def test_stale_save_of_what_is_stored_already_is_no_conflict(assessment, owner, colleague):
    save(assessment, owner, {"value": "yes"})
    save(assessment, colleague, {"value": "no"}, base=1)

    assert save(assessment, owner, {"value": "no"}, base=1).version == 2


@pytest.mark.parametrize("status", ["submitted", "in_review", "lapsed"])
def test_nothing_is_saved_when_the_assessment_is_not_open(supplier, owner, status):
    assessment = create_assessment(supplier=supplier, status=status, submitted_at=NOW, submitted_by=owner)

    with pytest.raises(NotOpen):
        save(assessment, owner, {"value": "yes"})

    assert not Answer.objects.filter(assessment=assessment).exists()


def test_returned_assessment_takes_answers_and_stays_returned(supplier, owner):
    assessment = create_assessment(supplier=supplier, status="returned", submitted_at=NOW, submitted_by=owner)

    save(assessment, owner, {"value": "yes"})

    assessment.refresh_from_db()
    assert assessment.status == Assessment.Status.RETURNED


@pytest.mark.django_db(transaction=True)
def test_save_waits_for_a_submission_under_way_and_is_then_refused(assessment, owner):
    """Two connections: one submits and holds its lock, the other saves meanwhile."""

    def save_in_another_connection() -> str:
        try:
            save(assessment, owner, {"value": "no"})
        except NotOpen:
            return "refused"
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            locked = Assessment.objects.select_for_update().get(pk=assessment.pk)
            locked.submit(by=owner, at=NOW)
            outcome = pool.submit(save_in_another_connection)
            with pytest.raises(TimeoutError):
                outcome.result(timeout=0.3)
        assert outcome.result(timeout=5) == "refused"
    assert not Answer.objects.filter(assessment=assessment).exists()


@pytest.mark.django_db(transaction=True)
def test_two_documents_attached_at_once_are_both_counted(assessment, supplier):
    """Two connections: the second waits for the first, and counts what that has attached."""
    answer = create_answer(assessment=assessment, question="A-01")
    first, second = create_document(supplier=supplier), create_document(supplier=supplier)

    def attach_in_another_connection() -> None:
        try:
            EvidenceUse.objects.create(answer=answer, document=second, added_at=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            EvidenceUse.objects.create(answer=answer, document=first, added_at=NOW)
            outcome = pool.submit(attach_in_another_connection)
            with pytest.raises(TimeoutError):
                outcome.result(timeout=0.3)
        outcome.result(timeout=5)

    answer.refresh_from_db()
    assert answer.evidence_count == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_once_lose_no_answer(assessment, owner):
    """Eight connections save different questions of an assessment that nobody had begun."""

    def work(number: int) -> int:
        try:
            return save(assessment, owner, {"value": str(number)}, question=f"Q-{number:02}").version
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(32))) == [1] * 32

    values = dict(Answer.objects.filter(assessment=assessment).values_list("question", "value"))
    assert values == {f"Q-{number:02}": {"value": str(number)} for number in range(32)}


def test_save_costs_one_query(assessment, owner, django_assert_num_queries):
    save(assessment, owner, {"value": "yes"})

    # The statement that locks the assessment's row, writes the answer and, by trigger, its history.
    with django_assert_num_queries(1):
        save(assessment, owner, {"value": "no"}, base=1)


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_evidence_may_come_before_the_answer(assessment, owner, supplier):
    document = create_document(supplier=supplier)

    attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=document.pk, by=owner, at=NOW)
    saved = save(assessment, owner, {"value": "yes"})

    assert (saved.version, saved.has_evidence) == (1, True)
    assert stored(assessment).evidence_count == 1
    assessment.refresh_from_db()
    assert assessment.status == Assessment.Status.IN_PROGRESS


def test_attaching_the_same_document_twice_attaches_it_once(assessment, owner, supplier):
    document = create_document(supplier=supplier)
    for _ in range(2):
        attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=document.pk, by=owner, at=NOW)

    assert stored(assessment).evidence_count == 1


def test_document_of_another_supplier_cannot_be_attached(assessment, owner, stranger):
    document = create_document(supplier=stranger.active_membership.supplier)

    with pytest.raises(Document.DoesNotExist):
        attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=document.pk, by=owner, at=NOW)


def test_detached_document_stays_in_the_library(assessment, owner, supplier):
    document = create_document(supplier=supplier)
    use = attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=document.pk, by=owner, at=NOW)

    detach_evidence(assessment_id=assessment.pk, use_id=use.pk)

    assert stored(assessment).evidence_count == 0
    assert Document.objects.filter(pk=document.pk).exists()


def test_evidence_of_another_assessment_is_not_detached(assessment, owner, supplier):
    other = create_assessment(supplier=supplier)
    use = attach_evidence(assessment_id=other.pk, question="A-01", document_id=create_document(supplier=supplier).pk, by=owner, at=NOW)

    detach_evidence(assessment_id=assessment.pk, use_id=use.pk)

    assert EvidenceUse.objects.filter(pk=use.pk).exists()


def test_evidence_stands_still_after_submission(supplier, owner):
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    answer = create_answer(assessment=assessment, question="A-01")
    document = create_document(supplier=supplier)
    use = attach(answer=answer, document=document)
    file = ContentFile(pdf_bytes(b"late"), name="late.pdf")

    with pytest.raises(NotOpen):
        attach_evidence(assessment_id=assessment.pk, question="A-02", document_id=document.pk, by=owner, at=NOW)
    with pytest.raises(NotOpen):
        detach_evidence(assessment_id=assessment.pk, use_id=use.pk)
    with pytest.raises(NotOpen):
        upload_evidence(assessment_id=assessment.pk, question="A-01", file=file, by=owner, at=NOW)
    assert Document.objects.filter(supplier=supplier).count() == 1


def test_uploaded_file_becomes_a_document_and_evidence(assessment, owner, supplier, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = ContentFile(pdf_bytes(b"water bill"), name="bill.pdf")

    use = upload_evidence(assessment_id=assessment.pk, question="A-01", file=file, by=owner, at=NOW)

    assert use.document.supplier == supplier
    assert use.document.original_name == "bill.pdf"
    assert stored(assessment).evidence_count == 1


def test_refused_file_attaches_nothing(assessment, owner):
    file = ContentFile(b"MZ program", name="bill.exe")

    with pytest.raises(FileRefused):
        upload_evidence(assessment_id=assessment.pk, question="A-01", file=file, by=owner, at=NOW)

    assert not Answer.objects.filter(assessment=assessment).exists()


# --- earlier values ---------------------------------------------------------------------------------------------------


def test_every_earlier_value_can_be_seen_and_brought_back(assessment, owner, colleague):
    save(assessment, owner, {"value": "yes"}, note="first")
    save(assessment, colleague, {"value": "no"}, base=1, minutes=1)
    save(assessment, owner, {}, base=2, minutes=2)

    versions = versions_of(stored(assessment))
    assert [(each.version, each.value.get("value"), each.by, each.is_current) for each in versions] == [
        (3, None, "Olive Owner", True),
        (2, "no", "Colin Colleague", False),
        (1, "yes", "Olive Owner", False),
    ]

    restore_version(answer=stored(assessment), version=1, by=colleague, at=NOW + timedelta(minutes=3))

    assert stored(assessment).value == {"value": "yes", "note": "first"}
    assert stored(assessment).version == 4


def test_change_of_evidence_is_no_version_of_the_answer(assessment, owner, supplier):
    save(assessment, owner, {"value": "yes"})
    use = attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=create_document(supplier=supplier).pk, by=owner, at=NOW)
    detach_evidence(assessment_id=assessment.pk, use_id=use.pk)

    assert [each.version for each in versions_of(stored(assessment))] == [1]


def test_version_that_never_was_cannot_be_restored(assessment, owner):
    save(assessment, owner, {"value": "yes"})

    with pytest.raises(LookupError):
        restore_version(answer=stored(assessment), version=7, by=owner, at=NOW)
