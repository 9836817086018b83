from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments import jobs, standing
from assessments.models import Assessment, Score, Standing
from assessments.tasks import score_assessment
from runs import engine
from runs.models import Run
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_user


def answered(**fields: object) -> Assessment:
    assessment = create_assessment(**{"status": "submitted", "submitted_at": NOW, "submitted_by": create_user()} | fields)
    create_answer(assessment=assessment, question="A-01")
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    return assessment


def run(**parameters: int) -> Run:
    return engine.work_off(engine.start("score_portfolio", parameters=parameters, by=None, at=NOW).pk)


def test_the_portfolio_is_scored_in_chunks_and_counted(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ASSESSMENTS_A_CHUNK", 2)
    campaign = create_campaign()
    for _ in range(5):
        answered(campaign=campaign)

    done = run()

    assert (done.status, done.total, done.chunks.count()) == ("done", 5, 3)
    assert (done.result["scored"], done.result["changed"], done.result["standings_repaired"]) == (5, 5, 0)
    assert Score.objects.filter(is_current=True, run=done).count() == 5
    assert Assessment.objects.filter(declared=Decimal("75.00")).count() == 5


def test_a_second_run_finds_nothing_to_change(db: None) -> None:
    answered()
    run()

    again = run()

    assert (again.result["scored"], again.result["changed"]) == (1, 0)
    assert Score.objects.count() == 1


def test_a_run_may_be_limited_to_a_campaign(db: None) -> None:
    wanted, other = answered(), answered()

    run(campaign=wanted.campaign_id)

    other.refresh_from_db()
    assert other.declared is None


def test_a_run_puts_a_standing_right_that_was_changed_past_the_code(db: None) -> None:
    assessment = answered()
    run()
    Standing.objects.filter(pk=assessment.supplier_id).update(declared=1)

    done = run()

    assert done.result["standings_repaired"] == 1
    assert standing.differences() == []


def test_the_task_scores_one_assessment_and_may_come_twice(db: None) -> None:
    assessment = answered()

    score_assessment(assessment_id=assessment.pk)
    score_assessment(assessment_id=assessment.pk)

    assert Score.objects.filter(assessment=assessment).count() == 1


def test_staff_start_a_scoring_run_from_the_campaign(client: Client, staff: User, reviewer: User) -> None:
    campaign = create_campaign()
    url = reverse("assessments:campaign_score", args=[campaign.pk])
    client.force_login(reviewer)
    assert client.post(url).status_code == 403
    client.force_login(staff)

    response = client.post(url)

    started = Run.objects.get(kind="score_portfolio")
    assert response.url == started.get_absolute_url()
    assert (started.parameters, started.started_by) == ({"campaign": campaign.pk}, staff)
