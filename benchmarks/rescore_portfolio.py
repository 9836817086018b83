"""`rescore_portfolio`: from stored answers to stored scores, beside one COPY out of those answers and one COPY in of those scores.

Ours: a run of `score_portfolio` through the run engine on two worker processes, from the moment it is asked for until it is closed:
planning, claims, scores, findings and standings. Before each round one answer of every assessment is changed, so that every score
is written anew. A score's receipt is made again from what is stored with it (see docs/scoring.md).
The limit: the columns of the answers that scores are made from, read whole; the scores written into their own table.
"""

import time
from collections.abc import Callable

import pgtrigger
from django.utils import timezone

from assessments.models import Answer, Campaign
from assessments.questions import NOTE
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, copied_out, copy_in, in_turns, seconds
from benchmarks.processes import logs, workers
from benchmarks.seed import answered_campaign
from runs import engine
from runs.models import Run


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
PATIENCE = 600


def measure(bench: Bench) -> Measured:
    campaign = answered_campaign()
    n = campaign.assessments.count()
    environment = bench.ground.environment(bench.database)
    with workers(environment, log=logs() / "worker.log") as server, server.followed() as memory:
        # A nightly run finds most scores unchanged; this one also warms the workers up, who have their rules compiled afterwards.
        _score(campaign, changed=0)
        unchanged = _score(campaign, changed=0)
        change = _changes(campaign)

        def rescore(number: int) -> float:
            change(number)
            return _score(campaign, changed=n)

        ours, limit = in_turns(bench.rounds, ours=rescore, limit=lambda _: _copy(campaign))
    more = {"unchanged": unchanged, "worker_peak_mb": memory.peak, "worker_growth_mb": memory.growth}
    return Measured(ours, limit, n, more)


def _score(campaign: Campaign, *, changed: int) -> float:
    """Seconds from the request to the closed run, by its own times."""
    asked_at = timezone.now()
    run = engine.start("score_portfolio", parameters={"campaign": campaign.pk}, by=None, at=asked_at)
    run = _wait_for(run)
    if run.status != Run.Status.DONE or run.finished_at is None or run.result["changed"] != changed:
        raise RuntimeError(f"The run is {run.status}: {run.error} {run.result}")
    return (run.finished_at - asked_at).total_seconds()


def _wait_for(run: Run) -> Run:
    deadline = time.monotonic() + PATIENCE
    while run.is_open:
        if time.monotonic() > deadline:
            raise RuntimeError("The run does not come to its end; see the worker's log.")
        time.sleep(0.1)
        run.refresh_from_db()
    return run


def _changes(campaign: Campaign) -> Callable[[int], None]:
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
