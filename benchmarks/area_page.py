"""`area_page`: p95 of opening any area page of a full assessment, eight clients, beside the same finished HTML.

Ours: eight suppliers' signatories, signed in, go through the areas of their own assessment, in which every question is answered, in
turn and again.
The limit: the same requests to the same server by the same people, answered by a view that sends the same pages, drawn beforehand.
Beside it, `after_save`: eight other signatories save an answer of an area, a different one each time, and open the area at once.
"""

from collections.abc import Callable, Sequence
from itertools import count, cycle

from assessments.models import Assessment, QuestionnaireVersion
from assessments.rules import rulesets
from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import CLIENTS, Browser, Request, Requests, Target
from benchmarks.measuring import Measured, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import LIMIT, OURS, PRODUCT, Paper, open_papers, questions_of_two_answers, saved
from benchmarks.seed import answered_campaign
from benchmarks.site.finished import FINISHED


AFTER_SAVE = "after_save"
PAGE = "/assessments/{pk}/areas/{area}/"
TIMES = 5


def measure(bench: Bench) -> Measured:
    papers, busy = _full_papers()
    emails = [paper.email for paper in papers]
    areas = [area.code for area in rulesets.for_version(_version().pk).questionnaire.areas]
    environment = bench.ground.environment(bench.database)
    with web_server(environment, settings=PRODUCT, log=logs() / "web-area.log") as server, server.followed() as memory:
        _draw_beforehand(server.port, papers, areas)
        targets = [
            Target(LIMIT, server.port, _pages("/bench/assessments/{pk}/areas/{area}/", papers, areas), emails),
            Target(OURS, server.port, _pages(PAGE, papers, areas), emails),
            Target(AFTER_SAVE, server.port, _after_saves(busy, areas), [paper.email for paper in busy]),
        ]
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=bench.requests)
    more = {
        "median": percentile(taken[OURS], 0.5),
        "limit_median": percentile(taken[LIMIT], 0.5),
        "after_save": percentile(taken[AFTER_SAVE], 0.95),
        "after_save_median": percentile(taken[AFTER_SAVE], 0.5),
        "web_peak_mb": memory.peak,
        "web_growth_mb": memory.growth,
    }
    return Measured(percentile(taken[OURS], 0.95), percentile(taken[LIMIT], 0.95), bench.n, more)


def _version() -> QuestionnaireVersion:
    return answered_campaign().questionnaire


def _full_papers() -> tuple[list[Paper], list[Paper]]:
    """Assessments of the campaign in which everything is answered, open once more: to look at, and to change."""
    papers = open_papers(Assessment.objects.filter(campaign=answered_campaign()), clients=2 * CLIENTS)
    for paper in papers:
        Assessment.objects.filter(pk=paper.pk).update(status=Assessment.Status.RETURNED)
    return papers[:CLIENTS], papers[CLIENTS:]


def _draw_beforehand(port: int, papers: Sequence[Paper], areas: Sequence[str]) -> None:
    """Some times over: each of the server's processes keeps what it has drawn for itself."""
    FINISHED.mkdir(exist_ok=True)
    for paper in papers:
        browser = Browser(port)
        browser.sign_in(paper.email)
        for area in [*areas] * TIMES:
            browser.reconnect()  # to either process; the first page takes longer than the server waits for the next request
            (FINISHED / f"{paper.pk}-{area}.html").write_bytes(browser.send(Request(PAGE.format(pk=paper.pk, area=area))))


def _pages(path: str, papers: Sequence[Paper], areas: Sequence[str]) -> Callable[[int], Requests]:
    def requests(client: int) -> Requests:
        place = client % len(areas)
        for area in cycle([*areas[place:], *areas[:place]]):
            yield Request(path.format(pk=papers[client].pk, area=area))

    return requests


def _after_saves(papers: Sequence[Paper], areas: Sequence[str]) -> Callable[[int], Requests]:
    questionnaire = rulesets.for_version(_version().pk).questionnaire
    questions = {each.code: each for each in questions_of_two_answers()}
    of_area = {area: [questions[each.code] for each in questionnaire.in_area(area) if each.code in questions] for area in areas}

    def requests(client: int) -> Requests:
        paper, versions = papers[client], dict(papers[client].versions)
        for turn in count():
            for area, those in of_area.items():
                yield from saved(paper, those[turn % len(those)], turn // len(those), versions, counts=False)
                yield Request(PAGE.format(pk=paper.pk, area=area))

    return requests
