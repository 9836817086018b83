"""What runs by the clock. The rows are made once; after that staff own them, and may move or switch off each."""

import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from runs.engine import SWEEP_EVERY, start
from runs.models import Run


logger = logging.getLogger(__name__)

NIGHT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Schedule:
    """Either `every` so often, or each day at `hour`:`minute` of the buyer's night."""

    name: str
    task: str
    every: timedelta | None = None
    hour: int = 0
    minute: int = 0
    kwargs: dict[str, Any] = field(default_factory=dict)


def nightly(name: str, kind: str, *, hour: int, minute: int = 0) -> Schedule:
    return Schedule(name, "runs.tasks.start_scheduled", hour=hour, minute=minute, kwargs={"kind": kind, "parameters": {}})


SCHEDULES = (
    Schedule(gettext_noop("Hand out again what a dead worker left"), "runs.tasks.sweep", every=SWEEP_EVERY),
    Schedule(gettext_noop("Deliver waiting messages"), "accounts.tasks.sweep_messages", every=timedelta(seconds=60)),
    Schedule(gettext_noop("Tell people of comments"), "assessments.tasks.send_comment_notices", every=timedelta(minutes=2)),
    Schedule(gettext_noop("Compute scores again after a change"), "assessments.tasks.rescore_marked", every=timedelta(seconds=60)),
    Schedule(gettext_noop("Evaluate labels again after a change"), "labels.tasks.evaluate_marked", every=timedelta(seconds=60)),
    Schedule(gettext_noop("Put signed agreements into force"), "pilots.tasks.put_agreements_into_force", hour=0, minute=10),
    Schedule(gettext_noop("Put announced rules into force"), "assessments.tasks.put_rules_into_force", hour=0, minute=5),
    # As the day begins, and before the scores are looked at.
    nightly(gettext_noop("Mark documents that have ended"), "end_documents", hour=0, minute=5),
    nightly(gettext_noop("Measure how long answering takes"), "measure_answer_times", hour=0, minute=30),
    # Before the nightly scoring, which would put right what is to be found.
    nightly(gettext_noop("Check a sample of the scores every night"), "check_scores", hour=0, minute=45),
    nightly(gettext_noop("Score the portfolio every night"), "score_portfolio", hour=1),
    nightly(gettext_noop("Give waiting reviews to reviewers every night"), "assign_reviews", hour=5),
    nightly(gettext_noop("Draw second reviews every night"), "draw_second_reviews", hour=5, minute=30),
    nightly(gettext_noop("Delete exported files that have expired"), "drop_expired_files", hour=4),
    # After the scores, which the standards look at.
    nightly(gettext_noop("Evaluate the green labels every night"), "evaluate_labels", hour=2, minute=30),
    # After the labels, by the scores of the night.
    nightly(gettext_noop("Forecast what ending documents would cost"), "forecast_risks", hour=3),
    Schedule(gettext_noop("Remove parts of files that were never finished"), "suppliers.tasks.forget_uploads", hour=3, minute=30),
    # When people begin to work.
    nightly(gettext_noop("Warn of documents that end soon"), "warn_of_expiry", hour=7),
    nightly(gettext_noop("Escalate overdue findings"), "escalate_findings", hour=7, minute=15),
    nightly(gettext_noop("Remind suppliers to reply to public records"), "remind_of_replies", hour=7, minute=30),
    nightly(gettext_noop("Remind of reviews that are due"), "remind_reviewers", hour=8, minute=30),
    nightly(gettext_noop("Remind people of their areas"), "remind_of_areas", hour=8),
    nightly(gettext_noop("Remind of returned assessments"), "remind_of_returns", hour=8, minute=15),
)


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


@dataclass(frozen=True)
class ScheduleLine:
    name: str
    when: str
    enabled: bool
    last_run_at: Any
    task: str


def schedule_lines() -> list[ScheduleLine]:
    """Every schedule in the database, the ones staff added too, for the page."""
    rows = PeriodicTask.objects.exclude(name="celery.backend_cleanup").select_related("interval", "crontab").order_by("name", "pk")
    return [ScheduleLine(_(row.name), clock_in_words(row), row.enabled, row.last_run_at, row.task) for row in rows]


def clock_in_words(row: PeriodicTask) -> str:
    if row.interval:
        seconds = int(timedelta(**{row.interval.period: row.interval.every}).total_seconds())
        return _("Every %(seconds)s seconds") % {"seconds": seconds}
    clock = row.crontab
    if clock is None:
        return ""
    every_day = (clock.day_of_week, clock.day_of_month, clock.month_of_year) == ("*", "*", "*")
    if every_day and clock.hour.isdigit() and clock.minute.isdigit():
        time = f"{int(clock.hour):02}:{int(clock.minute):02}"
        return _("Every day at %(time)s (%(zone)s)") % {"time": time, "zone": clock.timezone}
    return f"{clock.minute} {clock.hour} {clock.day_of_month} {clock.month_of_year} {clock.day_of_week} ({clock.timezone})"
