import logging
from typing import Any

from celery import shared_task
from celery.signals import task_failure, task_success
from django.db import DatabaseError
from django.utils import timezone


logger = logging.getLogger(__name__)


@shared_task
def work_run(*, run_id: int) -> None:
    from runs.engine import work

    work(run_id)


@shared_task
def sweep() -> None:
    from runs.engine import hand_out_again

    hand_out_again()


@shared_task
def start_scheduled(*, kind: str, parameters: dict[str, Any] | None = None) -> None:
    """What a schedule calls. A run of the same kind that is still open is not doubled."""
    from runs.schedules import start_unless_open

    start_unless_open(kind, parameters=parameters or {})


@shared_task
def tell_of_failures() -> None:
    from runs.telling import tell_of_failures

    tell_of_failures(at=timezone.now())


@task_success.connect
def _remember_success(sender: Any = None, **_kwargs: Any) -> None:
    _remember(sender, succeeded=True, error="")


@task_failure.connect
def _remember_failure(sender: Any = None, exception: BaseException | None = None, **_kwargs: Any) -> None:
    _remember(sender, succeeded=False, error=f"{type(exception).__name__}: {exception}")


def _remember(task: Any, *, succeeded: bool, error: str) -> None:
    """For the page of schedules. That it could not be written down is no reason for a task to fail."""
    from runs.schedules import remember_outcome

    try:
        remember_outcome(task=task.name, succeeded=succeeded, error=error, at=timezone.now())
    except DatabaseError:
        logger.warning("How %s went could not be written down.", task.name, exc_info=True)
