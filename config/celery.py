import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_init

from accounts.scope import SYSTEM, acting
from config import broker
from config.garbage import leave_loaded_alone


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

broker.register()


class SystemTask(Task):  # type: ignore[type-arg]  # the stubs' Task is generic, Celery's is not
    """A task acts for the system, not for a person."""

    @acting(SYSTEM)
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)


app = Celery("portal", task_cls=SystemTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _after_fork(**kwargs: Any) -> None:
    leave_loaded_alone()
