"""A job for the tests with real workers, who import this module: each item leaves a mark in a table that takes any number of them."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from audit import trail
from runs.engine import ChunkPlan, Job, Result, job
from runs.models import Chunk, Run


@job("tally", title="Tally")
class Tally(Job):
    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return [ChunkPlan({"item": item}, size=1) for item in range(run.parameters["items"])]

    def work(self, run: Run, chunk: Chunk) -> Result:
        item = chunk.payload["item"]
        trail.record("item.tallied", target=run, detail={"item": item})
        # The mark is written and not yet committed: here a death is most awkward.
        time.sleep(run.parameters.get("seconds", 0))
        if item == run.parameters.get("deadly_item") and not Path(run.parameters["died_before"]).exists():
            Path(run.parameters["died_before"]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {"tallied": 1}
