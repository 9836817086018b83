from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EmissionsConfig(AppConfig):
    name = "emissions"

    def ready(self) -> None:
        post_migrate.connect(_load_factor_sets, dispatch_uid="emissions.factor_sets", sender=self)


def _load_factor_sets(*, using: str, **_kwargs: Any) -> None:
    """A release brings its factor sets along: no figure waits for somebody to load them."""
    from django.db import connections
    from django.utils import timezone

    from emissions.factors import load_factor_sets
    from emissions.models import Factor

    # Not while this app's tables are taken down.
    if Factor._meta.db_table in connections[using].introspection.table_names():
        load_factor_sets(at=timezone.now())
