from celery import shared_task
from django.utils import timezone


@shared_task
def evaluate_marked() -> None:
    """First what people announced for today."""
    from labels.announcing import take_due
    from labels.freshness import evaluate_marked

    take_due(at=timezone.now())
    evaluate_marked(at=timezone.now())


@shared_task
def tell_of_steps() -> None:
    """By the clock. What two workers find at the same time, one of them tells."""
    from labels.notices import AT_ONCE, tell

    while tell(at=timezone.now())["steps"] == AT_ONCE:
        pass
