"""Runs long jobs on many workers so that each piece is applied exactly once, whatever dies on the way.

How it holds:
1. A run is a row, its chunks are rows; the broker only wakes workers. A lost message costs time, never work.
2. A worker claims a waiting chunk (one short transaction, which counts the attempt), then works on it in a second transaction that
   holds the lock on the chunk's row from its first statement to the mark "done". So the work and the mark stand or fall together.
3. A claimed chunk whose row is not locked has no worker: PostgreSQL lets go of the lock the moment the worker's connection dies.
   `hand_out_again` looks for exactly those. No lease has to be guessed, and a slow worker never loses its chunk.
4. Whoever ends a chunk looks afterwards, in a transaction of its own, whether it was the last one, and closes the run.
"""

import logging
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pghistory
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.text import Truncator
from kombu.exceptions import OperationalError

from accounts.scope import system
from audit import trail
from runs import disk
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, GiveUp, Job, Result, add_up, job, job_of, plan_ids


if TYPE_CHECKING:
    from accounts.models import User

__all__ = [
    "ChunkPlan", "GiveUp", "Job", "Result", "add_up", "cancel", "hand_out_again", "job", "pause", "plan_ids", "resume", "retry_failed",
    "start", "start_or_join", "work_off",
]  # fmt: skip

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
LONGEST_TITLE = 200
BACKOFF = (timedelta(seconds=2), timedelta(seconds=15))
# A task hands over to the next one in the queue after this long, so that a long run never keeps a short one waiting.
SLICE = 5.0
# More messages than workers cost little; fewer would leave workers idle.
MOST_WAKES = 8
SWEEP_EVERY = timedelta(seconds=15)
# Between the claim and the lock lie two commands: a claim this old without a lock has no worker.
CLAIM_GRACE = timedelta(seconds=5)


class IllegalTransition(Exception):
    """The run's state does not allow what was asked of it."""


# --- starting and steering --------------------------------------------------------------------------------------------


@system()  # it is the work of the workers, not a row of whoever asked for it
@transaction.atomic
def start(kind: str, *, parameters: dict[str, Any] | None = None, by: "User | None", at: datetime, title: str = "") -> Run:
    """Creates the run and, on commit, wakes the workers. Raises `UnknownJob`."""
    handler = job_of(kind)
    run = Run.objects.create(
        kind=kind, title=Truncator(title).chars(LONGEST_TITLE), parameters=parameters or {}, started_by=by, created_at=at
    )
    trail.record("run.started", actor=by, target=run, detail={"kind": kind}, at=at)
    if handler.plans_at_once:
        _lay_out(run, handler, at=at)
    wake(run.pk)
    return run


@system()  # somebody else may have started it
@transaction.atomic
def start_or_join(kind: str, *, parameters: dict[str, Any] | None = None, by: "User | None", at: datetime, title: str = "") -> Run:
    """The run of this kind that is under way with the same parameters, or a new one: a button pressed twice is one run."""
    with connection.cursor() as cursor:
        # The second press waits here and then finds the run of the first.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"run:{kind}"])
    under_way = Run.objects.open().filter(kind=kind, parameters=parameters or {}).order_by("pk").first()
    return under_way or start(kind, parameters=parameters, by=by, at=at, title=title)


@transaction.atomic
def cancel(*, run_id: int, by: "User", at: datetime) -> Run:
    """Chunks in work come to their end; no other is begun."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if not run.is_open:
        raise IllegalTransition(run.status)
    _close(run, Run.Status.CANCELLED, at=at)
    trail.record("run.cancelled", actor=by, target=run, detail={"kind": run.kind}, at=at)
    return run


@transaction.atomic
def pause(*, run_id: int, by: "User", at: datetime) -> Run:
    """Chunks in work come to their end; no other is begun until `resume`."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if not run.may_be_paused:
        raise IllegalTransition(run.status)
    run.status = Run.Status.PAUSED
    run.save(update_fields=["status"])
    trail.record("run.paused", actor=by, target=run, detail={"kind": run.kind}, at=at)
    return run


@transaction.atomic
def resume(*, run_id: int, by: "User", at: datetime) -> Run:
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if not run.is_paused:
        raise IllegalTransition(run.status)
    run.status = Run.Status.RUNNING if run.started_at else Run.Status.QUEUED
    run.save(update_fields=["status"])
    trail.record("run.resumed", actor=by, target=run, detail={"kind": run.kind}, at=at)
    wake(run.pk, workers=MOST_WAKES)
    return run


