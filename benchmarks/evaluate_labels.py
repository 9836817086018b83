"""`evaluate_labels`: the label evaluation of every supplier, beside what the database alone needs for it.

Ours: an evaluation that writes a decision for every supplier, and the ledger steps and labels that follow, in one transaction.
The limit: the same facts copied out, and the same decisions copied in, into the same table with its indexes and constraints.
Both run on the data they find (the demo, or any portfolio with scores), and both are rolled back.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from labels import evaluation, facts, standards
from labels.dates import ledger_day
from labels.models import Decision, Standard


NAME = "evaluate_labels"
BUDGET = 6
STATEMENTS = (facts.ASSESSMENTS, facts.ANSWERS, facts.PAPERS, facts.FINDINGS, facts.VIOLATIONS, facts.AGREEMENTS, facts.LEDGER)


@dataclass(frozen=True)
class Measured:
    ours: float
    limit: float
    n: int

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


def measure(*, at: datetime, rounds: int = 3) -> Measured:
    """The better of each over the rounds, taken in turns: what else runs on the machine slows both."""
    ours, limit, n = [], [], 0
    with undone():
        standard = _prepare(at)
        for _ in range(rounds):
            with undone():
                ours.append(_timed(_evaluate, standard, at))
                n = Decision.objects.count()
                out = _facts(standard, at)
                decisions = _copied_out("COPY labels_decision TO STDOUT")
            with undone():
                limit.append(_timed(_copy, out, decisions))
    return Measured(min(ours), min(limit), n)


def _prepare(at: datetime) -> Standard:
    """A standard in force, and no decision yet: every one is a new row. The ledger stays: nothing may be taken out of it."""
    standard = standards.load_standard(standards.OURS, by=None, at=at)
    standard = standards.publish(standard, by=None, at=at)
    Decision.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labels_decision")
    return standard


def _evaluate(standard: Standard, at: datetime) -> None:
    evaluation.evaluate(None, on=ledger_day(at), at=at, standard=standard)


def _facts(standard: Standard, at: datetime) -> list[Any]:
    """The statements of the facts as they were asked, with their values filled in."""
    reader = facts.FactReader(standards.rules_of(standard), supplier_ids=None, on=ledger_day(at), at=at)
    reader.gather()
    with connection.cursor() as cursor:
        return [cursor.mogrify(statement, reader.parameters) for statement in STATEMENTS]


def _copy(statements: list[str], decisions: bytes) -> None:
    for statement in statements:
        _copied_out(f"COPY ({statement}) TO STDOUT")
    with connection.cursor() as cursor, cursor.copy("COPY labels_decision FROM STDIN") as copy:
        copy.write(decisions)


def _copied_out(statement: str) -> bytes:
    target = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            target.write(block)
    return target.getvalue()


def _timed(work: Callable[..., Any], *arguments: Any) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started
