"""The score of an appraisal from its parts. Pure: Decimal in, Decimal out, no database.

share of a part   0 to 1; None where it is missing or not agreed on
    reduction        A = (E0 - E) / (E0 - T), cut to 0..1; of a quarter with E0 and T times the quarter's weight
    renewable share  actual / target, cut to 0..1
    PUE              (P0 - P) / (P0 - target), cut to 0..1; without a base year's PUE 1 at or below the target, else 0
    data quality     mean of what is known of: share measured, share on time, verified
    actions          delivered / due
score             100 x sum(weight x share) / sum(weight) over the parts that have a share, half up to two places

What is missing is left out of both sums: it is not zero, and it is said. Without the reduction there is no score at all: nobody is
graded on the data that happen to be there. Removals and offsets take no part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from pilots.trajectory import EXACT


class State(StrEnum):
    SCORED = "scored"
    MISSING = "missing"
    NOT_AGREED = "not_agreed"


@dataclass(frozen=True)
class Part:
    """`figures` are what the share follows from, as text."""

    key: str
    weight: Decimal
    state: State
    share: Decimal | None
    figures: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        share = None if self.share is None else str(self.share)
        return {"key": self.key, "weight": str(self.weight), "state": self.state.value, "share": share, "figures": dict(self.figures)}


def share_of(done: Decimal, due: Decimal) -> Decimal:
    """Cut to 0..1. Where nothing was due, whatever was done is enough."""
    if due <= 0:
        return Decimal(1) if done >= due else Decimal(0)
    return min(Decimal(1), max(Decimal(0), EXACT.divide(done, due)))


def pue_share(actual: Decimal, target: Decimal, base: Decimal | None) -> Decimal:
    if base is None or base <= target:
        return Decimal(1) if actual <= target else Decimal(0)
    return share_of(base - actual, base - target)


def score(parts: Sequence[Part]) -> Decimal | None:
    if any(part.key == "reduction" and part.share is None for part in parts):
        return None
    known = [(part.weight, part.share) for part in parts if part.share is not None]
    weights = sum((weight for weight, _share in known), Decimal(0))
    if not weights:
        return None
    total = sum((weight * share for weight, share in known), Decimal(0))
    return (100 * EXACT.divide(total, weights)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def grade(score: Decimal | None, grades: Mapping[str, str]) -> str:
    """The best one whose threshold the score reaches; none without a score."""
    if score is None:
        return ""
    ranked = sorted(((Decimal(least), name) for name, least in grades.items()), reverse=True)
    return next(name for least, name in ranked if score >= least)
