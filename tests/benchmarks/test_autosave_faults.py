"""Saves while a worker and then the web server are killed: a small run of the driver, over both brokers, and what its comparison sees."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import autosave_faults
from benchmarks.autosave_clients import Client, Paper, Save
from config.paths import BASE_DIR


@pytest.mark.timeout(600)
@pytest.mark.parametrize("broker", ["filesystem", "redis"])
def test_every_acknowledged_save_is_there_once_and_in_order_after_kill_9(broker, request):
    environment = {**os.environ, **({"CELERY_BROKER_URL": request.getfixturevalue("redis_url")} if broker == "redis" else {})}
    command = [sys.executable, "-m", "benchmarks.autosave_faults", "--clients", "12", "--seconds", "6", "--json"]

    done = subprocess.run(command, cwd=BASE_DIR, env=environment, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    proof = json.loads(done.stdout)
    assert proof["acknowledged"] == proof["sent"] > 12
    assert proof["retried"] > 0
    assert {name: proof[name] for name in autosave_faults.MUST_BE_ZERO} == dict.fromkeys(autosave_faults.MUST_BE_ZERO, 0)


def client_who_saved(*saves: tuple[str, int | None]) -> Client:
    paper = Paper(1, "signatory@example.com", [("A-01", "value")])
    return Client(0, paper, 80, [Save("A-01", mark, 0, attempts=1, version=version) for mark, version in saves])


def compared(monkeypatch, client: Client, rows: list[tuple[int, str]]) -> dict[str, int]:
    monkeypatch.setattr(autosave_faults, "_stored", lambda assessments: {(1, "A-01"): rows})
    proof = autosave_faults.compare([client])
    return {name: getattr(proof, name) for name in autosave_faults.MUST_BE_ZERO if getattr(proof, name)}


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([(1, "first"), (2, "second")], {}),
        ([(1, "first")], {"lost": 1}),
        ([(1, "first"), (2, "second"), (3, "second")], {"doubled": 1, "out_of_order": 1}),
        ([(1, "first"), (1, "first"), (2, "second")], {"doubled": 1, "out_of_order": 3}),
        ([(1, "second"), (2, "first")], {"lost": 2, "out_of_order": 1}),
        ([(1, "first"), (2, "second"), (3, "somebody's")], {"invented": 1, "out_of_order": 1}),
    ],
)
def test_comparison_counts_what_is_not_as_acknowledged(monkeypatch, rows, wrong):
    assert compared(monkeypatch, client_who_saved(("first", 1), ("second", 2)), rows) == wrong


def test_save_nobody_acknowledged_is_counted_and_may_be_there_or_not(monkeypatch):
    assert compared(monkeypatch, client_who_saved(("first", 1), ("second", None)), [(1, "first")]) == {"unanswered": 1}
