"""Nothing is lost or done twice, whatever is killed: `python -m benchmarks.faults [--seconds 600] [--broker redis] [--seed 7]`.

Starts the portal with `config.supervisor` on a data directory of its own. In rounds, runs of scoring, label evaluation, import and bulk
PDF are started while suppliers' signatories save answers; meanwhile worker, beat, web, broker and database are killed with kill -9 at
random moments, which the seed decides. After each round every run must be done, every score, label step, supplier and report there
once, and no mail written twice; in the end, every acknowledged answer once and in order. Exits with 1 where that is not so.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.processes import family, free_port, own_portal, part_of


if TYPE_CHECKING:
    from benchmarks.autosave_clients import Client
    from benchmarks.fault_work import Round

CLIENTS = 8
# A round's faults come within so many seconds; what was interrupted is then given so many more to come to its end.
WINDOW, PATIENCE = 15.0, 120.0
TICK = 0.1


@dataclass
class Report:
    seed: int
    broker: str
    rounds: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    # Pieces of work that had to be begun again.
    interrupted: int = 0
    mails: int = 0
    saves: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def injected(self) -> int:
        return sum(self.faults.values())

    @property
    def holds(self) -> bool:
        return self.rounds > 0 and not self.problems


def main() -> None:
    arguments = _arguments()
    report = Report(arguments.seed, arguments.broker)
    print(f"seed {report.seed}, broker {report.broker}", file=sys.stderr, flush=True)
    with ExitStack() as stack:
        broker = stack.enter_context(_redis() if arguments.broker == "redis" else _files())
        supervisor, port = stack.enter_context(own_portal())
        import django

        os.environ["DATABASE_CONNECT_AS"] = "owner"  # who compares sees all rows
        django.setup()
        _Trial(report, Faults(supervisor, broker, random.Random(arguments.seed)), port).go(arguments)
    print(json.dumps(asdict(report)) if arguments.json else _as_text(report))
    sys.exit(0 if report.holds else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Works while the portal's processes are killed.")
    parser.add_argument("--seconds", type=float, default=0.0, help="rounds are begun for so long; by default there is one")
    parser.add_argument("--broker", choices=["filesystem", "redis"], default="filesystem")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a text")
    return parser.parse_args()


def _as_text(report: Report) -> str:
    kinds = ", ".join(f"{name} {times}" for name, times in sorted(report.faults.items()))
    lines = [
        f"{report.injected} faults in {report.rounds} rounds (seed {report.seed}, broker {report.broker}): {kinds}",
        f"{report.interrupted} pieces of work begun again; {report.mails} mails; saves: {json.dumps(report.saves)}",
        *report.problems,
        "Nothing was lost, and nothing was done twice." if report.holds else "THE PROMISE IS BROKEN.",
    ]
    return "\n".join(lines)


# --- brokers ----------------------------------------------------------------------------------------------------------

# Dies with all it holds, and is there again.
Dies = Callable[[], None]


@contextmanager
def _files() -> Iterator[Dies]:
    """Files have no process that could be killed; they can be lost."""

    def lose() -> None:
        for message in (Path(os.environ["PORTAL_VAR"]) / "broker" / "messages").glob("*.msg"):
            message.unlink(missing_ok=True)

    os.environ.pop("CELERY_BROKER_URL", None)
    yield lose


@contextmanager
def _redis() -> Iterator[Dies]:
    server = os.environ.get("PORTAL_REDIS_SERVER") or shutil.which("redis-server")
    if not server:
        raise SystemExit("redis-server is missing; ./script/test brings it.")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="portal-redis-") as folder:
        command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        running: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))

        def die() -> None:
            running[-1].kill()
            running[-1].wait()
            time.sleep(1)
            start()

        start()
        os.environ["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{port}/0"
        try:
            yield die
        finally:
            running[-1].kill()
            running[-1].wait()


# --- faults -----------------------------------------------------------------------------------------------------------


class Faults:
    """Each kills something with kill -9. One whose victim is just starting again is tried later."""

    def __init__(self, supervisor: "subprocess.Popen[bytes]", broker: Dies, chance: random.Random) -> None:
        self.supervisor, self.chance = supervisor, chance
        self.kinds: dict[str, Callable[[], None]] = {
            "worker": lambda: os.killpg(self._part("celery", "worker"), signal.SIGKILL),
            "worker process": lambda: self._kill_one(family(self._part("celery", "worker"))[1:]),
            "beat": lambda: os.killpg(self._part("celery", "beat"), signal.SIGKILL),
            "web": lambda: os.killpg(self._part("gunicorn"), signal.SIGKILL),
            "web process": lambda: self._kill_one(family(self._part("gunicorn"))[1:]),
            "broker": broker,
            "database": lambda: os.kill(_postmaster(), signal.SIGKILL),
            "database session": lambda: self._kill_one(_sessions()),
            "database keeper": lambda: os.kill(_parent(_postmaster()), signal.SIGKILL),
        }

    def of_a_round(self) -> list[tuple[float, str]]:
        """(moment, kind), the moments in order: each kind once."""
        return sorted((self.chance.uniform(0.5, WINDOW), kind) for kind in self.kinds)

    def just_before(self, faults: list[tuple[float, str]]) -> list[tuple[float, str]]:
        """(moment, work): each begins at a moment from which a fault is less than a second away."""
        from benchmarks.fault_work import WORK

        return [(max(0.0, self.chance.choice(faults)[0] - self.chance.uniform(0, 0.8)), name) for name in WORK]

    def inject(self, kind: str) -> bool:
        try:
            self.kinds[kind]()
        except (ProcessLookupError, FileNotFoundError, IndexError, ValueError):
            return False
        return True

    def _part(self, *words: str) -> int:
        return part_of(self.supervisor, words[-1])

    def _kill_one(self, pids: list[int]) -> None:
        os.kill(self.chance.choice(pids), signal.SIGKILL)


def _postmaster() -> int:
    return int((Path(os.environ["PORTAL_VAR"]) / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def _sessions() -> list[int]:
    """PostgreSQL's processes that serve a client: after one of them dies so, it ends them all and recovers."""
    return [pid for pid in family(_postmaster())[1:] if "portal_app" in Path(f"/proc/{pid}/cmdline").read_text()]


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


