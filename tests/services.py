"""The services the tests run on: the embedded PostgreSQL, real workers, a real web server, a real browser.

Loaded as a pytest plugin before Django reads its settings (see pyproject.toml), because it chooses where the data lives: in a
folder and a database of its own, so that tests never meet what the default run holds.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import hypothesis
import psycopg
import pytest
from psycopg import sql

from accounts import scope
from config.paths import BASE_DIR, embedded_database_url


# How long an example takes says how busy the machine is, and nothing of the product.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

# Whatever the shell has set for a run of the portal is not for the tests.
for _name in (
    *("ALLOWED_HOSTS", "BEHIND_PROXY", "CACHE_URL", "CELERY_BROKER_URL", "DATABASE_CONNECT_AS", "DATABASE_OWNER_URL"),
    *("DATABASE_POOL", "DATABASE_URL", "EMAIL_URL", "MEDIA_ROOT", "PORTAL_DEBUG", "PORTAL_DEMO"),
    *("PORTAL_HTTPS", "PUBLIC_URL", "SECRET_KEY"),
    *("STATIC_COMPRESS", "STATIC_ROOT"),
    "CONSENT_NEEDED",
    "GRIEVANCE_KEYS",
    *("CONFIRM_AFTER_SECONDS", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME", "OIDC_SECOND_FACTOR", "OIDC_SERVER_URL"),
):
    os.environ.pop(_name, None)
# Processes that share the suite inherit the folder from the one that started them; each works in its own.
_shares = [os.environ["PYTEST_XDIST_WORKER"]] if "PYTEST_XDIST_WORKER" in os.environ else []
os.environ.update(
    PORTAL_VAR="-".join([os.environ.get("PORTAL_VAR") or str(BASE_DIR / "var" / "test"), *_shares]),
    PORTAL_DATABASE="test_portal",
    STATIC_MANIFEST="0",
    LOG_LEVEL="WARNING",
    # Tests of the second factor switch it on; all others are about something else.
    STAFF_SECOND_FACTOR="0",
    CONFIRM_AFTER_SECONDS="86400",
    CONSENT_NEEDED="0",
    # Playwright's synchronous interface keeps an event loop in this thread, and Django would refuse to query beside it.
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


# --- no network but loopback ------------------------------------------------------------------------------------------

_real_connect = socket.socket.connect


def _connect_on_loopback(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise RuntimeError(f"A test tried to reach {address[0]}; tests stay on this machine.")
    _real_connect(self, address)


socket.socket.connect = _connect_on_loopback  # type: ignore[method-assign]


# --- language ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_language_only() -> Iterator[None]:
    """A page that a test asked for in Chinese leaves that language behind in this thread; the next test begins without it."""
    yield
    from django.utils import translation

    translation.deactivate()


# --- scope ------------------------------------------------------------------------------------------------------------

# What tests write themselves, they write for the system; requests narrow it to the person who asks.
scope.use_outside_requests(scope.SYSTEM)


# --- database ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def embedded_database() -> Iterator[Path]:
    from config.embedded import attach

    attachment = attach()
    # Messages that an earlier run sent and nobody took.
    for message in (attachment.var / "broker" / "messages").iterdir():
        message.unlink()
    yield attachment.var
    attachment.release()


@pytest.fixture(scope="session")
def django_db_setup(
    embedded_database: Path, django_test_environment: None, django_db_blocker: Any, django_db_keepdb: bool, django_db_createdb: bool
) -> None:
    """Migrates as the tables' owner, then hands the connection over to the application's role, as in the real run."""
    if not django_db_keepdb or django_db_createdb:
        _drop_database(embedded_database)
    with django_db_blocker.unblock():
        _migrate()


def _drop_database(var: Path) -> None:
    from config.embedded import SUPERUSER, attach

    name = sql.Identifier(os.environ["PORTAL_DATABASE"])
    with psycopg.connect(embedded_database_url(SUPERUSER, var, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    attach(var).release()  # creates it again
    with psycopg.connect(embedded_database_url(SUPERUSER, var, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    from config.embedded import APP_ROLE, OWNER_ROLE, SCOPE_ROLES
    from config.grants import triggers_sleep

    connection.close()
    connection.settings_dict["USER"] = OWNER_ROLE
    try:
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            # Tests that commit empty the tables afterwards. Only here: the real role may not.
            cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {', '.join((APP_ROLE, *SCOPE_ROLES))}")
            # And some make, in a transaction of their own, what the triggers of the real portal let nobody make.
            cursor.execute(triggers_sleep(for_owner=APP_ROLE))
    finally:
        connection.close()
        connection.settings_dict["USER"] = APP_ROLE


@contextmanager
def data_folder() -> Iterator[Path]:
    """For a portal of its own. Not in pytest's folders: those are closed to the system user that runs PostgreSQL for root."""
    with tempfile.TemporaryDirectory(prefix="portal-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


# --- processes --------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], *, seconds: float = 20, what: str = "the condition") -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(0.05)


def url_answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:  # noqa: S310 - our own server on loopback
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def process(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a group of its own, ended with all its children when the block ends."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=BASE_DIR, env={**os.environ, **environment}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield child
    finally:
        end_group(child, signal.SIGTERM)
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            end_group(child, signal.SIGKILL)
            child.wait()


def end_group(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


# --- workers ----------------------------------------------------------------------------------------------------------


@dataclass
class Broker:
    name: str
    url: str


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = os.environ.get("PORTAL_REDIS_SERVER") or shutil.which("redis-server")
    assert server, "redis-server is missing; ./script/test brings it."
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with process(command, folder / "log"):
        wait_until(lambda: _port_is_open(port), what="Redis")
        yield f"redis://127.0.0.1:{port}/0"


def _port_is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(params=["filesystem", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Where this test's tasks are sent to; a test that asks for it runs over both brokers."""
    from config.celery import app

    name = request.param
    url = request.getfixturevalue("redis_url") if name == "redis" else "filesystem://localhost//"
    before = {key: app.conf[key] for key in ("broker_url", "broker_write_url", "broker_read_url", "broker_transport_options")}
    options = before["broker_transport_options"] if name == "filesystem" else {"visibility_timeout": 3600}
    _point_app_at({"broker_url": url, "broker_write_url": url, "broker_read_url": url, "broker_transport_options": options})
    app.control.purge()
    yield Broker(name, url)
    _point_app_at(before)


def _point_app_at(values: dict[str, Any]) -> None:
    from kombu import pools

    from config.celery import app

    app.conf.update(values)
    pools.reset()  # closes the connections to the broker before
    app.__dict__.pop("amqp", None)
    app._pool = None


@dataclass
class Workers:
    """Starts real workers on the test database: `workers.start()`, `workers.start(processes=2, module="tests.runs.tally")`."""

    broker: Broker
    log: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *, processes: int = 1, module: str = "") -> subprocess.Popen[bytes]:
        from config.celery import app

        name = f"test-{os.getpid()}-{len(self.started)}@localhost"
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "WARNING", "-n", name, "-c", str(processes)]
        with self.log.open("ab") as output:
            worker = subprocess.Popen(
                [*command, "--without-gossip", "--without-mingle", *(["--include", module] if module else [])],
                cwd=BASE_DIR,
                env={**os.environ, "CELERY_BROKER_URL": self.broker.url},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started.append(worker)
        wait_until(lambda: bool(app.control.ping(destination=[name], timeout=0.5)), seconds=30, what=f"a worker; see {self.log}")
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """What a crash or a power cut does: nothing is said goodbye to."""
        end_group(worker, signal.SIGKILL)
        worker.wait()

    def stop_all(self) -> None:
        for worker in self.started:
            self.kill(worker)


@pytest.fixture
def celery_workers(broker: Broker, transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(broker, tmp_path / "workers.log")
    yield workers
    workers.stop_all()


# --- web server and browser -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _web_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = free_port(), tmp_path_factory.mktemp("web") / "log"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--no-control-socket"]
    with process(command, log, PUBLIC_URL=url):
        wait_until(lambda: url_answers(f"{url}/healthz/"), what=f"the web server; see {log}")
        yield url


@pytest.fixture
def site(_web_server: str, transactional_db: None) -> str:
    """The address of a running portal on the test database."""
    return _web_server


@pytest.fixture(scope="session")
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("PORTAL_CHROMIUM") or shutil.which("chromium")
    assert chromium, "Chromium is missing; ./script/test brings it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(_browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens a page in a fresh browser profile: `new_page(user=…, language="zh-hans", phone=True, javascript=False)`."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(*, user: Any = None, language: str = "en", phone: bool = False, javascript: bool = True, dark: bool = False) -> Any:
        context = _browser.new_context(
            base_url=site,
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 900},
            has_touch=phone,
            device_scale_factor=2 if phone else 1,
            locale="zh-CN" if language == "zh-hans" else "en-GB",
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if user is not None:
            context.add_cookies([{**session_cookie(user), "url": site}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    return new_page()


def session_cookie(user: Any) -> dict[str, str]:
    """Signs a person in without the form."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def assert_accessible(page: Any) -> None:
    """No violation of WCAG 2.2 AA that axe can find on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG_2_2_AA}})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
