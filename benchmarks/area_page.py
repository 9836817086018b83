"""`area_page`: p95 of opening any area page of a full assessment, eight clients, beside the same finished HTML.

Ours: eight suppliers' signatories, signed in, go through the areas of their own assessment, in which every question is answered, in
turn and again.
The limit: the same requests to the same server by the same people, answered by a view that sends the same pages, drawn beforehand.
"""

from collections.abc import Callable, Sequence
from itertools import cycle

from assessments import rulesets
from assessments.models import Assessment, QuestionnaireVersion
from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import Browser, Request, Requests, Target
from benchmarks.measuring import Measured, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import LIMIT, OURS, PRODUCT, Paper, open_papers
from benchmarks.seed import answered_campaign
from benchmarks.site.finished import FINISHED


def measure(bench: Bench) -> Measured:
    papers = _full_papers()
    emails = [paper.email for paper in papers]
    areas = [area.code for area in rulesets.for_version(_version().pk).questionnaire.areas]
    environment = bench.ground.environment(bench.database)
    with web_server(environment, settings=PRODUCT, log=logs() / "web-area.log") as server, server.followed() as memory:
        _draw_beforehand(server.port, papers, areas)
        targets = [
            Target(LIMIT, server.port, _pages("/bench/assessments/{pk}/areas/{area}/", papers, areas), emails),
            Target(OURS, server.port, _pages("/assessments/{pk}/areas/{area}/", papers, areas), emails),
        ]
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=bench.requests)
    more = {
        "median": percentile(taken[OURS], 0.5),
        "limit_median": percentile(taken[LIMIT], 0.5),
        "web_peak_mb": memory.peak,
        "web_growth_mb": memory.growth,
    }
    return Measured(percentile(taken[OURS], 0.95), percentile(taken[LIMIT], 0.95), bench.n, more)


def _version() -> QuestionnaireVersion:
    return answered_campaign().questionnaire


def _full_papers() -> list[Paper]:
    """Assessments of the campaign in which everything is answered, open once more."""
    papers = open_papers(Assessment.objects.filter(campaign=answered_campaign()))
    for paper in papers:
        Assessment.objects.filter(pk=paper.pk).update(status=Assessment.Status.RETURNED)
    return papers


def _draw_beforehand(port: int, papers: Sequence[Paper], areas: Sequence[str]) -> None:
    for paper in papers:
        browser = Browser(port)
        browser.sign_in(paper.email)
        for area in areas:
            FINISHED.mkdir(exist_ok=True)
            (FINISHED / f"{paper.pk}-{area}.html").write_bytes(browser.send(Request(f"/assessments/{paper.pk}/areas/{area}/")))


def _pages(path: str, papers: Sequence[Paper], areas: Sequence[str]) -> Callable[[int], Requests]:
    def requests(client: int) -> Requests:
        place = client % len(areas)
        for area in cycle([*areas[place:], *areas[:place]]):
            yield Request(path.format(pk=papers[client].pk, area=area))

    return requests
