"""`rescore_growth`: what a portfolio ten times as large takes, beside ten times what the portfolio takes.

Ours: a run of `score_portfolio` as in `rescore_portfolio`, on the answered campaign grown tenfold (`benchmarks/growing.py`).
The limit: ten times the same run on the campaign as it is. The ratio is 1 where the time grows with the assessments and with nothing else.
"""

import time

from benchmarks.bench import Bench
from benchmarks.growing import TIMES
from benchmarks.measuring import Measured, in_turns, other_database
from benchmarks.processes import logs, workers
from benchmarks.rescore_portfolio import changes, score
from benchmarks.seed import answered_campaign


# Each takes long enough that chance evens out.
ROUNDS = 2


def measure(bench: Bench) -> Measured:
    bench.ground.make_grown(bench.n)
    ours, limit = in_turns(
        min(bench.rounds, ROUNDS),
        ours=lambda _: _rescored(bench, bench.ground.grown_name(bench.n)),
        limit=lambda _: TIMES * _rescored(bench, bench.database),
    )
    return Measured(ours, limit, bench.n * TIMES)


def _rescored(bench: Bench, database: str) -> float:
    with other_database(database):
        campaign = answered_campaign()
        with workers(bench.ground.environment(database), log=logs() / "worker-growth.log"):
            # Warms the workers up: they keep rules compiled.
            score(campaign)
            # An answer that was not there before, also in a database that earlier runs have worked on.
            changes(campaign)(int(time.time()))
            return score(campaign, changed=campaign.assessments.count())