# --- rounds -----------------------------------------------------------------------------------------------------------

T = TypeVar("T")


class _Trial:
    def __init__(self, report: Report, faults: Faults, port: int) -> None:
        self.report, self.faults, self.port = report, faults, port

    def go(self, arguments: argparse.Namespace) -> None:
        from django.utils import timezone

        from benchmarks import fault_work

        with self._saving() as clients:
            world = fault_work.World(timezone.now())
            began = time.monotonic()
            while not self.report.problems and (not self.report.rounds or time.monotonic() - began < arguments.seconds):
                self._round(fault_work.Round(world, self.report.rounds))
        self._compare(clients)
        self.report.mails = fault_work.mails_sent()

    def _round(self, work: "Round") -> None:
        from benchmarks.fault_work import mail_problems

        faults = self.faults.of_a_round()
        starts = self.faults.just_before(faults)
        began, done = time.monotonic(), False
        while faults or starts or not done:
            time.sleep(TICK)
            since = time.monotonic() - began
            for moment, name in list(starts):
                if since > moment and through_faults(partial(work.start, name)):
                    starts.remove((moment, name))
            if faults and since > faults[0][0] and self.faults.inject(faults[0][1]):
                self._count(faults.pop(0)[1])
            done = through_faults(work.is_done)
            if since > WINDOW + PATIENCE:
                self.report.problems.append(f"{work.name} did not come to its end in {since:.0f} s")
                break
        self.report.rounds += 1
        self.report.interrupted += work.interrupted()
        self.report.problems += [f"{work.name}: {problem}" for problem in (*work.problems(), *mail_problems())]
        print(f"{work.name}: {self.report.injected} faults so far, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    def _count(self, kind: str) -> None:
        self.report.faults = dict(Counter(self.report.faults) + Counter([kind]))

    @contextmanager
    def _saving(self) -> "Iterator[list[Client]]":
        from benchmarks.autosave_clients import Client, papers

        clients = [Client(number, paper, self.port) for number, paper in enumerate(papers(CLIENTS))]
        start, over = threading.Barrier(len(clients) + 1), threading.Event()
        threads = [threading.Thread(target=client.run, args=(start, over)) for client in clients]
        for thread in threads:
            thread.start()
        try:
            with suppress(threading.BrokenBarrierError):
                start.wait(timeout=600)
            yield clients
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _compare(self, clients: "list[Client]") -> None:
        from benchmarks.autosave_faults import MUST_BE_ZERO, compare

        proof = compare(clients)
        self.report.saves = {name: value for name, value in asdict(proof).items() if name != "clients"}
        self.report.problems += [f"saves {name}: {self.report.saves[name]}" for name in MUST_BE_ZERO if self.report.saves[name]]
        self.report.problems += [f"a client ended early: {client.failure}" for client in clients if client.failure]


def through_faults(do: Callable[[], T]) -> T:
    """What this process asks of the database and the broker fails while they are down, as it does for everybody: asked again."""
    from django.db import Error, connection
    from kombu.exceptions import OperationalError

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return do()
        except (Error, OperationalError, OSError):
            if time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(TICK)


if __name__ == "__main__":
    main()
