from celery import shared_task
from django.utils import timezone


@shared_task
def evaluate_marked() -> None:
    from labels.freshness import evaluate_marked

    evaluate_marked(at=timezone.now())
