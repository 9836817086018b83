"""Bulk rows by COPY: the demo's million answers in seconds."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg import sql


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(_statement(table, columns)) as copy:
        for row in rows:
            copy.write_row(row)


def copy_text(table: str, columns: Sequence[str], blocks: Iterable[str]) -> None:
    """Blocks of ready COPY lines: tab-separated, escaped, each line ended."""
    with connection.cursor() as cursor, cursor.copy(_statement(table, columns)) as copy:
        for block in blocks:
            copy.write(block)


def _statement(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)


def move_sequences(tables: Iterable[str]) -> None:
    """Rows came with their own numbers: the next one is given from there."""
    with connection.cursor() as cursor:
        for table in tables:
            statement = "SELECT setval(pg_get_serial_sequence({name}, 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
            cursor.execute(sql.SQL(statement).format(name=sql.Literal(table), table=sql.Identifier(table)))
