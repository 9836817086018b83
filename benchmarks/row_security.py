"""`row_security`: what it costs that the database answers each session within its rows, of a save and of the portfolio page.

Ours: the saves of `save_answer`, and the pages of `portfolio_page`, as everywhere: roles and scopes taken on, policies applied. The limit:
the same on another copy of the database, by servers that connect as the tables' owner, for whom there are none.
Medians of one client, who asks the two servers in turns of a few requests: what is looked for is a few hundredths, and eight clients wait
for each other by more than that.
"""

from contextlib import ExitStack

from benchmarks import clients, portfolio_page, save_answer
from benchmarks.bench import Bench
from benchmarks.clients import Target
from benchmarks.measuring import Measured, other_database, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import PRODUCT


WITH, WITHOUT = "with", "without"
# Of the client: requests at one server before the other's turn.
SAVES, PAGES = 5, 1


def measure(bench: Bench) -> Measured:
    apart = f"bench_apart_{bench.ground.version}"
    bench.ground.copy(bench.ground.seed_name(bench.n), apart)
    questions = save_answer.questions_of_two_answers()
    with ExitStack() as stack:

        def serve(name: str, database: str, **environment: str) -> int:
            server = web_server(
                bench.ground.environment(database, **environment), settings=PRODUCT, log=logs() / f"web-{name}-policies.log"
            )
            return stack.enter_context(server).port

        ports = {WITH: serve(WITH, bench.database), WITHOUT: serve(WITHOUT, apart, DATABASE_CONNECT_AS="owner")}
        saves = [save_answer.saves(WITH, ports[WITH], questions)]
        with other_database(apart):
            saves.append(save_answer.saves(WITHOUT, ports[WITHOUT], questions))
        pages = [portfolio_page.opens(name, port) for name, port in ports.items()]
        turns = bench.request_rounds * bench.requests
        with_, without = _medians(saves, turns, SAVES)
        page_with, page_without = _medians(pages, turns // 2, PAGES)
    bench.ground.drop(apart)
    return Measured(
        with_,
        without,
        bench.n,
        {"portfolio": page_with, "portfolio_without": page_without, "portfolio_effect": page_with / page_without - 1},
    )


def _medians(targets: list[Target], turns: int, requests: int) -> tuple[float, float]:
    taken = clients.measure(targets, rounds=turns, requests=requests, clients=1)
    return percentile(taken[WITH], 0.5), percentile(taken[WITHOUT], 0.5)
