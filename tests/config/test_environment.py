import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as env


def test_an_empty_variable_counts_as_absent(monkeypatch):
    monkeypatch.setenv("EXAMPLE", "  ")

    assert env.text("EXAMPLE", "default") == "default"


def test_a_secret_may_stand_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.delenv("EXAMPLE", raising=False)
    monkeypatch.setenv("EXAMPLE_FILE", str(tmp_path / "secret"))

    assert env.text("EXAMPLE") == "from a file"
    monkeypatch.setenv("EXAMPLE", "from the environment")
    assert env.text("EXAMPLE") == "from the environment"


def test_a_file_that_cannot_be_read_is_named_and_its_path_is_not(monkeypatch, tmp_path):
    monkeypatch.delenv("EXAMPLE", raising=False)
    monkeypatch.setenv("EXAMPLE_FILE", str(tmp_path / "nowhere"))

    with pytest.raises(ImproperlyConfigured, match="EXAMPLE_FILE") as problem:
        env.text("EXAMPLE", "default")
    assert "nowhere" not in str(problem.value)


def test_a_missing_variable_without_default_is_named(monkeypatch):
    monkeypatch.delenv("EXAMPLE", raising=False)

    with pytest.raises(ImproperlyConfigured, match="EXAMPLE"):
        env.text("EXAMPLE")


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("On", True), ("0", False), ("no", False), ("", True)])
def test_a_flag_is_one_or_zero(monkeypatch, value, expected):
    monkeypatch.setenv("EXAMPLE", value)

    assert env.flag("EXAMPLE", default=True) is expected


def test_a_flag_that_is_neither_is_named(monkeypatch):
    monkeypatch.setenv("EXAMPLE", "maybe")

    with pytest.raises(ImproperlyConfigured, match="EXAMPLE is 'maybe'"):
        env.flag("EXAMPLE", default=False)


def test_a_number_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("EXAMPLE", "ten")

    with pytest.raises(ImproperlyConfigured, match="EXAMPLE is 'ten', but should be a whole number"):
        env.number("EXAMPLE", 1)


def test_a_database_address_is_taken_apart():
    database = env.database("DATABASE_URL", "postgresql://app:p%40ss@db.example:5433/portal?sslmode=require")

    assert database["NAME"] == "portal"
    assert (database["USER"], database["PASSWORD"]) == ("app", "p@ss")
    assert (database["HOST"], database["PORT"]) == ("db.example", "5433")
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_a_database_may_be_reached_over_a_socket():
    assert env.database("DATABASE_URL", "postgresql://app@/portal?host=/run/pg")["HOST"] == "/run/pg"


def test_an_address_of_another_database_is_refused_without_showing_its_password():
    with pytest.raises(ImproperlyConfigured) as refused:
        env.database("DATABASE_URL", "mysql://app:hidden@db.example/portal")

    assert "DATABASE_URL" in str(refused.value)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 587, True, False),
        ("smtps://mail.example", 465, False, True),
        ("smtp+plain://mail.example:2525", 2525, False, False),
    ],
)
def test_mail_goes_encrypted_unless_said_otherwise(monkeypatch, url, port, tls, ssl):
    monkeypatch.setenv("EMAIL_URL", url)

    email = env.email("EMAIL_URL", "console:")

    assert (email.host, email.port, email.use_tls, email.use_ssl) == ("mail.example", port, tls, ssl)


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = env.kept_secret(tmp_path / "var" / "secret-key")

    assert env.kept_secret(tmp_path / "var" / "secret-key") == first
    assert len(first) >= 50
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "var").iterdir())) == 1
