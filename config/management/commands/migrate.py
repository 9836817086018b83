from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_half_way(using=options["database"])
        super().handle(*args, **options)


def _refuse_half_way(*, using: str) -> None:
    """Of migrations that stand for several earlier ones, some of which were applied, Django says nothing: it passes them over."""
    loader = MigrationLoader(connections[using])
    for migration in loader.replacements.values():
        missing = [name for app, name in migration.replaces if (app, name) not in loader.applied_migrations]
        if missing and len(missing) < len(migration.replaces):
            raise CommandError(
                f"This database stopped before {migration.app_label}.{missing[0]}, a migration that is no longer there. Carry it to "
                "the end with an earlier version of the portal that has it, or begin with an empty database (docs/adr/0056)."
            )
