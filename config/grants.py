"""What the application's database role may do: read and write rows, but only add to the tables that record what happened."""

from django.conf import settings
from django.db import connections
from psycopg import sql

from audit.append_only import append_only_tables


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
