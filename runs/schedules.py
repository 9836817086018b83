"""What runs by the clock. The rows are made once; then staff own them: they move each on its page, or switch off what need not run."""

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from audit import trail
from runs.calendar import NIGHT_ZONE
from runs.engine import SWEEP_EVERY, start
from runs.models import Run, TaskOutcome


if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """Either `every` so often, or each day at `hour`:`minute` of the buyer's night."""

    name: str
    task: str
    every: timedelta | None = None
    hour: int = 0
    minute: int = 0
    kwargs: dict[str, Any] = field(default_factory=dict)
    # What others rely on: nobody switches it off, and people are told when it fails. A trigger says the same (migration 0003).
    must_run: bool = False


START_A_RUN = "runs.tasks.start_scheduled"


def nightly(name: str, kind: str, *, hour: int, minute: int = 0, must_run: bool = False) -> Schedule:
    return Schedule(name, START_A_RUN, hour=hour, minute=minute, kwargs={"kind": kind, "parameters": {}}, must_run=must_run)


SCHEDULES = (
    Schedule(gettext_noop("Hand out again what a dead worker left"), "runs.tasks.sweep", every=SWEEP_EVERY),
    Schedule(gettext_noop("Deliver waiting messages"), "accounts.tasks.sweep_messages", every=timedelta(seconds=60)),
    Schedule(gettext_noop("Tell people of comments"), "assessments.tasks.send_comment_notices", every=timedelta(minutes=2)),
    Schedule(gettext_noop("Compute scores again after a change"), "assessments.tasks.rescore_marked", every=timedelta(seconds=60)),
    Schedule(gettext_noop("Evaluate labels again after a change"), "labels.tasks.evaluate_marked", every=timedelta(seconds=60)),
    Schedule(gettext_noop("Tell people of steps of their labels"), "labels.tasks.tell_of_steps", every=timedelta(minutes=5)),
    Schedule(gettext_noop("Put signed agreements into force"), "pilots.tasks.put_agreements_into_force", hour=0, minute=10),
    Schedule(gettext_noop("Put announced rules into force"), "assessments.tasks.put_rules_into_force", hour=0, minute=5),
    # As the day begins, and before the scores are looked at.
    nightly(gettext_noop("Mark documents that have ended"), "end_documents", hour=0, minute=5),
    nightly(gettext_noop("Measure how long answering takes"), "measure_answer_times", hour=0, minute=30),
    nightly(gettext_noop("Calculate the inventories every night"), "calculate_inventories", hour=0, minute=20),
    # Before the nightly scoring, which would put right what is to be found.
    nightly(gettext_noop("Check a sample of the scores every night"), "check_scores", hour=0, minute=45),
    nightly(gettext_noop("Score the portfolio every night"), "score_portfolio", hour=1),
    nightly(gettext_noop("Give waiting reviews to reviewers every night"), "assign_reviews", hour=5),
    nightly(gettext_noop("Draw second reviews every night"), "draw_second_reviews", hour=5, minute=30),
    nightly(gettext_noop("Delete what is older than the policy allows every night"), "dispose_by_age", hour=4, minute=15, must_run=True),
    Schedule(gettext_noop("Seal the audit trail every night"), "audit.tasks.seal_trail", hour=4, minute=30, must_run=True),
    # After the scores, which the standards look at.
    nightly(gettext_noop("Evaluate the green labels every night"), "evaluate_labels", hour=2, minute=30),
    # After the labels, by the scores of the night.
    nightly(gettext_noop("Forecast what ending documents would cost"), "forecast_risks", hour=3),
    # After scores and labels of the night.
    nightly(gettext_noop("Keep the numbers of the day"), "record_facts", hour=3, minute=45),
    Schedule(gettext_noop("Remove half-written files of processes that were killed"), "suppliers.tasks.forget_drafts", hour=3, minute=30),
    # What was offered or signed is printed at once; this is for what was broken off.
    nightly(gettext_noop("Print agreements that lack their papers"), "print_agreements", hour=4, minute=20),
    # When people begin to work.
    nightly(gettext_noop("Warn of documents that end soon"), "warn_of_expiry", hour=7),
    nightly(gettext_noop("Remind of missing data of pilots"), "remind_of_pilot_data", hour=7, minute=45),
    nightly(gettext_noop("Calculate the appraisals of pilots"), "appraise_pilots", hour=4, minute=40),
    nightly(gettext_noop("Escalate overdue findings"), "escalate_findings", hour=7, minute=15),
    nightly(gettext_noop("Remind suppliers to reply to public records"), "remind_of_replies", hour=7, minute=30),
    Schedule(gettext_noop("Remind the case team of its clocks"), "grievances.tasks.remind_of_cases", hour=8, minute=45, must_run=True),
    nightly(gettext_noop("Remind of reviews that are due"), "remind_reviewers", hour=8, minute=30),
    nightly(gettext_noop("Remind people of their areas"), "remind_of_areas", hour=8),
    nightly(gettext_noop("Remind of returned assessments"), "remind_of_returns", hour=8, minute=15),
    # After all that must run.
    Schedule(gettext_noop("Tell people what did not run that must"), "runs.tasks.tell_of_failures", hour=9, minute=15, must_run=True),
)

