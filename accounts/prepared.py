"""Statements that nearly every request runs, planned once a connection: `read_prepared(_STATEMENT, {…})`.

PostgreSQL plans a statement anew each time it is sent, which for a short one costs more than to run it. These are prepared after a few
uses (`prepare_threshold` in the settings), with their values bound by the server: the text has to be the same each time, and a value of
no plain type says which it is (`%(codes)s::text[]`). They read. What writes carries its history's context in front of it, as a statement
of its own, and two cannot be prepared as one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


def read_prepared(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that begins with SELECT. Logged and counted as any other."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    make: Any = ServerBindingCursor  # which django-stubs believe to be a wrapper
    plain = make(connection.connection)
    with connection.make_debug_cursor(plain) if connection.queries_logged else connection.make_cursor(plain) as cursor:
        cursor.execute(statement, parameters)
        if connection.queries_logged:
            connection.queries_log[-1]["sql"] = statement  # which the log asks a cursor for that has not kept it
        return list(cursor.fetchall())
