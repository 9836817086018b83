"""The daily seal, and the command that finds what was changed behind it. Changes are made by the tables' owner with the triggers
asleep: as somebody would who has the whole database."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.scope import SYSTEM_ROLE
from audit import sealing, trail, verifying
from audit.models import Event, Seal, SealedBlock
from audit.sealing import newest_seal, seal_trail, sealed_models
from audit.verifying import Difference, Kind, verify_trail
from config.embedded import OWNER_ROLE
from config.paths import embedded_database_url, var_dir
from suppliers.models import Supplier
from tests.factories import NOW


@pytest.fixture
def few_rows_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "ROWS_A_BLOCK", 4)
    monkeypatch.setattr(sealing, "ROWS_AT_ONCE", 8)


@contextmanager
def as_owner() -> Iterator[psycopg.Connection[Any]]:
    """Whoever holds the tables can put the triggers to sleep; it is over when the block ends."""
    url = embedded_database_url(OWNER_ROLE, var_dir(), connection.settings_dict["NAME"])
    with psycopg.connect(url) as owner:
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        owner.execute("ALTER TABLE audit_sealedblock DISABLE TRIGGER USER")
        owner.execute("ALTER TABLE audit_seal DISABLE TRIGGER USER")
        yield owner
        owner.commit()
        for table in ("audit_event", "audit_sealedblock", "audit_seal"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def events(count: int) -> list[int]:
    trail.record_each("portfolio.exported", supplier_ids=range(1, count + 1), detail={"für": "中文"}, at=NOW)
    return list(Event.objects.order_by("-pk").values_list("pk", flat=True)[:count])[::-1]


def leave_a_gap() -> None:
    """Ids that a transaction took and gave up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_event', 'id')) FROM generate_series(1, 10)")


@pytest.mark.usefixtures("few_rows_a_block", "transactional_db")
@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit_event SET detail = '{}' WHERE id = %(id)s", Kind.ALTERED),
        ("UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = %(id)s", Kind.ALTERED),
        ("UPDATE audit_event SET address = '10.0.0.1' WHERE id = %(id)s", Kind.ALTERED),
        ("DELETE FROM audit_event WHERE id = %(id)s", Kind.REMOVED),
    ],
)
@pytest.mark.parametrize("place", [0, 3, 4, 9, 20])
def test_one_row_altered_or_removed_is_found_and_named(statement: str, kind: Kind, place: int) -> None:
    made = events(21)
    seal_trail(at=NOW)
    assert verify_trail().differences == []

    with as_owner() as owner:
        owner.execute(statement, {"id": made[place]})

    assert verify_trail().differences == [Difference(kind, "audit_event", made[place])]


@pytest.mark.usefixtures("few_rows_a_block", "transactional_db")
@pytest.mark.parametrize("where", ["before all", "in a gap", "in the gap between two days"])
def test_a_row_inserted_into_the_past_is_found_and_named(where: str) -> None:
    leave_a_gap()
    first = events(5)
    leave_a_gap()
    second = events(3)
    seal_trail(at=NOW)
    leave_a_gap()
    events(2)
    seal_trail(at=NOW + timedelta(days=1))
    forged = {"before all": first[0] - 1, "in a gap": first[-1] + 5, "in the gap between two days": second[-1] + 5}[where]

    with as_owner() as owner:
        owner.execute(
            "INSERT INTO audit_event (id, at, action, actor_role, target_type, target_id, detail)"
            " VALUES (%s, %s, 'finding.closed', '', '', '', '{}')",
            [forged, NOW],
        )

    assert verify_trail().differences == [Difference(Kind.INSERTED, "audit_event", forged)]


