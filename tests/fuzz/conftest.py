"""`./script/test tests/fuzz` tries some bad values on every page; `--rounds 50 --seed 7` many, and others."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from tests.access_table import PEOPLE
from tests.fuzz.canaries import marking
from tests.fuzz.sending import Report
from tests.world import World


REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=1, help="how often tests/fuzz goes around all pages")
    parser.addoption("--seed", default="portal", help="what tests/fuzz draws its bad values from")


@pytest.fixture(scope="package")
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--rounds", default=1))


@pytest.fixture(scope="package")
def seed(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--seed", default="portal"))


@pytest.fixture(scope="package")
def report(request: pytest.FixtureRequest) -> Report:
    return request.config.stash.setdefault(REPORT, Report())


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which what suppliers wrote carries their mark."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")), transaction.atomic():
        with marking():
            world = World()
        yield world
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def clients(world: World) -> dict[str, Client]:
    clients = {"anonymous": Client(), **{name: Client() for name in PEOPLE}}
    for name in PEOPLE:
        clients[name].force_login(world.people[name])
    return clients


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = config.stash.get(REPORT, None)
    if report is None:
        return
    terminalreporter.write_line(f"{report.sent} bad requests sent, {report.taken} taken, {len(report.slow)} answered after more than 2 s")
    for took, what in sorted(report.slow, reverse=True)[:20]:
        terminalreporter.write_line(f"  {took:.1f} s  {what}")
