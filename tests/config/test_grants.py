import os

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection
from psycopg import sql

from accounts.scope import SYSTEM_ROLE
from audit.append_only import append_only_tables
from config.embedded import APP_ROLE, OWNER_ROLE, SUPERUSER
from config.grants import WRITTEN_BY, grant_rights, triggers_sleep, written_by
from config.paths import embedded_database_url


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


@pytest.fixture
def owner_of_tables():
    """A connection of its own, of whose work nothing stays; what it may be asked as is for the test to say."""
    with psycopg.connect(embedded_database_url(SUPERUSER, settings.VAR, os.environ["PORTAL_DATABASE"])) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize(("session", "sleeps"), [(OWNER_ROLE, True), (APP_ROLE, False)])
@pytest.mark.parametrize("setting", ["{guard,other}", "{*,guard}"])
def test_no_session_of_the_application_puts_a_trigger_to_sleep(owner_of_tables, session, sleeps, setting):
    owner_of_tables.execute(triggers_sleep(for_owner=OWNER_ROLE))

    owner_of_tables.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(session)))
    owner_of_tables.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [setting])

    assert owner_of_tables.execute("SELECT _pgtrigger_should_ignore('guard')").fetchone() == (sleeps,)


@pytest.mark.parametrize("setting", ["", "{other}"])
def test_a_trigger_that_is_not_named_keeps_awake(owner_of_tables, setting):
    owner_of_tables.execute(triggers_sleep(for_owner=SUPERUSER))
    owner_of_tables.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [setting])

    assert owner_of_tables.execute("SELECT _pgtrigger_should_ignore('guard')").fetchone() == (False,)


def test_granting_the_rights_takes_back_what_a_migration_of_a_trigger_let_in(monkeypatch):
    executed = []
    monkeypatch.setattr("config.grants.triggers_sleep", lambda *, for_owner: executed.append(for_owner) or sql.SQL("SELECT 1").format())
    monkeypatch.setattr(settings, "DATABASE_APP_ROLE", "somebody_else")
    monkeypatch.setattr("config.grants._statements", lambda existing: ())

    grant_rights()

    assert executed == [APP_ROLE]  # who is signed in here, and owns the tables where it migrates


def test_every_trigger_of_ours_asks_the_same_question():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger\\_%' AND prosrc NOT LIKE '%_pgtrigger_should_ignore(TG_NAME)%'"
        )
        silent = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proname LIKE 'pgtrigger\\_%'")
        [count] = cursor.fetchone()

    assert count > 100
    assert silent == []
