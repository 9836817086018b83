import pytest
from django.db import ProgrammingError, connection

from audit.append_only import append_only_tables


pytestmark = pytest.mark.django_db


def rights(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege"
            " WHERE has_table_privilege(current_user, %s, privilege)",
            [table],
        )
        return {row[0] for row in cursor.fetchall()}


def test_audit_events_and_history_can_be_added_to_and_read_but_not_changed():
    tables = set(append_only_tables())

    assert "audit_event" in tables
    assert {frozenset(rights(table)) for table in tables} == {frozenset({"SELECT", "INSERT"})}


def test_other_tables_can_be_read_and_written():
    with connection.cursor() as cursor:
        ordinary = set(connection.introspection.table_names(cursor)) - set(append_only_tables()) - {"django_migrations"}

    assert {frozenset(rights(table)) for table in ordinary} == {frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})}


def test_the_list_of_migrations_can_only_be_read():
    assert rights("django_migrations") == {"SELECT"}


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE mine (x int)", "ALTER TABLE audit_event DISABLE TRIGGER ALL", "DROP TABLE audit_event"]
)
def test_the_application_cannot_change_tables(statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement)
