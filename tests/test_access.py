"""Who may do what: every address of the portal, tried by every role, with the buyer's, one's own and another supplier's things.

The table is in `access_table.py`. An address that is not in it fails, and so does a line whose address is gone.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts import permissions
from accounts.looks import looks_at
from accounts.menu import MENU
from accounts.models import Role, User
from accounts.permissions import Permission
from audit.models import Event
from reports.page_tables import PageReader
from suppliers.models import Interest
from tests.access_table import ASKS_A_DEVICE, NOBODY, PAGES, PEOPLE, ROLES, Page
from tests.world import World


# --- the portal with something in it ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Made once; each visit below is taken back, and at the end all of it."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def clients(world: World) -> dict[str, Client]:
    clients = {"anonymous": Client(), **{name: Client() for name in PEOPLE}}
    for name in PEOPLE:
        clients[name].force_login(world.people[name])
    return clients


def visit(client: Client, method: str, address: str, data: Any = None, **options: Any) -> HttpResponse:
    """One request, of which nothing stays: not in the database, and not in the browser (it may have signed out)."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        response = getattr(client, method)(address, data or {}, **options)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    return response


def names_of(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from names_of(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}", str(pattern.pattern)


NAMES = sorted({name for name, _pattern in names_of(get_resolver().url_patterns)})


# --- the tests --------------------------------------------------------------------------------------------------------


def test_the_table_names_every_address_and_no_other() -> None:
    assert sorted(PAGES) == NAMES


def expected(page: Page, method: str, role: str) -> str:
    if role == "anonymous" and not page.is_public:
        return "401" if page.is_api else "sign-in"
    who = page.get if method == "get" else page.post
    if who is None:
        return "405"
    if role == "anonymous" or role in who:
        return "ok"
    return "404" if role in page.hidden_from else "403"


def outcome(response: HttpResponse) -> str:
    location = response.headers.get("Location", "")
    if response.status_code == 302 and location.startswith(reverse("accounts:sign_in")) and "next=" in location:
        return "sign-in"
    # Taken and found wanting is an answer too: the form again, a conflict, a link that was used, a form where JSON is spoken.
    return "ok" if response.status_code < 400 or response.status_code in (400, 409, 410, 415, 422) else str(response.status_code)


def is_same(found: str, wanted: str, *, role: str, page: Page) -> bool:
    if wanted == "405":
        # Who may not come here may be told so before the verb is looked at; and a plain page may answer a POST as it does a GET.
        return found in ("405", "403", "404") or (found == "ok" and (page.is_public or role in (page.get or NOBODY)))
    if role == "case_team" and wanted in ("403", "404"):
        # To them suppliers do not exist; whether a page says so before or after it says no is the same to them.
        return found in ("403", "404")
    return found == wanted or (wanted == "401" and found == "403")


WRITES = re.compile(r"^\s*((insert|update|delete|with\b.*\b(insert|update|delete))\s|execute portal_write_)", re.IGNORECASE | re.DOTALL)


# And of refusals, with how many there were.
NOTES_OF_LOOKS = (
    *("INSERT INTO audit_event", 'INSERT INTO "audit_event"', 'INSERT INTO "grievances_caselook"'),
    "INSERT INTO accounts_throttle",
)


@contextmanager
def noting_changes() -> Iterator[list[str]]:
    """What is written meanwhile, but for lines of the audit trail and the count of refusals."""
    written: list[str] = []

    def note(execute: Any, sql: Any, *rest: Any) -> Any:
        if WRITES.match(str(sql)) and not str(sql).lstrip().startswith(NOTES_OF_LOOKS):
            written.append(str(sql)[:120])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield written


@pytest.mark.parametrize("name", NAMES)
def test_each_role_may_do_what_the_table_says(world: World, clients: dict[str, Client], name: str) -> None:
    page = PAGES[name]
    address = reverse(name, args=page.at(world))
    wrong = []
    for role in ROLES:
        for method in ("get", "post"):
            with noting_changes() as written:
                found = outcome(visit(clients[role], method, address, dict(page.sends)))
            wanted = expected(page, method, role)
            if not is_same(found, wanted, role=role, page=page):
                wrong.append(f"{role} {method}: {found}, not {wanted}")
            reading = method == "get" or wanted == "405" or found in ("403", "404", "sign-in")
            if name in ASKS_A_DEVICE:
                written = [line for line in written if "django_session" not in line]
            if reading and written:
                wrong.append(f"{role} {method} wrote: {written}")

    assert not wrong, "\n".join([address, *wrong])


OTHER_METHODS = ("put", "patch", "delete")
# They ask and change nothing. Tried as a few, for views take them as a GET or not at all.
ASKING_METHODS = ("head", "options")
FEW = ("anonymous", "stranger", "auditor")
# Where one of them is spoken: half a file is taken back by its sender.
SPOKEN = {("suppliers:upload", "delete"): "signatory"}


@pytest.mark.parametrize("name", NAMES)
def test_other_verbs_do_no_more_than_a_get_or_a_post_may(world: World, clients: dict[str, Client], name: str) -> None:
    """A plain page may answer them as it does a GET, one of a library as it does a POST. The API refuses those that
    could change something."""
    page = PAGES[name]
    address = reverse(name, args=page.at(world))
    wrong = []
    for role, method in (*product(ROLES, OTHER_METHODS), *product(FEW, ASKING_METHODS)):
        with noting_changes() as written:
            response = visit(clients[role], method, address, content_type="application/json")
        found = outcome(response)
        is_open = not page.is_api or method in ASKING_METHODS
        may_read, may_post = (is_open and (page.is_public or role in (who or NOBODY)) for who in (page.get, page.post))
        # Which verbs there are is no secret, and asked of no row.
        names_verbs = method == "options" and "Allow" in response.headers and not written
        is_allowed = may_post or names_verbs or SPOKEN.get((name, method)) == role or (may_read and not written)
        is_refused = found in ("401", "403", "404", "405", "429", "sign-in") and not written
        if not (is_refused or (found == "ok" and is_allowed)):
            wrong.append(f"{role} {method}: {found}, wrote {written}")

    assert not wrong, "\n".join([address, *wrong])


def test_every_entry_of_the_menu_opens(world: World, clients: dict[str, Client]) -> None:
    for role in PEOPLE:
        for group in MENU:
            for entry in group[1]:
                if entry.is_for(world.people[role]):
                    response = visit(clients[role], "get", reverse(entry.url_name))
                    assert response.status_code in (200, 302), f"{role}: {entry.url_name}"


def nowhere(arguments: list[Any]) -> list[Any]:
    """The same address of a thing that does not exist."""
    return [0 if isinstance(each, int) else uuid4() if isinstance(each, UUID) else each for each in arguments]


def by_another_word(arguments: list[Any]) -> list[Any]:
    return ["nowhere" if isinstance(each, str) else each for each in arguments]


# An unknown word leads back to the page that lists those there are.
LEAD_BACK = {"assessments:carry_area", "assessments:finding_new", "labels:criterion_drop"}


def addresses(name: str, of: list[list[Any]]) -> Iterator[str]:
    for arguments in of:
        with suppress(NoReverseMatch):  # the address itself admits certain words only
            yield reverse(name, args=arguments)


@pytest.mark.parametrize("name", [name for name in NAMES if name in PAGES])
def test_what_does_not_exist_is_not_found(world: World, clients: dict[str, Client], name: str) -> None:
    page = PAGES[name]
    arguments = page.at(world)
    # Of the open pages with a word, some are of others' libraries; a link that is unknown is told as one that was used.
    others = [nowhere(arguments), *([] if page.is_public or name in LEAD_BACK else [by_another_word(arguments)])]
    for address in addresses(name, [each for each in others if each != arguments]):
        found = {
            outcome(visit(clients[role], method, address)) for method, who in (("get", page.get), ("post", page.post)) for role in who or ()
        }

        assert found <= {"403", "404"}, address


# Pages of the buyer alone about one supplier's case; those of both sides are known by being hidden from the stranger.
# Of many suppliers at once: the one in conflict is left out, the page stays.
OF_MANY = {"pilots:programme"}
OF_A_CASE = {
    *("assessments:review", "assessments:review_area", "assessments:review_finish", "assessments:review_hand_over"),
    *(
        "assessments:second_review",
        "assessments:second_review_manage",
        "assessments:amendment",
        "assessments:finding_new",
        "suppliers:supplier_documents",
    ),
}


def test_a_conflict_of_interest_closes_every_page_of_the_supplier(world: World, clients: dict[str, Client]) -> None:
    """To whoever has declared one the page is not hidden (404): it is closed (403), and says why."""
    shared = {name for name, page in PAGES.items() if page.hidden_from == {"stranger"} and "reviewer" in (page.get or NOBODY)}
    walled = OF_A_CASE | shared - OF_MANY
    with transaction.atomic():
        person = world.people["reviewer"]
        Interest.objects.create(user=person, supplier=world.supplier, kind="family", declared_by=person, declared_at=world.now)
        answers = {name: visit(clients["reviewer"], "get", reverse(name, args=PAGES[name].at(world))) for name in walled}
        transaction.set_rollback(True)

    assert len(walled) > 20
    assert {name for name, each in answers.items() if each.status_code != 403 or "conflict of interest" not in each.text} == set()


# --- who looked -----------------------------------------------------------------------------------------------------------

OWN_NAMES = ("Bamboo Bridge", "竹桥", "owner@bamboo.example")
# The first of them that may.
BUYER_ROLES = ("staff", "reviewer", "auditor", "administrator")
# Lists of the API that have the supplier of the tests in them.
LISTS_WITH_IT = {
    *("api_supplier_list", "api_assessment_list", "api_score_list", "api_label_list", "api_label_event_list", "api_inventory_list"),
}
# Pages that name the supplier, and show none of its answers, emissions and documents.
SHOW_NOTHING_OF_IT = {
    # Lists of many suppliers: who they are, how far each one is, and its scores.
    *("reports:portfolio", "labels:list", "labels:directory", "labels:committee", "pilots:appraisal_list"),
    *("assessments:review_queue", "assessments:second_reviews", "assessments:finding_list", "suppliers:record_list"),
    # Forms of the buyer's own.
    *("assessments:review_finish", "assessments:review_hand_over", "assessments:second_review_manage", "assessments:finding_new"),
    *("labels:suspend", "labels:reinstate", "labels:revoke", "labels:exception_new", "labels:proposal_decline"),
    *("labels:announcement_call_off", "pilots:close", "pilots:terminate", "pilots:action_new", "pilots:programme_edit"),
    # Of a draft the steps without a figure of the supplier, which is what the other steps begin with.
    *("pilots:edit", "pilots:milestones"),
    # What an authority has published, and whose it may be.
    "suppliers:record_match",
    # People, their conflicts of interest, and what may not be deleted.
    *("accounts:user_list", "assessments:interests", "assessments:interest_withdraw", "privacy:overview"),
    # What happened, and whom it concerned.
    "reports:audit_trail",
    # A question: why is it wanted?
    "reports:audit_pdf",
}


def test_every_look_of_the_buyers_people_at_a_supplier_is_in_its_access_log(world: World, clients: dict[str, Client]) -> None:
    """Whatever is drawn for them, by a GET or by what was sent and found wanting, with the supplier on it. Its tables name it too."""
    unseen, nameless, seen = [], [], 0
    for name, method in product(NAMES, ("get", "post")):
        page = PAGES[name]
        who = (page.get if method == "get" else page.post) or NOBODY
        role = next((each for each in BUYER_ROLES if each in who), None)
        if page.is_public or role is None:
            continue
        response, looks = noted(clients[role], method, reverse(name, args=page.at(world)), looks_at(world.supplier.pk))
        is_of_it = page.hidden_from == {"stranger"} or name in LISTS_WITH_IT or any(each.encode() in response.content for each in OWN_NAMES)
        if looks:
            seen += 1
            nameless += [f"{name}: {key}" for key in tables_that_name_nobody(response)]
        elif response.status_code in (200, 422) and is_of_it and name not in SHOW_NOTHING_OF_IT:
            unseen.append(f"{role} {method} {name}")

    assert unseen == []
    assert nameless == []
    assert seen > 50


def noted(client: Client, method: str, address: str, events: QuerySet[Event], data: Any = None) -> tuple[HttpResponse, int]:
    """The answer of a visit, and how many of these events came of it."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        before = events.count()
        response = getattr(client, method)(address, data or {})
        if response.streaming:
            response = HttpResponse(b"".join(response.streaming_content), status=response.status_code, headers=response.headers)
        count = events.all().count() - before
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    return response, count


def tables_that_name_nobody(response: HttpResponse) -> list[str]:
    """Those that could be taken along without the right to, and without a trace for the supplier."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return []
    tables = PageReader.of(response.content.decode()).tables
    return [name for name, table in tables.items() if table.rows and not table.suppliers]


# --- who is there ---------------------------------------------------------------------------------------------------------

# Files that hold nothing of anybody: forms to fill in, schemas, what is asked and how it counts.
OF_NOBODY = {
    *("assessments:questionnaire_file", "assessments:weight_set_file", "suppliers:import_template", "emissions:import_template"),
}


def test_no_file_leaves_before_the_person_has_shown_again_who_is_there(world: World) -> None:
    """Nor does one begin to be made, nor somebody get an invitation."""
    left, clients = [], {name: signed_in_long_ago(world.people[name]) for name in PEOPLE}
    for name, method, people in product(NAMES, ("get", "post"), (BUYER_ROLES, ("signatory", "contributor"))):
        page = PAGES[name]
        who = (page.get if method == "get" else page.post) or NOBODY
        role = next((each for each in people if each in who), None)
        if page.is_public or role is None or name in OF_NOBODY:
            continue
        address = reverse(name, args=page.at(world)) + "?download"
        response, count = noted(clients[role], method, address, Event.objects.filter(action__regex=LEAVES), dict(page.sends))
        if count or "attachment" in response.headers.get("Content-Disposition", ""):
            left.append(f"{role} {method} {name}")

    assert left == []


LEAVES = r"\.(exported|downloaded|printed|export_requested)$|^invitation\.sent$"


def signed_in_long_ago(person: User) -> Client:
    client = Client()
    client.force_login(person)
    session = client.session
    session["confirmed_at"] = 1.0
    session.save()
    return client


# --- the code layer switched off ------------------------------------------------------------------------------------------


@pytest.fixture
def everything_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every page had forgotten to ask whose rows these are."""
    for model in apps.get_models():
        kind = type(model._default_manager.all())
        if hasattr(kind, "visible_to"):
            monkeypatch.setattr(kind, "visible_to", lambda rows, *_args, **_options: rows.all())


@pytest.mark.usefixtures("everything_is_visible")
@pytest.mark.parametrize("name", NAMES)
def test_where_the_code_forgets_whose_rows_these_are_the_database_does_not(world: World, clients: dict[str, Client], name: str) -> None:
    page = PAGES[name]
    address = reverse(name, args=page.at(world))
    for role, method in product(("stranger", "case_team"), ("get", "post")):
        response = visit(clients[role], method, address, dict(page.sends))

        if expected(page, method, role) == "404" or (role == "case_team" and expected(page, method, role) == "403"):
            assert response.status_code in (403, 404), f"{role} {method} {address}"
        # Reports of workers name companies, and the case team is there to read them.
        reads_reports = role == "case_team" and name.startswith("grievances:")
        if not page.is_public and not response.streaming and not reads_reports:
            assert not [each for each in OWN_NAMES if each.encode() in response.content], f"{role} {method} {address}"


@pytest.fixture
def everything_is_permitted(everything_is_visible: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every page had forgotten what a role may do, too."""
    monkeypatch.setattr(permissions, "ROLE_PERMISSIONS", dict.fromkeys(Role, frozenset(Permission)))


@pytest.mark.usefixtures("everything_is_permitted")
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if not page.is_public and not name.startswith("grievances:")])
def test_with_every_right_a_stranger_still_reads_nothing_of_the_supplier(
    world: World, clients: dict[str, Client], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that finds nothing where it counts on something may break: that is no look at it."""
    address = reverse(name, args=PAGES[name].at(world))
    for role in ("stranger", "case_team"):
        monkeypatch.setattr(clients[role], "raise_request_exception", False)
        response = visit(clients[role], "get", address)

        assert response.streaming or not [each for each in OWN_NAMES if each.encode() in response.content], f"{role} {address}"


@pytest.mark.usefixtures("everything_is_permitted")
@pytest.mark.parametrize("role", [role for role in PEOPLE if role != "case_team"])
def test_with_every_right_nobody_else_finds_a_case(world: World, clients: dict[str, Client], role: str) -> None:
    number = world.case.number

    assert number not in visit(clients[role], "get", reverse("grievances:list")).text
    for method, name in (("get", "case"), ("post", "case"), ("post", "acknowledge"), ("post", "close")):
        assert visit(clients[role], method, reverse(f"grievances:{name}", args=[world.case.pk])).status_code == 404, (role, name)


def test_there_is_no_door_beside_these() -> None:
    """Django's admin would show every table to whoever has its mark: no look, no wall, no second factor."""
    assert not apps.is_installed("django.contrib.admin")
    assert not {field.name for field in User._meta.get_fields()} & {"is_staff", "is_superuser", "groups", "user_permissions"}


def test_probes_need_no_sign_in(clients: dict[str, Client]) -> None:
    assert visit(clients["anonymous"], "get", "/healthz/").status_code == 200
