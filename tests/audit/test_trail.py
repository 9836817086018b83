from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.db.utils import DatabaseError

from accounts.models import User
from audit import trail
from audit.models import Event
from suppliers.models import Supplier
from tests.factories import NOW


def test_an_event_says_who_in_which_role_did_what_to_what(staff: User, supplier: Supplier) -> None:
    trail.record("supplier.viewed", actor=staff, target=supplier, supplier_id=supplier.pk, detail={"page": 1}, at=NOW)

    event = Event.objects.get(action="supplier.viewed")
    assert (event.actor_id, event.actor_role, event.target_type, event.target_id) == (
        staff.pk,
        "esg_staff",
        "suppliers.supplier",
        str(supplier.pk),
    )
    assert (event.at, event.supplier_id, event.detail) == (NOW, supplier.pk, {"page": 1})


def test_an_event_for_each_of_many_suppliers_takes_one_statement(staff: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        count = trail.record_each("portfolio.exported", supplier_ids=range(1, 1001), actor=staff, detail={"rows": 1000})

    assert count == 1000
    assert Event.objects.about_supplier(500).get().detail == {"rows": 1000}


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_nobody_changes_what_happened(staff: User, statement: str) -> None:
    from django.db import connection

    trail.record("supplier.viewed", actor=staff)

    with pytest.raises((ProgrammingError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@transaction.atomic
def look_and_fail(person: User) -> None:
    trail.record("supplier.viewed", actor=person)
    raise ZeroDivisionError


def test_a_verb_that_fails_leaves_no_event(staff: User) -> None:
    with pytest.raises(ZeroDivisionError):
        look_and_fail(staff)

    assert not Event.objects.exists()
