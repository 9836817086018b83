"""The portal's processes as in production: gunicorn and Celery workers with the commands of config/supervisor.py."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.ground import FOREIGN, fingerprint
from config.embedded import OWNER_ROLE, attach, binaries, plain_environment
from config.paths import BASE_DIR, socket_dir, var_dir
from config.supervisor import Child, Part, parts


READY_SECONDS = 60
STARTED_SECONDS = 480
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


@contextmanager
def own_portal() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The whole portal under its supervisor, on a data directory of its own and without the demo. The broker may be another one than
    the default. Migrating is none of what is measured, so what comes of it is kept in the former data directory for the next time."""
    empty = var_dir() / f"empty-{fingerprint()}.dump"
    with tempfile.TemporaryDirectory(prefix="portal-faults-", ignore_cleanup_errors=True) as var:
        for name in set(FOREIGN) - {"CELERY_BROKER_URL"}:
            os.environ.pop(name, None)
        os.environ.update(
            PORTAL_VAR=var, PORTAL_DATABASE="portal", PORTAL_DEMO="0", CONSENT_NEEDED="0", DJANGO_SETTINGS_MODULE="config.settings"
        )
        port, log = free_port(), Path(var) / "supervisor.log"
        attachment = attach()
        if empty.exists():
            _with_owner("pg_restore", "--no-owner", "--no-privileges", "--dbname=portal", str(empty))
        with log.open("ab") as output:
            command = [sys.executable, "-m", "config.supervisor", "--port", str(port)]
            supervisor = subprocess.Popen(command, cwd=BASE_DIR, stdout=output, stderr=output)
        try:
            wait(lambda: answers(f"http://127.0.0.1:{port}/readyz/"), supervisor, "the portal", seconds=STARTED_SECONDS)
            attachment.release()
            if not empty.exists():
                _with_owner("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={empty}.new", "portal")
                Path(f"{empty}.new").rename(empty)
            yield supervisor, port
        except RuntimeError:
            sys.stderr.write(log.read_text(errors="replace"))
            raise
        finally:
            attachment.release()
            supervisor.terminate()
            supervisor.wait(timeout=60)


def _with_owner(*command: str) -> None:
    program = [str(binaries() / command[0]), *command[1:], f"--host={socket_dir(var_dir())}", f"--username={OWNER_ROLE}"]
    subprocess.run(program, env=plain_environment(), check=True)


def kill_part(supervisor: "subprocess.Popen[bytes]", name: str) -> None:
    """One part with all its processes, as a crash of the machine under it would."""
    os.killpg(part_of(supervisor, name), signal.SIGKILL)


def part_of(supervisor: "subprocess.Popen[bytes]", name: str) -> int:
    (part,) = [pid for pid in family(supervisor.pid)[1:] if name in command_of(pid)]
    return part


def command_of(pid: int) -> list[str]:
    """Nothing of a process that ended meanwhile."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return []


def logs() -> Path:
    folder = Path(os.environ["PORTAL_VAR"]) / "log"
    folder.mkdir(exist_ok=True)
    return folder
