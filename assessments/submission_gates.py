"""Gates that stand in front of the submission.

A gate whose condition already holds for an empty answer asks for something to be given ("not (accepted = yes)"): until then,
and until the evidence its answer requires is attached, the assessment cannot be submitted. A gate that only an answer can
close (an expired permit) bars the label, and never the submission.
"""

from functools import lru_cache

from assessments import expressions, names
from assessments.names import State
from assessments.questions import Question
from assessments.scoring import GATE, RuleSet


def closed_gates(rules: RuleSet, question: Question, state: State) -> bool:
    """Whether this question keeps the assessment from being submitted, as it is answered now."""
    tests = _tests(rules).get(question.code)
    if not tests:
        return False
    given = state.answers.get(question.code)
    value = given[0] if given else {}
    own = State(value, state.answers, state.facts, state.hidden)
    if any(test(own) for test in tests):
        return True
    has_evidence = bool(given and given[1])
    return not has_evidence and rules.evidence_asked(question.code, value, state)


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
