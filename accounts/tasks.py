from celery import shared_task
from django.utils import timezone


@shared_task
def deliver_message(*, message_id: int) -> None:
    from accounts.messages import deliver

    deliver(message_id)


@shared_task
def deliver_waiting() -> None:
    """Hands over to a fresh task after each batch, so that other work gets its turn."""
    from accounts.messages import BATCH, deliver_batch

    if deliver_batch() == BATCH:
        deliver_waiting.delay()


@shared_task
def sweep_messages() -> None:
    """What was queued while the broker was away, what a mail server refused for a while, and what lost its worker."""
    from accounts.messages import fail_lost
    from accounts.models import Message

    fail_lost(at=timezone.now())
    if Message.objects.ready(timezone.now()).exists():
        deliver_waiting()
