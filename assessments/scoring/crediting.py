"""What one answer is worth: the credit rules of a question, compiled into functions and small tables."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from assessments.questionnaires import expressions, names, units, values
from assessments.questionnaires.names import State, Verdict
from assessments.questionnaires.questions import NOTE, Credit, Field, Question, Questionnaire


ACCEPT, REJECT_EVIDENCE, REJECT_ANSWER, QUERY = "accept", "reject_evidence", "reject_answer", "query"


class Hit(NamedTuple):
    """A trigger that fired."""

    kind: str
    question: str
    key: str


class Outcome(NamedTuple):
    """What one answer is worth. Credits are whole numbers: credit x weight x the scale of the rule set."""

    answered: bool
    # Takes its question out of numerator and denominator.
    drops_out: bool
    full: int
    # Worth without evidence; equal to `full` where none is required.
    bare: int
    evidence_asked: bool
    hits: tuple[Hit, ...]


def verified_worth(outcome: Outcome, has_evidence: bool, verdict: Verdict, reviewed: bool) -> int:
    """`outcome` is that of the value which stands: the corrected one where there is one (`QuestionRules.standing`)."""
    if verdict == REJECT_ANSWER:
        return 0
    if verdict == REJECT_EVIDENCE:
        return outcome.bare
    if verdict == ACCEPT or is_correction(verdict) or reviewed:
        return outcome.full if has_evidence else outcome.bare
    return 0


def is_correction(verdict: Verdict) -> bool:
    """Bulk runs take it straight from JSON, where it is a list."""
    return verdict is not None and not isinstance(verdict, str)


def verdict_name(verdict: Verdict) -> str | None:
    return verdict if verdict is None or isinstance(verdict, str) else verdict[0]


# The credit of the answer in `state.own`, times the scale; None when the answer takes its question out of the score.
# The second argument says whether all required fields are given: only a disclosure is worth anything without.
_Rule = Callable[[State, bool], int | None]

# How many different answers to one question are remembered with what they are worth.
_REMEMBER = 2048
_FEW_VALUES = frozenset({"yes_no", "yes_no_na", "single", "maturity", "percent", "multi", "date"})


class Scale(NamedTuple):
    """What makes every weight and every credit of a questionnaire a whole number."""

    weight: int
    credit: int


def scale_of(questionnaire: Questionnaire) -> Scale:
    credits_: list[Fraction] = []
    shares: list[Decimal] = [questionnaire.evidence_share]
    for question in questionnaire.questions:
        credits_ += _possible_credits(question.credit)
        if question.evidence.share is not None:
            shares.append(question.evidence.share)
    weights = [question.weight for question in questionnaire.questions]
    return Scale(common_multiple(weights), common_multiple(credits_) * common_multiple(shares))


def common_multiple(numbers: Iterable[Decimal | Fraction]) -> int:
    """The smallest whole number that makes each of the numbers whole."""
    return math.lcm(*(Fraction(number).denominator for number in numbers))


def _possible_credits(credit: Credit) -> list[Fraction]:
    """Fractions every credit of this rule is a whole multiple of."""
    found = [Fraction(value) for value in credit.credits.values() if value is not None]
    found += [Fraction(band.credit) for band in credit.bands]
    found += [Fraction(credit.when_zero), Fraction(1, credit.full or 1)]
    found += {"maturity": [Fraction(1, 4)], "disclosure": [Fraction(1, 2)]}.get(credit.kind, [])
    return found


class QuestionRules:
    """What decides about one question. Remembers what answers are worth, and nothing else."""

    def __init__(self, questionnaire: Questionnaire, question: Question, area: int, scale: Scale) -> None:
        self.question = question
        # The place of its area in the questionnaire.
        self.area = area
        # Questions without weight are collected, not scored.
        self.weight = 0 if question.credit.kind == "none" else int(question.weight * scale.weight)
        self.scale = scale.credit
        self.read = values.reading(question)
        self.field_keys = frozenset(field.key for field in question.fields)
        self._answered = values.answered(question)
        share = question.evidence.share
        self._share = Fraction(share if share is not None else questionnaire.evidence_share).as_integer_ratio()
        scope = names.scope(questionnaire.by_code, question)
        self._checks = [(check.key, *_check(check.ok_when, scope)) for check in question.checks]
        when, triggers = question.evidence.when, [_bound(item.when, scope) for item in question.triggers]
        evidence_when = _bound(when, scope) if when else None
        self._evidence_rule = question.evidence.rule == "required"
        self._evidence_test = evidence_when.test if evidence_when else None
        self._triggers = [
            (Hit(item.kind, question.code, item.key), bound.test) for item, bound in zip(question.triggers, triggers, strict=True)
        ]
        # Disclosures are worth something half given; every other kind needs its whole answer, and so do files.
        self._counts_in_part = question.credit.kind == "disclosure" and any(field.type != "file" for field in question.fields)
        self._credit = _credit_rule(self)
        self._deciding = self._what_decides([*triggers, evidence_when] if evidence_when else triggers)
        # By the values of the deciding fields. Whoever scores a million answers looks here before it calls, where there is a key field.
        self.remembered: dict[Any, Outcome] = {}
        self.key_field = self._deciding[0] if len(self._deciding) == 1 else ""
        self._made: dict[tuple[int | None, bool], Outcome] = {}

    def _what_decides(self, bounds: list[expressions.Bound]) -> tuple[str, ...]:
        """The fields whose values alone decide the outcome, when there are few such values to remember; else nothing."""
        question = self.question
        if any(field.type not in _FEW_VALUES for field in question.fields) or not all(bound.local for bound in bounds):
            return ()
        # A disclosure also depends on its checks and on the note that explains them.
        return () if question.credit.kind == "disclosure" else tuple(field.key for field in question.fields)

    def outcome(self, value: Mapping[str, Any], has_evidence: bool, state: State) -> Outcome:
        fields = self._deciding
        if not fields:
            return self._work_out(value, has_evidence, state)
        key = value.get(fields[0]) if len(fields) == 1 else tuple([_hashable(value.get(field)) for field in fields])
        if isinstance(key, list):
            key = tuple(key)
        try:
            return self.remembered[key]
        except KeyError:
            pass
        except TypeError:
            # Not a stored value at all (a mapping where a key belongs): nothing to remember.
            return self._work_out(value, has_evidence, state)
        found = self._work_out(value, has_evidence, state)
        if len(self.remembered) >= _REMEMBER:
            self.remembered.clear()
        self.remembered[key] = found
        return found

    def standing(self, given: Outcome, has_evidence: bool, verdict: Verdict, state: State) -> Outcome:
        """What stands after the review: the corrected value's outcome, else that of the answer as given."""
        if verdict is None or isinstance(verdict, str):
            return given
        return self.outcome(verdict[1], has_evidence, state)

    def _work_out(self, value: Mapping[str, Any], has_evidence: bool, state: State) -> Outcome:
        # The state is one caller's own, and looks at one question after the other.
        state.own = typed = self.read(value)
        answered = self._answered(typed, has_evidence)
        hits = tuple([hit for hit, test in self._triggers if test(state)]) if self._triggers and typed else ()
        if not answered:
            credit = self._credit(state, False) if self._counts_in_part else 0
            return self._outcome(credit, answered=False, evidence_asked=False, hits=hits)
        credit = self._credit(state, True)
        evidence_asked = credit is not None and self.evidence_asked(state)
        if hits:
            return self._outcome(credit, answered=True, evidence_asked=evidence_asked, hits=hits)
        try:
            return self._made[credit, evidence_asked]
        except KeyError:
            # As many as there are different credits: a few.
            self._made[credit, evidence_asked] = made = self._outcome(credit, answered=True, evidence_asked=evidence_asked, hits=())
            return made

    def _outcome(self, credit: int | None, *, answered: bool, evidence_asked: bool, hits: tuple[Hit, ...]) -> Outcome:
        if credit is None:
            return Outcome(answered, True, 0, 0, False, hits)
        full = credit * self.weight
        if not evidence_asked:
            return Outcome(answered, False, full, full, False, hits)
        # The scale holds the denominators of the shares, so this division leaves no rest.
        top, bottom = self._share
        return Outcome(True, False, full, full * top // bottom, True, hits)

    def answered(self, value: Mapping[str, Any], has_evidence: bool) -> bool:
        return self._answered(self.read(value), has_evidence)

    def own_state(self, value: Mapping[str, Any], around: State) -> State:
        return State(self.read(value), around.answers, around.facts, around.hidden)

    def evidence_asked(self, own: State) -> bool:
        return self._evidence_rule and (self._evidence_test is None or self._evidence_test(own))

    def failed_in(self, value: Mapping[str, Any], around: State) -> tuple[str, ...]:
        """`failed_checks` of a stored value."""
        return self.failed_checks(self.own_state(value, around)) if self._checks else ()

    def failed_checks(self, own: State) -> tuple[str, ...]:
        """Keys of the plausibility checks that fail. A check waits until everything it compares is given."""
        if not self._checks:
            return ()
        # Most checks pass: whether all is given is asked of those that do not.
        failed = [check for check in self._checks if not check[1](own)]
        if not failed:
            return ()
        given = own.own.keys()
        return tuple([key for key, _ok, fields, others in failed if fields <= given and all(read(own) is not None for read in others)])


def _bound(source: str, scope: expressions.Scope) -> expressions.Bound:
    return expressions.bind(expressions.parse(source), scope)


def _check(source: str, scope: expressions.Scope) -> tuple[expressions.Test, frozenset[str], tuple[expressions.Read, ...]]:
    """The check, and what must be given for it: own fields by key, everything else by reading it."""
    bound = _bound(source, scope)
    known = {word: name for word in bound.names if (name := scope(word))}
    own = frozenset(word for word, name in known.items() if name.own and "." not in word)
    return bound.test, own, tuple(name.read for word, name in known.items() if word not in own)


def _hashable(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw


# --- how an answer becomes a credit -------------------------------------------------------------------------------


def _credit_rule(rules: QuestionRules) -> _Rule:
    kind = rules.question.credit.kind
    if kind == "none":
        return lambda _state, _answered: 0
    if kind == "disclosure":
        return _disclosure(rules)
    makers = {"maturity": _maturity, "options": _options, "checklist": _checklist, "bands": _bands, "ratio_bands": _ratio_bands}
    return makers[kind](rules.question, rules.scale)


def _scaled(worth: Decimal, scale: int) -> int:
    return int(Fraction(worth) * scale)


def _field(question: Question, key: str) -> Field:
    field = question.field(key)
    if field is None:
        raise ValueError(f"{question.code} credits a field it does not have: {key!r}")
    return field


def _maturity(question: Question, scale: int) -> _Rule:
    key = question.credit.field
    return lambda state, _answered: int(state.own.get(key, 0)) * scale // 4


def _options(question: Question, scale: int) -> _Rule:
    key = question.credit.field
    table = {option: None if worth is None else _scaled(worth, scale) for option, worth in question.credit.credits.items()}
    return lambda state, _answered: table.get(state.own.get(key, ""), 0)


def _checklist(question: Question, scale: int) -> _Rule:
    """min(chosen / full, 1); without `full` the credits of the chosen options, at most 1."""
    credit, field = question.credit, _field(question, question.credit.field)
    key, full = field.key, credit.full
    drops_out = frozenset(option for option, worth in credit.credits.items() if worth is None)
    worth_of = {option: _scaled(worth or Decimal(0), scale) for option, worth in credit.credits.items()}
    if full:
        worth_of = {option.key: 0 if option.excludes_others else scale // full for option in field.options}

    def rule(state: State, _answered: bool) -> int | None:
        chosen = frozenset(state.own.get(key, ()))
        if not drops_out.isdisjoint(chosen):
            return None
        return min(sum(worth_of[option] for option in chosen), scale)

    return rule


def _descending(question: Question, scale: int) -> list[tuple[Decimal, int]]:
    return [(band.starts_at, _scaled(band.credit, scale)) for band in reversed(question.credit.bands)]


def _bands(question: Question, scale: int) -> _Rule:
    """The credit of the highest band that starts at or below the number, in the question's unit."""
    key, ascending = question.credit.field, _descending(question, scale)[::-1]
    starts, worths = [start for start, _ in ascending], [0, *[worth for _, worth in ascending]]

    def rule(state: State, _answered: bool) -> int | None:
        number = state.own.get(key)
        return 0 if number is None else worths[bisect_right(starts, number)]

    return rule


def _ratio_bands(question: Question, scale: int) -> _Rule:
    credit, descending = question.credit, _descending(question, scale)
    top_key, bottom_key = credit.numerator, credit.denominator
    when_zero, multiply = _scaled(credit.when_zero, scale), units.EXACT.multiply

    def rule(state: State, _answered: bool) -> int | None:
        top, bottom = state.own.get(top_key), state.own.get(bottom_key)
        if top is None or bottom is None or bottom < 0:
            return 0
        if bottom == 0:
            return when_zero
        for start, worth in descending:
            # Multiplying instead of dividing keeps the comparison exact.
            if top >= multiply(start, bottom):
                return worth
        return 0

    return rule


def _disclosure(rules: QuestionRules) -> _Rule:
    """All required fields given and every check passed or explained: 1. Something given: one half. Nothing: 0."""
    whole, half, keys = rules.scale, rules.scale // 2, rules.field_keys

    def rule(state: State, answered: bool) -> int | None:
        if not answered:
            return 0 if keys.isdisjoint(state.own) else half
        return half if rules.failed_checks(state) and NOTE not in state.own else whole

    return rule
