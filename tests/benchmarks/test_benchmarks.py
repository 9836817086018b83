"""Each benchmark runs, on a handful of suppliers, and says what it measured. How fast is no matter here."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.__main__ import BUDGETS, in_words, print_table
from benchmarks.measuring import Measured, in_turns, percentile
from config.paths import BASE_DIR


SUPPLIERS = 60
pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", "--suppliers", str(SUPPLIERS)]
    done = subprocess.run(command, cwd=BASE_DIR, env=dict(os.environ), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", BUDGETS)
def test_a_benchmark_says_what_it_measured(results, name):
    measured = results[name]

    assert measured["ours"] > 0
    assert measured["limit"] > 0
    assert measured["ratio"] == pytest.approx(measured["ours"] / measured["limit"], rel=0.01)
    assert measured["n"] > 0
    assert measured["budget"] == BUDGETS[name]


def test_nothing_but_the_benchmarks_of_the_contract_is_reported(results):
    assert set(results) == {
        "rescore_portfolio",
        "rescore_growth",
        "back_test",
        "save_answer",
        "what_if",
        "area_page",
        "portfolio_page",
        "progress_page",
        "row_security",
        "import_suppliers",
        "launch_campaign",
        "audit_pdf",
        "xlsx_merge",
        "evaluate_labels",
        "inventory",
        "verify_label",
        "verify_audit",
    }


def test_a_rescore_says_where_its_time_goes_and_how_far_its_limit_is_from_a_sum(results):
    measured = results["rescore_portfolio"]

    assert min(measured["reading"], measured["scoring"], measured["writing"]) > 0
    assert measured["limit_in_sums"] == pytest.approx(measured["limit"] / measured["plain_sum"], rel=0.01)


def test_memory_is_measured_where_it_must_stay_small(results):
    assert results["rescore_portfolio"]["worker_peak_mb"] > 20
    assert results["save_answer"]["web_peak_mb"] > 20
    assert results["portfolio_page"]["web_peak_mb"] > 20


def test_the_better_of_each_side_counts():
    ours, limit = in_turns(3, ours=lambda number: [3.0, 1.0, 2.0][number], limit=lambda number: [0.5, 0.7, 0.6][number])

    assert (ours, limit) == (1.0, 0.5)


def test_one_request_in_twenty_may_take_longer_than_p95():
    assert percentile([float(number) for number in range(100)], 0.95) == 95.0
    assert percentile([1.0], 0.95) == 1.0


def test_the_table_says_whether_a_budget_holds(capsys):
    print_table({"audit_pdf": Measured(1.2, 1.0, 110), "launch_campaign": Measured(0.6, 0.1, 10_000, {"web_peak_mb": 250.0})})

    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["audit_pdf", "110", "1.20", "s", "1.00", "s", "1.20", "1.15", "NO"]
    assert lines[2].split() == ["launch_campaign", "10,000", "600.0", "ms", "100.0", "ms", "6.00", "5", "NO"]
    assert "250 MB  (at most 200: NO)" in lines[4]


def test_seconds_are_written_as_people_read_them():
    assert in_words(0.0123) == "12.3 ms"
    assert in_words(1.234) == "1.23 s"
