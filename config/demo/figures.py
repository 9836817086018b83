"""Quantities that go on from last year's: most near them, a few far away, as in life."""

from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any

from assessments.answering import year_on_year
from assessments.questionnaires.questions import Question
from config.demo.answers import DrawnAnswer


# Of how many quantities one leaps, and by how much.
LEAPS, LEAP = 14, Decimal("1.6")


def gone_on(before: DrawnAnswer, random: Random) -> DrawnAnswer:
    """The same answer a year later: everything measured in it grows or shrinks alike, so that sums and ratios still agree."""
    growth = LEAP if random.randrange(LEAPS) == 0 else Decimal(random.randint(84, 118)) / 100
    value = {key: _grown(given, growth) for key, given in before.value.items()}
    return DrawnAnswer.of(value, asks_evidence=before.asks_evidence)


def is_about_quantities(question: Question) -> bool:
    return bool(year_on_year.quantities(question))


def _grown(given: Any, growth: Decimal) -> Any:
    if isinstance(given, list):
        return [{key: _grown(cell, growth) for key, cell in row.items()} if isinstance(row, Mapping) else row for row in given]
    if isinstance(given, Mapping) and year_on_year.is_quantity(given.get("unit")):
        amount = Decimal(given["amount"])
        return {**given, "amount": str((amount * growth).quantize(amount))}
    return given