MUST_RUN = frozenset(schedule.name for schedule in SCHEDULES if schedule.must_run)

_NO_RUNS = frozenset(schedule.task for schedule in SCHEDULES if schedule.task != START_A_RUN)


def create_schedules(*, using: str = "default") -> None:
    """After each migration. A schedule that is there is left as staff set it."""
    if PeriodicTask._meta.db_table not in connections[using].introspection.table_names():
        return
    with transaction.atomic(using=using):
        known = set(PeriodicTask.objects.using(using).values_list("name", flat=True))
        for schedule in SCHEDULES:
            if schedule.name not in known:
                _create(schedule, using=using)


def _create(schedule: Schedule, *, using: str) -> None:
    PeriodicTask.objects.using(using).create(
        name=schedule.name,
        task=schedule.task,
        kwargs=json.dumps(schedule.kwargs),
        # While no worker is up, the messages of an interval must not pile up.
        expire_seconds=int(schedule.every.total_seconds()) if schedule.every else 6 * 60 * 60,
        **_clock(schedule, using=using),
    )


def _clock(schedule: Schedule, *, using: str) -> dict[str, Any]:
    if schedule.every:
        seconds = int(schedule.every.total_seconds())
        return {"interval": IntervalSchedule.objects.using(using).get_or_create(every=seconds, period=IntervalSchedule.SECONDS)[0]}
    at = {"hour": str(schedule.hour), "minute": str(schedule.minute), "timezone": NIGHT_ZONE}
    every_day = {"day_of_week": "*", "day_of_month": "*", "month_of_year": "*"}
    return {"crontab": CrontabSchedule.objects.using(using).get_or_create(**at, **every_day)[0]}


def start_unless_open(kind: str, *, parameters: dict[str, Any]) -> Run | None:
    if Run.objects.open().filter(kind=kind).exists():
        logger.info("A %s run is still open; the scheduled one is left out.", kind)
        return None
    return start(kind, parameters=parameters, by=None, at=timezone.now())


# --- what people see and change -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScheduleLine:
    """`result` is the state of its last run, or "done" and "failed" of a task that is no run; empty where it never ran."""

    pk: int
    key: str  # its name in the database, in English
    name: str
    when: str
    enabled: bool
    last_run_at: datetime | None
    next_run_at: datetime | None
    result: str
    result_title: str
    run: Run | None
    error: str


def schedule_rows() -> "QuerySet[PeriodicTask]":
    """Every schedule in the database, the ones staff added too."""
    rows: QuerySet[PeriodicTask] = PeriodicTask.objects.exclude(name="celery.backend_cleanup")
    return rows.select_related("interval", "crontab").order_by("name", "pk")


def schedule_lines(*, at: datetime) -> list[ScheduleLine]:
    """Three queries for any number of them."""
    rows = list(schedule_rows())
    kinds = {row.pk: kind_of(row) for row in rows}
    newest = Run.objects.filter(kind__in=[kind for kind in kinds.values() if kind]).order_by("kind", "-created_at", "-pk").distinct("kind")
    runs = {run.kind: run for run in newest}
    outcomes = TaskOutcome.objects.in_bulk([row.task for row in rows])
    return [_line(row, runs.get(kinds[row.pk] or ""), outcomes.get(row.task), at) for row in rows]


