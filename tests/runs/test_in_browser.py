from typing import Any

from django.utils import timezone

from accounts.models import Role
from runs.models import Chunk, Run
from tests.factories import create_user
from tests.services import assert_accessible


def create_running_run() -> Run:
    now = timezone.now()
    run = Run.objects.create(kind="score_portfolio", created_at=now, started_at=now, status=Run.Status.RUNNING, total=400)
    Chunk.objects.bulk_create(Chunk(run=run, number=number, size=100) for number in range(1, 5))
    return run


def test_the_progress_bar_moves_by_itself_and_the_page_says_when_it_is_over(new_page: Any, transactional_db: None) -> None:
    run = create_running_run()
    page = new_page(user=create_user(role=Role.ESG_STAFF))

    page.goto(f"/runs/{run.pk}/")
    page.get_by_text("0 of 400 (0%)").wait_for()
    assert_accessible(page)
    run.chunks.filter(number=1).update(status=Chunk.Status.DONE)
    page.get_by_text("100 of 400 (25%)").wait_for()
    run.chunks.update(status=Chunk.Status.DONE)
    Run.objects.filter(pk=run.pk).update(status=Run.Status.DONE, finished_at=timezone.now())
    page.get_by_text("400 of 400 (100%)").wait_for()

    page.get_by_role("button", name="Cancel the run").wait_for(state="detached")
    assert_accessible(page)


def test_without_javascript_a_link_shows_how_far_it_is(new_page: Any, transactional_db: None) -> None:
    run = create_running_run()
    page = new_page(user=create_user(role=Role.ESG_STAFF), javascript=False)

    page.goto(f"/runs/{run.pk}/")
    run.chunks.filter(number=1).update(status=Chunk.Status.DONE)
    page.get_by_role("link", name="Show how far it is now").click()

    page.get_by_text("100 of 400 (25%)").wait_for()
