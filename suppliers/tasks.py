from celery import shared_task
from django.core.files.storage import default_storage
from django.utils import timezone


@shared_task
def forget_uploads() -> int:
    """Every day: the parts of files that nobody went on sending, and what killed processes were just writing."""
    from suppliers.uploads import forget_old

    now = timezone.now()
    # The portal's own disk has drafts; a bucket takes a file whole.
    if forget_drafts := getattr(default_storage, "forget_drafts", None):
        forget_drafts(at=now)
    return forget_old(at=now)
