"""Settings are read when a process starts, so each test starts one."""

import json
import os
import subprocess
import sys

import pytest

from config.paths import BASE_DIR


SERVER = {
    "DATABASE_URL": "postgresql://portal_app:secret@db.example/portal",
    "SECRET_KEY": "a-key-of-more-than-fifty-characters-for-this-test-only-0123456789",
}
SHOW = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def read_settings(*names, **environment):
    clean = {name: value for name, value in os.environ.items() if name not in ("PORTAL_DATABASE", "STATIC_MANIFEST")}
    return subprocess.run(
        [sys.executable, "-c", SHOW, *names],
        cwd=BASE_DIR,
        env={**clean, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def settings_with(*names, **environment):
    done = read_settings(*names, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_on_a_server_the_defaults_are_safe():
    found = settings_with(
        *("DEBUG", "DEMO", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS"),
        **SERVER,
    )

    assert found["DEBUG"] is found["DEMO"] is False
    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


def test_a_server_must_bring_its_own_secret_key():
    done = read_settings("DEBUG", DATABASE_URL=SERVER["DATABASE_URL"])

    assert "Set the environment variable SECRET_KEY" in done.stderr


def test_a_short_secret_key_is_refused():
    done = read_settings("DEBUG", **{**SERVER, "SECRET_KEY": "short"})

    assert "SECRET_KEY is shorter than 50 characters" in done.stderr


def test_only_the_owner_connection_needs_the_owner_address():
    application = settings_with("DATABASES", **SERVER)
    done = read_settings("DATABASES", DATABASE_CONNECT_AS="owner", **SERVER)

    assert application["DATABASES"]["default"]["USER"] == "portal_app"
    assert "Set the environment variable DATABASE_OWNER_URL" in done.stderr


def test_migrations_connect_as_the_owner():
    found = settings_with(
        "DATABASES",
        "DATABASE_APP_ROLE",
        DATABASE_CONNECT_AS="owner",
        DATABASE_OWNER_URL="postgresql://portal_owner:secret@db.example/portal",
        **SERVER,
    )

    assert found["DATABASES"]["default"]["USER"] == "portal_owner"
    assert found["DATABASE_APP_ROLE"] == "portal_app"


def test_an_owner_that_is_the_application_too_is_refused():
    done = read_settings("DATABASES", DATABASE_CONNECT_AS="owner", DATABASE_OWNER_URL=SERVER["DATABASE_URL"], **SERVER)

    assert "DATABASE_OWNER_URL should name another role" in done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORTAL_DEBUG", "perhaps"), ("DATABASE_CONNECT_AS", "root"), ("DATABASE_POOL", "many"), ("EMAIL_URL", "pigeon://loft")],
)
def test_a_wrong_variable_is_named(variable, value):
    done = read_settings("DEBUG", **{variable: value})

    assert done.returncode != 0
    assert variable in done.stderr


def test_two_copies_on_one_machine_keep_their_cookies_apart(tmp_path):
    names = [settings_with("SESSION_COOKIE_NAME", PORTAL_VAR=str(tmp_path / copy))["SESSION_COOKIE_NAME"] for copy in ("one", "two")]

    assert names[0] != names[1]
