from celery import shared_task
from django.db import OperationalError
from django.utils import timezone


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def score_assessment(*, assessment_id: int) -> None:
    """After a submission or a verdict. Scoring twice writes once."""
    from assessments.scorekeeping import keep_scores

    keep_scores([assessment_id], at=timezone.now())


@shared_task
def send_comment_notices() -> None:
    """By the clock. What two workers find at the same time, one of them queues."""
    from assessments.comments import queue_notices

    queue_notices(at=timezone.now())
