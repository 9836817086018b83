"""The shortest way to a goal is really the shortest: held against every other set of changes, scored by the scorer."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaires.names import AnswerState
from assessments.scoring import next_steps
from assessments.scoring.next_steps import ANSWER, EVIDENCE, Goal
from tests.assessments.scoring.support import quickly
from tests.assessments.small import MEDIA, question, rules


REQUIRED = {"rule": "required"}
TRIGGER = {"kind": "zero_tolerance", "when": "value = no", "key": "B-2-never", "text": {"en": "Never", "zh": "绝不"}}
RULES = rules(
    question("A-1", "maturity", weight="3", evidence=REQUIRED),
    question("A-2", weight="2"),
    question("A-3", weight="1"),
    question("B-1", "maturity", area="B", weight="4"),
    question("B-2", area="B", weight="1", triggers=[TRIGGER]),
    profiles={"default": {"A": "60", "B": "40"}},
)
SHARES = RULES.profile("media")
BEST: dict[str, Any] = {"A-1": "4", "A-2": "yes", "A-3": "yes", "B-1": "4", "B-2": "yes"}

Answers = dict[str, AnswerState]


def said(value: str, has_evidence: bool = False) -> AnswerState:
    return AnswerState({"value": value}, has_evidence)


def plan(answers: Answers, goal: Goal) -> list[tuple[str, str]] | None:
    changes = next_steps.shortest(next_steps.ground_of(RULES.explain(MEDIA, answers, True), SHARES), goal)
    return None if changes is None else [(change.line.question, change.kind) for change in changes]


def changed(answers: Answers, codes: Iterable[str]) -> Answers:
    return {**answers, **{code: said(BEST[code], True) for code in codes}}


def reaches(answers: Answers, goal: Goal) -> bool:
    result = RULES.score(MEDIA, answers, True)
    areas = all((result.areas[area].verified or 0) >= least for area, least in goal.areas.items())
    return areas and not result.capped and (result.verified or 0) >= goal.total


@quickly
@given(
    levels=st.tuples(*[st.sampled_from(["", "0", "2", "4"])] * 2),
    words=st.tuples(*[st.sampled_from(["", "no", "yes"])] * 3),
    total=st.sampled_from(["20", "40", "60", "80", "100"]),
    least=st.sampled_from([None, "50", "75"]),
)
def test_no_smaller_set_of_changes_reaches_the_goal(
    levels: tuple[str, str], words: tuple[str, str, str], total: str, least: str | None
) -> None:
    given_ = dict(zip(("A-1", "B-1", "A-2", "A-3", "B-2"), (*levels, *words), strict=True))
    answers = {code: said(value) for code, value in given_.items() if value}
    goal = Goal(Decimal(total), {"A": Decimal(least)} if least else {})

    found = plan(answers, goal)

    assert found is not None
    assert reaches(changed(answers, [code for code, _ in found]), goal)
    smaller = (set_ for size in range(len(found)) for set_ in combinations(BEST, size))
    assert not any(reaches(changed(answers, codes), goal) for codes in smaller)


def test_evidence_alone_is_enough_where_it_is() -> None:
    answers = {**changed({}, BEST), "A-1": said("4")}

    assert plan(answers, Goal(Decimal(100))) == [("A-1", EVIDENCE)]


def test_a_goal_that_is_reached_needs_nothing() -> None:
    assert plan(changed({}, BEST), Goal(Decimal(100))) == []


def test_zero_tolerance_comes_first_because_nothing_else_lifts_the_total() -> None:
    answers = {**changed({}, BEST), "B-2": said("no")}

    assert plan(answers, Goal(Decimal(40))) == [("B-2", ANSWER)]


@pytest.mark.parametrize("total", ["100.01", "101"])
def test_what_cannot_be_reached_is_said_so(total: str) -> None:
    assert plan({}, Goal(Decimal(total))) is None
