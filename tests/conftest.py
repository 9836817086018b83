"""Fixtures are grouped by subject: people.py (who), services.py (what runs). Here they take effect for every test."""

from functools import cached_property
from itertools import groupby
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


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFile(config, log)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Tests of a file that follow each other stay in one process; and so do the journeys, which share a portal.

    Each process keeps to the order of the whole, in which what empties the tables comes after what does not (pytest-django).
    """

    def _split_scope(self, nodeid: str) -> str:
        return self._scopes[nodeid]

    @cached_property
    def _scopes(self) -> dict[str, str]:
        found = {}
        for number, (_part, together) in enumerate(groupby(self.collection, key=self._part)):
            found.update(dict.fromkeys(together, str(number)))
        return found

    @staticmethod
    def _part(nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "tests/browser" if file.startswith("tests/browser/") else file
