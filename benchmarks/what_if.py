"""`what_if`: p95 of a change in the sandbox, eight clients, each with a full assessment, beside the bare save; and of one client alone.

Ours: eight suppliers' signatories, signed in, change one answer after another in what their page holds, and send it as the page does:
the part with scores, label and next steps comes back. In turns the whole page is sent and asked for, as without JavaScript.
The limit: that of `save_answer`, the least a request that changes something can cost.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle
from urllib.parse import urlencode

from assessments.answering.inputs import name_of, pairs
from assessments.models import Answer, Assessment
from assessments.questionnaires.questions import NOTE
from assessments.rules import rulesets
from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import CLIENTS, Refused, Request, Requests, Target
from benchmarks.measuring import Measured, percentile
from benchmarks.processes import logs, web_server
from benchmarks.save_answer import BARE, LIMIT, OURS, PRODUCT, Paper, Question, bare_saves, open_papers, questions_of_two_answers
from benchmarks.seed import answered_campaign


PAGE = "page"


def measure(bench: Bench) -> Measured:
    questions, environment = questions_of_two_answers(), bench.ground.environment(bench.database)
    papers = open_papers(Assessment.objects.filter(campaign=answered_campaign()))
    emails = [paper.email for paper in papers]
    with ExitStack() as stack:
        bare = stack.enter_context(web_server(environment, settings=BARE, log=logs() / "web-limit.log"))
        server = stack.enter_context(web_server(environment, settings=PRODUCT, log=logs() / "web-what-if.log"))
        memory = stack.enter_context(server.followed())
        targets = [
            Target(LIMIT, bare.port, bare_saves(questions)),
            Target(OURS, server.port, _changes(papers, questions, is_part=True), emails),
            Target(PAGE, server.port, _changes(papers, questions, is_part=False), emails),
        ]
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=bench.requests)
        alone = clients.measure(targets[1:], rounds=bench.request_rounds, requests=bench.requests, clients=1)
    more = {
        "alone_part_p95": percentile(alone[OURS], 0.95),
        "alone_page_p95": percentile(alone[PAGE], 0.95),
        "part_p95": percentile(taken[OURS], 0.95),
        "page_p95": percentile(taken[PAGE], 0.95),
        "part_median": percentile(taken[OURS], 0.5),
        "page_median": percentile(taken[PAGE], 0.5),
        "web_peak_mb": memory.peak,
        "web_growth_mb": memory.growth,
    }
    return Measured(more["part_p95"], percentile(taken[LIMIT], 0.95), bench.n, more)


def _changes(papers: Sequence[Paper], questions: Sequence[Question], *, is_part: bool) -> Callable[[int], Requests]:
    def requests(client: int) -> Requests:
        pk, filled_in = papers[client].pk, _filled_in(papers[client].pk)
        other = {question.code: question.forms for question in questions if question.code in filled_in}
        # Each client begins at another question.
        codes = sorted(other)
        start = client * len(codes) // CLIENTS
        for code in cycle([*codes[start:], *codes[:start]]):
            changed = next(form for form in other[code] if form not in filled_in[code])
            # The page sends what was changed (static/js/what-if.js); without JavaScript all of it.
            sent = {code: changed} if is_part else {**filled_in, code: changed}
            body = "&".join(f"{name_of(each, '-asked')}=1&{form}" for each, form in sent.items())
            answer = yield Request(f"/labels/what-if/{pk}/", body, is_part=is_part)
            if b'id="what-if"' not in answer or b"notice--warning" in answer:
                raise Refused(f"{code}: the change was not understood.")

    return requests


def _filled_in(pk: int) -> dict[str, str]:
    """Question -> its inputs as the page of this assessment holds them."""
    answers = list(Answer.objects.filter(assessment=pk, site=None).order_by("question"))
    by_code = rulesets.questionnaire_of(answered_campaign().questionnaire_id).by_code
    found = {}
    for answer in answers:
        question = by_code[answer.question]
        inputs = [(name, value) for name, value in pairs(question, answer.value) if name != name_of(question.code, NOTE)]
        if answer.evidence_count and question.evidence.rule != "none":
            inputs.append((name_of(question.code, "-evidence"), "1"))
        found[answer.question] = urlencode(inputs)
    return found
