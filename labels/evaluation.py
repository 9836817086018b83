"""Holds suppliers against the green standard in force, and takes the steps that follow: ten thousand in a few seconds.

Facts are read set by set, judged in memory by the pure rules, and written back set by set: decisions only where they came out
differently, steps and labels only where a label moves. So a second evaluation on the same day writes nothing.

Two evaluations of one supplier at the same time cannot both take a step: the number of a step is unique in its ledger, the later
one fails as a whole, and its chunk is done again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection, transaction

from accounts.copying import copied_into
from labels import facts, standards
from labels.criteria import Facts, Outcome
from labels.criteria import evaluate as judge
from labels.facts import Standing
from labels.models import Standard
from labels.rules import Rules
from labels.transitions import LabelState, Step, apply, steps
from runs.models import Run


# Suppliers whose rows are in memory at a time.
BATCH = 5_000


@dataclass
class Tally:
    suppliers: int = 0
    decisions_changed: int = 0
    steps: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, int]:
        return {"suppliers": self.suppliers, "decisions_changed": self.decisions_changed, **dict(sorted(self.steps.items()))}


def evaluate_all(*, on: date, at: datetime, run: Run | None = None) -> Tally:
    return evaluate(None, on=on, at=at, run=run)


@transaction.atomic
def evaluate(
    supplier_ids: Sequence[int] | None, *, on: date, at: datetime, run: Run | None = None, standard: Standard | None = None
) -> Tally:
    """Judges what was known at the moment `at` on the ledger day `on`. Raises `NoStandardInForce`."""
    standard = standard or standards.in_force(on)
    rules = standards.rules_of(standard)
    tally = Tally()
    standings = facts.read(rules, supplier_ids=supplier_ids, on=on, at=at)
    while batch := list(islice(standings, BATCH)):
        writer = _Writer(standard, rules, on, at, run)
        for standing in batch:
            writer.take(standing)
        writer.write()
        tally.suppliers += len(batch)
        tally.decisions_changed += len(writer.new_decisions) + len(writer.changed_decisions)
        tally.steps.update(step.kind for _, _, step, _ in writer.steps)
    return tally


def decide(rules: Rules, supplier: Facts, on: date) -> Outcome:
    """The pure decision about one supplier: for a page, a test or a back-test."""
    return judge(rules.asked_of(supplier.category, supplier.headcount), rules.levels, supplier, on)


class _Writer:
    """Gathers what changes in a batch, then writes it table by table."""

    def __init__(self, standard: Standard, rules: Rules, on: date, at: datetime, run: Run | None) -> None:
        self.standard, self.rules, self.on, self.at = standard, rules, on, at
        self.run_id = run.pk if run else None
        self.prefix = standard.sha256.encode()
        self.new_decisions: list[tuple[Any, ...]] = []
        self.changed_decisions: list[tuple[Any, ...]] = []
        # (supplier, number of the step, step, snapshot)
        self.steps: list[tuple[int, int, Step, str]] = []
        # Supplier -> label after its last step, and the place of that step in `steps`.
        self.labels: dict[int, tuple[LabelState, int]] = {}

    def take(self, standing: Standing) -> None:
        outcome = decide(self.rules, standing.facts, self.on)
        content = orjson.dumps(outcome.to_json())
        sha256 = hashlib.sha256(self.prefix + outcome.level.encode() + content).hexdigest()
        text = content.decode()
        if sha256 != standing.content_sha256:
            row = (standing.supplier_id, self.standard.pk, outcome.level, text, sha256, self.run_id, self.at)
            (self.new_decisions if standing.content_sha256 is None else self.changed_decisions).append(row)
        self.step(standing, outcome, text)

    def step(self, standing: Standing, outcome: Outcome, snapshot: str) -> None:
        label = standing.label
        if label.since and label.since > self.on:
            # The ledger knows of later days already: the past is not written anew.
            return
        for step in steps(label, outcome, rules=self.rules, standard_id=self.standard.pk, on=self.on):
            label = apply(label, step)
            self.labels[standing.supplier_id] = label, len(self.steps)
            self.steps.append((standing.supplier_id, label.number, step, snapshot))

    def write(self) -> None:
        with connection.cursor() as cursor:
            self.write_decisions(cursor)
            if self.steps:
                self.write_steps(cursor)

    def write_decisions(self, cursor: Any) -> None:
        if self.new_decisions:
            copy_rows("labels_decision", DECISION_COLUMNS, self.new_decisions)
        if self.changed_decisions:
            cursor.execute(CHANGE_DECISIONS, columns_of(self.changed_decisions))

    def write_steps(self, cursor: Any) -> None:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('labels_labelevent', 'id')) FROM generate_series(1, %s)", [len(self.steps)])
        ids = [row[0] for row in cursor.fetchall()]
        copy_rows("labels_labelevent", STEP_COLUMNS, self.step_rows(ids))
        cursor.execute(CHANGE_LABELS, columns_of(self.label_rows(ids)))

    def step_rows(self, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for event_id, (supplier_id, number, step, snapshot) in zip(ids, self.steps, strict=True):
            yield (
                event_id, supplier_id, number, step.kind, step.level, step.standard_id, step.reason_code, "", snapshot,
                self.on, step.effective_on, step.valid_from, step.valid_to, step.until, self.run_id, self.at,
            )  # fmt: skip

    def label_rows(self, ids: Sequence[int]) -> list[tuple[Any, ...]]:
        return [
            (
                supplier_id, str(uuid.uuid4()), label.state, label.level, label.standard_id, label.valid_from, label.valid_to,
                label.until, label.is_held, label.is_due, ids[place], self.at,
            )
            for supplier_id, (label, place) in self.labels.items()
        ]  # fmt: skip


# --- statements ---------------------------------------------------------------------------------------------------------

DECISION_COLUMNS = ("supplier_id", "standard_id", "outcome", "criteria", "content_sha256", "run_id", "evaluated_at")
STEP_COLUMNS = (
    *("id", "supplier_id", "number", "kind", "level", "standard_id", "reason_code", "reason", "snapshot"),
    *("notice_on", "effective_on", "valid_from", "valid_to", "until", "run_id", "at"),
)
CHANGE_DECISIONS = """
    UPDATE labels_decision decision
    SET standard_id = new.standard_id, outcome = new.outcome, criteria = new.criteria::jsonb, content_sha256 = new.content_sha256,
        run_id = new.run_id, evaluated_at = new.evaluated_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
         AS new (supplier_id, standard_id, outcome, criteria, content_sha256, run_id, evaluated_at)
    WHERE decision.supplier_id = new.supplier_id
"""
CHANGE_LABELS = """
    INSERT INTO labels_label AS label (supplier_id, public_id, state, level, standard_id, valid_from, valid_to, until, is_held,
                                       is_due, last_event_id, changed_at)
    SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::date[], %s::date[], %s::date[],
                         %s::boolean[], %s::boolean[], %s::bigint[], %s::timestamptz[])
    ON CONFLICT (supplier_id) DO UPDATE
    SET (state, level, standard_id, valid_from, valid_to, until, is_held, is_due, last_event_id, changed_at) =
        ROW (excluded.state, excluded.level, excluded.standard_id, excluded.valid_from, excluded.valid_to, excluded.until,
             excluded.is_held, excluded.is_due, excluded.last_event_id, excluded.changed_at)
"""


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with copied_into(table, columns) as copy:
        for row in rows:
            copy.write_row(row)


def columns_of(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
