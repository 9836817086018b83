"""Statements that nearly every request runs, planned once a connection: `read_prepared(_STATEMENT, {…})`.

PostgreSQL plans a statement anew each time it is sent, which for a short one costs more than to run it. These are prepared after a few
uses (`prepare_threshold` in the settings), with their values bound by the server: the text has to be the same each time, and a value of
no plain type says which it is (`%(codes)s::text[]`). They read. What writes carries its history's context in front of it, as a statement
of its own, and two cannot be prepared as one.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection
from psycopg import RawCursor


def read_prepared(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that begins with SELECT. Logged and counted as any other."""
    text, names = _numbered(statement)
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    _take_on_scope()
    plain: Any = RawCursor(connection.connection)
    with connection.make_debug_cursor(plain) if connection.queries_logged else connection.make_cursor(plain) as cursor:
        cursor.execute(text, [parameters[name] for name in names])
        if connection.queries_logged:
            connection.queries_log[-1]["sql"] = statement  # which the log asks a cursor for that has not kept it
        return list(cursor.fetchall())


def _take_on_scope() -> None:
    # Django's own way to a cursor, which does it, is not taken here.
    ours: Any = connection
    ours.take_on_scope()


@cache
def _numbered(statement: str) -> tuple[str, list[str]]:
    """As PostgreSQL has it, $1 for the first value: a driver that reads six thousand characters for names each time takes long."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement), names
