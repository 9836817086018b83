"""A transaction that is interrupted in its very COMMIT, as by a limit of time or the signal that ends a worker."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.models import Event
from runs import engine, registry
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, Job


class Interruption(Exception):
    pass


@pytest.fixture(autouse=True)
def _alarm_interrupts() -> Iterator[None]:
    def interrupt(*_: Any) -> None:
        raise Interruption

    former = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, former)


def interrupt_the_commit(*, which_fails: bool = False) -> None:
    """The database takes a second for it; the alarm rings before."""
    end = "RAISE EXCEPTION 'no'" if which_fails else "RETURN NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION pg_temp.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(1.5); {end}; END$$;
            CREATE TEMP TABLE dawdling (id int) ON COMMIT DROP;
            CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON dawdling DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION pg_temp.dawdle();
            INSERT INTO dawdling VALUES (1);
            """
        )
    signal.setitimer(signal.ITIMER_REAL, 0.5)


def test_interruption_of_a_commit_reaches_the_caller_and_leaves_a_connection_that_works(transactional_db: None) -> None:
    with pytest.raises(Interruption), transaction.atomic():
        interrupt_the_commit()

    with transaction.atomic():
        assert Event.objects.count() == 0


class Dawdling(Job):
    def plan(self, run: Run) -> list[ChunkPlan]:
        return [ChunkPlan({}, size=1)]

    def work(self, run: Run, chunk: Chunk) -> dict[str, Any]:
        Event.objects.create(at=timezone.now(), action="chunk.worked")
        if chunk.attempts == 1:
            interrupt_the_commit(which_fails=run.parameters["fails"])
        return {}


@pytest.mark.parametrize(("fails", "attempts"), [(False, 1), (True, 2)], ids=["committed", "not committed"])
def test_chunk_interrupted_in_its_commit_is_done_once(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, fails: bool, attempts: int
) -> None:
    monkeypatch.setattr(registry, "_jobs", {})
    monkeypatch.setattr(engine, "BACKOFF", (timedelta(0), timedelta(0)))
    engine.job("dawdling", title="Dawdling")(Dawdling)
    run = engine.start("dawdling", parameters={"fails": fails}, by=None, at=timezone.now())

    run = engine.work_off(run.pk)

    assert run.status == Run.Status.DONE
    assert run.chunks.get().attempts == attempts
    assert Event.objects.filter(action="chunk.worked").count() == 1
