from unittest.mock import patch

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState, StateApps

from audit.migrating import Together


TABLES = [
    migrations.CreateModel(
        "Leaf", [("id", models.BigAutoField(primary_key=True)), ("tree", models.ForeignKey("audit.Tree", models.CASCADE))]
    ),
    migrations.CreateModel("Tree", [("id", models.BigAutoField(primary_key=True))]),
]


@pytest.fixture
def before() -> ProjectState:
    state = ProjectState()
    _ = state.apps  # built, as it is when migrations run
    return state


def test_models_are_built_once_for_all_operations(before):
    after = before.clone()

    with patch.object(StateApps, "render_multiple", autospec=True, side_effect=StateApps.render_multiple) as build:
        Together(TABLES).state_forwards("audit", after)
        leaf = after.apps.get_model("audit", "leaf")

    assert leaf._meta.get_field("tree").related_model is after.apps.get_model("audit", "tree")
    assert build.call_count == 1
    assert not before.models


def test_tables_are_made_in_order_and_taken_back_in_reverse(db, before):
    together, after = Together(TABLES), before.clone()
    together.state_forwards("audit", after)

    with connection.schema_editor(collect_sql=True) as forwards:
        together.database_forwards("audit", forwards, before, after)
    with connection.schema_editor(collect_sql=True) as backwards:
        together.database_backwards("audit", backwards, after, before)

    assert [line.split(" (")[0] for line in forwards.collected_sql if line.startswith("CREATE TABLE")] == [
        'CREATE TABLE "audit_leaf"',
        'CREATE TABLE "audit_tree"',
    ]
    assert backwards.collected_sql == ['DROP TABLE "audit_tree" CASCADE;', 'DROP TABLE "audit_leaf" CASCADE;']
