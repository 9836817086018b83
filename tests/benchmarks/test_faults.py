"""Worker, beat, web, broker and database are killed with kill -9 during scoring, label evaluation, import, bulk PDF and autosave."""

import json
import os
import subprocess
import sys

import pytest

from config.paths import BASE_DIR


@pytest.mark.timeout(900)
@pytest.mark.parametrize("broker", ["filesystem", "redis"])
def test_nothing_is_lost_and_nothing_done_twice_whatever_is_killed(broker: str) -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--broker", broker, "--json"]

    done = subprocess.run(command, cwd=BASE_DIR, env=os.environ, check=False, capture_output=True, text=True)

    # The seed, by which the same moments can be had again, is at the head of what it says.
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    kinds = {"worker", "worker process", "beat", "web", "web process", "broker", "database", "database session", "database keeper"}
    assert set(report["faults"]) == kinds
    assert report["problems"] == []
    assert report["mails"] >= 40
    assert report["saves"]["acknowledged"] == report["saves"]["sent"] > 8
    assert report["saves"]["retried"] > 0
