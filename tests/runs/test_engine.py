from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from runs import engine
from runs.engine import ChunkPlan, GiveUp, Job, job
from runs.models import Chunk, Run
from runs.registry import UnknownJob, _jobs
from tests.factories import NOW


class Counting(Job):
    """Adds 1 for each item; items named in the parameters fail."""

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return [ChunkPlan({"item": item}, size=2) for item in range(run.parameters.get("items", 3))]

    def work(self, run: Run, chunk: Chunk) -> dict[str, Any]:
        item = chunk.payload["item"]
        if item in run.parameters.get("hopeless", []):
            raise GiveUp("Item out of stock.")
        if item in run.parameters.get("failing", []):
            Event.objects.create(at=NOW, action="half.done")
            raise ValueError(f"bad item {item}")
        return {"counted": 2}


class Broken(Counting):
    def finish(self, run: Run, results: Any) -> dict[str, Any]:
        raise RuntimeError("no paper")


class Unplannable(Counting):
    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        raise LookupError("no such campaign")


@pytest.fixture(autouse=True)
def _jobs_for_this_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(engine, "BACKOFF", (timedelta(0), timedelta(0)))
    known = dict(_jobs)
    job("count", title="Count")(Counting)
    job("count_at_once", title="Count", plans_at_once=True)(Counting)
    job("broken", title="Broken")(Broken)
    job("unplannable", title="Unplannable")(Unplannable)
    yield
    _jobs.clear()
    _jobs.update(known)


def test_a_button_pressed_twice_is_one_run(db: None) -> None:
    first = engine.start_or_join("count", parameters={"items": 2}, by=None, at=NOW)
    assert engine.start_or_join("count", parameters={"items": 2}, by=None, at=NOW) == first
    assert engine.start_or_join("count", parameters={"items": 3}, by=None, at=NOW) != first

    engine.work_off(first.pk)
    assert engine.start_or_join("count", parameters={"items": 2}, by=None, at=NOW) != first


def finished(kind: str = "count", **parameters: Any) -> Run:
    run = engine.start(kind, parameters=parameters, by=None, at=NOW)
    return engine.work_off(run.pk)


def test_a_run_does_every_chunk_once_and_adds_up_their_figures(db: None) -> None:
    run = finished(items=5)

    assert run.status == Run.Status.DONE
    assert run.result == {"counted": 10}
    assert run.total == 10
    assert {(chunk.status, chunk.attempts) for chunk in run.chunks.all()} == {("done", 1)}


def test_a_run_without_anything_to_do_is_done(db: None) -> None:
    run = finished(items=0)

    assert (run.status, run.result, run.progress.percent) == (Run.Status.DONE, {}, 0)


def test_starting_and_steering_a_run_is_in_the_audit_trail(staff: User) -> None:
    run = engine.start("count", parameters={"failing": [1]}, by=staff, at=NOW)
    engine.work_off(run.pk)
    engine.retry_failed(run_id=run.pk, by=staff, at=NOW)
    engine.cancel(run_id=run.pk, by=staff, at=NOW)

    events = Event.objects.filter(target_type="runs.run", target_id=str(run.pk)).order_by("pk")
    assert [(event.action, event.actor_id) for event in events] == [
        ("run.started", staff.pk),
        ("run.retried", staff.pk),
        ("run.cancelled", staff.pk),
    ]


def test_an_unknown_kind_cannot_be_started(db: None) -> None:
    with pytest.raises(UnknownJob):
        engine.start("paint_the_roof", by=None, at=NOW)

    assert not Run.objects.exists()


def test_a_plan_made_at_once_stands_before_any_worker_came(db: None) -> None:
    run = engine.start("count_at_once", by=None, at=NOW)

    assert run.status == Run.Status.RUNNING
    assert run.chunks.count() == 3


