"""Statements that nearly every request runs, planned once a connection: `run_prepared(_STATEMENT, {…})`.

PostgreSQL plans a statement anew each time it is sent, which for a short one costs more than to run it. The text has to be the same each
time, and a value whose type its place does not tell says which it is (`%(codes)s::text[]`).

By SQL's own PREPARE and EXECUTE, not by the driver: that forgets what it prepared with every rollback, and prepares nothing that has a
statement in front, as the scope of a request and the context of a history are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from django.db import connection


_ours: Any = connection  # with what config/postgresql adds


@dataclass(frozen=True)
class _Prepared:
    name: str
    text: str  # as PostgreSQL has it, $1 for the first value
    execution: str
    values: tuple[str, ...]


def run_prepared(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that it finds, or returns of what it writes. Logged and counted as any other."""
    prepared = _prepared(statement)
    with connection.cursor() as cursor:
        _ours.prepare(prepared.name, prepared.text)
        cursor.execute(prepared.execution, [parameters[name] for name in prepared.values])
        if connection.queries_logged:
            connection.queries_log[-1]["sql"] = statement  # which tells more than its name
        return list(cursor.fetchall())


@cache
def _prepared(statement: str) -> _Prepared:
    values = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    text = re.sub(r"%\((\w+)\)s", lambda found: f"${values.index(found[1]) + 1}", statement)
    deed = "read" if text.lstrip().upper().startswith("SELECT") else "write"
    name = f"portal_{deed}_{blake2b(text.encode(), digest_size=8).hexdigest()}"
    places = f" ({', '.join(['%s'] * len(values))})" if values else ""
    return _Prepared(name, text, f"EXECUTE {name}{places}", values)
