"""The portal's processes as in production: gunicorn and Celery workers with the commands of config/supervisor.py."""

import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from config.supervisor import Child, Part, parts


READY_SECONDS = 60
FOLLOWED_EVERY = 0.2


@contextmanager
def web_server(environment: Mapping[str, str], *, settings: str, log: Path) -> Iterator["Server"]:
    port = free_port()
    with _running("web", {**environment, "DJANGO_SETTINGS_MODULE": settings}, log, port=port) as child:
        _wait(lambda: answers(f"http://127.0.0.1:{port}/healthz/"), child)
        yield Server(child.process.pid, port)


@contextmanager
def workers(environment: Mapping[str, str], *, log: Path) -> Iterator["Server"]:
    """Two worker processes; they are up when they take the first run."""
    with _running("worker", {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}, log) as child:
        _wait(lambda: len(family(child.process.pid)) > 2, child)
        yield Server(child.process.pid)


class Server:
    """A running part: where it listens, and how much memory the processes under its first one take."""

    def __init__(self, pid: int, port: int = 0) -> None:
        self.pid, self.port = pid, port

    @contextmanager
    def followed(self) -> Iterator["Memory"]:
        memory, over = Memory(), threading.Event()

        def follow() -> None:
            while not over.wait(FOLLOWED_EVERY):
                memory.look(family(self.pid)[1:])

        thread = threading.Thread(target=follow)
        thread.start()
        try:
            yield memory
        finally:
            over.set()
            thread.join()


class Memory:
    """Resident memory in MB of the largest of some processes, seen from time to time."""

    def __init__(self) -> None:
        self.peak = 0.0
        self.seen: list[float] = []

    def look(self, pids: list[int]) -> None:
        figures = [figure for pid in pids if (figure := _status(pid))]
        if figures:
            self.peak = max(self.peak, *(figure["VmHWM"] for figure in figures))
            self.seen.append(max(figure["VmRSS"] for figure in figures))

    @property
    def growth(self) -> float:
        """What the last fifth of the time took more than the middle one. The first part is warming up."""
        fifth = len(self.seen) // 5
        if not fifth:
            return 0.0
        middle, last = self.seen[2 * fifth : 3 * fifth], self.seen[-fifth:]
        return sum(last) / len(last) - sum(middle) / len(middle)


@contextmanager
def _running(name: str, environment: Mapping[str, str], log: Path, *, port: int = 0) -> Iterator[Child]:
    part = next(part for part in parts(port) if part.name == name)
    child = Child(_with_environment(part, environment), log)
    try:
        yield child
    finally:
        child.say_goodbye()
        child.end()


def _with_environment(part: Part, environment: Mapping[str, str]) -> Part:
    pairs = [f"{name}={value}" for name, value in environment.items()]
    return replace(part, command=["/usr/bin/env", "-i", *pairs, *part.command])


def _wait(condition: Callable[[], bool], child: Child) -> None:
    wait(condition, child.process, f"the {child.part.name} process; see {child.log}")


def wait(condition: Callable[[], bool], process: "subprocess.Popen[bytes]", what: str, seconds: float = READY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Waited in vain for {what}.")
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own server on loopback
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """The process, then its children."""
    children = ""
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [pid, *map(int, children.split())]


def _status(pid: int) -> dict[str, float]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, rest = line.partition(":")
        if name in ("VmHWM", "VmRSS"):
            found[name] = int(rest.split()[0]) / 1024
    return found if len(found) == 2 else {}


def logs() -> Path:
    folder = Path(os.environ["PORTAL_VAR"]) / "log"
    folder.mkdir(exist_ok=True)
    return folder
