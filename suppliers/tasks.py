from celery import shared_task
from django.core.files.storage import default_storage
from django.utils import timezone


@shared_task
def forget_drafts() -> int:
    """Every day: what killed processes were just writing. The portal's own disk has drafts; a bucket takes a file whole."""
    forget = getattr(default_storage, "forget_drafts", None)
    return forget(at=timezone.now()) if forget else 0
