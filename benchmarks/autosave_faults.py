"""No acknowledged save is lost, doubled or out of order: `python -m benchmarks.autosave_faults [--clients 200] [--seconds 60]`.

Starts the portal with `config.supervisor` on a data directory of its own. So many suppliers' signatories sign in and save one answer
after another; meanwhile a worker and then the web server are killed with kill -9, and the supervisor starts them again. Afterwards
the clients' logs are compared with the answers and their history in the database. Exits with 1 when a count that must be 0 is not.
"""

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accounts import scope
from benchmarks.ground import FOREIGN
from benchmarks.processes import answers, family, free_port, wait
from config.paths import BASE_DIR


if TYPE_CHECKING:
    from benchmarks.autosave_clients import Client, Paper

QUESTIONS = 6  # of each client: few, so that each is answered over and over
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
    with _portal() as (supervisor, port):
        import django

        django.setup()
        # What it compares is everybody's.
        scope.use_outside_requests(scope.SYSTEM)
        papers = _papers(arguments.clients)
        clients = _answer_through_the_faults(papers, supervisor, port, arguments.seconds)
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


# --- the portal -------------------------------------------------------------------------------------------------------


@contextmanager
def _portal() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Its own, without the demo. The broker may be another one than the default."""
    with tempfile.TemporaryDirectory(prefix="portal-faults-", ignore_cleanup_errors=True) as var:
        for name in set(FOREIGN) - {"CELERY_BROKER_URL"}:
            os.environ.pop(name, None)
        os.environ.update(PORTAL_VAR=var, PORTAL_DATABASE="portal", PORTAL_DEMO="0", DJANGO_SETTINGS_MODULE="config.settings")
        port, log = free_port(), Path(var) / "supervisor.log"
        with log.open("ab") as output:
            command = [sys.executable, "-m", "config.supervisor", "--port", str(port)]
            supervisor = subprocess.Popen(command, cwd=BASE_DIR, stdout=output, stderr=output)
        try:
            wait(lambda: answers(f"http://127.0.0.1:{port}/readyz/"), supervisor, "the portal", seconds=240)
            yield supervisor, port
        except RuntimeError:
            sys.stderr.write(log.read_text(errors="replace"))
            raise
        finally:
            supervisor.terminate()
            supervisor.wait(timeout=60)


def _kill(supervisor: "subprocess.Popen[bytes]", name: str) -> None:
    """One part with all its processes, as a crash of the machine under it would."""
    (part,) = [pid for pid in family(supervisor.pid)[1:] if name in Path(f"/proc/{pid}/cmdline").read_text().split("\0")]
    os.killpg(part, signal.SIGKILL)


# --- suppliers --------------------------------------------------------------------------------------------------------


def _papers(count: int) -> "list[Paper]":
    """So many suppliers, each with an assessment and a signatory who has the demo's password."""
    from datetime import timedelta

    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.demo import PASSWORD
    from accounts.models import Membership, Role, User
    from assessments import loading, publication, rulesets
    from assessments.models import Assessment, Campaign
    from benchmarks.autosave_clients import Paper
    from config.demo.code import QUESTIONNAIRE
    from runs.calendar import buyers_day
    from suppliers.models import Category, Supplier

    now = timezone.now()
    version = loading.load_questionnaire(QUESTIONNAIRE, by=None, at=now)
    publication.announce(version_id=version.pk, in_force_from=buyers_day(now), by=None, at=now)
    due = now.date() + timedelta(days=30)
    campaign = Campaign.objects.create(
        title_en="Faults",
        title_zh="故障",
        questionnaire=version,
        cycle=now.year,
        opens_on=now.date(),
        due_on=due,
        status="open",
        launched_at=now,
    )
    asked = rulesets.for_version(version.pk).questionnaire.questions
    questions = [(each.code, each.fields[0].key) for each in asked if [part.type for part in each.fields] == ["yes_no"]][:QUESTIONS]
    password, papers = make_password(PASSWORD), []
    for number in range(count):
        supplier = Supplier.objects.create(
            name_en=f"Supplier {number}",
            name_zh=f"供应商{number}",
            country="CN",
            category=Category.SERVICES,
            headcount_band="medium",
            state="active",
        )
        user = User.objects.create(email=f"signatory{number}@faults.example", name=f"Signatory {number}", password=password)
        user.active_membership = Membership.objects.create(user=user, role=Role.SUPPLIER_SIGNATORY, supplier=supplier)
        user.save(update_fields=["active_membership"])
        assessment = Assessment.objects.create(supplier=supplier, campaign=campaign, due_on=due, created_at=now)
        papers.append(Paper(assessment.pk, user.email, questions))
    return papers


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
    _kill(supervisor, "worker")
    at(WEB_DIES)
    _kill(supervisor, "gunicorn")
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
