"""A version of the standard tried on the whole portfolio: who would gain a label, who would lose it, and for which criterion.

The same pure rules judge the same facts twice, by the version in force and by the one that is tried. Nothing moves: the rows of a test
go into a table of their own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import orjson
from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from audit import trail
from charts import Part, stacked_rows
from labels import facts, standards
from labels.criteria import Outcome
from labels.dates import ledger_day
from labels.evaluation import copy_rows, decide
from labels.explaining import in_language
from labels.models import Standard, StandardTest, StandardTestRow
from labels.rules import Rules
from runs import engine
from suppliers.models import Category


if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from accounts.models import User

_COLUMNS = ("test_id", "supplier_id", "category", "before", "after", "move", "costs")
Move = StandardTestRow.Move


class DraftChanged(Exception):
    """The draft was changed since the test was started: one result is never of two texts."""


@transaction.atomic
def start(*, standard: Standard, by: "User", at: datetime) -> StandardTest:
    """Raises `NoStandardInForce`."""
    against = standards.in_force(ledger_day(at))
    test = StandardTest.objects.create(standard=standard, sha256=standard.sha256, against=against, requested_by=by, requested_at=at)
    test.run = engine.start("test_standard", parameters={"test": test.pk}, by=by, at=at, title=str(standard))
    test.save(update_fields=["run"])
    trail.record("standard.back_tested", actor=by, target=standard, detail={"sha256": standard.sha256}, at=at)
    return test


@transaction.atomic
def judge(supplier_ids: Sequence[int], *, test_id: int, on: date, at: datetime) -> dict[str, int]:
    """Raises `DraftChanged`."""
    test = StandardTest.objects.select_related("standard", "against").get(pk=test_id)
    if test.standard.sha256 != test.sha256:
        raise DraftChanged(test_id)
    rules, against = standards.rules_of(test.standard), standards.rules_of(test.against)
    before = {one.supplier_id: decide(against, one.facts, on) for one in facts.read(against, supplier_ids=supplier_ids, on=on, at=at)}
    rows, moves = [], Counter[str]()
    for standing in facts.read(rules, supplier_ids=supplier_ids, on=on, at=at):
        outcome = decide(rules, standing.facts, on)
        was = before[standing.supplier_id].level
        move = _move(rules, against.rank(was), outcome)
        costs = list(outcome.missed(was)) if was and move == Move.LOSES else []
        rows.append((test_id, standing.supplier_id, standing.facts.category, was, outcome.level, move.value, orjson.dumps(costs).decode()))
        moves[move.value] += 1
    copy_rows("labels_standardtestrow", _COLUMNS, rows)
    return {"suppliers": len(rows), **{move: moves[move] for move in Move.values}}


def _move(rules: Rules, rank_before: int, outcome: Outcome) -> StandardTestRow.Move:
    rank = rules.rank(outcome.level)
    if rank != rank_before:
        return Move.GAINS if rank > rank_before else Move.LOSES
    return Move.STAYS if rank else Move.NONE


# --- the report ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    category: str
    title: str
    suppliers: int
    gains: int
    loses: int
    stays: int


@dataclass(frozen=True)
class Report:
    groups: list[Group]
    total: Group
    # Criterion -> how many suppliers it would cost their level.
    costs: list[tuple[str, int]]
    chart: "SafeString | None"


def report(test: StandardTest) -> Report:
    counted: dict[str, dict[str, int]] = {category: dict.fromkeys(Move.values, 0) for category in Category.values}
    for category, move, number in test.rows.values_list("category", "move").annotate(Count("pk")).order_by():
        counted[category][move] = number
    groups = [_group(category, str(Category(category).label), moves) for category, moves in counted.items()]
    total = _group("", _("All"), {move: sum(moves[move] for moves in counted.values()) for move in Move.values})
    return Report(groups, total, _costs(test), _chart(groups) if total.suppliers else None)


def _group(category: str, title: str, moves: dict[str, int]) -> Group:
    return Group(category, title, sum(moves.values()), moves["gains"], moves["loses"], moves["stays"])


def _chart(groups: Sequence[Group]) -> "SafeString":
    rows = {
        group.title: [
            Part(_("Would gain"), group.gains, "good"),
            Part(_("Stays with a label"), group.stays, "neutral"),
            Part(_("Would lose"), group.loses, "bad"),
        ]
        for group in groups
        if group.gains or group.stays or group.loses
    }
    return stacked_rows(rows, title=_("Labels by category"))


def _costs(test: StandardTest) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, count(*) FROM labels_standardtestrow, jsonb_array_elements_text(costs) AS key WHERE test_id = %s"
            " GROUP BY key ORDER BY count(*) DESC, key LIMIT 10",
            [test.pk],
        )
        found: list[tuple[str, int]] = cursor.fetchall()
    rules = standards.rules_of(test.standard)
    return [(in_language(rules.rule_of[key].title) if key in rules.rule_of else key, number) for key, number in found]
