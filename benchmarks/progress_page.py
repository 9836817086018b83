"""`progress_page`: p95 of a pilot's page with trajectory, forecast and ledgers, eight clients, beside a bare view that sends the same page.

Ours: ESG staff, signed in, open the agreements in force in turn and again; each look goes into the access log.
The limit: the same requests to the same server by the same people, answered by a view that sends the page drawn beforehand.
"""

from collections.abc import Callable, Sequence
from itertools import cycle

from accounts.demo import PEOPLE
from accounts.models import Role
from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import CLIENTS, Browser, Request, Requests, Target
from benchmarks.measuring import Measured, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import LIMIT, OURS, PRODUCT
from benchmarks.site.finished import FINISHED
from pilots.models import Agreement


TIMES = 4


def measure(bench: Bench) -> Measured:
    email = next(person.email for person in PEOPLE if person.role == Role.ESG_STAFF)
    agreements = list(Agreement.objects.in_force().order_by("pk").values_list("pk", flat=True))
    environment = bench.ground.environment(bench.database)
    with web_server(environment, settings=PRODUCT, log=logs() / "web-progress.log") as server, server.followed() as memory:
        _draw_beforehand(server.port, email, agreements)
        targets = [
            Target(LIMIT, server.port, _pages("/bench/pilots/{pk}/", agreements), [email] * CLIENTS),
            Target(OURS, server.port, _pages("/pilots/{pk}/", agreements), [email] * CLIENTS),
        ]
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=bench.requests)
    more = {
        "median": percentile(taken[OURS], 0.5),
        "limit_median": percentile(taken[LIMIT], 0.5),
        "web_peak_mb": memory.peak,
        "web_growth_mb": memory.growth,
    }
    return Measured(percentile(taken[OURS], 0.95), percentile(taken[LIMIT], 0.95), bench.n, more)


def _draw_beforehand(port: int, email: str, agreements: Sequence[int]) -> None:
    """Some times over: each of the server's processes keeps the forecasts it has made."""
    FINISHED.mkdir(exist_ok=True)
    browser = Browser(port)
    browser.sign_in(email)
    for pk in [*agreements] * TIMES:
        browser.reconnect()
        (FINISHED / f"pilot-{pk}.html").write_bytes(browser.send(Request(f"/pilots/{pk}/")))


def _pages(path: str, agreements: Sequence[int]) -> Callable[[int], Requests]:
    def requests(client: int) -> Requests:
        place = client * len(agreements) // CLIENTS
        for pk in cycle([*agreements[place:], *agreements[:place]]):
            yield Request(path.format(pk=pk))

    return requests
