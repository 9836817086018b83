"""Whether the trail is still what was sealed: reads every sealed row again and says which was altered, removed or inserted."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min, Model, QuerySet
from psycopg import sql

from audit.hashing import block_hash, leaf, rows_as_text, seal_hash
from audit.models import Event, Seal, SealedBlock
from audit.sealing import ONE_AT_A_TIME, SEALED, newest_seal, rows_to_seal, sealed_models


LEAF_BYTES = 32
# A seal is made every night: after this long, one night was left out.
LONGEST_WITHOUT = timedelta(hours=48)


class Kind(StrEnum):
    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    # What was kept to find the others by.
    BLOCK_CHANGED = "block changed"
    BLOCK_MISSING = "block missing"
    SEAL_BROKEN = "seal broken"
    SEAL_MISSING = "seal missing"
    # Nothing was changed as far as can be seen, but what happened since is not sealed.
    NO_SEAL = "no seal"
    SEAL_OLD = "seal old"
    BLOCK_UNSEALED = "block unsealed"
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
    newest: Seal | None
    rows_since: int
    differences: list[Difference]


def verify_trail(*, printed: dict[int, str] | None = None, at: datetime | None = None) -> Verified:
    """`printed` are numbers and hashes of seals as a document has them: whoever makes every seal anew cannot make those.

    `at` asks also whether the trail is still being sealed at this moment; that of a restored backup is not.
    """
    newest, rows_since = newest_seal(), rows_to_seal()
    late = list(_left_open(newest, rows_since, at)) if at else []
    with rows_as_text():
        differences = [*late, *_broken_seals(printed or {}), *_changed_blocks(), *_missing_blocks(), *_changed_rows()]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), coalesce(sum(rows), 0) FROM audit_seal")
            seals, rows = cursor.fetchone()
    return Verified(seals, int(rows), newest, rows_since, sorted(differences))


def _left_open(newest: Seal | None, rows_since: int, at: datetime) -> Iterator[Difference]:
    # One row is that of the seal itself.
    if newest is not None and rows_since > 1 and at - newest.sealed_at > LONGEST_WITHOUT:
        yield Difference(Kind.SEAL_OLD, "audit_seal", newest.number)
    if newest is None and rows_since and at - _set_up_at() > LONGEST_WITHOUT:
        yield Difference(Kind.NO_SEAL, "audit_seal", 0)
    yield from _unsealed_blocks()


def _set_up_at() -> datetime:
    moment: datetime = MigrationRecorder(connection).migration_qs.aggregate(first=Min("applied"))["first"]
    return moment


@transaction.atomic
def _unsealed_blocks() -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return []  # the seal over them is being made
    sealed = Seal.objects.aggregate(last=Max("last_block"))["last"] or 0
    blocks = SealedBlock.objects.filter(pk__gt=sealed).order_by("pk").values_list("pk", flat=True)
    return [Difference(Kind.BLOCK_UNSEALED, "audit_sealedblock", block) for block in blocks]


def _broken_seals(printed: dict[int, str]) -> Iterator[Difference]:
    """Against their blocks, the seal before, what the trail says of them, and what is printed."""
    records = (_told_of(), {number: {digest} for number, digest in printed.items()})
    number, previous, after = 0, "", 0
    for seal in Seal.objects.order_by("number").iterator():
        as_recorded = [record.pop(seal.number, {seal.hash}) == {seal.hash} for record in records]
        blocks = list(_blocks_of(seal, after))
        made = seal_hash(previous=previous, number=seal.number, at=seal.sealed_at, blocks=(block for _pk, block, _rows in blocks))
        follows = seal.number == number + 1 and seal.previous_hash == previous
        # Neither is in the hash: both follow from the blocks, which are.
        counted = seal.rows == sum(rows for _pk, _hash, rows in blocks) and seal.last_block == (blocks[-1][0] if blocks else after)
        if made != seal.hash or not follows or not counted or not all(as_recorded):
            yield Difference(Kind.SEAL_BROKEN, "audit_seal", seal.number)
        number, previous, after = seal.number, seal.hash, seal.last_block
    for missing in sorted({number for record in records for number in record}):
        yield Difference(Kind.SEAL_MISSING, "audit_seal", missing)


def _blocks_of(seal: Seal, after: int) -> "QuerySet[SealedBlock, tuple[int, str, int]]":
    return SealedBlock.objects.filter(pk__gt=after, pk__lte=seal.last_block).order_by("pk").values_list("pk", "hash", "ids__len")


def _told_of() -> dict[int, set[str]]:
    """What the trail says of each seal. Somebody may have added a false event, with anything in it."""
    told: defaultdict[int, set[str]] = defaultdict(set)
    for detail in Event.objects.filter(action=SEALED, target_type=Seal._meta.label_lower).values_list("detail", flat=True):
        if isinstance(detail.get("number"), int):
            told[detail["number"]].add(str(detail.get("hash")))
    return told


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
        cursor.execute(_SEALED_TABLES)
        for table, columns, columns_now in cursor.fetchall():
            model = models.get(table)
            if model is None or not columns_now:
                yield Difference(Kind.TABLE_MISSING, table, 0)
            elif not set(columns) <= set(columns_now):
                yield Difference(Kind.COLUMN_MISSING, table, 0)
            else:
                yield from _changed_rows_of(model, columns)


_SEALED_TABLES = """
    SELECT "table", columns, array(
        SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(quote_ident("table")) AND attnum > 0 AND NOT attisdropped
    ) FROM (SELECT DISTINCT "table", columns FROM audit_sealedblock) AS sealed ORDER BY 1, 2
"""


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
