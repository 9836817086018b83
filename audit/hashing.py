"""What the seals are made of, as SQL: PostgreSQL reads the rows anyway, and has SHA-256.

leaf   SHA-256 of the row as PostgreSQL writes one, `(1,"2026-01-01 00:00:00+00",…)`, in UTF-8
block  SHA-256 of the JSON array [table, columns, after, last, ids] in UTF-8, followed by the leaves
seal   SHA-256 of the lines: hash of the seal before, number, moment, hash of each block
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from psycopg import sql


# Before the first row of any table.
BEFORE_ALL = -(2**63)

BLOCK_HASH = sql.SQL(
    "encode(sha256(convert_to(jsonb_build_array({table}, {columns}, {after}, {last}, {ids})::text, 'UTF8') || {leaves}), 'hex')"
)

# How values look as text, whatever the session says.
WRITTEN_AS = (
    ("timezone", "UTC"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
)


@contextmanager
def rows_as_text() -> Iterator[None]:
    """A transaction in which a row has one text only."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)",
            [[name for name, _value in WRITTEN_AS], [value for _name, value in WRITTEN_AS]],
        )
        yield


def leaf(columns: Sequence[str]) -> sql.Composed:
    listed = sql.SQL(", ").join(sql.Identifier("each", column) for column in columns)
    return sql.SQL("sha256(convert_to(ROW({})::text, 'UTF8'))").format(listed)


def block_hash(**parts: sql.Composable) -> sql.Composed:
    return BLOCK_HASH.format(**parts)


def seal_hash(*, previous: str, number: int, at: datetime, blocks: Iterable[str]) -> str:
    digest = hashlib.sha256("\n".join((previous, str(number), at.isoformat())).encode())
    for block in blocks:
        digest.update(f"\n{block}".encode())
    return digest.hexdigest()
