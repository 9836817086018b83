from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import standing
from assessments.models import Standing
from suppliers.models import Supplier
from tests.factories import NOW, create_assessment, create_supplier, create_user


def test_a_new_supplier_has_a_standing_however_it_was_added(db: None) -> None:
    one = create_supplier()
    two = Supplier.objects.bulk_create([Supplier(name_en="Bulk Ltd", country="CN", category="media")])[0]

    assert set(Standing.objects.values_list("supplier_id", "status", "newest_id")) == {(one.pk, "", None), (two.pk, "", None)}


def test_a_difference_is_found_and_put_right(db: None) -> None:
    assessment = create_assessment()
    assert standing.differences() == [assessment.supplier_id]

    assert standing.refresh_all() == 1

    assert standing.differences() == []
    assert standing.refresh_all() == 0


def test_a_score_counts_from_the_moment_it_was_handed_in(db: None) -> None:
    begun = create_assessment(status="in_progress", declared="12.00", evidenced="12.00")
    handed_in = create_assessment(status="submitted", declared="12.00", evidenced="12.00", submitted_at=NOW, submitted_by=create_user())

    standing.refresh([begun.supplier_id, handed_in.supplier_id])

    assert begun.supplier.standing.scored is None
    assert handed_in.supplier.standing.scored == handed_in


def test_any_number_of_suppliers_costs_one_statement(db: None) -> None:
    suppliers = [create_assessment().supplier_id for _ in range(3)]

    with CaptureQueriesContext(connection) as queries:
        standing.refresh(suppliers)

    assert len(queries) == 1
