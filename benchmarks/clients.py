"""The load: clients with connections kept alive, who sign in once as a browser does and then ask in turns of one target and another.

Each client is a process of its own. All ask of the same target at the same time, a few requests each, then all of the next:
what else runs on the machine meets every target alike.
"""

import http.client
import multiprocessing
import re
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from accounts.demo import PASSWORD


CLIENTS = 8
PATIENCE = 60
# Several clients are one person, who does not sign in eight times in the same moment: the portal would make a guesser wait.
_SIGNING_IN = multiprocessing.get_context("fork").Lock()
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Request:
    path: str
    body: str = ""  # of a POST; without one it is a GET
    is_part: bool = False  # asked by htmx, which takes a part of the page
    counts: bool = True  # False for what has to happen before the request that is measured


# Endless: each request is handed the answer to the one before.
Requests = Generator[Request, bytes, None]


class Refused(Exception):
    """The server's answer was not what a benchmark may count."""


class Browser:
    """One connection, its cookies, and the token its page carries."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def reconnect(self) -> None:
        self.connection.close()
        self.connection.connect()

    def send(self, request: Request, expected: int = 200) -> bytes:
        try:
            status, body = self.exchange(request)
        except (ConnectionResetError, http.client.RemoteDisconnected):
            # The server gave a connection up that had waited for its next request too long, just as that was sent. Whatever is
            # measured here may be sent twice: a save that is repeated counts once.
            self.reconnect()
            status, body = self.exchange(request)
        if status != expected:
            raise Refused(f"{request.path}: {status} {body[:300]!r}")
        return body

    def exchange(self, request: Request) -> tuple[int, bytes]:
        self.begin(request)
        response = self.connection.getresponse()
        body = response.read()
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return response.status, body

    def begin(self, request: Request) -> None:
        """Sends it. Its answer is left to be read."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if request.body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token}
        if request.is_part:
            headers["HX-Request"] = "true"
        self.connection.request("POST" if request.body else "GET", request.path, request.body or None, headers)

    def sign_in(self, email: str) -> None:
        self._keep_token(self.send(Request("/sign-in/")))
        form = {"username": email, "password": PASSWORD, "csrfmiddlewaretoken": self.token}
        self.send(Request("/sign-in/", urlencode(form)), expected=302)
        self._keep_token(self.send(Request("/account/")))

    def _keep_token(self, page: bytes) -> None:
        found = _TOKEN.search(page.decode())
        if not found:
            raise Refused("The page carries no token.")
        self.token = found[1]


@dataclass(frozen=True)
class Target:
    """`emails`: who signs in, one a client; none where nobody has to. `requests` gives a client its endless requests, and is told
    of each answer by `send`."""

    name: str
    port: int
    requests: Callable[[int], Requests]
    emails: Sequence[str] = ()


def measure(targets: Sequence[Target], *, rounds: int, requests: int, clients: int = CLIENTS) -> dict[str, list[float]]:
    """Seconds of every request, by target. The first round warms up and does not count."""
    connection.close()  # the clients are forks, and may not share it
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(clients), fork.Queue()
    crowd = [fork.Process(target=_client, args=(number, targets, rounds + 1, requests, barrier, results)) for number in range(clients)]
    for client in crowd:
        client.start()
    try:
        answers: list[Any] = [results.get(timeout=600) for _ in crowd]
    finally:
        for client in crowd:
            client.join(timeout=5)
            client.kill()
    failed = [answer for answer in answers if isinstance(answer, str)]
    if failed:
        raise Refused(failed[0])
    return {target.name: [taken for answer in answers for taken in answer[target.name]] for target in targets}


def _client(
    number: int, targets: Sequence[Target], rounds: int, requests: int, barrier: Barrier, results: "Queue[dict[str, list[float]] | str]"
) -> None:
    try:
        results.put(_ask_in_turns(number, targets, rounds, requests, barrier))
    except BaseException as error:  # whatever it is, the parent waits for an answer
        barrier.abort()
        results.put(f"{type(error).__name__}: {error}")


def _ask_in_turns(number: int, targets: Sequence[Target], rounds: int, requests: int, barrier: Barrier) -> dict[str, list[float]]:
    browsers: dict[tuple[int, str], Browser] = {}
    visits = [_Visit(target, number, browsers) for target in targets]
    for turn in range(rounds):
        for visit in visits:
            barrier.wait(timeout=PATIENCE)
            visit.ask(requests, counts=turn > 0)
    return {visit.target.name: visit.taken for visit in visits}


def _opened(port: int, email: str) -> Browser:
    browser = Browser(port)
    if email:
        with _SIGNING_IN:
            browser.sign_in(email)
    return browser


class _Visit:
    """One client at one target."""

    def __init__(self, target: Target, number: int, browsers: dict[tuple[int, str], Browser]) -> None:
        self.target = target
        email = target.emails[number] if target.emails else ""
        if (target.port, email) not in browsers:
            browsers[target.port, email] = _opened(target.port, email)
        self.browser = browsers[target.port, email]
        self.requests = target.requests(number)
        self.next = next(self.requests)
        self.taken: list[float] = []

    def ask(self, times: int, *, counts: bool) -> None:
        # A new connection each turn: which server process a connection falls to is chance, and should be chance often.
        self.browser.reconnect()
        for _ in range(times):
            started = time.perf_counter()
            answer = self.browser.send(self.next)
            if counts and self.next.counts:
                self.taken.append(time.perf_counter() - started)
            self.next = self.requests.send(answer)
