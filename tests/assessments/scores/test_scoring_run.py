"""A portfolio run with real workers: ten thousand suppliers, a worker killed in the middle, every supplier scored once."""

import time
from collections.abc import Sequence

from django.db.models import Count
from django.utils import timezone

from assessments import standing
from assessments.models import Answer, Assessment, Score
from runs import engine
from runs.models import Chunk, Run
from runs.tasks import sweep
from suppliers.models import Category, Supplier
from tests.factories import NOW, before_handing_in, create_campaign, create_user
from tests.services import Workers, wait_until


SUPPLIERS = 10_000


def test_a_scoring_run_of_ten_thousand_survives_the_death_of_a_worker(celery_workers: Workers) -> None:
    ids = submitted_assessments(SUPPLIERS)
    doomed = celery_workers.start()
    run = engine.start("score_portfolio", by=None, at=timezone.now())
    wait_until(lambda: done(run) >= 1, what="the run to be in its middle")

    celery_workers.kill(doomed)
    left = run.chunks.exclude(status=Chunk.Status.DONE).count()
    celery_workers.start(processes=2)
    wait_until(lambda: is_closed(run), seconds=90, what="the run to end")

    assert left > 0, "the worker was killed too late to prove anything"
    assert run.status == Run.Status.DONE
    assert run.result["scored"] == SUPPLIERS
    per_assessment = Score.objects.values("assessment").annotate(times=Count("pk")).values_list("times", flat=True)
    assert len(per_assessment) == len(ids)
    assert set(per_assessment) == {1}
    assert standing.differences() == []


def submitted_assessments(count: int) -> Sequence[int]:
    """Two answers each, so that the run is about chunks and not about scoring."""
    signatory, campaign = create_user(), create_campaign()
    names = (f"Paper Lantern {number}" for number in range(count))
    suppliers = Supplier.objects.bulk_create(
        [Supplier(name_en=name, country="CN", category=Category.SERVICES, headcount_band="small") for name in names]
    )
    assessments = Assessment.objects.bulk_create(
        [
            Assessment(
                supplier=supplier,
                campaign=campaign,
                status=Assessment.Status.SUBMITTED,
                due_on=campaign.due_on,
                created_at=NOW,
                submitted_at=NOW,
                submitted_by=signatory,
            )
            for supplier in suppliers
        ]
    )
    with before_handing_in():
        Answer.objects.bulk_create(
            [
                Answer(assessment=assessment, question=question, value={"value": value}, updated_at=NOW)
                for assessment in assessments
                for question, value in (("A-01", "yes"), ("B-01", "no"))
            ],
            batch_size=5000,
        )
    return [assessment.pk for assessment in assessments]


def done(run: Run) -> int:
    return run.chunks.filter(status=Chunk.Status.DONE).count()


def is_closed(run: Run) -> bool:
    """With what beat does every 15 seconds, a little faster."""
    sweep.delay()
    time.sleep(0.5)
    run.refresh_from_db()
    return not run.is_open