@pytest.mark.usefixtures("few_rows_a_block", "transactional_db")
def test_the_command_names_the_row_and_fails() -> None:
    made = events(10)
    seal = seal_trail(at=timezone.now())
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert f"hash {seal.hash}; rows since, under no seal yet: 1" in out.getvalue()
    assert "1 seals over" in out.getvalue()
    assert "0 differences" in out.getvalue()

    with as_owner() as owner:
        owner.execute("UPDATE audit_event SET action = 'finding.closed' WHERE id = %s", [made[6]])

    out = StringIO()
    with pytest.raises(CommandError, match="not what was sealed"):
        call_command("verify_audit", stdout=out)
    assert f"audit_event: row {made[6]} was ALTERED" in out.getvalue()


@pytest.mark.usefixtures("few_rows_a_block", "transactional_db")
def test_who_changes_the_kept_hashes_too_breaks_the_chain() -> None:
    made = events(10)
    seal_trail(at=NOW)
    seal_trail(at=NOW + timedelta(days=1))
    block = SealedBlock.objects.filter(table="audit_event", last_id__gte=made[5]).earliest("last_id")

    with as_owner() as owner:
        owner.execute("UPDATE audit_sealedblock SET leaves = decode(repeat('00', 128), 'hex') WHERE id = %s", [block.pk])
    assert Difference(Kind.BLOCK_CHANGED, "audit_sealedblock", block.pk) in verify_trail().differences

    with as_owner() as owner:
        owner.execute("DELETE FROM audit_sealedblock WHERE id = %s", [block.pk])
    kinds = {each.kind for each in verify_trail().differences}
    assert kinds == {Kind.BLOCK_MISSING, Kind.SEAL_BROKEN}


@pytest.mark.usefixtures("transactional_db")
def test_who_makes_every_seal_anew_is_found_out_by_a_printed_one() -> None:
    made = events(10)
    printed = seal_trail(at=NOW)

    with as_owner() as owner:
        owner.execute("UPDATE audit_event SET action = 'finding.closed' WHERE id = %s", [made[6]])
        owner.execute("DELETE FROM audit_event WHERE action = %s", [sealing.SEALED])
        owner.execute("DELETE FROM audit_sealedblock")
        owner.execute("DELETE FROM audit_seal")
    seal_trail(at=NOW)

    assert verify_trail().differences == []
    assert verify_trail(printed={printed.number: printed.hash}).differences == [Difference(Kind.SEAL_BROKEN, "audit_seal", 1)]
    with pytest.raises(CommandError):
        call_command("verify_audit", "--seal", f"{printed.number}:{printed.hash}", stdout=StringIO())


DAY = timedelta(days=1)


def two_days_of_seals() -> None:
    for day in range(2):
        events(3)
        seal_trail(at=NOW + day * DAY)
    assert verify_trail(at=NOW + DAY).differences == []


@pytest.mark.usefixtures("transactional_db")
def test_a_seal_that_was_taken_away_is_missed() -> None:
    """With its blocks or without: the trail says that it was made."""
    two_days_of_seals()

    with as_owner() as owner:
        owner.execute("DELETE FROM audit_seal WHERE number = 2")
    missing = Difference(Kind.SEAL_MISSING, "audit_seal", 2)
    unsealed = {Difference(Kind.BLOCK_UNSEALED, "audit_sealedblock", block.pk) for block in SealedBlock.objects.order_by("-pk")[:1]}
    assert set(verify_trail(at=NOW + DAY).differences) == {missing, *unsealed}

    with as_owner() as owner:
        owner.execute("DELETE FROM audit_sealedblock")
        owner.execute("DELETE FROM audit_seal")
    assert verify_trail(at=NOW + DAY).differences == [Difference(Kind.SEAL_MISSING, "audit_seal", 1), missing]


@pytest.mark.usefixtures("transactional_db")
def test_who_seals_anew_what_was_taken_away_is_contradicted_by_the_trail() -> None:
    two_days_of_seals()

    with as_owner() as owner:
        owner.execute("DELETE FROM audit_seal WHERE number = 2")
    seal_trail(at=NOW + DAY + timedelta(hours=1))

    assert verify_trail(at=NOW + DAY).differences == [Difference(Kind.SEAL_BROKEN, "audit_seal", 2)]


