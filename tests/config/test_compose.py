"""compose.yaml cannot be run here, but what it says must fit the settings."""

import re

import pytest
import yaml

from config.paths import BASE_DIR


SETTINGS = (BASE_DIR / "config" / "settings.py").read_text()


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["services"]


def ours(services):
    return {name: service for name, service in services.items() if service["image"] == "supplier-esg-portal"}


def test_every_variable_it_sets_is_one_the_settings_read(services):
    known = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))

    for name, service in ours(services).items():
        assert set(service["environment"]) <= known, name


def test_only_the_migrations_know_the_password_of_the_tables_owner(services):
    with_owner = {name for name, service in ours(services).items() if "DATABASE_OWNER_URL" in service["environment"]}

    assert with_owner == {"migrate"}


def test_everything_else_waits_for_the_migrations(services):
    for name in ours(services).keys() - {"migrate"}:
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_no_secret_is_written_into_the_file(services):
    for service in services.values():
        for variable, value in service.get("environment", {}).items():
            if any(word in variable for word in ("PASSWORD", "SECRET", "DATABASE")):
                assert "${" in value, variable


def test_every_secret_that_is_missing_stops_the_start():
    text = (BASE_DIR / "compose.yaml").read_text()
    demanded = set(re.findall(r"\$\{([A-Z_]+):\?", text))

    assert {"SECRET_KEY", "APP_PASSWORD", "OWNER_PASSWORD", "POSTGRES_PASSWORD"} <= demanded
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) - demanded == {"EMAIL_FROM"}
