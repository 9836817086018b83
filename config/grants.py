"""What the application's database role may do: read and write rows, but only add to the tables that record what happened."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models import Model
from pghistory.models import Event
from psycopg import sql


def append_only_tables() -> Iterator[str]:
    """Tables of models that say `append_only = True`, and every history table."""
    for model in apps.get_models(include_auto_created=True):
        if is_append_only(model):
            yield model._meta.db_table


def is_append_only(model: type[Model]) -> bool:
    return bool(getattr(model, "append_only", False)) or issubclass(model, Event)


def grant_rights(*, using: str = "default") -> None:
    """Runs after each migration, as the tables' owner. When application and owner are one role, there is nothing to grant."""
    connection = connections[using]
    role = sql.Identifier(settings.DATABASE_APP_ROLE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == settings.DATABASE_APP_ROLE:
            return
        existing = set(connection.introspection.table_names(cursor))
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=role))
        for table in sorted(set(append_only_tables()) & existing):
            revoke = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
            cursor.execute(revoke.format(table=sql.Identifier(table), role=role))