@pytest.mark.parametrize("detail", [{}, {"number": "9"}, {"number": [9], "hash": 9}, {"number": 9, "hash": {"a": 1}}])
def test_a_false_event_of_a_seal_does_not_stop_the_command(db: None, detail: dict[str, Any]) -> None:
    seal = seal_trail(at=NOW)
    trail.record(sealing.SEALED, target=seal, detail=detail)

    assert verify_trail().differences in ([], [Difference(Kind.SEAL_MISSING, "audit_seal", 9)])


def test_a_trail_that_is_no_longer_sealed_is_said(db: None) -> None:
    events(3)
    seal = seal_trail(at=NOW)
    quiet = verify_trail(at=NOW + 5 * DAY)
    events(2)

    late = verify_trail(at=NOW + 3 * DAY)

    assert quiet.differences == [], "nothing happened since"
    assert late.differences == [Difference(Kind.SEAL_OLD, "audit_seal", 1)]
    assert (late.newest, late.rows_since) == (seal, 3)
    assert verify_trail(at=NOW + DAY).differences == []
    assert verify_trail().differences == [], "of a restored backup"


def test_a_trail_that_was_never_sealed_is_said_once_nights_have_passed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_set_up_at", lambda: NOW)
    events(3)

    assert verify_trail(at=NOW + 3 * DAY).differences == [Difference(Kind.NO_SEAL, "audit_seal", 0)]
    assert verify_trail(at=NOW + DAY).differences == [], "the first night is still to come"
    assert verify_trail().differences == [], "of a restored backup"


