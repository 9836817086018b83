from celery import shared_task
from django.db import OperationalError
from django.utils import timezone


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def score_assessment(*, assessment_id: int) -> None:
    """After a submission or a verdict. Scoring twice writes once."""
    from assessments.scorekeeping import keep_scores

    keep_scores([assessment_id], at=timezone.now())
