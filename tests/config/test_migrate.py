from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder


Name = tuple[str, str]


@contextmanager
def applied_only(holds: Callable[[Name], bool]) -> Iterator[None]:
    """As if of what was applied only this were known."""
    applied = MigrationRecorder.applied_migrations
    with patch.object(MigrationRecorder, "applied_migrations", lambda self: {key: row for key, row in applied(self).items() if holds(key)}):
        yield


def test_a_database_that_applied_what_was_folded_has_nothing_to_do(db: Any) -> None:
    folded = MigrationExecutor(connection).loader.replacements

    with applied_only(lambda name: name not in folded):
        executor = MigrationExecutor(connection)

    assert folded
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_a_database_that_stopped_half_way_is_refused_by_name(db: Any) -> None:
    missing = ("reports", "0007_facts_and_files_of_reports")

    with applied_only(lambda name: name != missing), pytest.raises(CommandError) as refused:
        call_command("migrate", check_unapplied=True, verbosity=0)

    assert ".".join(missing) in str(refused.value)
