"""Whether the trail is still what was sealed: reads every sealed row again and says which was altered, removed or inserted."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import Model
from psycopg import sql

from audit.hashing import block_hash, leaf, rows_as_text, seal_hash
from audit.models import Seal, SealedBlock
from audit.sealing import sealed_models


LEAF_BYTES = 32


class Kind(StrEnum):
    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    # What was kept to find the others by.
    BLOCK_CHANGED = "block changed"
    BLOCK_MISSING = "block missing"
    SEAL_BROKEN = "seal broken"
    TABLE_MISSING = "table missing"
    COLUMN_MISSING = "column missing"


@dataclass(frozen=True, order=True)
class Difference:
    """`row` is the id of the row, of the block, or the number of the seal."""

    kind: Kind
    table: str
    row: int


@dataclass(frozen=True)
class Verified:
    seals: int
    rows: int
    differences: list[Difference]


def verify_trail(*, printed: dict[int, str] | None = None) -> Verified:
    """`printed` are numbers and hashes of seals as a document has them: whoever makes every seal anew cannot make those."""
    with rows_as_text():
        differences = [*_broken_seals(printed or {}), *_changed_blocks(), *_missing_blocks(), *_changed_rows()]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), coalesce(sum(rows), 0) FROM audit_seal")
            seals, rows = cursor.fetchone()
    return Verified(seals, int(rows), sorted(differences))


def _broken_seals(printed: dict[int, str]) -> Iterator[Difference]:
    number, previous, after = 0, "", 0
    for seal in Seal.objects.order_by("number").iterator():
        blocks = SealedBlock.objects.filter(pk__gt=after, pk__lte=seal.last_block).order_by("pk").values_list("hash", flat=True)
        made = seal_hash(previous=previous, number=seal.number, at=seal.sealed_at, blocks=blocks.iterator())
        follows = seal.number == number + 1 and seal.previous_hash == previous
        if made != seal.hash or not follows or printed.get(seal.number, seal.hash) != seal.hash:
            yield Difference(Kind.SEAL_BROKEN, "audit_seal", seal.number)
        number, previous, after = seal.number, seal.hash, seal.last_block
    for missing in sorted(wanted for wanted in printed if wanted > number):
        yield Difference(Kind.SEAL_BROKEN, "audit_seal", missing)


def _changed_blocks() -> Iterator[Difference]:
    names = {"table": "table", "columns": "columns", "after": "after_id", "last": "last_id", "ids": "ids", "leaves": "leaves"}
    made = block_hash(**{part: sql.Identifier(column) for part, column in names.items()})
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT id FROM audit_sealedblock WHERE hash <> {} ORDER BY id").format(made))
        for (block,) in cursor.fetchall():
            yield Difference(Kind.BLOCK_CHANGED, "audit_sealedblock", block)


def _missing_blocks() -> Iterator[Difference]:
    """A block begins where the one before it in its table ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT id FROM (SELECT id, after_id, lag(last_id, 1, -9223372036854775808) OVER (PARTITION BY "table" ORDER BY last_id)'
            " AS before FROM audit_sealedblock) AS blocks WHERE after_id <> before ORDER BY id"
        )
        for (block,) in cursor.fetchall():
            yield Difference(Kind.BLOCK_MISSING, "audit_sealedblock", block)


def _changed_rows() -> Iterator[Difference]:
    models = {model._meta.db_table: model for model in sealed_models()}
    with connection.cursor() as cursor:
        cursor.execute('SELECT DISTINCT "table", columns FROM audit_sealedblock ORDER BY 1, 2')
        sealed = cursor.fetchall()
        for table, columns in sealed:
            model = models.get(table)
            if model is None:
                yield Difference(Kind.TABLE_MISSING, table, 0)
            elif not set(columns) <= {str(field.column) for field in model._meta.concrete_fields}:
                yield Difference(Kind.COLUMN_MISSING, table, 0)
            else:
                yield from _changed_rows_of(model, columns)


def _changed_rows_of(model: type[Model], columns: list[str]) -> Iterator[Difference]:
    """Blocks whose leaves are other than they were come out of the database; then, row by row, what is other in them."""
    table = model._meta.db_table
    found = _BLOCKS.format(table=sql.Identifier(table), pk=sql.Identifier(str(model._meta.pk.column)), leaf=leaf(columns))
    with connection.cursor() as cursor:
        cursor.execute(found, {"table": table, "columns": columns})
        for ids, leaves, ids_now, leaves_now in cursor.fetchall():
            was, now = _by_id(ids, leaves), _by_id(ids_now, leaves_now)
            for row in sorted(was.keys() | now.keys()):
                if was.get(row) != now.get(row):
                    yield Difference(_what_happened(row in was, row in now), table, row)


_BLOCKS = sql.SQL("""
    SELECT block.ids, block.leaves, now.ids, now.leaves FROM audit_sealedblock block LEFT JOIN LATERAL (
        SELECT array_agg({pk} ORDER BY {pk}) AS ids, string_agg({leaf}, ''::bytea ORDER BY {pk}) AS leaves
        FROM {table} each WHERE {pk} > block.after_id AND {pk} <= block.last_id
    ) now ON true
    WHERE block."table" = %(table)s AND block.columns = %(columns)s AND now.leaves IS DISTINCT FROM block.leaves
    ORDER BY block.last_id
""")


def _by_id(ids: list[int] | None, leaves: memoryview | bytes | None) -> dict[int, bytes]:
    whole = bytes(leaves or b"")
    return {row: whole[place * LEAF_BYTES : (place + 1) * LEAF_BYTES] for place, row in enumerate(ids or [])}


def _what_happened(was: bool, now: bool) -> Kind:
    if was and now:
        return Kind.ALTERED
    return Kind.REMOVED if was else Kind.INSERTED
