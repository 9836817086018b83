from celery import shared_task
from django.utils import timezone


@shared_task
def forget_uploads() -> int:
    """Every day: the parts of files that nobody went on sending."""
    from suppliers.uploads import forget_old

    return forget_old(at=timezone.now())
