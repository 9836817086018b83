"""The fewest changes that reach a goal: a total, and least scores of areas. No database, no clock; credits are the scorer's own.

One question is one change, worth what it lacks. Within an area every point weighs the same, so the questions that lack most are the
fewest that lift it; whatever the areas do not need by themselves is filled up with the questions that bring most to the total. That
is the least number there can be, as long as the same questions are asked. Questions that a new answer opens are not foreseen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from assessments.scoring.scorer import ZERO_TOLERANCE, Line


EVIDENCE, ANSWER = "evidence", "answer"
# Scores are stated with two decimals, half up: this much below the goal is stated as the goal.
_ROUNDING = Fraction(5, 1000)


@dataclass(frozen=True)
class Goal:
    total: Decimal
    areas: Mapping[str, Decimal] = field(default_factory=dict)
    # Rules (gates) that may no longer be hit.
    clear: Collection[str] = ()


class Change(NamedTuple):
    """`kind`: ANSWER, or EVIDENCE where attaching it is enough. `gain`: points of the total."""

    line: Line
    kind: str
    gain: Fraction


class _Lever(NamedTuple):
    line: Line
    # Points of the area and of the total: with evidence alone, and with all there is to gain.
    area_gain: Fraction
    gain: Fraction
    evidence_share: Fraction


@dataclass(frozen=True)
class Ground:
    """Where a plan begins: the lines, each area's part of the total and its score, and what each question lacks, the most first."""

    lines: Sequence[Line]
    parts: Mapping[str, Fraction]
    areas: Mapping[str, Fraction]
    levers: Sequence[_Lever]


def ground_of(lines: Sequence[Line], shares: Mapping[str, Decimal]) -> Ground:
    """Of lines explained as after a closed review."""
    counting = [(line, line.exact[2], _exact(line.weight)) for line in lines if line.weight and line.exact[2] is not None]
    weights: dict[str, Fraction] = {}
    earned: dict[str, Fraction] = {}
    for line, credit, weight in counting:
        weights[line.area] = weights.get(line.area, Fraction(0)) + weight
        earned[line.area] = earned.get(line.area, Fraction(0)) + weight * credit
    shared = sum((Fraction(shares[area]) for area in weights), Fraction(0))
    parts = {area: Fraction(shares[area]) / shared if shared else Fraction(0) for area in weights}
    # Points of its area each unit of weight brings.
    points = {area: 100 / weight for area, weight in weights.items()}
    levers = [_lever(line, points[line.area] * weight, parts[line.area]) for line, credit, weight in counting if credit != 1]
    levers.sort(key=lambda lever: (-lever.gain, lever.line.question))
    return Ground(lines, parts, {area: each * points[area] for area, each in earned.items()}, levers)


@lru_cache(maxsize=1_000)
def _exact(weight: Decimal) -> Fraction:
    return Fraction(weight)


def _lever(line: Line, points: Fraction, part: Fraction) -> _Lever:
    """`points`: of its area, that the whole question brings."""
    now, declared = line.exact[2] or Fraction(0), line.exact[0] or Fraction(0)
    lacks_evidence = line.evidence == "missing" or line.verdict == "reject_evidence"
    share = (declared - now) / (1 - now) if lacks_evidence and declared > now else Fraction(0)
    gain = points * (1 - now)
    return _Lever(line, gain, gain * part, share)


def shortest(ground: Ground, goal: Goal) -> list[Change] | None:
    """None: not all the questions together reach the goal. Empty: it is reached."""
    plan = _Plan(ground)
    plan.clear(goal.clear)
    for area, least in goal.areas.items():
        if not plan.lift_area(area, Fraction(least)):
            return None
    return plan.changes(Fraction(goal.total)) if plan.lift_total(Fraction(goal.total)) else None


class _Plan:
    def __init__(self, ground: Ground) -> None:
        self.lines, self.part, self.levers = ground.lines, ground.parts, ground.levers
        self.area = dict(ground.areas)
        # Kept, not added up: it is asked for after every change.
        self.total = sum((score * self.part[area] for area, score in self.area.items()), Fraction(0))
        self.chosen: dict[str, _Lever] = {}
        self.needed_areas: dict[str, Fraction] = {}
        self.forced: set[str] = set()

    def choose(self, lever: _Lever) -> None:
        self.chosen[lever.line.question] = lever
        self._add(lever, Fraction(1))

    def _add(self, lever: _Lever, share: Fraction) -> None:
        self.area[lever.line.area] += lever.area_gain * share
        self.total += lever.gain * share

    def clear(self, rules: Collection[str]) -> None:
        """Answers that hit a rule which may not be hit; zero tolerance holds every total down."""
        self.forced = {line.question for line in self.lines for hit in line.triggers if hit.kind == ZERO_TOLERANCE or hit.key in rules}
        for lever in self.levers:
            if lever.line.question in self.forced:
                self.choose(lever)

    def lift_area(self, area: str, least: Fraction) -> bool:
        if area not in self.area:
            return True
        self.needed_areas[area] = least
        enough = least - _ROUNDING
        return self._lift((lever for lever in self.levers if lever.line.area == area), lambda: self.area[area] >= enough)

    def lift_total(self, least: Fraction) -> bool:
        enough = least - _ROUNDING
        return self._lift(self.levers, lambda: self.total >= enough)

    def _lift(self, levers: Iterable[_Lever], is_reached: Callable[[], bool]) -> bool:
        for lever in levers:
            if is_reached():
                return True
            if lever.line.question not in self.chosen:
                self.choose(lever)
        return is_reached()

    def changes(self, total: Fraction) -> list[Change]:
        """The chosen ones, each as small as it can be: evidence alone where that still reaches everything."""
        found = [Change(self._forced_line(code), ANSWER, Fraction(0)) for code in sorted(self.forced - self.chosen.keys())]
        for lever in self.chosen.values():
            if not lever.evidence_share or lever.line.question in self.forced:
                found.append(Change(lever.line, ANSWER, lever.gain))
                continue
            rest = 1 - lever.evidence_share
            self._add(lever, -rest)
            if self._holds(total):
                found.append(Change(lever.line, EVIDENCE, lever.gain * lever.evidence_share))
            else:
                self._add(lever, rest)
                found.append(Change(lever.line, ANSWER, lever.gain))
        return found

    def _forced_line(self, code: str) -> Line:
        return next(line for line in self.lines if line.question == code)

    def _holds(self, total: Fraction) -> bool:
        areas = all(self.area[area] >= least - _ROUNDING for area, least in self.needed_areas.items())
        return areas and self.total >= total - _ROUNDING
