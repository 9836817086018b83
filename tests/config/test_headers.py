"""What every answer tells the browser: where scripts come from, who may frame it, what is kept, what leaves."""

import pytest
from django.test import Client

from accounts.models import User
from tests.config.test_settings import SERVER, settings_with
from tests.factories import PASSWORD


PAGES = ["/sign-in/", "/grievance/", "/password-reset/", "/no-such-page/"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_run_no_script_of_others_and_are_framed_by_nobody(client: Client, db: None, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))

    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/account/", "/reports/portfolio/", "/users/", "/api/suppliers/", "/account/security/"])
def test_what_a_person_sees_is_kept_by_no_cache(client: Client, staff: User, path: str) -> None:
    client.force_login(staff)

    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(client: Client, staff: User) -> None:
    client.get("/sign-in/")
    client.post("/sign-in/", {"username": staff.email, "password": PASSWORD})
    cookies = [morsel for name, morsel in client.cookies.items() if name.startswith(("session", "csrf", "device"))]

    assert len(cookies) == 3
    assert all(morsel["httponly"] and morsel["samesite"] == "Lax" for morsel in cookies)


def test_a_server_takes_its_cookies_from_its_own_host_only() -> None:
    names = settings_with("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME", "DEVICE_COOKIE_NAME", **SERVER)

    assert all(name.startswith("__Host-") for name in names.values())


def test_a_request_is_never_sent_back(client: Client, db: None) -> None:
    answer = client.generic("TRACE", "/sign-in/", headers={"X-Secret": "of the browser"})

    assert b"of the browser" not in answer.content


def test_a_server_speaks_https_only_and_needs_a_second_factor_of_staff() -> None:
    values = settings_with(
        *("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS"),
        *("STAFF_SECOND_FACTOR", "DEBUG", "DEMO", "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"),
        **SERVER,
        HSTS_SUBDOMAINS="1",
        STAFF_SECOND_FACTOR="",
    )

    assert values == {
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 60 * 60,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "STAFF_SECOND_FACTOR": True,
        "DEBUG": False,
        "DEMO": False,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": False,
    }
