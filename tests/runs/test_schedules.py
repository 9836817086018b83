import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from accounts.messages import compose
from accounts.models import Message, User
from config.celery import app
from runs.models import Run, TaskOutcome
from runs.registry import registered_kinds
from runs.schedules import MUST_RUN, SCHEDULES, create_schedules, start_unless_open
from runs.tasks import start_scheduled
from runs.telling import tell_of_failures
from tests.factories import NOW


def test_schedules_are_there_after_the_migration(db: None) -> None:
    names = set(PeriodicTask.objects.values_list("name", flat=True))

    assert {schedule.name for schedule in SCHEDULES} <= names


def test_every_schedule_calls_a_task_that_exists(db: None) -> None:
    app.loader.import_default_modules()

    assert set(PeriodicTask.objects.exclude(name="celery.backend_cleanup").values_list("task", flat=True)) <= set(app.tasks)


def test_what_staff_changed_stays(db: None) -> None:
    nightly = PeriodicTask.objects.get(kwargs__contains="score_portfolio")
    nightly.enabled = False
    nightly.crontab = CrontabSchedule.objects.create(minute="15", hour="4")
    nightly.save()
    count = PeriodicTask.objects.count()

    create_schedules()

    nightly.refresh_from_db()
    assert (nightly.enabled, nightly.crontab.hour) == (False, "4")
    assert PeriodicTask.objects.count() == count


def test_the_nightly_tasks_name_their_job(db: None) -> None:
    kinds = {json.loads(row.kwargs).get("kind") for row in PeriodicTask.objects.filter(task="runs.tasks.start_scheduled")}

    assert kinds == {
        "appraise_pilots",
        "assign_reviews",
        "draw_second_reviews",
        "remind_reviewers",
        "calculate_inventories",
        "check_scores",
        "dispose_by_age",
        "end_documents",
        "escalate_findings",
        "evaluate_labels",
        "forecast_risks",
        "measure_answer_times",
        "record_facts",
        "print_agreements",
        "remind_of_areas",
        "remind_of_pilot_data",
        "remind_of_replies",
        "remind_of_returns",
        "score_portfolio",
        "warn_of_expiry",
    }
    assert kinds <= set(registered_kinds())


def test_a_scheduled_run_is_not_doubled_while_the_last_one_is_open(db: None) -> None:
    Run.objects.create(kind="score_portfolio", created_at=NOW)

    assert start_unless_open("score_portfolio", parameters={}) is None
    start_scheduled(kind="score_portfolio")

    assert Run.objects.count() == 1


def test_staff_see_the_schedules_in_words(client: Client, staff: User) -> None:
    client.force_login(staff)

    page = client.get("/runs/schedules/").content.decode()

    assert "Score the portfolio every night" in page
    assert "Every day at 01:00 (Asia/Shanghai)" in page
    assert "Every 15 seconds" in page


SEALING = "Seal the audit trail every night"


@pytest.mark.parametrize("name", sorted(MUST_RUN))
@pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"task": "runs.tasks.sweep"}, {"kwargs": "{}x"}, {"name": "Another"}, {"expires": NOW}, {"one_off": True}],
)
def test_the_database_keeps_what_must_run_switched_on(db: None, name: str, change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PeriodicTask.objects.filter(name=name).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        PeriodicTask.objects.filter(name=name).delete()


def test_what_must_run_may_be_moved_and_the_clock_notes_what_it_did(db: None) -> None:
    row = PeriodicTask.objects.get(name=SEALING)
    row.crontab = CrontabSchedule.objects.create(minute="15", hour="5")
    row.last_run_at, row.total_run_count = timezone.now(), 7
    row.save()

    assert PeriodicTask.objects.exclude(name__in=MUST_RUN).update(enabled=False) > 20


def told(day: timedelta = timedelta(0)) -> list[Message]:
    tell_of_failures(at=NOW + day)
    return list(Message.objects.filter(kind="must_run_failed").order_by("pk"))


@pytest.mark.usefixtures("reviewer", "owner")
def test_people_are_told_in_the_morning_of_what_failed_and_must_run(staff: User, administrator: User, auditor: User) -> None:
    assert told() == []
    TaskOutcome.objects.create(task="audit.tasks.seal_trail", finished_at=NOW, succeeded=False, error="StillWriting: audit_event")
    TaskOutcome.objects.create(task="labels.tasks.tell_of_steps", finished_at=NOW, succeeded=False)

    messages = told()

    assert {message.email for message in messages} == {staff.email, administrator.email, auditor.email}
    body = compose(messages[0]).body
    assert SEALING in str(body)
    assert "Tell people of steps" not in str(body)
    assert len(told()) == 3, "once a day"
    assert len(told(timedelta(days=1))) == 6


@pytest.mark.parametrize(
    ("status", "days", "is_told"),
    [
        ("done", 0, False),
        ("running", 0, False),
        ("paused", 0, True),
        ("cancelled", 0, True),
        ("failed", 0, True),
        ("done_with_failures", 0, True),
        ("done", 3, True),
        ("running", 3, True),
    ],
)
def test_a_run_that_was_stopped_or_never_came_is_told_as_well(staff: User, status: str, days: int, is_told: bool) -> None:
    Run.objects.create(kind="dispose_by_age", status=status, created_at=NOW - timedelta(days=days))

    assert bool(told()) is is_told
