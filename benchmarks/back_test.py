"""`back_test`: a draft tried on the whole portfolio, beside the run that scores the same portfolio anew.

Ours: a run of `back_test` on two worker processes, from the moment it is asked for until it is closed: reading, scoring by the draft's
rules, judging labels twice, and writing its own rows.
The limit: a run of `score_portfolio` on the same assessments, every score of it taken for an old one and written anew.
"""

from copy import deepcopy

import pgtrigger
from django.utils import timezone

from accounts.models import User
from assessments.models import QuestionnaireVersion, Score
from assessments.publication import back_testing
from assessments.rules import loading
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, in_turns, run_seconds
from benchmarks.processes import logs, workers
from benchmarks.seed import answered_campaign
from runs import engine
from runs.models import Run


def measure(bench: Bench) -> Measured:
    draft = _draft(answered_campaign().questionnaire)
    n = back_testing.to_be_tested(draft).count()
    environment = bench.ground.environment(bench.database)
    with workers(environment, log=logs() / "worker.log"):
        # Warms the workers up: they keep rules compiled.
        _back_test(draft, n)
        _rescore(n)
        ours, limit = in_turns(bench.rounds, ours=lambda _: _back_test(draft, n), limit=lambda _: _rescore(n))
    return Measured(ours, limit, n)


def _draft(version: QuestionnaireVersion) -> QuestionnaireVersion:
    content = deepcopy(version.content)
    content["questions"][0]["weight"] = "5"
    content["version"] = "back-test"
    return loading.load_questionnaire(content, by=None, at=timezone.now())


def _back_test(draft: QuestionnaireVersion, n: int) -> float:
    person = User.objects.order_by("pk")[0]
    return run_seconds(Run.objects.get(pk=back_testing.start(version=draft, by=person, at=timezone.now()).run_id), "tested", n)


def _rescore(n: int) -> float:
    with pgtrigger.ignore("assessments.Score:computed_stays"):
        Score.objects.filter(is_current=True).update(inputs_sha256="0" * 64)
    return run_seconds(engine.start("score_portfolio", by=None, at=timezone.now()), "changed", n)
