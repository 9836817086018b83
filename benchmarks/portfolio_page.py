"""`portfolio_page`: p95 of the first page of 50 with a filter and an order, eight clients, beside the same template from constants.

Ours: ESG staff, signed in, ask for the portfolio in one of several ways in turn.
The limit: the same requests to the same server by the same people, answered by a view that renders the same template with what the
first such request found.
"""

from collections.abc import Callable
from itertools import cycle

from accounts.demo import PEOPLE
from accounts.models import Role
from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import CLIENTS, Request, Requests, Target
from benchmarks.measuring import Measured, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import LIMIT, OURS, PRODUCT


QUERIES = (
    "category=services&sort=-evidenced",
    "region=Zhejiang&sort=name",
    "country=CN&status=submitted&sort=-declared",
    "score=evidenced&area=total&score_min=40&score_max=70&sort=evidenced",
    "label=awarded&sort=-evidenced",
    "score=evidenced&area=E4&score_min=60&category=logistics&sort=-evidenced",
    "q=an&sort=-name",
)


def measure(bench: Bench) -> Measured:
    environment = bench.ground.environment(bench.database)
    with web_server(environment, settings=PRODUCT, log=logs() / "web-portfolio.log") as server, server.followed() as memory:
        targets = [
            opens(LIMIT, server.port, "/bench/portfolio/"),
            opens(OURS, server.port),
        ]
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=max(1, bench.requests // 2))
    more = {
        "median": percentile(taken[OURS], 0.5),
        "limit_median": percentile(taken[LIMIT], 0.5),
        "web_peak_mb": memory.peak,
        "web_growth_mb": memory.growth,
    }
    return Measured(percentile(taken[OURS], 0.95), percentile(taken[LIMIT], 0.95), bench.n, more)


def opens(name: str, port: int, path: str = "/reports/portfolio/") -> Target:
    email = next(person.email for person in PEOPLE if person.role == Role.ESG_STAFF)
    return Target(name, port, _pages(path), [email] * CLIENTS)


def _pages(path: str) -> Callable[[int], Requests]:
    def requests(client: int) -> Requests:
        queries = QUERIES[client % len(QUERIES) :] + QUERIES[: client % len(QUERIES)]
        for query in cycle(queries):
            yield Request(f"{path}?{query}")

    return requests
