"""A label follows at once what it rests on; its decisions of before are kept; a year of nights in the database passes in a second."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from accounts.models import User
from assessments.models import Finding
from assessments.scores.keeping import keep_scores
from labels import evaluation, freshness, ledger
from labels.models import Decision, EvaluationMark, Label, LabelEvent
from suppliers.models import Document, PublicRecord, Supplier
from tests.factories import NOW, create_assessment, create_document, create_supplier
from tests.labels.support import TODAY, create_critical_finding, create_green_supplier, create_standard


DAY = timedelta(days=1)


@pytest.fixture
def labelled(supplier: Supplier) -> Supplier:
    create_standard()
    create_green_supplier(supplier)
    evaluation.evaluate_all(on=TODAY, at=NOW)
    EvaluationMark.objects.all().delete()
    return supplier


CHANGES: dict[str, Callable[[Supplier], object]] = {
    "a finding": create_critical_finding,
    "a document": lambda supplier: create_document(supplier=supplier),
    "several documents at once": lambda supplier: Document.objects.bulk_create(
        [Document(supplier=supplier, original_name=name, sha256="0" * 64, uploaded_at=NOW) for name in ("permit.pdf", "certificate.pdf")]
    ),
    "a document's date": lambda supplier: Document.objects.filter(supplier=supplier).update(valid_to=NOW.date()),
    "a document taken away": lambda supplier: Document.objects.filter(supplier=supplier).delete(),
    "a public record": lambda supplier: PublicRecord.objects.create(
        supplier=supplier, authority="EPA", decided_on=TODAY, description="Discharge above the limit"
    ),
    "the supplier's state": lambda supplier: Supplier.objects.filter(pk=supplier.pk).update(state="suspended"),
    "the supplier's category": lambda supplier: Supplier.objects.filter(pk=supplier.pk).update(category="media"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_a_standard_looks_at_marks_the_supplier(labelled: Supplier, change: Callable[[Supplier], object]) -> None:
    create_supplier()

    change(labelled)

    assert list(EvaluationMark.objects.values_list("supplier_id", flat=True)) == [labelled.pk]


def test_a_new_score_of_what_was_handed_in_marks_the_supplier(labelled: Supplier, owner: User) -> None:
    draft = create_assessment(supplier=create_supplier(), status="in_progress")
    handed_in = create_assessment(supplier=labelled, status="submitted", submitted_at=NOW, submitted_by=owner)

    keep_scores([draft.pk, handed_in.pk], at=NOW)

    assert list(EvaluationMark.objects.values_list("supplier_id", flat=True)) == [labelled.pk]


def test_a_critical_finding_suspends_within_a_minute_and_its_closure_reinstates(labelled: Supplier, staff: User) -> None:
    finding = create_critical_finding(labelled)

    assert freshness.evaluate_marked(at=NOW + timedelta(minutes=1)) == 1
    assert Label.objects.get().state == "suspended"
    assert freshness.evaluate_marked(at=NOW + timedelta(minutes=2)) == 0
    closed = NOW + timedelta(hours=1)
    Finding.objects.filter(pk=finding.pk).update(status="withdrawn", closed_at=closed, closed_by=staff)
    freshness.evaluate_marked(at=closed + timedelta(minutes=1))

    assert Label.objects.get().state == "awarded"
    assert ledger.differences() == []


def test_marks_wait_where_no_standard_is_in_force(supplier: Supplier) -> None:
    create_document(supplier=supplier)

    assert freshness.evaluate_marked(at=NOW) == 0
    assert EvaluationMark.objects.count() == 1


def test_earlier_decisions_are_kept(labelled: Supplier) -> None:
    before = Decision.objects.get()
    create_critical_finding(labelled)

    freshness.evaluate_marked(at=NOW + timedelta(minutes=1))

    kept = Decision.objects.get().events.get()
    assert (kept.outcome, kept.criteria, kept.evaluated_at) == ("green_leader", before.criteria, before.evaluated_at)
    assert Decision.objects.get().outcome == ""


def test_three_years_of_a_label_in_the_database(labelled: Supplier, staff: User) -> None:
    """Every fifth night by the real evaluation: reviewed once, renewed by a second review, ended by a certificate that ran out."""
    for nights in range(5, 3 * 365, 5):
        if nights == 300:
            create_green_supplier(labelled, closed_at=NOW + 299 * DAY)
        evaluation.evaluate_all(on=TODAY + nights * DAY, at=NOW + nights * DAY)

    happened = LabelEvent.objects.in_order().values_list("kind", "effective_on")
    assert [kind for kind, _day in happened] == ["awarded", "renewal_due", "renewed", "warned", "suspended", "expired"]
    assert dict(happened)["expired"] == date(2028, 6, 1), "on its day, whenever somebody looks"
    assert ledger.differences() == []
    assert all(event.notice_on >= event.effective_on for event in LabelEvent.objects.all())
