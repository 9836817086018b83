"""No acknowledged save is lost, doubled or out of order: `python -m benchmarks.autosave_faults [--clients 200] [--seconds 60]`.

Starts the portal with `config.supervisor` on a data directory of its own. So many suppliers' signatories sign in and save one answer
after another; meanwhile a worker and then the web server are killed with kill -9, and the supervisor starts them again. Afterwards
the clients' logs are compared with the answers and their history in the database. Exits with 1 when a count that must be 0 is not.
"""

import argparse
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from accounts import scope
from benchmarks.processes import answers, kill_part, own_portal, wait


if TYPE_CHECKING:
    from benchmarks.autosave_clients import Client, Paper

WORKER_DIES, WEB_DIES = 0.3, 0.5  # parts of the time
AFTERWARDS = 0.25
MUST_BE_ZERO = ("unanswered", "refused", "lost", "doubled", "out_of_order", "invented")


@dataclass
class Proof:
    """Counts of saves. `sent` counts each once, however often it was `retried`; `hung_up` are those whose answer nobody read at first.

    `lost`: acknowledged, but not in the database as the version that was acknowledged. `doubled`: there more than once.
    `out_of_order`: a later save stands before an earlier one, or a version is missing. `invented`: there, but never sent.
    """

    clients: int
    sent: int = 0
    acknowledged: int = 0
    retried: int = 0
    unanswered: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    invented: int = 0
    median_seconds: float = 0.0
    p95_seconds: float = 0.0
    longest_seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return self.acknowledged > 0 and not any(getattr(self, name) for name in MUST_BE_ZERO)


def main() -> None:
    arguments = _arguments()
    with own_portal() as (supervisor, port):
        import django

        django.setup()
        # What it compares is everybody's.
        scope.use_outside_requests(scope.SYSTEM)
        from benchmarks.autosave_clients import papers

        clients = _answer_through_the_faults(papers(arguments.clients), supervisor, port, arguments.seconds)
        proof = compare(clients)
    print(json.dumps(asdict(proof)) if arguments.json else _as_text(proof))
    sys.exit(0 if proof.holds else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autosave_faults", description="Saves answers while the portal is killed.")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser.parse_args()


def _as_text(proof: Proof) -> str:
    lines = [f"{name:<16}{value:>10,}" if isinstance(value, int) else f"{name:<16}{value:>8.2f} s" for name, value in asdict(proof).items()]
    return "\n".join([*lines, "", "Every acknowledged save is there, once and in order." if proof.holds else "THE PROMISE IS BROKEN."])


# --- answering through the faults -------------------------------------------------------------------------------------


def _answer_through_the_faults(
    papers: "Sequence[Paper]", supervisor: "subprocess.Popen[bytes]", port: int, seconds: float
) -> "list[Client]":
    from benchmarks.autosave_clients import Client

    clients = [Client(number, paper, port) for number, paper in enumerate(papers)]
    start, over = threading.Barrier(len(clients) + 1), threading.Event()
    threads = [threading.Thread(target=client.run, args=(start, over)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        start.wait(timeout=600)  # all are signed in
        _faults(supervisor, port, seconds)
    except threading.BrokenBarrierError:
        pass  # a client says why
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures := [client.failure for client in clients if client.failure and client.failure != "BrokenBarrierError: "]:
        raise SystemExit(f"{len(failures)} clients ended early: {failures[0]}")
    return clients


def _faults(supervisor: "subprocess.Popen[bytes]", port: int, seconds: float) -> None:
    began = time.monotonic()

    def at(share: float) -> None:
        time.sleep(max(0.0, began + share * seconds - time.monotonic()))

    at(WORKER_DIES)
    kill_part(supervisor, "worker")
    at(WEB_DIES)
    kill_part(supervisor, "gunicorn")
    wait(lambda: answers(f"http://127.0.0.1:{port}/healthz/"), supervisor, "the web server to be back")
    back = (time.monotonic() - began) / seconds
    at(max(1.0, back + AFTERWARDS))


# --- the proof --------------------------------------------------------------------------------------------------------


def compare(clients: "Sequence[Client]") -> Proof:
    """What the clients wrote down, beside what the database holds."""
    saves = [save for client in clients for save in client.log]
    acknowledged = sorted(save.seconds for save in saves if save.version is not None)
    proof = Proof(
        clients=len(clients),
        sent=len(saves),
        acknowledged=len(acknowledged),
        retried=sum(save.attempts - 1 for save in saves),
        unanswered=sum(save.version is None and not save.refused for save in saves),
        refused=sum(bool(save.refused) for save in saves),
    )
    if acknowledged:
        proof.median_seconds = acknowledged[len(acknowledged) // 2]
        proof.p95_seconds = acknowledged[int(0.95 * len(acknowledged))]
        proof.longest_seconds = acknowledged[-1]
    stored = _stored([client.paper.pk for client in clients])
    for client in clients:
        for code, _key in client.paper.questions:
            _compare_one(proof, [save for save in client.log if save.code == code], stored.get((client.paper.pk, code), []))
    return proof


def _compare_one(proof: Proof, saves: "Sequence[Any]", versions: Sequence[tuple[int, str]]) -> None:
    """The saves of one answer in the order they were given, and (version, mark) of its history with the present row at the end."""
    order = {save.mark: place for place, save in enumerate(saves)}
    found = Counter(mark for _, mark in versions)
    there = set(versions)
    proof.lost += sum(save.version is not None and (save.version, save.mark) not in there for save in saves)
    proof.doubled += sum(times - 1 for times in found.values())
    proof.invented += sum(mark not in order for mark in found)
    places = [order.get(mark, -1) for _, mark in versions]
    proof.out_of_order += sum(later <= earlier for earlier, later in itertools.pairwise(places))
    proof.out_of_order += sum(version != place for place, (version, _) in enumerate(versions, start=1))


def _stored(assessments: Sequence[int]) -> dict[tuple[int, str], list[tuple[int, str]]]:
    """(assessment, question) -> (version, mark) of every row there is, the history in the order it was written."""
    from django.apps import apps

    from assessments.models import Answer

    columns = ("assessment_id", "question", "version", "note")
    past = apps.get_model("assessments", "AnswerEvent")._default_manager.filter(assessment__in=assessments).order_by("pgh_id")
    present = Answer.objects.filter(assessment__in=assessments).order_by("pk")
    found: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for rows in (past, present):
        for assessment, question, version, note in rows.values_list(*columns):
            found.setdefault((assessment, question), []).append((version, note))
    return found


if __name__ == "__main__":
    main()
