import logging
from typing import Any

from celery import shared_task


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
