"""Which reviewer gets which case. Pure: no database, no clock.

The first rule that fits a case and names somebody who is free decides; of those the one with the fewest open reviews gets it, and with
equal loads the one whose number comes first. Each case given adds to the load, so a thousand at once are shared out as one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Empty category, no unit: any."""

    position: int
    reviewers: tuple[int, ...]
    category: str = ""
    unit: int | None = None

    def fits(self, case: "Case") -> bool:
        return self.category in ("", case.category) and (self.unit is None or self.unit in case.units)


@dataclass(frozen=True)
class Case:
    """`barred`: those who may not have this one (a conflict of interest, a part in its second review)."""

    id: int
    category: str
    units: frozenset[int] = frozenset()
    barred: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Given:
    case: int
    reviewer: int
    rule: int


def spread(cases: Iterable[Case], rules: Sequence[Rule], loads: Mapping[int, int], free: frozenset[int]) -> list[Given]:
    """`free`: who may be given anything today. A case that no rule gives to anybody is not in the answer."""
    carried = dict(loads)
    given = []
    for case in cases:
        if one := _choose(case, rules, carried, free):
            carried[one.reviewer] = carried.get(one.reviewer, 0) + 1
            given.append(one)
    return given


def _choose(case: Case, rules: Sequence[Rule], loads: Mapping[int, int], free: frozenset[int]) -> Given | None:
    for rule in rules:
        able = [person for person in rule.reviewers if person in free and person not in case.barred] if rule.fits(case) else []
        if able:
            return Given(case.id, least_loaded(able, loads), rule.position)
    return None


def least_loaded(people: Iterable[int], loads: Mapping[int, int]) -> int:
    return min(people, key=lambda person: (loads.get(person, 0), person))
