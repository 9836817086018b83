"""What a benchmark says, and the ways to come by it."""

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from runs.models import Run


PATIENCE = 1800


@dataclass(frozen=True)
class Measured:
    """Seconds of ours and of the limit beside it. `more` holds what else was seen on the way, by name."""

    ours: float
    limit: float
    n: int
    more: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run_seconds(run: Run, figure: str, expected: int | None) -> float:
    """From the request to the closed run, by its own times. `expected`: what its result must say of the figure; None for anything."""
    deadline = time.monotonic() + PATIENCE
    while run.is_open:
        if time.monotonic() > deadline:
            raise RuntimeError("The run does not come to its end; see the worker's log.")
        time.sleep(0.1)
        run.refresh_from_db()
    if run.status != Run.Status.DONE or run.finished_at is None or expected not in (None, run.result[figure]):
        raise RuntimeError(f"The run is {run.status}: {run.error} {run.result}")
    return (run.finished_at - run.created_at).total_seconds()


def in_turns(rounds: int, *, ours: Callable[[int], float], limit: Callable[[int], float]) -> tuple[float, float]:
    """The better of each over the rounds, taken in turns: what else runs on the machine slows both."""
    taken = [(limit(number), ours(number)) for number in range(rounds)]
    return min(mine for _, mine in taken), min(theirs for theirs, _ in taken)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def copied_out(statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> bytes:
    """What COPY (statement) TO STDOUT gives."""
    target = io.BytesIO()
    with connection.cursor() as cursor:
        query = cursor.mogrify(statement, parameters) if parameters else statement
        with cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            for block in copy:
                target.write(block)
    return target.getvalue()


def copy_in(table: str, columns: str, rows: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write(rows)


@contextmanager
def other_database(name: str) -> Iterator[None]:
    """For as long as this lasts, this process reads and writes there."""
    here = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here
