"""The daily seal over the trail: hashes of every row that records what happened, in blocks, chained from day to day.

Whoever changes a row afterwards has to change its block, that day's seal and every seal since; and the seals are printed in
documents that have left the house.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Max, Model
from psycopg import sql

from audit import trail
from audit.append_only import append_only_models
from audit.hashing import BEFORE_ALL, block_hash, leaf, rows_as_text, seal_hash
from audit.models import Seal, SealedBlock


logger = logging.getLogger(__name__)

ROWS_A_BLOCK = 1000
# One statement and one transaction: a seal that was broken off goes on where it was.
ROWS_AT_ONCE = 100_000
# Longer than nearly every transaction; the task itself is ended after four minutes.
WAIT_FOR_WRITERS = 120.0
ONE_AT_A_TIME = 7_215_005
SEALED = "audit_trail.sealed"


class StillWriting(Exception):
    """Somebody has been writing into the table for too long to say which of its rows are there to stay."""


def sealed_models() -> Iterator[type[Model]]:
    """The seals are chained by themselves."""
    for model in append_only_models():
        if model not in (Seal, SealedBlock):
            yield model


def newest_seal() -> Seal | None:
    """For documents: its number, moment and hash are printed in them."""
    return Seal.objects.order_by("-number").first()


def rows_to_seal() -> int:
    """How many rows no block has yet, of all tables, in one statement."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        waiting = sql.SQL(" UNION ALL ").join(
            _WAITING.format(table=sql.Identifier(model._meta.db_table), name=sql.Literal(model._meta.db_table), pk=_key(model))
            for model in sealed_models()
            if model._meta.db_table in there
        )
        cursor.execute(sql.SQL("SELECT sum(rows) FROM ({}) AS waiting").format(waiting))
        return int(cursor.fetchone()[0])


_WAITING = sql.SQL("""
    SELECT count(*) AS rows FROM {table} WHERE {pk} > coalesce(
        (SELECT last_id FROM audit_sealedblock WHERE "table" = {name} ORDER BY after_id DESC LIMIT 1), -9223372036854775808)
""")


def _key(model: type[Model]) -> sql.Identifier:
    return sql.Identifier(str(model._meta.pk.column))


def seal_trail(*, at: datetime) -> Seal:
    """Seals every row that is there to stay. Not atomic: what was hashed before a fault stays, and the next seal takes it."""
    with _alone():
        for model in sealed_models():
            last = _settled(model)
            while last is not None and _seal_rows(model, up_to=last) == ROWS_AT_ONCE:
                pass
        return _close(at=at)


@contextmanager
def _alone() -> Iterator[None]:
    """From the first block to the seal. A lock of the session: should its connection end, it is free again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _settled(model: type[Model]) -> int | None:
    """The id up to which nothing can come any more, None for an empty table.

    Ids are given out before the transaction that took them commits: a row with a smaller id may appear after one with a larger. But
    whoever inserts holds a lock on the table from before it takes an id until it commits, so when all who held one have ended, every
    row up to the newest id of before is there.
    """
    newest: int | None = model._default_manager.aggregate(newest=Max("pk"))["newest"]
    writers = _writers(model)
    deadline = time.monotonic() + WAIT_FOR_WRITERS
    while writers & _writers(model):
        if time.monotonic() > deadline:
            raise StillWriting(model._meta.db_table)
        time.sleep(0.05)
    return newest


def _writers(model: type[Model]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = to_regclass(%s)::oid"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()",
            [f'"{model._meta.db_table}"'],
        )
        return {row[0] for row in cursor.fetchall()}


def _seal_rows(model: type[Model], *, up_to: int) -> int:
    """The next rows of a table, in one statement; says how many."""
    table, columns = model._meta.db_table, [str(field.column) for field in model._meta.concrete_fields]
    with rows_as_text(), connection.cursor() as cursor:
        before = SealedBlock.objects.filter(table=table).aggregate(last=Max("last_id"))["last"]
        after = BEFORE_ALL if before is None else before
        cursor.execute(
            _SEAL_ROWS.format(
                table=sql.Identifier(table),
                pk=_key(model),
                leaf=leaf(columns),
                hash=block_hash(
                    table=sql.SQL("%(table)s::text"),
                    columns=sql.SQL("%(columns)s::text[]"),
                    after=sql.SQL("after_id"),
                    last=sql.SQL("last_id"),
                    ids=sql.SQL("ids"),
                    leaves=sql.SQL("leaves"),
                ),
            ),
            {
                "table": table,
                "columns": columns,
                "after": after,
                "up_to": up_to,
                "at_once": ROWS_AT_ONCE,
                "a_block": ROWS_A_BLOCK,
            },
        )
        return sum(row[0] for row in cursor.fetchall())


_SEAL_ROWS = sql.SQL("""
    WITH next AS (
        SELECT {pk} AS id, {leaf} AS leaf FROM {table} each
        WHERE {pk} > %(after)s AND {pk} <= %(up_to)s ORDER BY {pk} LIMIT %(at_once)s
    ), placed AS (
        SELECT id, leaf, (row_number() OVER (ORDER BY id) - 1) / %(a_block)s AS block FROM next
    ), block AS (
        SELECT block, max(id) AS last_id, array_agg(id ORDER BY id) AS ids, string_agg(leaf, ''::bytea ORDER BY id) AS leaves
        FROM placed GROUP BY block
    ), chained AS (
        SELECT coalesce(lag(last_id) OVER (ORDER BY block), %(after)s) AS after_id, last_id, ids, leaves FROM block
    )
    INSERT INTO audit_sealedblock ("table", columns, after_id, last_id, ids, leaves, hash)
    SELECT %(table)s, %(columns)s::text[], after_id, last_id, ids, leaves, {hash} FROM chained ORDER BY after_id
    RETURNING cardinality(ids)
""")


@transaction.atomic
def _close(*, at: datetime) -> Seal:
    before = newest_seal()
    number, previous, after = (before.number + 1, before.hash, before.last_block) if before else (1, "", 0)
    blocks = list(SealedBlock.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "hash", "ids__len"))
    moment = at.astimezone(UTC)
    seal = Seal.objects.create(
        number=number,
        sealed_at=moment,
        rows=sum(rows for _pk, _hash, rows in blocks),
        last_block=blocks[-1][0] if blocks else after,
        previous_hash=previous,
        hash=seal_hash(previous=previous, number=number, at=moment, blocks=(block for _pk, block, _rows in blocks)),
    )
    # The seal of the next day is also over this: a seal cannot be taken away without a trace in another place.
    trail.record(SEALED, target=seal, detail={"number": number, "hash": seal.hash}, at=at)
    logger.info("The audit trail is sealed: number %s, hash %s.", number, seal.hash)
    return seal
