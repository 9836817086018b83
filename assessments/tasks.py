from celery import shared_task
from django.db import OperationalError
from django.utils import timezone


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def score_assessment(*, assessment_id: int) -> None:
    """After a submission, or when answers open again. Scoring twice writes once."""
    from assessments.scores.keeping import keep_scores

    keep_scores([assessment_id], at=timezone.now())


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def assign_review(*, assessment_id: int) -> None:
    """After a submission. What has a reviewer who is there keeps that one, so that delivering twice assigns once."""
    from assessments.reviewers.assigning import assign_by_rules
    from assessments.reviewers.drawing import draw_by_share

    assign_by_rules([assessment_id], at=timezone.now())
    draw_by_share([assessment_id], at=timezone.now())


@shared_task
def rescore_marked() -> None:
    """By the clock: scores of which an input has changed. Some batches at a time; the rest waits for the next minute."""
    from assessments.scores import freshness

    for _batch in range(4):
        if freshness.rescore_marked(at=timezone.now()) < freshness.RESCORED_AT_ONCE:
            break


@shared_task
def send_comment_notices() -> None:
    """By the clock. What two workers find at the same time, one of them queues."""
    from assessments.review import queries
    from assessments.teamwork import comments

    comments.queue_notices(at=timezone.now())
    queries.queue_notices(at=timezone.now())


@shared_task
def put_rules_into_force() -> int:
    """Every day. Rules that are in force already are left alone, so running twice changes nothing."""
    from assessments.publication import publishing

    return publishing.put_due_into_force(at=timezone.now())
