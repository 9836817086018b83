"""The database refuses too: whatever the code asks, a supplier's session has its own rows, and a session without a scope none.

`secured()` is what the policies are made from; the catalogue of PostgreSQL says whether they are there and whether a table was forgotten.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from psycopg import sql

from accounts import scope
from accounts.models import Membership, Role, User
from accounts.prepared import run_prepared
from accounts.scope_middleware import ScopeMiddleware
from config.row_security import NOT_FOR_SUPPLIERS, OF_THE_CASE_TEAM, secured
from suppliers.models import Site, Supplier
from tests.factories import create_site, create_supplier
from tests.world import World


# No page shows them to a supplier; a session of a supplier may have them all the same.
NO_SECRET = {
    "assessments.Absence": "of no supplier; who is away is known to whoever writes to them",
    "assessments.AssignmentRule": "of no supplier",
}

# The people of the buyer and of the company, and what a person did, are seen by others than the supplier itself.
ALSO_OF_OTHERS = {"accounts_membership", "accounts_membershipevent", "accounts_user", "accounts_userevent", "audit_event"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from django.test import override_settings

    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def rows(statement: Any, parameters: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def count(table: str) -> int:
    found: int = rows(f'SELECT count(*) FROM "{table}"')[0][0]
    return found


def columns(table: str) -> set[str]:
    return {name for (name,) in rows("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])}


def own(user: User) -> Any:
    return scope.acting(scope.of_person(user))


# --- the catalogue ----------------------------------------------------------------------------------------------------


def tables_that_lead_to_a_supplier() -> set[str]:
    """By the foreign keys of the catalogue, child by child. Who did something with a row does not own it: not by way of people."""
    keys = rows("SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'")
    found = {"suppliers_supplier"}
    while more := {child for child, parent in keys if parent in found - {"accounts_user", "accounts_membership"}} - found:
        found |= more
    named = {name for (name,) in rows("SELECT table_name FROM information_schema.columns WHERE column_name = 'supplier_id'")}
    return found | named | {f"{table}event" for table in found} & set(connection.introspection.table_names())


def test_every_table_that_leads_to_a_supplier_has_a_policy(db: None) -> None:
    guarded = {
        table
        for (table,) in rows(
            "SELECT relation.oid::regclass::text FROM pg_class relation JOIN pg_policy ON polrelid = relation.oid"
            " WHERE relrowsecurity AND 'portal_supplier'::regrole = ANY(polroles)"
        )
    }

    wanted = tables_that_lead_to_a_supplier()
    assert len(wanted) > 100
    assert wanted - guarded == set()
    assert guarded == {each.table for each in secured()}


def test_no_role_of_the_application_owns_a_table_or_may_pass_by_the_policies(db: None) -> None:
    roles = rows(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, pg_has_role(rolname, 'portal_owner', 'MEMBER') FROM pg_roles"
        " WHERE rolname = ANY(%s) ORDER BY 1",
        [[settings.DATABASE_APP_ROLE, *scope.SCOPE_ROLES]],
    )

    assert [role for role, *_rights in roles] == ["portal_app", "portal_buyer", "portal_cases", "portal_supplier", "portal_system"]
    assert {tuple(rights) for _role, *rights in roles} == {(False, False, False, False)}


def test_switching_row_security_off_shows_nothing_either(world: World) -> None:
    with own(world.people["stranger"]), transaction.atomic():
        rows("SELECT set_config('row_security', 'off', true)")
        with pytest.raises(ProgrammingError, match="row-level security"):
            count("suppliers_supplier")
        transaction.set_rollback(True)


# --- what a session sees ------------------------------------------------------------------------------------------------


TABLES = sorted(each.table for each in secured())
CASE_TABLES = {each.table for each in secured() if scope.BUYER_ROLE not in each.open_to}


@pytest.mark.parametrize("table", TABLES)
def test_a_supplier_sees_its_own_rows_a_stranger_none_and_nobody_nothing(world: World, table: str) -> None:
    owner, stranger = world.people["signatory"], world.people["stranger"]
    there = count(table)
    with scope.acting(scope.NOTHING):
        assert count(table) == 0

    for person in (owner, stranger):
        with own(person):
            if table in ALSO_OF_OTHERS:
                continue
            if "supplier_id" in columns(table):
                assert {each for (each,) in rows(f'SELECT DISTINCT supplier_id FROM "{table}"')} <= {person.supplier_id}
            elif person is stranger and table != "suppliers_supplier":
                assert count(table) == 0

    with own(world.people["staff"]):
        assert count(table) == (0 if table in CASE_TABLES else there)


def test_the_test_above_is_about_something(world: World) -> None:
    with own(world.people["signatory"]):
        seen = {table for table in TABLES if count(table)}

    assert {"assessments_answer", "assessments_finding", "suppliers_document", "labels_labelevent", "pilots_agreement"} <= seen
    assert len(seen) > 35


@pytest.mark.parametrize("role", ["signatory", "contributor", "stranger"])
def test_the_database_holds_back_nothing_that_a_supplier_may_see(world: World, role: str) -> None:
    """The other way round: what the code shows as visible, the policies show too."""
    person = world.people[role]
    held_back = {}
    for model in apps.get_models():
        visible_to = getattr(model._default_manager.all(), "visible_to", None)
        if visible_to is None:
            continue
        shown = set(visible_to(person).values_list("pk", flat=True))
        with own(person):
            if missing := shown - set(model._default_manager.all().visible_to(person).values_list("pk", flat=True)):
                held_back[model._meta.label] = missing

    assert held_back == {}


def test_what_the_code_shows_to_no_supplier_the_policies_show_to_none(world: World) -> None:
    """Where there is something to be seen."""
    person = world.people["signatory"]
    assert world.interest.supplier_id == person.supplier_id
    given = {}
    for model in apps.get_models():
        visible_to = getattr(model._default_manager.all(), "visible_to", None)
        if visible_to is None or visible_to(person).exists():
            continue
        with own(person):
            if seen := count(model._meta.db_table):
                given[model._meta.label] = seen

    assert set(given) == set(NO_SECRET)


def test_the_case_team_has_the_cases_and_nothing_of_suppliers_and_the_buyer_the_reverse(world: World) -> None:
    with own(world.people["case_team"]):
        assert count("grievances_case") == 1
        assert {table: count(table) for table in TABLES if table not in CASE_TABLES | ALSO_OF_OTHERS and count(table)} == {}
    with own(world.people["staff"]):
        assert {table for table in CASE_TABLES if count(table)} == set()
    assert {apps.get_model(label)._meta.db_table for label in OF_THE_CASE_TEAM} <= CASE_TABLES


def test_what_is_the_buyers_alone_is_shown_to_no_supplier(world: World) -> None:
    with own(world.people["signatory"]):
        assert {label: count(apps.get_model(label)._meta.db_table) for label in NOT_FOR_SUPPLIERS} == dict.fromkeys(NOT_FOR_SUPPLIERS, 0)


def test_a_supplier_sees_its_colleagues_and_the_buyers_people_and_nobody_else(world: World) -> None:
    with own(world.people["signatory"]):
        seen = set(User.objects.values_list("email", flat=True))
    people = world.people

    assert {people[name].email for name in ("signatory", "contributor", "reviewer", "staff")} <= seen
    assert people["stranger"].email not in seen


def test_a_colleague_who_left_keeps_the_name(world: World) -> None:
    with transaction.atomic():
        world.colleague.delete()
        with own(world.people["signatory"]):
            assert User.objects.filter(pk=world.colleague.user_id).exists()
        with own(world.people["stranger"]):
            assert not User.objects.filter(pk=world.colleague.user_id).exists()
        transaction.set_rollback(True)


# --- what a session writes ----------------------------------------------------------------------------------------------


def test_a_supplier_writes_nothing_into_the_books_of_another(owner: User, stranger: User, supplier: Supplier) -> None:
    site = create_site(supplier=supplier)
    other = stranger.supplier_id
    with own(stranger):
        assert Site.objects.filter(pk=site.pk).update(name="Mine now") == 0
        assert Site.objects.filter(pk=site.pk).delete()[0] == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            create_site(supplier=supplier)
    with own(owner), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Site.objects.filter(pk=site.pk).update(supplier_id=other)


def test_who_sees_people_does_not_become_one_of_them(world: World) -> None:
    """Whatever a mistake in a supplier's request lets through: the buyer's people, whom it sees, are not its to change."""
    me, administrator = world.people["signatory"], world.people["administrator"]
    with own(me):
        assert User.objects.filter(pk=administrator.pk).exists()
        assert User.objects.filter(pk=administrator.pk).update(password="mine") == 0
        assert rows("DELETE FROM accounts_membership WHERE supplier_id IS NULL RETURNING id") == []
        assert Membership.objects.filter(supplier=None).update(role=Role.ESG_STAFF) == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Membership.objects.create(user=me, role=Role.ADMINISTRATOR, supplier=None)
        # Nor does it help to put on the hat of somebody else: tests/accounts/test_prepared.py.
        assert User.objects.filter(pk=me.pk).update(name="My own name") == 1


def test_the_case_team_changes_people_no_more_than_suppliers_do(world: World) -> None:
    with own(world.people["case_team"]):
        assert User.objects.filter(pk=world.people["administrator"].pk).update(password="mine") == 0
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Membership.objects.update(role=Role.ADMINISTRATOR)


# --- the scope of a connection ------------------------------------------------------------------------------------------


def role_now() -> tuple[str, str]:
    role, organisation = rows("SELECT current_user, current_setting('portal.organisation', true)")[0]
    return role, organisation


def test_a_rollback_takes_nothing_of_the_scope_with_it(owner: User) -> None:
    with own(owner):
        with transaction.atomic(), scope.system():
            assert role_now()[0] == "portal_system"
            transaction.set_rollback(True)
        assert role_now() == ("portal_supplier", str(owner.supplier_id))
    assert role_now()[0] == "portal_system"


def test_a_statement_that_fails_leaves_the_scope_as_it_was(owner: User) -> None:
    with own(owner):
        with pytest.raises(ProgrammingError), transaction.atomic(), scope.system():
            rows("SELECT nothing_of_the_kind")
        assert role_now() == ("portal_supplier", str(owner.supplier_id))


def test_a_statement_that_fails_outside_a_transaction_takes_its_scope_back(transactional_db: None, owner: User) -> None:
    with own(owner):
        assert role_now()[0] == "portal_supplier"
        with scope.system(), pytest.raises(ProgrammingError):
            rows("SELECT nothing_of_the_kind")
        assert role_now() == ("portal_supplier", str(owner.supplier_id))
        with scope.system():
            assert role_now()[0] == "portal_system"


ASKED = "SELECT current_user::text"


def composed() -> str:
    return str(rows(sql.SQL(ASKED))[0][0])


def copied() -> str:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({ASKED}) TO STDOUT") as copy:
        return b"".join(copy).decode().strip()


def streamed() -> str:
    with connection.cursor() as cursor:
        return str(next(iter(cursor.cursor.stream(ASKED)))[0])


def asked_many_times() -> str:
    with connection.cursor() as cursor:
        cursor.executemany("SELECT set_config('tests.role', current_user, false), %s", [(1,), (2,)])
    return str(rows("SELECT current_setting('tests.role')")[0][0])


def named() -> str:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(ASKED)
        return str(cursor.fetchone()[0])


def prepared() -> str:
    return str(run_prepared(ASKED, {})[0][0])


@pytest.mark.parametrize("ask", [composed, copied, streamed, asked_many_times, named, prepared])
def test_whichever_way_is_taken_to_the_database_the_scope_goes_before(owner: User, ask: Callable[[], str]) -> None:
    with own(owner):
        assert ask() == "portal_supplier"
        with scope.system():
            assert ask() == "portal_system"
        assert ask() == "portal_supplier"


def test_what_is_found_by_the_key_of_a_session_needs_no_scope_and_only_the_key_finds_it(client: Client, owner: User) -> None:
    client.force_login(owner)
    key = client.session.session_key
    UserSession.objects.create(session_key=key, user=owner, ip="127.0.0.1", user_agent="")
    for each in (scope.NOTHING, scope.of_supplier(create_supplier().pk), scope.CASES, scope.BUYER):
        with scope.acting(each):
            assert count("django_session") == (1 if each == scope.BUYER else 0)
            with scope.acting(scope.AS_IT_IS):
                assert rows("SELECT (person).id FROM portal_whose_session(%s, now())", [key]) == [(owner.pk,)]
                assert rows("SELECT (person).id FROM portal_whose_session(%s, now() + interval '10 years')", [key]) == []
                assert rows("SELECT (person).id FROM portal_whose_session('', now())") == []


def test_the_system_inside_a_page_ends_with_its_block(owner: User) -> None:
    create_supplier()
    with own(owner):
        with scope.system():
            assert Supplier.objects.count() == 2
        assert Supplier.objects.count() == 1


def test_one_request_leaves_nothing_to_the_next(client: Client, owner: User, stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "_outside", scope.NOTHING)
    seen = []

    def look(_request: HttpRequest) -> HttpResponse:
        seen.append(role_now())
        return HttpResponse()

    middleware = ScopeMiddleware(look)
    for person in (owner, stranger, None, owner):
        request = RequestFactory().get("/")
        with scope.system():
            request.user = person or client.get(reverse("accounts:sign_in")).wsgi_request.user
        middleware(request)
        seen.append(role_now())

    mine, theirs, nobody = ("portal_supplier", str(owner.supplier_id)), ("portal_supplier", str(stranger.supplier_id)), ("portal_app", "")
    assert seen == [mine, nobody, theirs, nobody, nobody, nobody, mine, nobody]


def test_what_is_sent_in_parts_is_read_in_the_scope_of_the_person(owner: User) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(2):
            yield role_now()[0].encode()

    request = RequestFactory().get("/")
    request.user = owner
    response: Any = ScopeMiddleware(lambda _request: StreamingHttpResponse(parts()))(request)

    assert list(response.streaming_content) == [b"portal_supplier", b"portal_supplier"]
    assert scope.current() == scope.SYSTEM


def test_the_buyers_people_need_not_be_changed_over_to_look_beyond_their_rows(owner: User, staff: User) -> None:
    with own(staff):
        assert role_now()[0] == "portal_buyer"
        with scope.system():
            assert role_now()[0] == "portal_buyer"
    with own(owner):
        assert role_now()[0] == "portal_supplier"
    assert role_now()[0] == "portal_system"


def test_a_new_connection_begins_with_nothing(transactional_db: None, owner: User) -> None:
    with own(owner):
        assert role_now()[0] == "portal_supplier"
        connection.close()
        assert role_now()[0] == "portal_supplier"
    with scope.acting(scope.NOTHING):
        connection.close()
        assert (role_now()[0], Supplier.objects.count()) == ("portal_app", 0)


def test_a_transaction_of_a_new_connection_may_still_say_how_it_is_isolated(transactional_db: None) -> None:
    connection.close()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert (role_now()[0], rows("SHOW transaction_isolation")) == ("portal_system", [("repeatable read",)])


def test_a_task_acts_for_the_system(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from config.celery import app

    monkeypatch.setattr(scope, "_outside", scope.NOTHING)

    @app.task
    def look() -> tuple[str, str]:
        return role_now()

    assert look()[0] == "portal_system"
    assert role_now()[0] == "portal_app"
