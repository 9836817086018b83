"""The portal as people get it from ./script/server: its own data, real workers and beat, the demo with a few hundred suppliers."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from accounts.demo import PASSWORD
from config.paths import BASE_DIR
from tests.browser.album import Album
from tests.services import data_folder, free_port, process, url_answers, wait_until


SUPPLIERS = 300


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--walkthrough", action="store_true", help="writes docs/walkthrough.md and docs/images/ anew")


@dataclass
class Portal:
    """`portal.open("staff")` is a page of the person signed in to the demo; without a name, a page of somebody passing by."""

    address: str
    var: Path
    browser: Any
    signed_in: dict[str, Any] = field(default_factory=dict)
    contexts: list[Any] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, person: str = "", *, javascript: bool = True, phone: bool = False) -> Any:
        if person and person not in self.signed_in:
            self.signed_in[person] = self._sign_in(person)
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 900},
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            storage_state=self.signed_in.get(person),
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self.complaints.append(message.text) if "Content Security Policy" in message.text else None)
        return page

    def _sign_in(self, person: str) -> Any:
        page = self.open()
        page.goto("/sign-in/")
        sign_in(page, f"{person}@demo.example", PASSWORD)
        in_english(page)
        state = page.context.storage_state()
        page.context.close()
        return state

    def mails(self, to: str = "") -> list[str]:
        """The texts of what was sent, by file mail; of one address or of all."""
        found = []
        for path in sorted((self.var / "mail").glob("*.log")):
            for raw in re.split(rb"\n-{79}\n", path.read_bytes()):
                message = message_from_bytes(raw.strip(), policy=policy.default)
                if message["To"] and to in message["To"]:
                    found.append(f"To: {message['To']}\n{message.get_body(('plain',)).get_content()}")
        return found


def sign_in(page: Any, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def in_english(page: Any) -> None:
    if page.locator("html").get_attribute("lang") != "en":
        page.get_by_role("button", name="English").first.click()
        page.locator("html[lang=en]").wait_for()


@pytest.fixture(scope="session")
def _running(_browser: Any) -> Iterator[Portal]:
    with data_folder() as var:
        port = free_port()
        environment = {"PORTAL_VAR": str(var), "PORTAL_DEMO": "1", "PORTAL_DATABASE": "portal"}
        embedded = [sys.executable, "-m", "config.embedded", "run", sys.executable, "manage.py"]
        for command, role in (("prepare_server", {}), ("load_demo", {"DATABASE_CONNECT_AS": "owner"})):
            options = ["--suppliers", str(SUPPLIERS)] if command == "load_demo" else []
            run = [*embedded, command, *options]
            subprocess.run(run, cwd=BASE_DIR, env={**os.environ, **environment, **role}, check=True, capture_output=True)
        (var / "postgres" / "demo-loaded").touch()
        server = [sys.executable, "-m", "config.supervisor", "--port", str(port)]
        with process(server, var / "server.log", **environment):
            address = f"http://127.0.0.1:{port}"
            wait_until(lambda: url_answers(f"{address}/readyz/"), seconds=240, what=f"the portal; see {var}")
            yield Portal(address, var, _browser)


@pytest.fixture
def portal(_running: Portal) -> Iterator[Portal]:
    yield _running
    for context in _running.contexts:
        context.close()
    _running.contexts.clear()
    complaints, _running.complaints = _running.complaints, []
    assert not complaints, complaints


@pytest.fixture(scope="session")
def album(request: pytest.FixtureRequest) -> Album:
    return Album(is_recording=request.config.getoption("--walkthrough", default=False))


@pytest.fixture
def wait_for_run() -> Callable[[Any], None]:
    def wait(page: Any) -> None:
        """The page of a run finds out by itself that it has ended."""
        page.get_by_role("button", name="Cancel the run").wait_for(state="detached", timeout=60_000)

    return wait
