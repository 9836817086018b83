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
