"""Many rows by COPY into a table with row-level security, into which PostgreSQL does not copy: through one of this transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, LiteralString

from django.db import connection, transaction
from psycopg import sql


@contextmanager
def copied_into(table: str, columns: Sequence[str]) -> Iterator[Any]:
    """A psycopg `Copy` to write rows into; the policies check them when the block ends."""
    parts = {
        "table": sql.Identifier(table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "draft": sql.Identifier(f"incoming_{table}"),
    }
    # Django translates the errors of execute() only; those of COPY come at its end.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor, connection.wrap_database_errors:
        statement = partial(_statement, cursor, parts)
        cursor.execute(statement("CREATE TEMPORARY TABLE {draft} ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0"))
        with cursor.copy(statement("COPY {draft} FROM STDIN")) as copy:
            yield copy
        cursor.execute(statement("INSERT INTO {table} ({columns}) SELECT {columns} FROM {draft}; DROP TABLE {draft}"))


def _statement(cursor: Any, parts: Mapping[str, sql.Composable], text: LiteralString) -> str:
    # As text: whoever looks at statements on their way expects one.
    return sql.SQL(text).format(**parts).as_string(cursor.connection)
