"""Statements that are planned once a connection, and the person each request is made by."""

from typing import Any

import pghistory
import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.auth import login
from django.db import OperationalError, connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts import middleware
from accounts.backends import MembershipBackend
from accounts.models import User
from accounts.prepared import run_prepared
from accounts.sessions import SessionStore


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_person_comes_with_hat_and_company_as_the_models_would_read_them(owner, django_assert_num_queries):
    with django_assert_num_queries(1):
        person = MembershipBackend().get_user(owner.pk)
        assert person
        assert person.active_membership
        company = person.active_membership.supplier

    again = User.objects.select_related("active_membership__supplier").get(pk=owner.pk)
    assert again.active_membership
    assert again.active_membership.supplier
    assert company
    assert columns(person) == columns(again)
    assert columns(person.active_membership) == columns(again.active_membership)
    assert columns(company) == columns(again.active_membership.supplier)


def test_buyers_people_come_without_a_company(staff):
    person = MembershipBackend().get_user(staff.pk)

    assert person
    assert person.active_membership
    assert person.active_membership.supplier is None


def test_nobody_is_read_for_an_unknown_number(db):
    assert MembershipBackend().get_user(0) is None


@pytest.mark.django_db
def test_statement_is_prepared_once_and_shows_in_the_log():
    statement = "SELECT %(number)s::int + 1 AS prepared_for_a_test"

    with CaptureQueriesContext(connection) as seen:
        found = [run_prepared(statement, {"number": number}) for number in range(7)]

    assert found == [[(number + 1,)] for number in range(7)]
    assert [query["sql"] for query in seen] == [statement] * 7
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '% AS SELECT $1%prepared_for_a_test'")
        assert cursor.fetchone() == (1,)


SPEAK = "UPDATE accounts_user SET language = %(language)s::text WHERE id = %(person)s::bigint RETURNING language, id"


def speak(person: int, language: str) -> list[tuple[Any, ...]]:
    return run_prepared(SPEAK, {"language": language, "person": person})


def times_prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, 'SET language = $1::text') > 0")
        found: int = cursor.fetchone()[0]
    return found


def test_writing_statement_is_prepared_once_and_its_history_knows_who(owner, django_assert_num_queries):
    with pghistory.context(user=owner.pk), django_assert_num_queries(4):
        assert [speak(owner.pk, language) for language in ("zh-hans", "en", "zh-hans")] == [
            [(each, owner.pk)] for each in ("zh-hans", "en", "zh-hans")
        ]
        assert speak(0, "en") == []

    assert times_prepared() == 1
    history = apps.get_model("accounts", "UserEvent")._default_manager.filter(pgh_obj=owner).order_by("-pgh_id")[:3]
    assert [event.pgh_context["user"] for event in history] == [owner.pk] * 3


def test_writing_statement_stays_prepared_after_a_rollback(owner):
    with transaction.atomic():
        speak(owner.pk, "zh-hans")
        transaction.set_rollback(True)

    assert speak(owner.pk, "en") == [("en", owner.pk)]
    assert times_prepared() == 1


def test_another_connection_prepares_its_own(transactional_db, owner):
    speak(owner.pk, "zh-hans")
    connection.close()

    assert speak(owner.pk, "en") == [("en", owner.pk)]


def test_statement_that_cannot_be_prepared_says_why_as_djangos_own_error(db):
    with pytest.raises(OperationalError, match="nowhere"), transaction.atomic():
        run_prepared("INSERT INTO nowhere VALUES (%(one)s::int) RETURNING 1", {"one": 1})


def test_hat_of_somebody_else_is_nobodys(session_of, owner, staff):
    User.objects.filter(pk=owner.pk).update(active_membership=staff.active_membership)

    for person in (found_by(session_of()), MembershipBackend().get_user(owner.pk)):
        assert person
        assert (person.pk, person.role, person.active_membership) == (owner.pk, "", None)


@pytest.fixture
def session_of(owner):
    """A session as a request brings it, only its key known."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    login(request, owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    return lambda: SessionStore(request.session.session_key)


def found_by(session: SessionStore) -> Any:
    request = RequestFactory().get("/")
    request.session = session
    middleware.PersonMiddleware(lambda _request: HttpResponse()).process_request(request)
    return request.user


def test_person_comes_with_the_session_in_one_statement(session_of, owner, django_assert_num_queries):
    with django_assert_num_queries(1):
        person = found_by(session_of())
        assert person.pk == owner.pk
        assert person.active_membership.supplier.pk == owner.supplier_id

    assert columns(person) == columns(User.objects.get(pk=owner.pk))


def test_person_of_a_session_that_nobody_noted_is_read_apart(session_of, owner, django_assert_num_queries):
    UserSession.objects.all().delete()

    with django_assert_num_queries(2):
        assert found_by(session_of()).pk == owner.pk


def test_session_belongs_to_whom_it_says_and_not_to_whom_it_was_noted_for(session_of, owner, staff):
    UserSession.objects.update(user=staff)

    assert found_by(session_of()).pk == owner.pk


def test_session_ends_when_the_password_changes(session_of, owner):
    owner.set_password("another-long-password")
    owner.save()

    assert not found_by(session_of()).is_authenticated


def test_person_who_was_barred_is_nobody(session_of, owner):
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert not found_by(session_of()).is_authenticated
