"""Staff see what runs by the clock, how it went and when it starts next, and change it in the browser."""

import json
from datetime import datetime, timedelta

import pytest
from celery.signals import task_failure, task_success
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from accounts.models import User
from audit.models import Event
from config.celery import app
from runs import schedules
from runs.models import Run, TaskOutcome
from tests.factories import NOW


@pytest.fixture
def nightly(db: None) -> PeriodicTask:
    row: PeriodicTask = PeriodicTask.objects.select_related("crontab").get(kwargs__contains="evaluate_labels")
    return row


@pytest.fixture
def minutely(db: None) -> PeriodicTask:
    row: PeriodicTask = PeriodicTask.objects.get(task="labels.tasks.tell_of_steps")
    return row


def line_of(row: PeriodicTask, *, at: datetime = NOW) -> schedules.ScheduleLine:
    return next(line for line in schedules.schedule_lines(at=at) if line.pk == row.pk)


def test_a_schedule_shows_its_last_run_its_result_and_its_next_run(nightly: PeriodicTask) -> None:
    run = Run.objects.create(kind="evaluate_labels", status="failed", error="No green standard is in force.", created_at=NOW)
    PeriodicTask.objects.filter(pk=nightly.pk).update(last_run_at=timezone.now())

    line = line_of(nightly, at=timezone.now())

    assert (line.result, line.run, line.error) == ("failed", run, "No green standard is in force.")
    assert line.next_run_at is not None
    assert timedelta(0) <= line.next_run_at - timezone.now() <= timedelta(days=1, seconds=2)


def test_tasks_that_are_no_runs_show_how_they_went_too(minutely: PeriodicTask) -> None:
    assert line_of(minutely).result == ""
    app.loader.import_default_modules()
    task = app.tasks[minutely.task]

    task_failure.send(sender=task, exception=ValueError("no mail server"))
    assert (line_of(minutely).result, line_of(minutely).error) == ("failed", "ValueError: no mail server")
    task_success.send(sender=task)
    assert (line_of(minutely).result, line_of(minutely).error) == ("done", "")
    task_success.send(sender=app.tasks["runs.tasks.work_run"])
    assert TaskOutcome.objects.count() == 1, "only what a schedule starts"


def test_a_switched_off_schedule_has_no_next_run(nightly: PeriodicTask) -> None:
    PeriodicTask.objects.filter(pk=nightly.pk).update(enabled=False)

    assert line_of(nightly).next_run_at is None


def test_staff_move_a_nightly_job_and_switch_one_off(client: Client, staff: User, nightly: PeriodicTask, minutely: PeriodicTask) -> None:
    client.force_login(staff)
    assert 'value="02:30"' in client.get(reverse("runs:schedule", args=[nightly.pk])).content.decode()

    client.post(reverse("runs:schedule", args=[nightly.pk]), {"enabled": "on", "daily": "04:05"})
    client.post(reverse("runs:schedule", args=[minutely.pk]), {"every": "600"})

    nightly.refresh_from_db()
    minutely.refresh_from_db()
    assert (nightly.crontab.hour, nightly.crontab.minute, str(nightly.crontab.timezone), nightly.enabled) == (
        "4",
        "5",
        "Asia/Shanghai",
        True,
    )
    assert (minutely.interval.every, minutely.expire_seconds, minutely.enabled) == (600, 600, False)
    assert Event.objects.filter(action="schedule.changed", actor=staff).count() == 2
    page = client.get(reverse("runs:schedule_list")).content.decode()
    assert "04:05" in page
    assert "Every 600 seconds" in page


@pytest.mark.parametrize("typed", [{"daily": "25:00"}, {"daily": ""}, {"daily": "soon"}])
def test_a_time_that_is_none_is_said_beside_the_field(client: Client, staff: User, nightly: PeriodicTask, typed: dict[str, str]) -> None:
    client.force_login(staff)

    response = client.post(reverse("runs:schedule", args=[nightly.pk]), typed)

    assert response.status_code == 200
    assert response.context["form"].errors["daily"]


def test_an_interval_has_bounds(client: Client, staff: User, minutely: PeriodicTask) -> None:
    client.force_login(staff)

    for every in ("0", "9", "86401", "x"):
        assert client.post(reverse("runs:schedule", args=[minutely.pk]), {"every": every}).status_code == 200
    minutely.refresh_from_db()
    assert minutely.interval.every == 300


def test_another_kind_of_clock_is_only_switched(client: Client, staff: User, nightly: PeriodicTask) -> None:
    weekly = CrontabSchedule.objects.create(minute="0", hour="3", day_of_week="1")
    PeriodicTask.objects.filter(pk=nightly.pk).update(crontab=weekly)
    client.force_login(staff)

    client.post(reverse("runs:schedule", args=[nightly.pk]), {"daily": "04:00"})

    nightly.refresh_from_db()
    assert (nightly.crontab, nightly.enabled) == (weekly, False)


def test_the_page_costs_the_same_for_more_schedules(client: Client, staff: User, nightly: PeriodicTask) -> None:
    client.force_login(staff)
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("runs:schedule_list"))
        counts.append(len(queries))
        for other in range(5):
            kwargs = json.dumps({"kind": "evaluate_labels"})
            PeriodicTask.objects.create(name=f"{number} {other}", task=nightly.task, crontab=nightly.crontab, kwargs=kwargs)

    assert counts[0] == counts[1]


def test_what_must_run_is_moved_and_not_switched_off(client: Client, staff: User) -> None:
    row = PeriodicTask.objects.get(task="audit.tasks.seal_trail")
    client.force_login(staff)
    address = reverse("runs:schedule", args=[row.pk])
    assert "It must run" in client.get(address).content.decode()

    refused = client.post(address, {"daily": "05:00"})
    assert "it cannot be switched off" in refused.content.decode()
    client.post(address, {"enabled": "on", "daily": "05:00"})

    row.refresh_from_db()
    assert (row.enabled, row.crontab.hour) == (True, "5")
    assert Event.objects.filter(action="schedule.changed").count() == 1
    with pytest.raises(schedules.MustRun):
        schedules.change(schedule_id=row.pk, enabled=False, every=None, daily=None, by=staff, at=NOW)