def test_workers_are_woken_only_when_the_run_is_committed(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(engine.current_app, "send_task", lambda name, **options: sent.append(name))

    with django_capture_on_commit_callbacks(execute=True):
        engine.start("count", by=None, at=NOW)
        assert sent == []

    assert sent == ["runs.tasks.work_run"]


def test_a_silent_broker_does_not_stop_a_run_from_being_started(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def unreachable(name: str, **options: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(engine.current_app, "send_task", unreachable)

    with django_capture_on_commit_callbacks(execute=True):
        run = engine.start("count", by=None, at=NOW)

    assert engine.work_off(run.pk).status == Run.Status.DONE


def test_a_failing_chunk_is_tried_three_times_and_leaves_nothing_half_done(db: None) -> None:
    run = finished(items=3, failing=[1])

    assert run.status == Run.Status.DONE_WITH_FAILURES
    chunk = run.chunks.get(status=Chunk.Status.FAILED)
    assert (chunk.attempts, chunk.error) == (3, "ValueError: bad item 1")
    assert not Event.objects.filter(action="half.done").exists()
    assert run.result == {"counted": 4}
    assert (run.progress.done, run.progress.failed, run.progress.percent) == (4, 2, 66)


def test_a_chunk_waits_before_its_next_attempt(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BACKOFF", (timedelta(minutes=1), timedelta(minutes=1)))
    run = engine.start("count", parameters={"items": 1, "failing": [0]}, by=None, at=NOW)

    engine.work(run.pk)

    assert engine.claim_chunk(run.pk, at=timezone.now()) is None
    assert engine.claim_chunk(run.pk, at=timezone.now() + timedelta(minutes=2)) is not None


def test_work_that_gives_up_is_not_tried_again(db: None) -> None:
    run = finished(hopeless=[0])

    chunk = run.chunks.get(status=Chunk.Status.FAILED)
    assert (chunk.attempts, chunk.error) == (1, "Item out of stock.")


def test_a_run_in_which_everything_failed_has_failed(db: None) -> None:
    assert finished(items=1, failing=[0]).status == Run.Status.FAILED


def test_a_run_that_cannot_be_planned_fails_with_the_reason(db: None) -> None:
    run = finished("unplannable")

    assert (run.status, run.error) == (Run.Status.FAILED, "LookupError: no such campaign")


def test_a_run_that_cannot_be_finished_fails_and_may_be_finished_later(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished("broken")
    assert (run.status, run.error) == (Run.Status.FAILED, "RuntimeError: no paper")

    monkeypatch.setattr(Broken, "finish", Job.finish)
    engine.retry_failed(run_id=run.pk, by=staff, at=NOW)

    run = engine.work_off(run.pk)
    assert (run.status, run.error, run.result) == (Run.Status.DONE, "", {"counted": 6})
    assert all(chunk.attempts == 1 for chunk in run.chunks.all())


def test_failed_chunks_can_be_tried_again(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(failing=[1])
    Run.objects.filter(pk=run.pk).update(parameters={})

    engine.retry_failed(run_id=run.pk, by=staff, at=NOW)

    run = engine.work_off(run.pk)
    assert (run.status, run.result) == (Run.Status.DONE, {"counted": 6})


def test_a_run_that_is_done_cannot_be_cancelled_or_tried_again(staff: User) -> None:
    run = finished()

    with pytest.raises(engine.IllegalTransition):
        engine.cancel(run_id=run.pk, by=staff, at=NOW)
    with pytest.raises(engine.IllegalTransition):
        engine.retry_failed(run_id=run.pk, by=staff, at=NOW)


def test_no_chunk_of_a_cancelled_run_is_begun(staff: User) -> None:
    run = engine.start("count_at_once", by=None, at=NOW)
    engine.cancel(run_id=run.pk, by=staff, at=NOW)

    engine.work(run.pk)

    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED
    assert not run.chunks.exclude(status=Chunk.Status.WAITING).exists()


def test_a_worker_that_comes_back_after_its_chunk_was_handed_out_again_changes_nothing(db: None) -> None:
    run = engine.start("count_at_once", by=None, at=NOW)
    slow = engine.claim_chunk(run.pk, at=NOW)
    assert slow is not None
    assert engine.hand_out_again() == 1
    quick = engine.claim_chunk(run.pk, at=timezone.now())
    assert quick is not None
    assert quick.chunk_id == slow.chunk_id

    engine._do(run, slow)

    assert Chunk.objects.get(pk=slow.chunk_id).status == Chunk.Status.CLAIMED
    engine._do(run, quick)
    assert Chunk.objects.get(pk=slow.chunk_id).status == Chunk.Status.DONE


def test_a_chunk_that_kills_every_worker_fails_in_the_end(db: None) -> None:
    run = engine.start("count_at_once", parameters={"items": 1}, by=None, at=NOW)
    for _ in range(engine.MOST_ATTEMPTS):
        assert engine.claim_chunk(run.pk, at=NOW)
        engine.hand_out_again()

    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert "died" in run.chunks.get().error


def test_the_sweep_wakes_workers_for_runs_nobody_works_on(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = engine.start("count_at_once", by=None, at=NOW)
    unplanned = engine.start("count", by=None, at=NOW)
    finished()
    woken: list[int] = []
    monkeypatch.setattr(engine.current_app, "send_task", lambda name, kwargs, **options: woken.append(kwargs["run_id"]))

    with django_capture_on_commit_callbacks(execute=True):
        engine.hand_out_again()

    assert woken == [waiting.pk] * 3 + [unplanned.pk]


def test_the_sweep_closes_a_run_whose_last_worker_died_before_closing_it(db: None) -> None:
    run = engine.start("count_at_once", by=None, at=NOW)
    while claim := engine.claim_chunk(run.pk, at=NOW):
        engine._do(run, claim)

    engine.hand_out_again()

    run.refresh_from_db()
    assert run.status == Run.Status.DONE


def test_a_long_run_hands_over_to_the_next_in_the_queue(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    run = engine.start("count_at_once", by=None, at=NOW)
    woken: list[str] = []
    monkeypatch.setattr(engine.current_app, "send_task", lambda name, **options: woken.append(name))

    with django_capture_on_commit_callbacks(execute=True):
        engine.work(run.pk, slice_seconds=-1)

    assert run.progress.done == 2
    assert len(woken) == 1


def test_ids_are_planned_in_chunks_of_the_asked_size() -> None:
    assert list(engine.plan_ids(range(5), size=2)) == [
        ChunkPlan({"ids": [0, 1]}, 2),
        ChunkPlan({"ids": [2, 3]}, 2),
        ChunkPlan({"ids": [4]}, 1),
    ]


def test_row_history_says_which_run_changed_a_row(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def move(self: Counting, run: Run, chunk: Chunk) -> dict[str, Any]:
        User.objects.filter(pk=staff.pk).update(timezone="Asia/Tokyo")
        return {}

    monkeypatch.setattr(Counting, "work", move)
    run = engine.start("count", parameters={"items": 1}, by=staff, at=NOW)
    engine.work_off(run.pk)

    from django.apps import apps

    event = apps.get_model("accounts", "UserEvent").objects.filter(pgh_obj_id=staff.pk).latest("pgh_id")
    assert event.pgh_context == {"run": run.pk, "user": staff.pk}
