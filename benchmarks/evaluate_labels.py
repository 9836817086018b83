"""`evaluate_labels`: the label evaluation of every supplier, beside what the database alone needs for it.

Ours: an evaluation that writes a decision for every supplier, and the ledger steps and labels that follow, in one transaction.
The limit: the facts read copied out, and the same decisions copied in, into the same table with its indexes and constraints.
Both are undone after each round, since nothing may be taken out of the ledger.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.bench import Bench
from benchmarks.measuring import Measured, copied_out, copy_in, in_turns, seconds
from labels import evaluation, facts, standards
from labels.dates import ledger_day
from labels.models import Decision, Standard


STATEMENTS = (facts.ASSESSMENTS, facts.ANSWERS, facts.PAPERS, facts.FINDINGS, facts.VIOLATIONS, facts.AGREEMENTS, facts.LEDGER)


class _Undo(Exception):
    pass


def measure(bench: Bench) -> Measured:
    at = timezone.now()
    standard = standards.in_force(ledger_day(at))
    # No decision yet: every one is a new row.
    Decision.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labels_decision")
    with _undone():
        _evaluate(standard, at)
        n = Decision.objects.count()
        decisions = copied_out(f"SELECT {_columns()} FROM labels_decision")  # noqa: S608 - our own columns
        asked = _parameters(standard, at)

    def evaluate(number: int) -> float:
        with _undone():
            return seconds(lambda: _evaluate(standard, at))

    def copy(number: int) -> float:
        with _undone():
            return seconds(lambda: _copy(asked, decisions))

    ours, limit = in_turns(bench.rounds, ours=evaluate, limit=copy)
    return Measured(ours, limit, n)


@contextmanager
def _undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


def _evaluate(standard: Standard, at: datetime) -> None:
    evaluation.evaluate(None, on=ledger_day(at), at=at, standard=standard)
    _check_constraints()


def _parameters(standard: Standard, at: datetime) -> dict[str, Any]:
    """What the statements of the facts were asked with."""
    reader = facts.FactReader(standards.rules_of(standard), supplier_ids=None, on=ledger_day(at), at=at)
    reader.gather()
    return reader.parameters


def _copy(asked: dict[str, Any], decisions: bytes) -> None:
    for statement in STATEMENTS:
        copied_out(statement, asked)
    copy_in("labels_decision", _columns(), decisions)
    _check_constraints()


def _columns() -> str:
    return ", ".join(str(field.column) for field in Decision._meta.concrete_fields)


def _check_constraints() -> None:
    """What a commit would still check."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
