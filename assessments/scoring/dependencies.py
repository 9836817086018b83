"""Which questions look at which: what else a page must draw again when one answer changes."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

from assessments.questionnaires import expressions, names
from assessments.questionnaires.questions import Question, Questionnaire
from assessments.scoring.scorer import RuleSet


class Dependencies:
    """`watchers`: question -> the questions whose condition, checks or evidence rule look at it.

    `look_beyond`: questions whose checks or evidence rule need more than their own answer.
    """

    def __init__(self, questionnaire: Questionnaire) -> None:
        watchers: dict[str, set[str]] = {}
        conditions: dict[str, set[str]] = {}
        beyond = set()
        for question in questionnaire.questions:
            for source, is_condition in _expressions(question):
                scope = names.scope(questionnaire.by_code, question, own=not is_condition)
                bound = expressions.bind(expressions.parse(source), scope)
                for code in bound.questions:
                    watchers.setdefault(code, set()).add(question.code)
                    if is_condition:
                        conditions.setdefault(code, set()).add(question.code)
                if not is_condition and not bound.local:
                    beyond.add(question.code)
        self.watchers = {code: frozenset(those) for code, those in watchers.items()}
        self.look_beyond = frozenset(beyond)
        self._conditions = conditions

    def asked_because_of(self, codes: Iterable[str]) -> frozenset[str]:
        """Questions that are asked or not by what these answer, and by what those answer in turn."""
        return _reached(self._conditions, codes)

    def touched_by(self, code: str) -> frozenset[str]:
        """This question, and those that may stand differently when its answer changes."""
        return frozenset({code}) | _reached(self.watchers, [code])

    def needed_by(self, codes: Iterable[str]) -> frozenset[str]:
        """These questions, and all that any rule looks at: what has to be known to say how these stand."""
        return frozenset(codes) | self.watchers.keys()

    def concern_others(self, code: str) -> bool:
        """Whether a change of this answer can show on another question, or needs other answers to be judged."""
        return code in self.watchers or code in self.look_beyond


def _reached(ways: Mapping[str, AbstractSet[str]], codes: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = set(codes)
    while waiting:
        more = ways.get(waiting.pop(), frozenset()) - found
        found |= more
        waiting |= more
    return frozenset(found)


def _expressions(question: Question) -> Iterator[tuple[str, bool]]:
    if question.applies.when:
        yield question.applies.when, True
    if question.evidence.when:
        yield question.evidence.when, False
    for check in question.checks:
        yield check.ok_when, False


@lru_cache(maxsize=32)
def dependencies_of(rules: RuleSet) -> Dependencies:
    return Dependencies(rules.questionnaire)