@pytest.mark.usefixtures("transactional_db")
def test_blocks_of_a_seal_that_is_being_made_are_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the lock from the first block to the seal."""
    seal_trail(at=NOW)
    events(3)
    monkeypatch.setattr(sealing, "_close", lambda at: None)
    seal_trail(at=NOW + DAY)
    [unsealed] = verify_trail(at=NOW + DAY).differences
    assert unsealed.kind == Kind.BLOCK_UNSEALED

    with psycopg.connect(embedded_database_url(OWNER_ROLE, var_dir(), connection.settings_dict["NAME"])) as sealer:
        sealer.execute("SELECT pg_advisory_lock(%s)", [sealing.ONE_AT_A_TIME])
        assert verify_trail(at=NOW + DAY).differences == []


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("change", ["rows = rows - 1", "last_block = last_block + 5"])
def test_what_follows_from_the_blocks_of_a_seal_is_compared_too(change: str) -> None:
    events(3)
    seal_trail(at=NOW)

    with as_owner() as owner:
        owner.execute(f"UPDATE audit_seal SET {change}")

    assert verify_trail().differences == [Difference(Kind.SEAL_BROKEN, "audit_seal", 1)]


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize(
    ("change", "back", "kind"),
    [
        ("RENAME TO suppliers_hidden", "ALTER TABLE suppliers_hidden RENAME TO suppliers_supplierevent", Kind.TABLE_MISSING),
        ("RENAME name_en TO hidden", "ALTER TABLE suppliers_supplierevent RENAME hidden TO name_en", Kind.COLUMN_MISSING),
    ],
)
def test_a_sealed_table_or_column_that_is_gone_is_said(supplier: Supplier, change: str, back: str, kind: Kind) -> None:
    supplier.name_en = "Renamed Ltd"
    supplier.save()
    seal_trail(at=NOW)

    with as_owner() as owner:
        owner.execute(f"ALTER TABLE suppliers_supplierevent {change}")
    try:
        differences = verify_trail(at=NOW).differences
    finally:
        with as_owner() as owner:
            owner.execute(back)

    assert differences == [Difference(kind, "suppliers_supplierevent", 0)]


@pytest.mark.parametrize("text", ["1", "one:" + "0" * 64, "1:abc"])
def test_what_is_no_printed_seal_is_refused(db: None, text: str) -> None:
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        call_command("verify_audit", "--seal", text, stdout=StringIO())


def test_each_seal_follows_the_one_before(db: None) -> None:
    assert newest_seal() is None
    events(3)
    first = seal_trail(at=NOW)
    events(2)
    second = seal_trail(at=NOW + timedelta(days=1))
    third = seal_trail(at=NOW + timedelta(days=2))

    assert [seal.number for seal in (first, second, third)] == [1, 2, 3]
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    # On a quiet day, what the trail says of the seal before.
    assert (second.rows, third.rows) == (3, 1)
    assert newest_seal() == third
    assert verify_trail().differences == []


def test_the_history_of_rows_is_sealed_as_well(db: None, supplier: Supplier) -> None:
    supplier.name_en = "Renamed Ltd"
    supplier.save()

    seal_trail(at=NOW)

    block = SealedBlock.objects.get(table="suppliers_supplierevent")
    assert "pgh_id" in block.columns
    assert len(block.ids) * 32 == len(block.leaves)


def test_every_table_that_is_only_added_to_is_sealed() -> None:
    tables = {model._meta.db_table for model in sealed_models()}

    assert {"audit_event", "labels_labelevent", "assessments_signature", "assessments_answerevent"} <= tables
    assert not {"audit_seal", "audit_sealedblock"} & tables


def test_a_row_whose_transaction_commits_late_is_waited_for(transactional_db: None, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the smaller id, and was not there yet when the seal began."""
    waits, sleep = threading.Event(), time.sleep

    def seen_sleep(length: float) -> None:
        waits.set()
        sleep(length)

    monkeypatch.setattr(sealing.time, "sleep", seen_sleep)
    url = embedded_database_url("portal_app", var_dir(), connection.settings_dict["NAME"])
    with psycopg.connect(url, options=f"-c role={SYSTEM_ROLE}") as slow:
        late = slow.execute(
            "INSERT INTO audit_event (at, action, actor_role, target_type, target_id, detail)"
            " VALUES (now(), 'user.signed_in', '', '', '', '{}') RETURNING id"
        ).fetchone()
        trail.record("supplier.viewed", actor=staff)
        sealer = _in_thread(lambda: seal_trail(at=NOW))
        assert waits.wait(timeout=30)
        assert not Seal.objects.exists()
        slow.commit()
        sealer.join(timeout=30)

    assert late is not None
    assert late[0] in SealedBlock.objects.get(table="audit_event").ids
    assert verify_trail().differences == []


def _in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_writer_that_never_ends_makes_the_seal_give_up(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "WAIT_FOR_WRITERS", 0.1)
    url = embedded_database_url("portal_app", var_dir(), connection.settings_dict["NAME"])
    with psycopg.connect(url, options=f"-c role={SYSTEM_ROLE}") as slow:
        slow.execute(
            "INSERT INTO audit_event (at, action, actor_role, target_type, target_id, detail)"
            " VALUES (now(), 'user.signed_in', '', '', '', '{}')"
        )
        with pytest.raises(sealing.StillWriting):
            seal_trail(at=NOW)


def test_a_column_added_later_leaves_what_was_sealed_as_it_is(transactional_db: None) -> None:
    events(3)
    seal_trail(at=NOW)

    with as_owner() as owner:
        owner.execute("ALTER TABLE audit_event ADD COLUMN later text DEFAULT 'x'")
    try:
        assert verify_trail().differences == []
    finally:
        with as_owner() as owner:
            owner.execute("ALTER TABLE audit_event DROP COLUMN later")


@transaction.atomic
def seal_in_another_session_style() -> Seal:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'Asia/Shanghai'; SET LOCAL datestyle = 'German'")
    return seal_trail(at=NOW)


def test_the_seal_does_not_depend_on_how_a_session_writes_dates(db: None) -> None:
    events(3)

    seal_in_another_session_style()

    assert verify_trail().differences == []
