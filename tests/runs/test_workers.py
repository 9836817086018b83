"""The promise of `runs.engine` with real workers, over both brokers, and with kill -9."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import Event
from runs import engine
from runs.models import Chunk, Run
from runs.registry import _jobs
from runs.tasks import sweep
from tests.services import Workers, wait_until


MODULE = "tests.runs.tally"


@pytest.fixture(autouse=True)
def _tally() -> Iterator[None]:
    import tests.runs.tally  # noqa: F401 - registers the job

    yield
    _jobs.pop("tally", None)


def start(**parameters: Any) -> Run:
    from tests.runs.tally import Tally

    engine.job("tally", title="Tally")(Tally)
    return engine.start("tally", parameters=parameters, by=None, at=timezone.now())


def chunks_done(run: Run) -> int:
    return run.chunks.filter(status=Chunk.Status.DONE).count()


def is_closed(run: Run) -> bool:
    run.refresh_from_db()
    return not run.is_open


def is_closed_with_sweeps(run: Run) -> bool:
    """What beat does every 15 seconds, a little faster."""
    sweep.delay()
    time.sleep(0.5)
    return is_closed(run)


def assert_each_item_once(run: Run, items: int) -> None:
    marks = Counter(event.detail["item"] for event in Event.objects.filter(action="item.tallied", target_id=str(run.pk)))
    assert marks == Counter(range(items))
    assert run.status == Run.Status.DONE
    assert run.result == {"tallied": items}


def test_two_workers_share_a_run(celery_workers: Workers) -> None:
    celery_workers.start(processes=2, module=MODULE)
    run = start(items=40, seconds=0.05)

    wait_until(lambda: is_closed(run), what="the run to end")

    assert_each_item_once(run, 40)
    shares = Counter(run.chunks.values_list("claimed_by", flat=True))
    assert len(shares) == 2
    assert min(shares.values()) >= 10


def test_a_run_survives_the_death_of_one_worker_with_each_item_done_once(celery_workers: Workers) -> None:
    doomed = celery_workers.start(module=MODULE)
    celery_workers.start(module=MODULE)
    run = start(items=50, seconds=0.1)
    wait_until(lambda: chunks_done(run) >= 8, what="the run to be in its middle")

    celery_workers.kill(doomed)

    wait_until(lambda: is_closed_with_sweeps(run), seconds=40, what="the run to end")
    assert_each_item_once(run, 50)


def test_a_run_survives_the_death_of_all_workers(celery_workers: Workers) -> None:
    doomed = celery_workers.start(processes=2, module=MODULE)
    run = start(items=30, seconds=0.1)
    wait_until(lambda: chunks_done(run) >= 6, what="the run to be in its middle")

    celery_workers.kill(doomed)
    celery_workers.start(processes=2, module=MODULE)

    wait_until(lambda: is_closed_with_sweeps(run), seconds=40, what="the run to end")
    assert_each_item_once(run, 30)


def test_a_run_survives_work_that_kills_its_own_process_once(celery_workers: Workers, tmp_path: Path) -> None:
    celery_workers.start(processes=2, module=MODULE)
    run = start(items=12, seconds=0.05, deadly_item=5, died_before=str(tmp_path / "died"))

    wait_until(lambda: is_closed_with_sweeps(run), seconds=40, what="the run to end")

    assert_each_item_once(run, 12)
    assert run.chunks.get(payload__item=5).attempts == 2


def test_a_run_started_while_no_worker_was_there_waits_for_one(celery_workers: Workers) -> None:
    run = start(items=5)

    celery_workers.start(module=MODULE)

    wait_until(lambda: is_closed(run), what="the run to end")
    assert_each_item_once(run, 5)


def test_mails_of_many_people_go_out_once_each_over_several_workers(celery_workers: Workers, settings: Any) -> None:
    from accounts.messages import NewMessage, queue_many
    from accounts.models import Message
    from tests.factories import create_user

    user, domain = create_user(), f"{uuid4().hex}.example"  # the folder of sent mail outlives the test
    addresses = [f"p{n}@{domain}" for n in range(60)]
    celery_workers.start(processes=2)
    queue_many("password_reset", [NewMessage(address, address, "en", {"reset_for": user.pk}) for address in addresses])

    wait_until(lambda: not Message.objects.exclude(status=Message.Status.SENT).exists(), what="the mails to go out")

    folder = Path(settings.EMAIL_FILE_PATH)
    written = "".join(path.read_text() for path in folder.iterdir())
    assert all(written.count(f"To: {address}\n") == 1 for address in addresses)
