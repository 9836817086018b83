"""`verify_audit`: every sealed row of a trail of a hundred events for each supplier is read again and compared with its seal, in which one
row was altered.

Ours: `audit.verifying.verify_trail`, which has to name that row and no other.
The limit: PostgreSQL reads the same rows in one pass and takes the SHA-256 of each.
"""

import psycopg
from django.db import connection
from django.utils import timezone

from audit.hashing import rows_as_text
from audit.sealing import seal_trail
from audit.verifying import Difference, Kind, verify_trail
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, in_turns, seconds
from config.embedded import OWNER_ROLE
from config.paths import embedded_database_url


EVENTS_A_SUPPLIER = 100


def measure(bench: Bench) -> Measured:
    _fill(bench.n * EVENTS_A_SUPPLIER)
    sealing = seconds(lambda: seal_trail(at=timezone.now()))
    altered = _alter_one(bench)
    ours, limit = in_turns(bench.rounds, ours=lambda _: seconds(lambda: _verify(altered)), limit=lambda _: seconds(_read_and_hash))
    return Measured(ours, limit, verify_trail().rows, {"sealing": sealing})


def _fill(rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (at, action, actor_role, supplier_id, target_type, target_id, detail, address)"
            " SELECT now() - n * interval '1 second', 'assessment.viewed', 'reviewer', n %% 10000, 'assessments.assessment', n::text,"
            " jsonb_build_object('area', 'E1', 'page', n %% 9), '10.0.0.1' FROM generate_series(1, %s) AS n",
            [rows],
        )
        cursor.execute("ANALYZE audit_event")


def _alter_one(bench: Bench) -> Difference:
    """As somebody would who has the whole database."""
    url = embedded_database_url(OWNER_ROLE, bench.ground.var, bench.database)
    with psycopg.connect(url) as owner:
        row = owner.execute("SELECT (min(id) + max(id)) / 2 FROM audit_event").fetchone()
        assert row is not None  # noqa: S101 - it was filled
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        owner.execute("UPDATE audit_event SET action = 'finding.closed' WHERE id = %s", row)
        owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    return Difference(Kind.ALTERED, "audit_event", row[0])


def _verify(altered: Difference) -> None:
    found = verify_trail().differences
    if found != [altered]:
        raise RuntimeError(f"{altered} was to be found, and what was found is {found[:5]}.")


def _read_and_hash() -> None:
    with rows_as_text(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT max(sha256(convert_to(event::text, 'UTF8'))) FROM audit_event event")
