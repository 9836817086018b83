"""Signatures, exports and rights ask again who is there; what was sent goes on afterwards."""

import re
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.passwords import BreachedPasswordValidator
from audit.models import Event
from config.paths import BASE_DIR
from reports.models import Export
from suppliers.models import Supplier
from tests.factories import PASSWORD, create_document, create_user
from tests.test_repository import OURS


def long_ago(client: Client, user: User) -> None:
    """Signed in, but not within the last minutes."""
    client.force_login(user)
    session = client.session
    session["confirmed_at"] = 1.0
    session.save()


def test_a_new_role_waits_for_the_password_and_is_given_then(client: Client, administrator: User) -> None:
    employee = create_user(role=Role.REVIEWER)
    long_ago(client, administrator)

    asked = client.post(f"/users/{employee.pk}/role/", {"role": Role.AUDITOR})
    assert asked.headers["Location"] == f"/account/confirm/?next=%2Fusers%2F{employee.pk}%2Frole%2F"
    assert employee.memberships.get().role == Role.REVIEWER
    wrong = client.post(asked.headers["Location"], {"password": "wrong", "next": f"/users/{employee.pk}/role/"})
    assert "This is not your password" in wrong.content.decode()

    client.post("/account/confirm/", {"password": PASSWORD, "next": f"/users/{employee.pk}/role/"})

    assert employee.memberships.get().role == Role.AUDITOR
    assert client.post(f"/users/{employee.pk}/deactivate/").headers["Location"] == f"/users/{employee.pk}/", "not asked again at once"


def test_an_export_goes_on_with_the_filter_of_the_screen(client: Client, staff: User) -> None:
    long_ago(client, staff)
    path = reverse("reports:portfolio_export")

    asked = client.post(f"{path}?category=media", {"format": "csv", "purpose": "report"})
    assert not Export.objects.exists()
    client.post(asked.headers["Location"], {"password": PASSWORD, "next": path})

    export = Export.objects.get()
    assert export.kind == Export.Kind.PORTFOLIO_CSV
    assert "media" in str(vars(export))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("reports:findings_export", []),
        ("reports:directory_export", []),
        ("assessments:review_queue_file", []),
        ("pilots:export", []),
        ("reports:audit_pdf", [1]),
        ("reports:label_certificate", [1]),
        ("accounts:staff_invite", []),
        ("accounts:user_deactivate", [1]),
        ("accounts:user_reactivate", [1]),
        ("accounts:user_send_reset", [1]),
        ("accounts:colleagues", []),
        ("suppliers:registration_approve", [1]),
        ("privacy:overview", []),
        ("privacy:hold_lift", [1]),
        ("reports:disclosures_pdf", []),
        ("reports:management", []),
        ("assessments:sign", [1]),
        ("pilots:sign", [1]),
    ],
)
def test_what_weighs_asks_first(client: Client, administrator: User, name: str, arguments: list[Any]) -> None:
    """Before anything else is looked at: the answer says nothing about what is there."""
    long_ago(client, administrator)

    assert client.post(reverse(name, args=arguments)).headers["Location"].startswith("/account/confirm/")


FILES: list[tuple[str, list[Any]]] = [
    ("reports:export_file", [1]),
    ("reports:own_data_file", [1]),
    ("reports:table_file", []),
    ("reports:audit_trail_file", []),
    ("assessments:workbook_copy", [1]),
    ("emissions:inventory_file", [1, 2025, "csv"]),
    ("assessments:signed_content", [1, 1]),
    ("assessments:receipt", [1]),
    ("pilots:paper", [1]),
    ("reports:disclosures_file", ["csv"]),
    ("reports:access_log_file", []),
    ("suppliers:import_rows", [1]),
]


@pytest.mark.parametrize(("name", "arguments"), FILES)
def test_a_file_asks_first_too(client: Client, staff: User, name: str, arguments: list[Any]) -> None:
    long_ago(client, staff)

    assert client.get(reverse(name, args=arguments)).headers["Location"].startswith("/account/confirm/")


