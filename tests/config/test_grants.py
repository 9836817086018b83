import pytest
from django.apps import apps
from django.db import ProgrammingError, connection

from accounts.scope import SYSTEM_ROLE
from audit.append_only import append_only_tables
from config.grants import WRITTEN_BY, written_by


pytestmark = pytest.mark.django_db


def rights(table, *, of=SYSTEM_ROLE):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege"
            " WHERE has_table_privilege(%s, %s, privilege)",
            [of, table],
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


@pytest.mark.parametrize("role", WRITTEN_BY)
def test_suppliers_and_the_case_team_write_what_they_have_pages_for_and_nothing_else(role):
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    may_write = {table for table in tables if rights(table, of=role) - {"SELECT"}}

    assert {label for label in WRITTEN_BY[role] if not apps.get_model(label)} == set()
    assert may_write == set(written_by(role))
    assert not {"assessments_score", "assessments_verdict", "labels_label", "django_celery_beat_periodictask"} & may_write
    assert {frozenset(rights(table, of=role)) for table in tables - may_write} == {frozenset({"SELECT"})}


def test_the_list_of_migrations_can_only_be_read():
    assert rights("django_migrations") == {"SELECT"}


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE mine (x int)", "ALTER TABLE audit_event DISABLE TRIGGER ALL", "DROP TABLE audit_event"]
)
def test_the_application_cannot_change_tables(statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement)
