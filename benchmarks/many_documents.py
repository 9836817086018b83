"""A thousand reports while the worker is killed twice: `python -m benchmarks.many_documents [--suppliers 1100] [--kills 2]`.

The reports of a whole portfolio, as a ZIP, by the processes of the default run: worker and beat, looked after as the supervisor does.
The whole worker is killed with kill -9, each time after another part of the reports. Says how many came to be, how many pieces of work
were begun again, how many reports a minute, and the memory of the largest process. Exits with 1 where a report is missing, or twice
there.
"""

import argparse
import os
import signal
import sys
import time
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.ground import Ground, ground


if TYPE_CHECKING:
    from benchmarks.processes import Memory
    from reports.models import Export

PATIENCE = 3600
SUPPLIERS = 1_100


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_documents", description="Many reports while the worker is killed.")
    parser.add_argument("--suppliers", type=int, default=SUPPLIERS, help=f"most of them have a report (default: {SUPPLIERS})")
    parser.add_argument("--kills", type=int, default=2, help="how often the worker is killed (default: 2)")
    arguments = parser.parse_args()
    with ground() as made:
        made.prepare()
        made.make_seed(arguments.suppliers)
        database = f"bench_many_{made.version}"
        made.copy(made.seed_name(arguments.suppliers), database)
        try:
            holds = _try(made, database, arguments.kills)
        finally:
            made.drop(database)
    sys.exit(0 if holds else 1)


def _try(made: Ground, database: str, kills: int) -> bool:
    os.environ.update(PORTAL_DATABASE=database, DATABASE_CONNECT_AS="owner")
    import django

    django.setup()
    from benchmarks.processes import Memory, family, logs
    from config.supervisor import Child, parts

    export, documents = _ask()
    run = export.run
    assert run is not None  # noqa: S101 - just started
    environment = {**made.environment(database), "DJANGO_SETTINGS_MODULE": "config.settings"}
    started, killed = time.monotonic(), 0
    with ExitStack() as stack:
        children = {}
        for part in parts(0):
            if part.name in ("worker", "beat"):
                command = ["env", *(f"{name}={value}" for name, value in environment.items()), *part.command]
                child = children[part.name] = Child(replace(part, command=command), logs() / f"{part.name}-many.log")
                stack.callback(child.end)
                stack.callback(child.say_goodbye)
        memory = Memory()
        while run.is_open:
            if time.monotonic() - started > PATIENCE:
                print("It does not come to its end.")
                return False
            done = run.chunks.filter(status="done").count()
            if killed < kills and done >= (killed + 1) * documents // (kills + 1):
                os.killpg(children["worker"].process.pid, signal.SIGKILL)
                killed += 1
                print(f"  killed after {done} reports", file=sys.stderr, flush=True)
            for child in children.values():
                child.look_after()
            memory.look(family(children["worker"].process.pid)[1:])
            time.sleep(0.5)
            run.refresh_from_db()
    return _holds(export, documents, killed, time.monotonic() - started, memory)


def _ask() -> "tuple[Export, int]":
    from django.utils import timezone

    from accounts.models import Role, User
    from reports import bulk

    by = User.objects.select_related("active_membership").filter(active_membership__role=Role.ESG_STAFF).order_by("pk")[0]
    export = bulk.request_audit_pdfs(query={}, language="en", why={"purpose": "audit"}, by=by, at=timezone.now())
    return export, bulk.Selection({}, user=by).count


def _holds(export: "Export", documents: int, kills: int, seconds: float, memory: "Memory") -> bool:
    from reports.models import IssuedDocument
    from runs.models import Run

    export.refresh_from_db()
    run = export.run
    assert run is not None  # noqa: S101 - it was started
    # The demo has two printed in Chinese meanwhile.
    issued = IssuedDocument.objects.filter(language=export.language).count()
    again = run.chunks.filter(attempts__gt=1).count()
    with export.file.open() as file, zipfile.ZipFile(file) as packed:
        reports = [name for name in packed.namelist() if name.endswith(".pdf")]
    print(f"{documents} reports asked for, {issued} issued, {len(reports)} in the ZIP, {len(set(reports))} by name; run {run.status}")
    print(f"worker killed {kills} times, {again} pieces of work begun again; {60 * documents / seconds:.0f} reports a minute")
    print(f"memory of the largest process: at most {memory.peak:.0f} MB")
    return run.status == Run.Status.DONE and documents == issued == len(reports) == len(set(reports))


if __name__ == "__main__":
    main()
