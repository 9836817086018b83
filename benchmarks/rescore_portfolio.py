"""`rescore_portfolio`: from stored answers to stored scores, beside one COPY out of those answers and one COPY in of those scores.

Ours: a run of `score_portfolio` through the run engine on two worker processes, from the moment it is asked for until it is closed:
planning, claims, scores, findings and standings. Before each round one answer of every assessment is changed, so that every score
is written anew. A score's receipt is made again from what is stored with it (see docs/scoring.md).
The limit: the columns of the answers that scores are made from, read whole; the scores written into their own table.
Further: how one process divides its time between reading, scoring and writing, and how many plain sums over the same answers the
limit is worth.
"""

import time
from collections.abc import Callable
from typing import Any

import pgtrigger
from django.db import connection, transaction
from django.utils import timezone

from assessments.jobs import ASSESSMENTS_A_CHUNK
from assessments.models import Answer, Campaign, Score
from assessments.questionnaires.questions import NOTE
from assessments.scores import keeping
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, copied_out, copy_in, in_turns, run_seconds, seconds
from benchmarks.processes import logs, workers
from benchmarks.seed import answered_campaign
from runs import engine


_ANSWERS = """
    SELECT answer.assessment_id, answer.question, answer.value, answer.evidence_count
    FROM assessments_answer answer JOIN assessments_assessment assessment ON assessment.id = answer.assessment_id
    WHERE assessment.campaign_id = %s
"""
_COLUMNS = (
    "assessment_id, ruleset_sha256, inputs_sha256, declared, evidenced, verified, evidence_coverage, facts, areas, triggers_hit, "
    "computed_at, run_id, is_current"
)
# As rows that are not current, so that the index that allows one current score an assessment lets them in beside the others.
_SCORES = f"""
    SELECT {_COLUMNS.replace("is_current", "false")} FROM assessments_score
    WHERE is_current AND assessment_id IN (SELECT id FROM assessments_assessment WHERE campaign_id = %s)
"""  # noqa: S608 - made of the constant above
# The least that looks at every answer: one number of each, added up.
_SUM = """
    SELECT sum(answer.evidence_count)
    FROM assessments_answer answer JOIN assessments_assessment assessment ON assessment.id = answer.assessment_id
    WHERE assessment.campaign_id = %s
"""
# Assessments of which reading, scoring and writing are told apart.
SPLIT_OVER = 4_000


def measure(bench: Bench) -> Measured:
    campaign = answered_campaign()
    n = campaign.assessments.count()
    environment = bench.ground.environment(bench.database)
    with workers(environment, log=logs() / "worker.log") as server, server.followed() as memory:
        # A nightly run finds most scores unchanged; this one also warms the workers up, who have their rules compiled afterwards.
        score(campaign, changed=0)
        unchanged = score(campaign, changed=0)
        change = changes(campaign)

        def rescore(number: int) -> float:
            change(number)
            return score(campaign, changed=n)

        ours, limit = in_turns(bench.rounds, ours=rescore, limit=lambda _: _copy(campaign))
    plain_sum = min(seconds(lambda: copied_out(_SUM, [campaign.pk])) for _ in range(3))
    more = {
        "unchanged": unchanged,
        **_split(campaign),
        "plain_sum": plain_sum,
        "limit_in_sums": limit / plain_sum,
        "worker_peak_mb": memory.peak,
        "worker_growth_mb": memory.growth,
    }
    return Measured(ours, limit, n, more)


def _split(campaign: Campaign) -> dict[str, float]:
    """What one process spends on reading, scoring and writing, over the whole campaign: the statements that read; Python until the
    results are there; everything after."""
    ids = list(campaign.assessments.order_by("pk").values_list("pk", flat=True))
    chunks = [ids[start : start + ASSESSMENTS_A_CHUNK] for start in range(0, min(len(ids), SPLIT_OVER), ASSESSMENTS_A_CHUNK)]
    statements, looked, written = _Statements(), 0.0, 0.0
    keeping.keep_scores(chunks[0], at=timezone.now())
    for chunk in chunks:
        # Taken for old, so that each is written anew.
        with pgtrigger.ignore("assessments.Score:computed_stays"):
            Score.objects.filter(assessment__in=chunk, is_current=True).update(inputs_sha256="0" * 64)
        with transaction.atomic():
            started = time.perf_counter()
            with connection.execute_wrapper(statements):
                scored = list(keeping.score_stored(chunk))
            looked_at = time.perf_counter()
            keeping.store(chunk, scored, at=timezone.now())
        looked += looked_at - started
        written += time.perf_counter() - looked_at
    scale = len(ids) / sum(map(len, chunks))
    return {"reading": statements.seconds * scale, "scoring": (looked - statements.seconds) * scale, "writing": written * scale}


class _Statements:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - started


def score(campaign: Campaign, *, changed: int | None = None) -> float:
    """Seconds from the request to the closed run, by its own times. `changed`: how many scores it must have written."""
    run = engine.start("score_portfolio", parameters={"campaign": campaign.pk}, by=None, at=timezone.now())
    return run_seconds(run, "changed", changed)


def changes(campaign: Campaign) -> Callable[[int], None]:
    """Gives every assessment the same answer to one question, another one each time and never one that was there before."""
    answers = Answer.objects.filter(assessment__campaign=campaign)
    question = answers.order_by("question").values_list("question", flat=True)[0]
    answers = answers.filter(question=question)
    values = list(answers.order_by("value").values_list("value", flat=True).distinct())

    def change(number: int) -> None:
        # As if each had been returned, answered again and handed in.
        with pgtrigger.ignore("assessments.Answer:handed_in_stays"):
            answers.update(value={**(values[0] if number % 2 else values[-1]), NOTE: f"Benchmark {number}"})

    return change


def _copy(campaign: Campaign) -> float:
    scores = copied_out(_SCORES, [campaign.pk])

    def copy() -> None:
        copied_out(_ANSWERS, [campaign.pk])
        copy_in("assessments_score", _COLUMNS, scores)

    return seconds(copy)
