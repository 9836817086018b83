"""`./script/bench`: measures what the portal does beside its physical limit, and prints a table."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks.ground import Ground, ground


if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.measuring import Measured

FULL, SMALL = 10_000, 1_000
# The most that ours may take, in limits. In this order: what one leaves behind does not slow the next.
BUDGETS = {
    "rescore_portfolio": 3.0,
    "rescore_growth": 1.15,
    "back_test": 1.0,
    "save_answer": 2.5,
    "what_if": 4.0,
    "area_page": 3.0,
    "portfolio_page": 2.0,
    "progress_page": 3.0,
    "row_security": 1.1,
    "audit_pdf": 1.15,
    "xlsx_merge": 25.0,
    "evaluate_labels": 4.0,
    "verify_label": 2.0,
    "verify_audit": 2.0,
    "inventory": 4.0,
    "launch_campaign": 5.0,
    "import_suppliers": 10.0,
}
# Further figures that have a most of their own.
MOST = {
    "part_p95": 0.1,
    "page_p95": 0.1,
    "alone_part_p95": 0.1,
    "alone_page_p95": 0.1,
    "download": 1.0,
    "merge": 1.0,
    "worker_peak_mb": 300.0,
    "web_peak_mb": 200.0,
    "size_effect": 0.1,
    "portfolio_effect": 0.1,
}


def main() -> None:
    arguments = _arguments()
    with ground() as made:
        made.prepare()
        bench = _bench(made, arguments)
        results = {name: _measured(name, bench) for name in arguments.only or BUDGETS}
        made.drop(bench.database)
        made.drop(bench.small_database)
    if arguments.json:
        print(json.dumps({name: _as_json(name, measured) for name, measured in results.items()}))
    else:
        print_table(results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./script/bench", description="Measures the portal beside its physical limits.")
    parser.add_argument(
        "--quick", action="store_true", help="one round of each, under a minute; on fewer suppliers where the data is not made yet"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--suppliers", type=int, metavar="N", help=f"on N suppliers in business instead of {FULL:,}")
    parser.add_argument("--only", action="append", choices=list(BUDGETS), metavar="NAME", help="this benchmark alone; may be repeated")
    return parser.parse_args()


def _bench(made: Ground, arguments: argparse.Namespace) -> "Bench":
    """Copies of the seeds, made where they are missing, with this process connected to the first."""
    n = arguments.suppliers or (SMALL if arguments.quick and not made.has_seed(FULL) else FULL)
    small = SMALL if n > SMALL and not arguments.quick else 0
    database, small_database = f"bench_work_{made.version}", f"bench_small_{made.version}"
    for size, name in ((n, database), (small, small_database)):
        if size:
            made.make_seed(size)
            made.copy(made.seed_name(size), name)
    _connect(database)
    from benchmarks.bench import Bench

    rounds, requests, request_rounds = (1, 12, 3) if arguments.quick else (5, 25, 20)
    return Bench(made, database, n, small_database, small, rounds, requests, request_rounds)


def _connect(database: str) -> None:
    import django

    # Limits copy into tables with row-level security, which only their owner can.
    os.environ.update(PORTAL_DATABASE=database, DATABASE_CONNECT_AS="owner")
    django.setup()


def _measured(name: str, bench: "Bench") -> "Measured":
    started = time.monotonic()
    measure: Callable[[Bench], Measured] = import_module(f"benchmarks.{name}").measure
    measured = measure(bench)
    print(f"  {name}: {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
    return measured


def _as_json(name: str, measured: "Measured") -> dict[str, object]:
    figures = {"ours": measured.ours, "limit": measured.limit, "ratio": measured.ratio}
    rounded = {key: float(f"{value:.4g}") for key, value in {**figures, **measured.more}.items()}
    return {**rounded, "n": measured.n, "budget": BUDGETS[name], "ok": measured.ratio <= BUDGETS[name]}


def print_table(results: Mapping[str, "Measured"]) -> None:
    print(f"{'name':<20}{'n':>8}{'ours':>12}{'limit':>12}{'ratio':>8}{'budget':>8}  ok")
    for name, measured in results.items():
        verdict = "yes" if measured.ratio <= BUDGETS[name] else "NO"
        times = f"{in_words(measured.ours):>12}{in_words(measured.limit):>12}"
        print(f"{name:<20}{measured.n:>8,}{times}{measured.ratio:>8.2f}{BUDGETS[name]:>8g}  {verdict}")
    print()
    for name, measured in results.items():
        for key, value in measured.more.items():
            budget = f"  (at most {MOST[key]:g}: {'yes' if value <= MOST[key] else 'NO'})" if key in MOST else ""
            print(f"{name}.{key:<18}{_figure(key, value):>12}{budget}")


def in_words(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _figure(key: str, value: float) -> str:
    if key.endswith("_mb"):
        return f"{value:.0f} MB"
    if key.endswith("_in_sums"):
        return f"{value:.1f} times"
    if key.endswith("_a_minute"):
        return f"{value:.0f}"
    if key.endswith("_share"):
        return f"{value:.0%}"
    return f"{value:+.1%}" if key.endswith("_effect") else in_words(value)


if __name__ == "__main__":
    main()
