from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PilotsConfig(AppConfig):
    name = "pilots"

    def ready(self) -> None:
        post_migrate.connect(_load_templates, dispatch_uid="pilots.templates", sender=self)


def _load_templates(*, using: str, **_kwargs: Any) -> None:
    """A release brings its templates and its appraisal scheme along."""
    from django.db import connections
    from django.utils import timezone

    from pilots.appraisal import load_schemes
    from pilots.models import AgreementTemplate, AppraisalScheme
    from pilots.wordings import load_templates

    # Not while this app's tables are taken down.
    if AgreementTemplate._meta.db_table in connections[using].introspection.table_names():
        load_templates(at=timezone.now())
    if AppraisalScheme._meta.db_table in connections[using].introspection.table_names():
        load_schemes(at=timezone.now())
