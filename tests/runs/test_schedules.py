import json

from django.test import Client
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from accounts.models import User
from config.celery import app
from runs.models import Run
from runs.registry import registered_kinds
from runs.schedules import SCHEDULES, create_schedules, start_unless_open
from runs.tasks import start_scheduled
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
