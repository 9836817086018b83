from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from runs import engine
from runs.engine import ChunkPlan, GiveUp, Job, job
from runs.models import Chunk, Run
from runs.registry import _jobs
from tests.factories import NOW


class Sorting(Job):
    labels = {"sorted": "Letters sorted"}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return [ChunkPlan({"item": item}, size=10) for item in range(3)]

    def work(self, run: Run, chunk: Chunk) -> dict[str, Any]:
        if chunk.payload["item"] in run.parameters.get("bad", []):
            raise GiveUp("No such letter.")
        return {"sorted": 10}


@pytest.fixture(autouse=True)
def _sorting() -> Iterator[None]:
    known = dict(_jobs)
    job("sort", title="Sort the post", plans_at_once=True)(Sorting)
    yield
    _jobs.clear()
    _jobs.update(known)


def test_the_list_shows_who_started_what_and_how_far_it_is(client: Client, staff: User) -> None:
    engine.start("sort", by=staff, at=NOW)
    finished = engine.start("sort", by=None, at=NOW, title="Nightly post")
    engine.work_off(finished.pk)
    client.force_login(staff)

    page = client.get("/runs/").content.decode()

    assert "Sort the post" in page
    assert "Steve Staff" in page
    assert "Nightly post" in page
    assert page.count(">Sort the post</a>") == 2, "each says its job, whatever it is called"
    assert "By schedule" in page
    assert "30 / 30" in page


def test_the_list_costs_the_same_for_many_runs(client: Client, staff: User, django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        engine.start("sort", by=staff, at=NOW)
    client.force_login(staff)

    # session, user, runs with their starters, progress of all of them
    with django_assert_max_num_queries(5):
        client.get("/runs/")


def test_the_list_can_be_narrowed_to_one_job(client: Client, staff: User) -> None:
    engine.start("sort", by=staff, at=NOW)
    client.force_login(staff)

    assert len(client.get("/runs/?kind=sort").context["runs"]) == 1
    assert len(client.get("/runs/?kind=score_portfolio").context["runs"]) == 0
    assert len(client.get("/runs/?kind=%00nonsense").context["runs"]) == 1


def test_an_open_run_asks_again_until_it_is_done(client: Client, staff: User) -> None:
    run = engine.start("sort", by=staff, at=NOW)
    client.force_login(staff)

    assert "hx-trigger" in client.get(f"/runs/{run.pk}/").content.decode()
    poll = client.get(f"/runs/{run.pk}/progress/", headers={"hx-request": "true"})
    assert "0 of 30" in poll.content.decode()
    assert "HX-Refresh" not in poll.headers
    engine.work_off(run.pk)
    last = client.get(f"/runs/{run.pk}/progress/", headers={"hx-request": "true"})

    assert last.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in last.content.decode()


def test_the_page_says_what_the_run_brought(client: Client, staff: User) -> None:
    run = engine.work_off(engine.start("sort", by=staff, at=NOW).pk)
    client.force_login(staff)

    page = client.get(f"/runs/{run.pk}/").content.decode()

    assert "Letters sorted" in page
    assert "hx-trigger" not in page


def test_failures_are_listed_and_can_be_tried_again(client: Client, staff: User) -> None:
    run = engine.work_off(engine.start("sort", parameters={"bad": [1]}, by=staff, at=NOW).pk)
    client.force_login(staff)

    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "No such letter." in page
    assert "Try what failed again" in page
    client.post(f"/runs/{run.pk}/retry/")

    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING


def test_staff_cancel_an_open_run(client: Client, staff: User) -> None:
    run = engine.start("sort", by=staff, at=NOW)
    client.force_login(staff)

    client.post(f"/runs/{run.pk}/cancel/")
    client.post(f"/runs/{run.pk}/cancel/")

    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED


@pytest.mark.parametrize("person", ["reviewer", "auditor"])
def test_people_who_only_read_change_no_run(client: Client, request: pytest.FixtureRequest, staff: User, person: str) -> None:
    run = engine.start("sort", by=staff, at=NOW)
    client.force_login(request.getfixturevalue(person))

    assert client.get(f"/runs/{run.pk}/").status_code == 200
    assert client.post(f"/runs/{run.pk}/cancel/").status_code == 403
    assert client.post(f"/runs/{run.pk}/retry/").status_code == 403


def test_suppliers_see_their_own_runs_only(client: Client, staff: User, owner: User) -> None:
    theirs = engine.start("sort", by=staff, at=NOW)
    own = engine.start("sort", by=owner, at=NOW)
    client.force_login(owner)

    assert client.get(f"/runs/{own.pk}/progress/").status_code == 200
    assert client.get(f"/runs/{theirs.pk}/").status_code == 404
    assert client.get(f"/runs/{theirs.pk}/progress/").status_code == 404
    assert client.get("/runs/").status_code == 403


def test_a_run_of_an_unknown_kind_is_still_shown(client: Client, staff: User) -> None:
    run = Run.objects.create(kind="gone", created_at=NOW, status=Run.Status.DONE, finished_at=NOW)
    client.force_login(staff)

    assert client.get(f"/runs/{run.pk}/").status_code == 200
    assert client.get("/runs/").status_code == 200
