"""Runs the whole portal on this machine: database, web, workers, beat. `./script/server` ends up here.

Every process started here ends with this one, even when this one is killed: the kernel tells the children (see `_tie_to_us`),
and lets go of the database (see config/embedded.py) and of the lock that keeps a second copy off the same data.
"""

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.embedded import PR_SET_PDEATHSIG, Attachment, attach, make_broker_folders
from config.paths import BASE_DIR, var_dir


READY_SECONDS = 90.0
MOST_FALLS = 5  # of one process, within a minute


@dataclass(frozen=True)
class Part:
    name: str
    command: list[str]
    farewell: signal.Signals  # what makes it end soon, its children with it
    patience: float  # seconds until it is killed


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or the machine is going down."""


class Child:
    """One running part, started again when it falls."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part, self.log = part, log
        self.falls: list[float] = []
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.part.command,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches this process only, which then says goodbye in order
                preexec_fn=_tie_to_us(self.part.farewell),  # noqa: PLW1509 - this process has one thread
            )

    def look_after(self) -> None:
        if self.process.poll() is None:
            return
        now = time.monotonic()
        self.falls = [fall for fall in self.falls if now - fall < 60] + [now]
        if len(self.falls) > MOST_FALLS:
            raise SystemExit(f"The {self.part.name} process keeps falling. Its log ends:\n{tail(self.log)}")
        time.sleep(1)
        self.process = self._start()

    def say_goodbye(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.part.farewell)

    def end(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=self.part.patience)
        # Whatever is left of its group, grandchildren included.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main() -> None:
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with _only_copy(var_dir()), _database() as attachment:
            _check_port(arguments.port)
            _prepare()
            _run(arguments.port, attachment)
    except Stopped:
        print("\nStopped.", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./script/server", description="Runs the portal on this machine.")
    parser.add_argument("--port", type=_port, default=8000, help="where the web server listens, on loopback (default: 8000)")
    return parser.parse_args()


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; there are those from 1 to 65535")
    return port


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not cut the farewell short.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise Stopped


def _tie_to_us(farewell: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, farewell)


# --- before the start ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _only_copy(var: Path) -> Iterator[None]:
    var.mkdir(parents=True, exist_ok=True)
    with (var / "server.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"The portal is already running on the data in {var}. For a second copy: PORTAL_VAR=<dir> ./script/server --port N")
        yield


@contextlib.contextmanager
def _database() -> Iterator[Attachment | None]:
    attachment: Attachment | None = None
    if os.environ.get("DATABASE_URL"):
        make_broker_folders(var_dir())
    else:
        attachment = attach()
        os.environ.setdefault("PORTAL_DEMO", "1")
    try:
        yield attachment
    finally:
        if attachment:
            attachment.release(wait=True)


def _check_port(port: int) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            sys.exit(f"Port {port} is kept for root. Choose one from 1024: ./script/server --port 8000")
        except OSError:
            sys.exit(f"Port {port} is taken. Choose another: ./script/server --port {port + 1}")


def _prepare() -> None:
    _manage("prepare_server")
    loaded = var_dir() / "postgres" / "demo-loaded"
    if os.environ.get("PORTAL_DEMO") == "1" and not os.environ.get("DATABASE_URL") and not loaded.exists():
        _manage("load_demo")
        loaded.touch()


def _manage(*arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    process = subprocess.Popen(command, cwd=BASE_DIR, preexec_fn=_tie_to_us(signal.SIGTERM))  # noqa: PLW1509 - one thread
    try:
        if process.wait():
            sys.exit(f"manage.py {' '.join(arguments)} failed; see above.")
    except Stopped:
        process.terminate()
        process.wait()
        raise


# --- the running portal ----------------------------------------------------------------------------------------------


def parts(port: int) -> list[Part]:
    python = [sys.executable, "-m"]
    scratch = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(var_dir())  # noqa: S108 - gunicorn makes its own file there
    return [
        Part(
            "web",
            [
                *(*python, "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--worker-class", "gthread"),
                *("--threads", "4", "--graceful-timeout", "5", "--timeout", "60", "--worker-tmp-dir", scratch, "--no-control-socket"),
            ],
            signal.SIGTERM,
            8,
        ),
        Part(
            "worker",
            [
                *(*python, "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"portal-{os.getpid()}@%h"),
            ],
            signal.SIGQUIT,  # without finishing: what it was doing is handed out again
            1,
        ),
        Part("beat", [*python, "celery", "-A", "config", "beat", "--loglevel", "INFO", "--pidfile="], signal.SIGTERM, 3),
    ]


def _run(port: int, database: Attachment | None) -> None:
    logs = var_dir() / "log"
    logs.mkdir(exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    os.environ.setdefault("PUBLIC_URL", address)
    children: list[Child] = []
    try:
        for part in parts(port):
            # One by one, not in a comprehension: those started before one fails to start must be stopped, too.
            children.append(Child(part, logs / f"{part.name}.log"))  # noqa: PERF401
        _wait_until_ready(address, children)
        _welcome(address)
        while True:
            if database:
                database.look_after()
            for child in children:
                child.look_after()
            time.sleep(0.5)
    finally:
        for child in children:
            child.say_goodbye()
        for child in children:
            child.end()


def _welcome(address: str) -> None:
    print(f"\n  The portal is ready:  {address}/")
    print(f"  Data and logs are in {var_dir()}. Ctrl-C stops everything.\n", flush=True)
    if os.environ.get("PORTAL_DEMO") == "1":
        _manage("demo_sign_ins")


def _wait_until_ready(address: str, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        ready, answer = _readiness(address)
        if ready:
            return
        if time.monotonic() > deadline:
            logs = "\n".join(f"--- {child.log}\n{tail(child.log)}" for child in children)
            raise SystemExit(f"The portal did not become ready: {answer}\n{logs}")
        for child in children:
            child.look_after()
        time.sleep(0.2)


def _readiness(address: str) -> tuple[bool, str]:
    try:
        with urllib.request.urlopen(f"{address}/readyz/", timeout=10) as response:  # noqa: S310 - our own server on loopback
            return response.status == 200, ""
    except urllib.error.HTTPError as error:
        return False, json.dumps(json.load(error))
    except OSError as error:
        return False, str(error)


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


if __name__ == "__main__":
    main()