def _line(row: PeriodicTask, run: Run | None, outcome: TaskOutcome | None, at: datetime) -> ScheduleLine:
    result, title, error = "", "", ""
    if run is not None:
        result, title, error = run.status, str(run.get_status_display()), run.error
    elif outcome is not None and kind_of(row) is None:
        status = Run.Status.DONE if outcome.succeeded else Run.Status.FAILED
        result, title, error = status.value, str(status.label), outcome.error
    return ScheduleLine(
        row.pk,
        row.name,
        _(row.name),
        clock_in_words(row),
        row.enabled,
        _last_start(row, run, outcome),
        _next_start(row, at),
        result,
        title,
        run,
        error,
    )


def _last_start(row: PeriodicTask, run: Run | None, outcome: TaskOutcome | None) -> datetime | None:
    """Beat writes down what it started some minutes later; until then, what came of it says when."""
    known = [row.last_run_at, run.created_at if run else None, outcome.finished_at if outcome and kind_of(row) is None else None]
    return max((at for at in known if at), default=None)


def _next_start(row: PeriodicTask, at: datetime) -> datetime | None:
    if not row.enabled:
        return None
    left: timedelta = max(row.schedule.remaining_estimate(row.last_run_at or at), timedelta(0))
    # What is left was counted a moment after `at`: without the second, the page would say the minute before.
    return at + left + timedelta(seconds=1)


def kind_of(row: PeriodicTask) -> str | None:
    """The kind of run it starts; None where it is no run."""
    if row.task != START_A_RUN:
        return None
    kind = json.loads(row.kwargs or "{}").get("kind")
    return kind if isinstance(kind, str) else None


class MustRun(Exception):
    """Nobody switches this one off."""


class NoClock(Exception):
    """Its clock is neither "every so often" nor "each day at"."""


def is_daily(clock: CrontabSchedule) -> bool:
    every_day = (clock.day_of_week, clock.day_of_month, clock.month_of_year) == ("*", "*", "*")
    return every_day and clock.hour.isdigit() and clock.minute.isdigit()


@transaction.atomic
def change(*, schedule_id: int, enabled: bool, every: int | None, daily: time | None, by: "User", at: datetime) -> PeriodicTask:
    """Every so many seconds, or each day at a time; the other is None. Beat takes it over within seconds. Raises `NoClock`, `MustRun`."""
    row = PeriodicTask.objects.select_for_update(of=("self",)).select_related("interval", "crontab").get(pk=schedule_id)
    if row.name in MUST_RUN and not enabled:
        raise MustRun(row.name)
    before = {"enabled": row.enabled, "when": clock_in_words(row)}
    if row.interval and every is not None:
        row.interval = IntervalSchedule.objects.get_or_create(every=every, period=IntervalSchedule.SECONDS)[0]
        row.expire_seconds = every
    elif row.crontab and daily is not None and is_daily(row.crontab):
        clock = {"hour": str(daily.hour), "minute": str(daily.minute), "timezone": row.crontab.timezone}
        row.crontab = CrontabSchedule.objects.get_or_create(**clock, day_of_week="*", day_of_month="*", month_of_year="*")[0]
    elif every is not None or daily is not None:
        raise NoClock(row.name)
    row.enabled = enabled
    row.save()
    detail = {"name": row.name, "before": before, "enabled": enabled, "when": clock_in_words(row)}
    trail.record("schedule.changed", actor=by, target=row, detail=detail, at=at)
    return row


def remember_outcome(*, task: str, succeeded: bool, error: str, at: datetime) -> None:
    if task in _NO_RUNS:
        TaskOutcome.objects.update_or_create(
            task=task, defaults={"finished_at": at, "succeeded": succeeded, "error": "" if succeeded else error[:2000]}
        )


def clock_in_words(row: PeriodicTask) -> str:
    if row.interval:
        seconds = int(timedelta(**{row.interval.period: row.interval.every}).total_seconds())
        return _("Every %(seconds)s seconds") % {"seconds": seconds}
    clock = row.crontab
    if clock is None:
        return ""
    if is_daily(clock):
        time_of_day = f"{int(clock.hour):02}:{int(clock.minute):02}"
        return _("Every day at %(time)s (%(zone)s)") % {"time": time_of_day, "zone": clock.timezone}
    return f"{clock.minute} {clock.hour} {clock.day_of_month} {clock.month_of_year} {clock.day_of_week} ({clock.timezone})"
