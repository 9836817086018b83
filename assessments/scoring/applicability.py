"""Which questions a supplier is asked: by category, by type of site, and by conditions on facts and other answers.

A question that is not asked counts as not answered for the conditions of others, whatever was typed before it was hidden.
Conditions are settled in the order of their dependencies (cycles are refused at load), so the order in which answers
arrive changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from assessments.questionnaires import expressions, names
from assessments.questionnaires.names import Answers, Facts, State
from assessments.questionnaires.questions import Question, Questionnaire


# Why a question is not asked.
BY_CATEGORY, BY_SITE_TYPE, BY_CONDITION = "category", "site_type", "condition"


class _Plan(NamedTuple):
    """What category and site types settle before any answer is looked at."""

    asked: tuple[str, ...]
    hidden: frozenset[str]
    conditional: tuple[tuple[str, expressions.Test], ...]


class Applicability:
    """Compiled once for a questionnaire; answers for any supplier."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questions = questionnaire.questions
        self._conditions: dict[str, expressions.Bound] = {}
        for question in questionnaire.questions:
            if question.applies.when:
                scope = names.scope(questionnaire.by_code, question, own=False)
                self._conditions[question.code] = expressions.bind(expressions.parse(question.applies.when), scope)
        self._settling_order = self._in_order_of_dependencies()
        self._plans: dict[tuple[str, frozenset[str]], _Plan] = {}
        # Questions whose answer decides whether another one is asked.
        self.deciding = frozenset(code for bound in self._conditions.values() for code in bound.questions)

    def _in_order_of_dependencies(self) -> tuple[str, ...]:
        order = [question.code for question in self._questions if question.code not in self._conditions]
        settled, waiting = set(order), list(self._conditions)
        while waiting:
            ready = [code for code in waiting if settled.issuperset(self._conditions[code].questions)]
            if not ready:
                raise ValueError(f"conditions wait for each other: {', '.join(waiting)}")
            order += ready
            settled.update(ready)
            waiting = [code for code in waiting if code not in settled]
        return tuple(code for code in order if code in self._conditions)

    def asked(self, facts: Facts, answers: Answers) -> tuple[str, ...]:
        """Codes of the questions asked, in the order of the questionnaire."""
        asked, hidden = self.settle(facts, answers)
        return tuple(code for code in asked if code not in hidden)

    def settle(self, facts: Facts, answers: Answers) -> tuple[tuple[str, ...], frozenset[str] | set[str]]:
        """Candidates in the order of the questionnaire, and every question hidden (some of them candidates)."""
        key = (facts[0], frozenset([site[0] for site in facts[3]]))
        plan = self._plans.get(key) or self._plan(key)
        if not plan.conditional:
            return plan.asked, plan.hidden
        hidden = set(plan.hidden)
        state = State({}, answers, facts, hidden)
        for code, test in plan.conditional:
            if not test(state):
                hidden.add(code)
        return plan.asked, hidden

    def _plan(self, key: tuple[str, frozenset[str]]) -> _Plan:
        category, site_types = key
        hidden = frozenset(q.code for q in self._questions if _why_hidden(q, category, site_types))
        plan = _Plan(
            asked=tuple(question.code for question in self._questions if question.code not in hidden),
            hidden=hidden,
            conditional=tuple((code, self._conditions[code].test) for code in self._settling_order if code not in hidden),
        )
        if len(self._plans) > 4096:
            self._plans.clear()
        self._plans[key] = plan
        return plan

    def why_not(self, facts: Facts, answers: Answers) -> Mapping[str, str]:
        """Code -> "category", "site_type" or "condition", for every question that is not asked."""
        _, hidden = self.settle(facts, answers)
        site_types = frozenset(kind for kind, _country in facts.sites)
        return {
            question.code: _why_hidden(question, facts.category, site_types) or BY_CONDITION
            for question in self._questions
            if question.code in hidden
        }


def _why_hidden(question: Question, category: str, site_types: frozenset[str]) -> str:
    applies = question.applies
    if applies.categories is not None and category not in applies.categories:
        return BY_CATEGORY
    if applies.site_types is not None and site_types.isdisjoint(applies.site_types):
        return BY_SITE_TYPE
    return ""
