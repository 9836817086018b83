"""How far two reviewers agree beyond chance: Cohen's kappa. Pure: pairs of verdicts in, exact fractions out.

kappa = (po - pe) / (1 - pe), where po is the share of pairs that agree and pe the share that would agree if each reviewer gave the own
verdicts as often but at random (J. Cohen, "A coefficient of agreement for nominal scales", 1960). Where both always gave the same
single verdict, pe is 1 and kappa is not defined: there was nothing to disagree about, and nothing is known.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


# Fewer pairs say nothing about a question or a person.
FEWEST = 5


@dataclass(frozen=True)
class Agreement:
    """`observed` and `expected` are shares, None without pairs; `kappa` is from -1 to 1, None where it is not defined."""

    n: int
    agreed: int
    expected: Fraction | None
    kappa: Fraction | None

    @property
    def observed(self) -> Fraction | None:
        return Fraction(self.agreed, self.n) if self.n else None

    @property
    def differed(self) -> int:
        return self.n - self.agreed

    @property
    def is_judged(self) -> bool:
        return self.n >= FEWEST


def cohens_kappa(pairs: Iterable[tuple[str, str]]) -> Agreement:
    counted = Counter(pairs)
    n = sum(counted.values())
    if not n:
        return Agreement(0, 0, None, None)
    first, second = Counter[str](), Counter[str]()
    for (one, other), times in counted.items():
        first[one] += times
        second[other] += times
    agreed = sum(times for (one, other), times in counted.items() if one == other)
    expected = Fraction(sum(first[verdict] * second[verdict] for verdict in first), n * n)
    kappa = (Fraction(agreed, n) - expected) / (1 - expected) if expected != 1 else None
    return Agreement(n, agreed, expected, kappa)
