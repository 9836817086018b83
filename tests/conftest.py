"""Fixtures are grouped by subject: people.py (who), services.py (what runs). Here they take effect for every test."""

from tests.people import *  # noqa: F403
from tests.services import (  # noqa: F401
    broker,
    celery_workers,
    django_db_setup,
    embedded_database,
    new_page,
    own_language_only,
    page,
    redis_url,
    site,
)


def pytest_sessionstart() -> None:
    """Nothing is there in a fresh clone, and Django reads a catalogue once."""
    from config.translations import compile_catalogues

    compile_catalogues()
