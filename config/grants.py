"""What the application's database role may do: read and write rows, but only add to the tables that record what happened."""

from django.conf import settings
from django.db import connections
from psycopg import sql

from accounts.scope import SCOPE_ROLES
from audit.append_only import append_only_tables


def grant_rights(*, using: str = "default") -> None:
    """Runs after each migration, as the tables' owner. Whoever migrates as the application has nothing to grant."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        if cursor.fetchone()[0] == settings.DATABASE_APP_ROLE:
            return
        existing = set(connection.introspection.table_names(cursor))
        # The role that signs in, and those it takes on: which rows each has is for config/row_security.py.
        roles = sql.SQL(", ").join(sql.Identifier(role) for role in (settings.DATABASE_APP_ROLE, *SCOPE_ROLES))
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {roles}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {roles}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {roles}",
        ):
            cursor.execute(sql.SQL(statement).format(roles=roles))
        for table in sorted(set(append_only_tables()) & existing):
            revoke = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {roles}")
            cursor.execute(revoke.format(table=sql.Identifier(table), roles=roles))
