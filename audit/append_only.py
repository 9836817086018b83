"""Which tables record what happened: they are only ever added to."""

from collections.abc import Iterator

import pghistory.models
from django.apps import apps
from django.db.models import Model


def append_only_models() -> Iterator[type[Model]]:
    """Models that say `append_only = True`, and the history of every model."""
    for model in apps.get_models(include_auto_created=True):
        if is_append_only(model):
            yield model


def append_only_tables() -> Iterator[str]:
    for model in append_only_models():
        yield model._meta.db_table


def is_append_only(model: type[Model]) -> bool:
    return bool(getattr(model, "append_only", False)) or issubclass(model, pghistory.models.Event)
