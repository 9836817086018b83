from celery import shared_task
from django.utils import timezone


# Whatever broke it off: what it has done stays, and the next try goes on from there.
@shared_task(autoretry_for=(Exception,), retry_backoff=60, max_retries=5)
def seal_trail() -> None:
    from audit.sealing import seal_trail

    seal_trail(at=timezone.now())
