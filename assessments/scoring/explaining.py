"""The reasons behind a score: one line a question, with what it is worth and what would raise it.

It reads the same outcomes the score sums up (`scorer.RuleSet`), so a line cannot differ from the total it explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assessments.questionnaires.names import Answers, Facts, SitedState, State
from assessments.questionnaires.questions import Question
from assessments.scoring import site_answers
from assessments.scoring.crediting import REJECT_ANSWER, QuestionRules, verdict_name, verified_worth
from assessments.scoring.scorer import AnswerState, Line, SiteLine, Step


if TYPE_CHECKING:
    from assessments.scoring.scorer import RuleSet

_PLACES = Decimal("0.000001")
_NOTHING = AnswerState({})


def number(exact: Fraction, places: Decimal = _PLACES) -> Decimal:
    """A fraction as a decimal: exact where it ends within six places, else rounded half up."""
    return _quotient(exact.numerator, exact.denominator, places)


# Few credits and few parts of an area come up again and again.
@lru_cache(maxsize=10_000)
def _quotient(top: int, bottom: int, places: Decimal) -> Decimal:
    return (Decimal(top) / Decimal(bottom)).quantize(places, ROUND_HALF_UP).normalize() + 0


def explain(rule_set: RuleSet, facts: Facts, answers: Answers, reviewed: bool) -> list[Line]:
    why_not = rule_set.applicability.why_not(facts, answers)
    state = State({}, answers, facts, frozenset(why_not))
    points = _points(rule_set, facts, answers, state)
    has_verified = reviewed or any(_has_verdict(answer) for code, answer in answers.items() if code not in why_not)
    lines = []
    for question in rule_set.questionnaire.questions:
        if question.code in why_not:
            lines.append(_hidden(question, why_not[question.code]))
            continue
        answer = answers.get(question.code, _NOTHING)
        rules, possible = rule_set.rules[question.code], points[question.code]
        if isinstance(answer, SitedState):
            lines.append(_sited_line(rules, answer, state, reviewed, has_verified, possible))
        else:
            lines.append(_line(rules, AnswerState(*answer), state, reviewed, has_verified, possible))
    return lines


def _has_verdict(answer: SitedState | tuple[Any, ...]) -> bool:
    return site_answers.has_verdict(answer) if isinstance(answer, SitedState) else answer[2] not in (None, "query")


def _drops_out(rules: QuestionRules, answer: SitedState | tuple[Any, ...], state: State) -> bool:
    if isinstance(answer, SitedState):
        return not site_answers.worth(rules, site_answers.parts_of(answer), state, False).counts
    return rules.outcome(answer[0], answer[1], state).drops_out


def _points(rule_set: RuleSet, facts: Facts, answers: Answers, state: State) -> Mapping[str, Fraction]:
    """Points of the total each question can bring: its part of its area's weight, times the area's scaled-up share."""
    profile = rule_set.profile(facts.category)
    counting: dict[str, int] = {}
    weights: dict[str, int] = {}
    for question in rule_set.questionnaire.questions:
        rules = rule_set.rules[question.code]
        if question.code in state.hidden or not rules.weight:
            continue
        if not _drops_out(rules, answers.get(question.code, _NOTHING), state):
            counting[question.code] = rules.weight
            weights[question.area] = weights.get(question.area, 0) + rules.weight
    shared = sum((Fraction(profile[area]) for area in weights), Fraction(0))
    # Points that a unit of weight brings.
    unit = {area: 100 * Fraction(profile[area]) / (shared * weight) for area, weight in weights.items()} if shared else {}
    return {
        question.code: unit[question.area] * counting[question.code] if question.code in counting and unit else Fraction(0)
        for question in rule_set.questionnaire.questions
    }


def _hidden(question: Question, why_not: str) -> Line:
    nothing = Decimal(0)
    return Line(
        question=question.code,
        area=question.area,
        applies=False,
        why_not=why_not,
        answered=False,
        counts=False,
        weight=question.weight,
        declared=None,
        evidenced=None,
        verified=None,
        evidence="",
        verdict=None,
        points_possible=nothing,
        points=nothing,
        failed_checks=(),
        triggers=(),
        takes=(),
        exact=(None, None, None),
    )


def _line(rules: QuestionRules, answer: AnswerState, state: State, reviewed: bool, has_verified: bool, possible: Fraction) -> Line:
    question, outcome = rules.question, rules.outcome(answer.value, answer.has_evidence, state)
    stands = rules.standing(outcome, answer.has_evidence, answer.verdict, state)
    whole = rules.scale * rules.weight
    counts = bool(whole) and not outcome.drops_out
    declared = evidenced = verified = None
    if counts:
        declared = Fraction(outcome.full, whole)
        evidenced = Fraction(outcome.full if answer.has_evidence else outcome.bare, whole)
    if whole and has_verified and (not stands.drops_out or answer.verdict == REJECT_ANSWER):
        verified = Fraction(verified_worth(stands, answer.has_evidence, answer.verdict, reviewed), whole)
    failed = rules.failed_in(answer.value, state)
    return Line(
        question=question.code,
        area=question.area,
        applies=True,
        why_not="",
        answered=outcome.answered,
        counts=counts,
        weight=question.weight,
        declared=_decimal(declared),
        evidenced=_decimal(evidenced),
        verified=_decimal(verified),
        evidence=_evidence(outcome.evidence_asked, answer.has_evidence),
        verdict=verdict_name(answer.verdict),
        points_possible=number(possible),
        points=number(possible * (evidenced or 0)),
        failed_checks=failed,
        triggers=stands.hits,
        takes=_takes(rules, answer, state, failed, possible, evidenced) if counts else (),
        exact=(declared, evidenced, verified),
    )


def _sited_line(rules: QuestionRules, answer: SitedState, state: State, reviewed: bool, has_verified: bool, possible: Fraction) -> Line:
    """The mean over the sites, and a line for each of the answers it is the mean of."""
    parts = site_answers.parts_of(answer)
    worth, whole = site_answers.worth(rules, parts, state, reviewed), rules.scale * rules.weight
    counting = sum(part.stands_at for part in parts if not rules.outcome(part.state.value, part.state.has_evidence, state).drops_out)
    lines = []
    for part in parts:
        share = possible * part.stands_at / counting if counting else Fraction(0)
        line = _line(rules, part.state, state, reviewed, has_verified, share)
        if part.site is not None:
            line = line._replace(takes=tuple(step._replace(params={**step.params, "site": part.site}) for step in line.takes))
        lines.append(SiteLine(part.site, part.stands_at, line if line.counts else line._replace(points_possible=Decimal(0))))
    standing = [each.line for each in lines if each.stands_at]
    is_scored = bool(whole) and worth.counts
    declared, evidenced = (worth.declared / whole, worth.evidenced / whole) if is_scored else (None, None)
    verified = worth.verified / whole if whole and has_verified and worth.counts_verified else None
    return Line(
        question=rules.question.code,
        area=rules.question.area,
        applies=True,
        why_not="",
        answered=worth.answered,
        counts=is_scored,
        weight=rules.question.weight,
        declared=_decimal(declared),
        evidenced=_decimal(evidenced),
        verified=_decimal(verified),
        evidence=next((word for word in ("missing", "given", "attached") if word in {line.evidence for line in standing}), ""),
        verdict=verdict_name(answer.verdict),
        points_possible=number(possible),
        points=number(possible * (evidenced or 0)),
        failed_checks=tuple(dict.fromkeys(key for line in standing for key in line.failed_checks)),
        triggers=worth.hits,
        takes=tuple(step for line in standing for step in line.takes),
        exact=(declared, evidenced, verified),
        sites=tuple(lines),
    )


def _decimal(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else number(exact)


def _evidence(asked: bool, attached: bool) -> str:
    if asked:
        return "given" if attached else "missing"
    return "attached" if attached else ""


# --- what it would take -------------------------------------------------------------------------------------------


def _takes(
    rules: QuestionRules,
    answer: AnswerState,
    state: State,
    failed: tuple[str, ...],
    possible: Fraction,
    evidenced: Fraction | None,
) -> tuple[Step, ...]:
    """Steps that raise this question alone. A gain is what the step brings when everything else stays as it is."""
    if evidenced is None or evidenced >= 1 or not possible:
        return ()
    outcome = rules.outcome(answer.value, answer.has_evidence, state)
    whole = rules.scale * rules.weight

    def gain(credit: Fraction) -> Decimal:
        return number((credit - evidenced) * possible, Decimal("0.01"))

    if not outcome.answered:
        credit = rules.question.credit
        best = _best(rules)
        params = {"option": best} if best and credit.kind == "options" else {}
        return (Step("complete" if answer.value else "answer", params, gain(Fraction(1))),)
    steps = []
    if outcome.bare < outcome.full and not answer.has_evidence:
        steps.append(Step("attach_evidence", {}, gain(Fraction(outcome.full, whole))))
    if failed and rules.question.credit.kind == "disclosure":
        steps.append(Step("explain_check", {"checks": list(failed)}, gain(Fraction(1))))
    if outcome.full < whole and (better := _better(rules)):
        steps.append(Step(better[0], better[1], gain(Fraction(1))))
    return tuple(steps)


def _best(rules: QuestionRules) -> str:
    """The option that earns most, where a question is credited by options."""
    earned = {key: worth for key, worth in rules.question.credit.credits.items() if worth is not None}
    return max(earned, key=lambda key: earned[key]) if earned else ""


def _better(rules: QuestionRules) -> tuple[str, dict[str, Any]] | None:
    credit = rules.question.credit
    if credit.kind == "maturity":
        return "raise_level", {"level": "4"}
    if credit.kind == "options":
        return "choose", {"field": credit.field, "option": _best(rules)}
    if credit.kind == "checklist":
        return "choose_more", {"field": credit.field, "full": credit.full}
    if credit.kind in ("bands", "ratio_bands"):
        best = max(credit.bands, key=lambda band: band.credit)
        above = [band.starts_at for band in credit.bands if band.starts_at > best.starts_at]
        params = {"field": credit.field or credit.numerator, "from": str(best.starts_at)}
        if above:
            params["below"] = str(min(above))
        if credit.kind == "ratio_bands":
            params["per"] = credit.denominator
        return "improve_number", params
    return None
