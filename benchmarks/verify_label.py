"""`verify_label`: p95 of the public page behind a certificate's QR code, eight clients, beside a bare view that sends the same page.

Ours: people without a session look up one label after another, as scanners of codes do.
The limit: the same requests to the same server, answered by a view that reads the label by its index and sends the page drawn
beforehand.
"""

from collections.abc import Callable, Sequence
from itertools import cycle

from django.utils import timezone

from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import CLIENTS, Browser, Request, Requests, Target
from benchmarks.measuring import Measured, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import LIMIT, OURS, PRODUCT
from benchmarks.site.finished import FINISHED
from labels import evaluation
from labels.dates import ledger_day
from labels.models import Label


LABELS = 200


def measure(bench: Bench) -> Measured:
    at = timezone.now()
    evaluation.evaluate_all(on=ledger_day(at), at=at)
    awarded = Label.objects.filter(valid_to__isnull=False).order_by("pk")
    labels = [str(one) for one in awarded.values_list("public_id", flat=True)[:LABELS]]
    environment = bench.ground.environment(bench.database)
    with web_server(environment, settings=PRODUCT, log=logs() / "web-verify.log") as server, server.followed() as memory:
        _draw_beforehand(server.port, labels[0])
        targets = [
            Target(LIMIT, server.port, _pages("/bench/labels/{id}/", labels), [""] * CLIENTS),
            Target(OURS, server.port, _pages("/labels/verify/{id}/", labels), [""] * CLIENTS),
        ]
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=bench.requests)
    more = {
        "median": percentile(taken[OURS], 0.5),
        "limit_median": percentile(taken[LIMIT], 0.5),
        "web_peak_mb": memory.peak,
        "web_growth_mb": memory.growth,
    }
    return Measured(percentile(taken[OURS], 0.95), percentile(taken[LIMIT], 0.95), bench.n, more)


def _draw_beforehand(port: int, label: str) -> None:
    FINISHED.mkdir(exist_ok=True)
    (FINISHED / "label.html").write_bytes(Browser(port).send(Request(f"/labels/verify/{label}/")))


def _pages(path: str, labels: Sequence[str]) -> Callable[[int], Requests]:
    def requests(client: int) -> Requests:
        place = client * len(labels) // CLIENTS
        for label in cycle([*labels[place:], *labels[:place]]):
            yield Request(path.format(id=label))

    return requests