@transaction.atomic
def retry_failed(*, run_id: int, by: "User", at: datetime) -> Run:
    """Failed chunks wait again with fresh attempts; a run that failed before its first chunk is planned again."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if not run.may_be_retried:
        raise IllegalTransition(run.status)
    run.chunks.filter(status=Chunk.Status.FAILED).update(
        status=Chunk.Status.WAITING, attempts=0, error="", not_before=None, finished_at=None
    )
    run.status = Run.Status.RUNNING if run.started_at else Run.Status.QUEUED
    run.finished_at, run.error = None, ""
    run.save(update_fields=["status", "finished_at", "error"])
    trail.record("run.retried", actor=by, target=run, detail={"kind": run.kind}, at=at)
    wake(run.pk, workers=MOST_WAKES)
    return run


def work_off(run_id: int) -> Run:
    """Does the whole run here, beside whichever workers take part: for commands and tests. Answers when it is closed."""
    while True:
        work(run_id, slice_seconds=60)
        run = Run.objects.get(pk=run_id)
        if not run.is_open or run.is_paused:
            return run
        # What is left is in other workers' hands, or waits for its next attempt.
        time.sleep(0.1)
        _free_abandoned(at=timezone.now())


# --- waking workers ---------------------------------------------------------------------------------------------------


def wake(run_id: int, *, workers: int = 1, countdown: float | None = None, expires: float | None = None) -> None:
    """On commit. A broker that does not answer is no reason to fail: the sweep wakes the workers later."""
    transaction.on_commit(lambda: _send_wakes(run_id, workers, countdown, expires))


def _send_wakes(run_id: int, workers: int, countdown: float | None, expires: float | None) -> None:
    try:
        for _ in range(workers):
            current_app.send_task("runs.tasks.work_run", kwargs={"run_id": run_id}, countdown=countdown, expires=expires)
    except (OperationalError, OSError):
        logger.warning("The broker did not take the wake-up for run %s; the sweep will send another.", run_id, exc_info=True)


# --- a worker's turn --------------------------------------------------------------------------------------------------


def work(run_id: int, *, slice_seconds: float = SLICE) -> None:
    """Plans the run if nobody has, then does chunk after chunk until none is waiting or the slice of time is over."""
    deadline = time.monotonic() + slice_seconds
    run = Run.objects.get(pk=run_id)
    if run.status == Run.Status.QUEUED:
        _plan(run_id)
        run.refresh_from_db()
    if run.status != Run.Status.RUNNING:
        return
    with pghistory.context(run=run.pk, user=run.started_by_id):
        while claim := claim_chunk(run_id, at=timezone.now()):
            _do(run, claim)
            if time.monotonic() > deadline:
                wake(run_id)
                return
        close_if_complete(run_id)


def _plan(run_id: int) -> None:
    """Locks the run, so that two workers woken at once plan it once."""
    run: Run | None = None
    try:
        with transaction.atomic():
            queued = Run.objects.filter(pk=run_id, status=Run.Status.QUEUED)
            run = queued.select_for_update(skip_locked=True, no_key=True).first()
            if run is None:
                return
            _lay_out(run, job_of(run.kind), at=timezone.now())
            wake(run_id, workers=min(run.chunks.count(), MOST_WAKES) - 1)
    except Exception as error:
        logger.exception("Planning run %s failed.", run_id)
        _fail(run_id, error)


def _lay_out(run: Run, handler: Job, *, at: datetime) -> None:
    chunks = [Chunk(run=run, number=number, payload=plan.payload, size=plan.size) for number, plan in enumerate(handler.plan(run), start=1)]
    Chunk.objects.bulk_create(chunks, batch_size=500)
    # What the plan itself wrote into the run stays: only these columns are ours.
    run.status, run.started_at, run.total = Run.Status.RUNNING, at, sum(chunk.size for chunk in chunks)
    run.save(update_fields=["status", "started_at", "total"])


@dataclass(frozen=True)
class Claim:
    chunk_id: int
    attempt: int


@transaction.atomic
def claim_chunk(run_id: int, *, at: datetime) -> Claim | None:
    ready = Chunk.objects.ready(at).filter(run_id=run_id, run__status=Run.Status.RUNNING)
    chunk = ready.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("number").first()
    if chunk is None:
        return None
    chunk.status, chunk.claimed_at, chunk.claimed_by = Chunk.Status.CLAIMED, at, worker_name()
    chunk.attempts += 1
    chunk.save(update_fields=["status", "claimed_at", "claimed_by", "attempts"])
    return Claim(chunk.pk, chunk.attempts)


def worker_name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"[:100]


def _do(run: Run, claim: Claim) -> None:
    try:
        with transaction.atomic():
            if job_of(run.kind).reads_one_state:
                _hold_still()
            chunk = _locked(claim)
            if chunk is None:
                return  # this process slept so long that the chunk was handed to somebody else
            chunk.result = job_of(run.kind).work(run, chunk) or {}
            chunk.status, chunk.finished_at, chunk.error = Chunk.Status.DONE, timezone.now(), ""
            chunk.save(update_fields=["result", "status", "finished_at", "error"])
    except Exception as error:
        logger.exception("Chunk %s of run %s failed, attempt %s.", claim.chunk_id, run.pk, claim.attempt)
        _hand_back(run.pk, claim, error)


def _hold_still() -> None:
    """Everything the transaction reads from here on is of one moment. Within another transaction, that one has decided already."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _locked(claim: Claim) -> Chunk | None:
    claimed = Chunk.objects.filter(pk=claim.chunk_id, status=Chunk.Status.CLAIMED, attempts=claim.attempt)
    return claimed.select_for_update(no_key=True).first()


