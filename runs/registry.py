"""The kinds of long jobs the portal knows. Every app registers its own in `<app>/jobs.py`:

@job("score_portfolio", title=_("Score the portfolio"))
class ScorePortfolio(Job):
    def plan(self, run): ...    # what is to be done, in pieces
    def work(self, run, chunk): ...    # one piece, applied exactly once
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django_stubs_ext import StrOrPromise


if TYPE_CHECKING:
    from runs.models import Chunk, Run

Result = dict[str, Any]


@dataclass(frozen=True)
class ChunkPlan:
    """`payload` is JSON; `size` is the number of items in it, for the progress bar."""

    payload: dict[str, Any]
    size: int = 1


class Job:
    """What a kind of run does. One instance serves every run, so it keeps no state of its own."""

    kind: str = ""
    title: StrOrPromise = ""
    # What the keys of the result are called on the page.
    labels: ClassVar[Mapping[str, StrOrPromise]] = {}
    # A plan of a few rows is made in the request that starts the run; a longer one by a worker.
    plans_at_once = False
    # A chunk sees the database as it was when it began, whatever others change meanwhile (REPEATABLE READ): for documents.
    reads_one_state = False

    def plan(self, run: "Run") -> Iterable[ChunkPlan]:
        raise NotImplementedError

    def work(self, run: "Run", chunk: "Chunk") -> Result | None:
        """Does one chunk and returns its figures. Runs in one transaction with the mark "done": what it writes to the
        database happens exactly once. What it does outside of the database may happen again after a crash."""
        raise NotImplementedError

    def finish(self, run: "Run", results: Sequence[Result]) -> Result | None:
        """Runs once, after the last chunk, in the transaction that closes the run; its answer is the run's result."""
        return add_up(results)


class UnknownJob(LookupError):
    pass


class GiveUp(Exception):
    """Raised by `work` when trying again would change nothing: the chunk fails at once. The text is shown to staff."""


_jobs: dict[str, Job] = {}
J = TypeVar("J", bound=type[Job])


def job(kind: str, *, title: StrOrPromise, plans_at_once: bool = False) -> Callable[[J], J]:
    def register(cls: J) -> J:
        handler = cls()
        handler.kind, handler.title, handler.plans_at_once = kind, title, plans_at_once
        _jobs[kind] = handler
        return cls

    return register


def job_of(kind: str) -> Job:
    try:
        return _jobs[kind]
    except KeyError:
        raise UnknownJob(f"No job of the kind {kind!r} is registered.") from None


def title_of(kind: str) -> StrOrPromise:
    return _jobs[kind].title if kind in _jobs else kind


def labels_of(kind: str) -> Mapping[str, StrOrPromise]:
    return _jobs[kind].labels if kind in _jobs else {}


def registered_kinds() -> list[str]:
    return sorted(_jobs)


def plan_ids(ids: Iterable[int], *, size: int) -> Iterator[ChunkPlan]:
    """Chunks of up to `size` ids: payload {"ids": [...]}."""
    iterator = iter(ids)
    while batch := list(islice(iterator, size)):
        yield ChunkPlan({"ids": batch}, len(batch))


def add_up(results: Iterable[Result]) -> Result:
    """The sum of every whole number the chunks reported, key by key."""
    total: Result = {}
    for result in results:
        for key, value in result.items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[key] = total.get(key, 0) + value
    return total