def test_a_document_is_looked_at_freely_and_taken_along_after_the_question(
    client: Client, reviewer: User, supplier: Supplier, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    address = create_document(supplier=supplier, file=ContentFile(b"%PDF-1.7", name="a.pdf")).file_url
    long_ago(client, reviewer)

    assert client.get(address).getvalue() == b"%PDF-1.7"
    assert client.get(f"{address}?download").headers["Location"].startswith("/account/confirm/")


def test_no_link_keeps_the_question_as_if_it_were_the_file() -> None:
    """With the attribute `download`, a browser saves whatever comes: here the page that asks."""
    asks = "|".join(name for name, _arguments in FILES)
    links = re.compile(rf"<a [^<]*url '(?:{asks})'[^<]*\sdownload[\s>=]")

    assert [str(path) for path in (BASE_DIR / "templates").rglob("*.html") if links.search(path.read_text())] == []


def test_whoever_invites_is_known_here() -> None:
    """Each of them asks first, but for whoever is invited by a list: a campaign reaches the contacts of suppliers that are known."""
    calls = re.compile(r"^from accounts\.invitations import .*\binvite(_many)?\b", re.MULTILINE)
    found = {str(path.relative_to(BASE_DIR)) for app in OURS for path in (BASE_DIR / app).rglob("*.py") if calls.search(path.read_text())}

    assert found == {
        "accounts/management/commands/invite_administrator.py",
        "accounts/views/colleagues.py",
        "accounts/views/users.py",
        "assessments/campaigns/invitations.py",
        "assessments/teamwork/area_tasks.py",
        "suppliers/registration.py",
    }


def test_the_confirmation_leads_nowhere_outside(client: Client, staff: User) -> None:
    long_ago(client, staff)

    response = client.post("/account/confirm/", {"password": PASSWORD, "next": "https://evil.example/"})

    assert response.headers["Location"] == "/"


# --- sessions ---------------------------------------------------------------------------------------------------------


def browser_of(user: User, agent: str = "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0") -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
    return client


def test_people_see_where_they_are_signed_in_and_end_it_elsewhere(staff: User) -> None:
    here, there = browser_of(staff), browser_of(staff, "Mozilla/5.0 (iPhone) Safari/605")

    page = here.get("/account/sessions/").content.decode()
    assert "Firefox · Windows" in page
    assert "Safari · iPhone" in page
    here.post("/account/sessions/", {"end": "everywhere_else"})

    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert Event.objects.filter(action="session.ended", actor=staff, detail={"count": 1}).exists()


def test_people_sign_out_everywhere_at_once(staff: User) -> None:
    here, there = browser_of(staff), browser_of(staff)

    assert here.post("/account/sessions/", {"end": "everywhere"}).headers["Location"] == "/sign-in/"

    assert {each.get("/account/").status_code for each in (here, there)} == {302}


def test_a_session_that_changed_the_password_is_still_listed_and_ended(staff: User) -> None:
    there = browser_of(staff, "Mozilla/5.0 (iPhone) Safari/605")
    new = "a completely new sentence"
    there.post("/account/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    here = Client()
    here.post("/sign-in/", {"username": staff.email, "password": new})

    assert there.get("/account/").status_code == 200
    assert "Safari · iPhone" in here.get("/account/sessions/").content.decode()
    here.post("/account/sessions/", {"end": "everywhere"})

    assert there.get("/account/").status_code == 302


def test_one_session_is_ended_and_only_ones_own(staff: User, owner: User) -> None:
    here, there, other = browser_of(staff), browser_of(staff), browser_of(owner)
    theirs = UserSession.objects.get(user=owner)
    mine = UserSession.objects.filter(user=staff).order_by("pk").last()
    assert mine

    assert here.post("/account/sessions/", {"end": theirs.pk}).status_code == 404
    assert here.post("/account/sessions/", {"end": "x" * 400}).status_code == 404
    here.post("/account/sessions/", {"end": mine.pk})

    assert there.get("/account/").status_code == 302
    assert other.get("/account/").status_code == 200


# --- passwords --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["SupplierPortal2026!", "green-label-2026", "esgESGesgESG12", "portal.example-99"])
def test_a_password_of_words_of_the_portal_is_refused(password: str, settings: Any) -> None:
    settings.PUBLIC_URL = "https://portal.example:8443"

    with pytest.raises(ValidationError, match="words of this portal"):
        validate_password(password)


def test_words_of_the_portal_may_be_part_of_a_longer_password() -> None:
    validate_password("my supplier sings at dawn")


@pytest.mark.parametrize("password", ["123456789012", "QwertyUiop123", "iLoveYou1234", "PASSWORDpassword"])
def test_a_password_that_was_stolen_before_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="stolen"):
        BreachedPasswordValidator().validate(password)


def test_a_sentence_of_ones_own_is_taken() -> None:
    BreachedPasswordValidator().validate("the heron waits beside the lock")
