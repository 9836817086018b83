"""Gates that stand in front of the submission.

A gate whose condition already holds for an empty answer asks for something to be given ("not (accepted = yes)"): until then,
and until the evidence its answer requires is attached, the assessment cannot be submitted. A gate that only an answer can
close (an expired permit) bars the label, and never the submission.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from assessments.questionnaires import expressions, names
from assessments.questionnaires.names import AnswerState, SitedState, State
from assessments.questionnaires.questions import Question
from assessments.scoring.scorer import GATE, RuleSet
from assessments.scoring.site_answers import parts_of


def closed_gates(rules: RuleSet, question: Question, state: State) -> bool:
    """Whether this question keeps the assessment from being submitted, as it is answered now."""
    tests = _tests(rules).get(question.code)
    if not tests:
        return False
    return any(_keeps_closed(rules, question, tests, value, has_evidence, state) for value, has_evidence in _given(question, state))


def _given(question: Question, state: State) -> list[tuple[Mapping[str, Any], bool]]:
    """The answers that stand: one, or several where sites differ."""
    given = state.answers.get(question.code, AnswerState({}))
    parts = [part.state for part in parts_of(given) if part.stands_at] if isinstance(given, SitedState) else [given]
    return [(part[0], part[1]) for part in parts]


def _keeps_closed(
    rules: RuleSet, question: Question, tests: list[expressions.Test], value: Mapping[str, Any], has_evidence: bool, state: State
) -> bool:
    own = State(value, state.answers, state.facts, state.hidden)
    return any(test(own) for test in tests) or (not has_evidence and rules.evidence_asked(question.code, value, state))


@lru_cache(maxsize=32)
def _tests(rules: RuleSet) -> dict[str, list[expressions.Test]]:
    found: dict[str, list[expressions.Test]] = {}
    for question in rules.questionnaire.questions:
        scope = names.scope(rules.questionnaire.by_code, question)
        for trigger in question.triggers:
            if trigger.kind != GATE:
                continue
            test = expressions.bind(expressions.parse(trigger.when), scope).test
            if test(State({})):
                found.setdefault(question.code, []).append(test)
    return found
