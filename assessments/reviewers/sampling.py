"""Which cases are reviewed a second time. Pure: anybody who knows the campaign's seed draws the same.

A case's lot is the beginning of the SHA-256 of "seed:number" as a fraction of one. It is drawn when its lot is below the share; and where
a category, or the cases of one reviewer, would have fewer than the minimum, those of it with the lowest lots are drawn besides.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Candidate:
    """`groups`: what the minimum is asked of, such as its category and its reviewer."""

    id: int
    groups: tuple[str, ...] = ()


def lot(seed: str, number: int) -> Fraction:
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return Fraction(int.from_bytes(digest[:8], "big"), 2**64)


def by_share(candidates: Iterable[Candidate], *, seed: str, share: Fraction) -> list[int]:
    return [each.id for each in candidates if lot(seed, each.id) < share]


def by_minimum(candidates: Sequence[Candidate], drawn: Iterable[Candidate], *, seed: str, minimum: int) -> list[int]:
    """`drawn`: what was drawn before. One case may fill up several groups."""
    have = Counter(group for each in drawn for group in each.groups)
    chosen = []
    for each in sorted(candidates, key=lambda candidate: (lot(seed, candidate.id), candidate.id)):
        if any(have[group] < minimum for group in each.groups):
            chosen.append(each.id)
            have.update(each.groups)
    return chosen
