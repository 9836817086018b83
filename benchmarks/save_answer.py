"""`save_answer`: p95 of saving one answer over HTTP, eight clients, beside a bare Django view under the same kind of server.

Ours: suppliers' signatories, each signed in, save one answer after another of their own assessment, all questions in turn, with what
the page sends: the fields of the question, the version it was read in, and the token. A save that is refused fails the benchmark.
The same is asked of a database a tenth the size.
The limit: one SELECT by index and one committed UPDATE in a view without middleware, on a table without history.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import QuerySet

from accounts.demo import PASSWORD
from accounts.models import Role, User
from assessments.answering.inputs import name_of, pairs
from assessments.models import Answer, Assessment
from assessments.rules import rulesets
from benchmarks import clients
from benchmarks.bench import Bench
from benchmarks.clients import CLIENTS, Request, Requests, Target
from benchmarks.measuring import Measured, other_database, percentile
from benchmarks.processes import Memory, logs, web_server
from benchmarks.seed import answered_campaign


OURS, SMALL, LIMIT = "ours", "small", "limit"
PRODUCT, BARE = "benchmarks.site.product", "benchmarks.site.bare"
# Assessments in which two different answers to each question are looked for.
SAMPLE = 200


@dataclass(frozen=True)
class Question:
    code: str
    forms: tuple[str, str]  # two different answers, as the page sends them


@dataclass(frozen=True)
class Paper:
    """An open assessment, and who answers it."""

    pk: int
    email: str
    versions: dict[str, int]


def measure(bench: Bench) -> Measured:
    questions = questions_of_two_answers()
    with ExitStack() as stack:

        def serve(name: str, settings: str, database: str) -> int:
            server = web_server(bench.ground.environment(database), settings=settings, log=logs() / f"web-{name}.log")
            running = stack.enter_context(server)
            if name == OURS:
                memory.append(stack.enter_context(running.followed()))
            return running.port

        memory: list[Memory] = []
        targets = [
            Target(LIMIT, serve(LIMIT, BARE, bench.database), bare_saves(questions)),
            saves(OURS, serve(OURS, PRODUCT, bench.database), questions),
        ]
        if bench.small:
            with other_database(bench.small_database):
                targets.append(saves(SMALL, serve(SMALL, PRODUCT, bench.small_database), questions))
        taken = clients.measure(targets, rounds=bench.request_rounds, requests=bench.requests)
    p95 = {name: percentile(seconds, 0.95) for name, seconds in taken.items()}
    more = {
        "median": percentile(taken[OURS], 0.5),
        "limit_median": percentile(taken[LIMIT], 0.5),
        "web_peak_mb": memory[0].peak,
        "web_growth_mb": memory[0].growth,
    }
    if bench.small:
        more |= {f"at_{bench.small}": p95[SMALL], "size_effect": p95[OURS] / p95[SMALL] - 1}
    return Measured(p95[OURS], p95[LIMIT], bench.n, more)


# --- ours -------------------------------------------------------------------------------------------------------------


def questions_of_two_answers() -> list[Question]:
    campaign = answered_campaign()
    by_code = rulesets.for_version(campaign.questionnaire_id).questionnaire.by_code
    sample = list(campaign.assessments.order_by("pk").values_list("pk", flat=True)[:SAMPLE])
    found: dict[str, dict[str, None]] = {}
    for code, value in Answer.objects.filter(assessment__in=sample).order_by("question", "pk").values_list("question", "value"):
        found.setdefault(code, {})[urlencode(pairs(by_code[code], value))] = None
    return [Question(code, (forms[0], forms[-1])) for code, those in found.items() if len(forms := list(those)) > 1]


def saves(name: str, port: int, questions: Sequence[Question]) -> Target:
    papers = open_papers(Assessment.objects.filter(status=Assessment.Status.IN_PROGRESS))

    def requests(client: int) -> Requests:
        paper, versions = papers[client], dict(papers[client].versions)
        for turn in count():
            # Each client begins at another question.
            for place in range(len(questions)):
                question = questions[(place + client * len(questions) // CLIENTS) % len(questions)]
                yield from saved(paper, question, turn, versions)

    return Target(name, port, requests, [paper.email for paper in papers])


def saved(paper: Paper, question: Question, turn: int, versions: dict[str, int], *, counts: bool = True) -> Requests:
    """One save, over the version that was saved last."""
    base = versions.get(question.code, 0)
    fields = {name_of(question.code, "-base"): base, name_of(question.code, "-strict"): 1}
    body = f"{question.forms[turn % 2]}&{urlencode(fields)}"
    answer = yield Request(f"/assessments/{paper.pk}/answers/{question.code}/", body, counts=counts)
    versions[question.code] = json.loads(answer)["version"]


def open_papers(assessments: QuerySet[Assessment], *, clients: int = CLIENTS) -> list[Paper]:
    """Some of these whose supplier has a signatory, one a client, who gets the demo's password."""
    signatories = User.objects.filter(active_membership__role=Role.SUPPLIER_SIGNATORY, is_active=True)
    emails = dict(signatories.values_list("active_membership__supplier", "email"))
    open_ones = assessments.filter(supplier__in=emails).order_by("pk").values_list("pk", "supplier")[:clients]
    papers = [Paper(pk, emails[supplier], _versions(pk)) for pk, supplier in open_ones]
    if len(papers) < clients:
        raise RuntimeError(f"Only {len(papers)} open assessments; the benchmark needs {clients}.")
    signatories.filter(email__in=[paper.email for paper in papers]).update(password=make_password(PASSWORD))
    return papers


def _versions(pk: int) -> dict[str, int]:
    return dict(Answer.objects.filter(assessment=pk).values_list("question", "version"))


# --- the limit --------------------------------------------------------------------------------------------------------


def bare_saves(questions: Sequence[Question]) -> Callable[[int], Requests]:
    papers = list(answered_campaign().assessments.order_by("pk").values_list("pk", flat=True)[:CLIENTS])
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_answer")
        cursor.execute("INSERT INTO bench_answer SELECT * FROM assessments_answer WHERE assessment_id = ANY(%s)", [papers])
        cursor.execute("ANALYZE bench_answer")

    def requests(client: int) -> Requests:
        for turn in count():
            for question in questions:
                yield Request(f"/answers/{papers[client]}/{question.code}/", f"value={turn}")

    return requests
