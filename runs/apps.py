from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        autodiscover_modules("jobs")
        import_module("runs.telling")  # what its mail contains, wherever that is delivered
        post_migrate.connect(_create_schedules, dispatch_uid="runs.schedules", sender=self)


def _create_schedules(*, using: str, **_kwargs: Any) -> None:
    from runs.schedules import create_schedules

    create_schedules(using=using)
