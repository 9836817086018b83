from celery import shared_task
from django.utils import timezone


@shared_task
def put_agreements_into_force() -> int:
    """Every day. Agreements that are in force already are left alone, so running twice changes nothing."""
    from pilots.agreements import put_due_into_force

    return put_due_into_force(at=timezone.now())
