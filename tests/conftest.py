"""Fixtures are grouped by subject: people.py (who), services.py (what runs). Here they take effect for every test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

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


# What takes minutes begins first, so that it does not end alone.
LONG = ("test_server.py", "browser", "benchmarks", "fuzz")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    here = Path(__file__).parent
    yield
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in LONG)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFile(config, log)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A file stays in one process; and so do the journeys, which share a portal."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "tests/browser" if file.startswith("tests/browser/") else file
