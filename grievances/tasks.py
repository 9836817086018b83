from celery import shared_task
from django.utils import timezone


@shared_task
def remind_of_cases() -> int:
    from grievances.reminding import remind

    return remind(at=timezone.now())
