from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder


def test_a_database_that_has_everything_has_nothing_to_do(db):
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_a_database_that_stopped_half_way_is_refused_by_name(db):
    applied = MigrationRecorder.applied_migrations

    def all_but_one(self):
        return {key: row for key, row in applied(self).items() if key != ("reports", "0007_facts_and_files_of_reports")}

    with patch.object(MigrationRecorder, "applied_migrations", all_but_one), pytest.raises(CommandError, match=r"reports\.0007_facts"):
        call_command("migrate", check_unapplied=True, verbosity=0)