@transaction.atomic
def _hand_back(run_id: int, claim: Claim, error: Exception) -> None:
    chunk = _locked(claim)
    if chunk is None:
        return
    chunk.error = describe(error)
    if claim.attempt >= MOST_ATTEMPTS or isinstance(error, GiveUp):
        chunk.status, chunk.finished_at = Chunk.Status.FAILED, timezone.now()
    else:
        pause = BACKOFF[claim.attempt - 1]
        chunk.status, chunk.not_before = Chunk.Status.WAITING, timezone.now() + pause
        wake(run_id, countdown=pause.total_seconds())
    chunk.save(update_fields=["error", "status", "finished_at", "not_before"])


def describe(error: Exception) -> str:
    if code := disk.trouble(error):
        return _untranslated(code)
    text = str(error)
    return (text if isinstance(error, GiveUp) else f"{type(error).__name__}: {text}")[:2000]


def _untranslated(code: str) -> str:
    """As it stands in the source; pages translate it."""
    with translation.override(None):
        return str(disk.TOLD[code])


# --- the end of a run -------------------------------------------------------------------------------------------------


def close_if_complete(run_id: int) -> None:
    """Called after each worker's last chunk was committed, so that the later of two workers sees the earlier one's."""
    try:
        with transaction.atomic():
            running = Run.objects.filter(pk=run_id, status=Run.Status.RUNNING)
            run = running.select_for_update(no_key=True).first()
            if run is None or run.chunks.unfinished().exists():
                return
            _finish(run)
    except Exception as error:
        logger.exception("Finishing run %s failed.", run_id)
        _fail(run_id, error)


def _finish(run: Run) -> None:
    results: list[Result] = list(run.chunks.filter(status=Chunk.Status.DONE).order_by("number").values_list("result", flat=True))
    failures = run.chunks.filter(status=Chunk.Status.FAILED).count()
    run.result = job_of(run.kind).finish(run, results) or {}
    run.error = "" if results else _disk_trouble(run)
    _close(run, _final_status(results, failures), at=timezone.now())


def _disk_trouble(run: Run) -> str:
    """Of a run that brought nothing: what those who may not look into it are told, too."""
    errors = set(run.chunks.filter(status=Chunk.Status.FAILED).values_list("error", flat=True))
    return next((told for told in map(_untranslated, disk.TOLD) if told in errors), "")


def _final_status(results: Sequence[Result], failures: int) -> Run.Status:
    if not failures:
        return Run.Status.DONE
    return Run.Status.DONE_WITH_FAILURES if results else Run.Status.FAILED


def _close(run: Run, status: Run.Status, *, at: datetime) -> None:
    run.status, run.finished_at = status, at
    run.save(update_fields=["status", "finished_at", "result", "error"])


@transaction.atomic
def _fail(run_id: int, error: Exception) -> None:
    run = Run.objects.open().select_for_update(no_key=True).filter(pk=run_id).first()
    if run is not None:
        run.error = describe(error)
        _close(run, Run.Status.FAILED, at=timezone.now())


# --- the sweep --------------------------------------------------------------------------------------------------------


def hand_out_again() -> int:
    """Gives back the chunks of dead workers, then wakes workers for every run that could go on. Answers how many chunks."""
    freed = _free_abandoned(at=timezone.now())
    for run in Run.objects.open().order_by("pk"):
        _revive(run, at=timezone.now())
    return freed


@transaction.atomic
def _free_abandoned(*, at: datetime) -> int:
    claimed = Chunk.objects.abandoned(at - CLAIM_GRACE)
    # A chunk in work is locked by its worker; what we can lock has none.
    abandoned = list(claimed.select_for_update(skip_locked=True, no_key=True).order_by("pk"))
    for chunk in abandoned:
        logger.warning("Chunk %s of run %s lost its worker %s.", chunk.number, chunk.run_id, chunk.claimed_by)
        chunk.error = f"The worker {chunk.claimed_by} died."
        # Work that kills its worker each time must not go on for ever.
        spent = chunk.attempts >= MOST_ATTEMPTS
        chunk.status = Chunk.Status.FAILED if spent else Chunk.Status.WAITING
        chunk.finished_at = at if spent else None
    Chunk.objects.bulk_update(abandoned, ["error", "status", "finished_at"])
    return len(abandoned)


def _revive(run: Run, *, at: datetime) -> None:
    # Messages nobody has time for expire before the next sweep sends more.
    expires = SWEEP_EVERY.total_seconds()
    if run.is_paused:
        return
    if run.status == Run.Status.QUEUED:
        if at - run.created_at > SWEEP_EVERY:
            wake(run.pk, expires=expires)
        return
    if not run.chunks.unfinished().exists():
        close_if_complete(run.pk)
        return
    at_work = run.chunks.filter(status=Chunk.Status.CLAIMED).count()
    wanted = min(run.chunks.ready(at).count() + at_work, MOST_WAKES)
    wake(run.pk, workers=max(wanted - at_work, 0), expires=expires)
