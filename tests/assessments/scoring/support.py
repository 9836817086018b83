"""A questionnaire with its answers to calculate by hand, and any answers to our own."""

import random
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from assessments.questionnaires import questionnaire
from assessments.questionnaires.names import AnswerState, Correction, Facts, Verdict
from assessments.questionnaires.questions import CATEGORIES, HEADCOUNT_BANDS, SITE_TYPES, Field, Question
from assessments.scoring import scorer
from assessments.scoring.scorer import ACCEPT, CORRECT, QUERY, REJECT_ANSWER, REJECT_EVIDENCE, RuleSet
from tests.assessments.small import option, question, rules, text


SHIPPED = Path(__file__).resolve().parents[3] / "assessments/questionnaires/supplier-esg-code-2026.1.yaml"
REQUIRED = {"rule": "required", "text": text("Proof")}


def said(value: Any, evidence: bool = False, verdict: Verdict = None) -> AnswerState:
    return AnswerState({"value": value}, evidence, verdict)


def corrected(value: Any) -> Correction:
    return Correction(CORRECT, {"value": value})


def amount(number: str, unit: str | None = None) -> dict[str, str]:
    return {"amount": number} if unit is None else {"amount": number, "unit": unit}


def worked_example() -> RuleSet:
    """Two areas. Shares of the total: A 60, B 40; for cloud and data centres A 80, B 20."""
    return rules(
        question("A-1", "maturity", weight="3", evidence=REQUIRED),
        question("A-2", weight="2", triggers=[{"kind": "zero_tolerance", "when": "value = no", "key": "A-2-no", "text": text("No")}]),
        question("A-3", "yes_no_na", weight="1"),
        question(
            "B-1",
            "percent",
            area="B",
            weight="4",
            credit={
                "kind": "bands",
                "bands": [{"from": "0", "credit": "0"}, {"from": "50", "credit": "0.5"}, {"from": "80", "credit": "1"}],
            },
        ),
        question(
            "B-2", "multi", area="B", weight="1", options=[option("a"), option("b"), option("c")], credit={"kind": "checklist", "full": 3}
        ),
        profiles={"default": {"A": "60", "B": "40"}, "cloud_dc": {"A": "80", "B": "20"}},
    )


ANSWERS = {
    "A-1": said("3"),  # credit 3/4; without evidence half of it, 3/8
    "A-2": said("yes"),  # 1
    "A-3": said("no"),  # 0
    "B-1": said("79.99"),  # the band from 50: 1/2
    "B-2": said(["a", "b"]),  # 2 of 3
}


@lru_cache
def shipped() -> RuleSet:
    return scorer.compile(questionnaire.read_yaml(SHIPPED.read_text(encoding="utf-8")))


def some_value(field: Field, rng: random.Random) -> Any:
    if field.options:
        if field.type == "multi":
            return [each.key for each in field.options if rng.random() < 0.5 and not each.excludes_others] or [field.options[-1].key]
        return rng.choice(field.options).key
    if field.type == "number":
        number = str(rng.choice([0, 1, 7, 15, 60, 95, 400, 12000]) + rng.choice([0, 0.5]))
        return amount(number, rng.choice(field.units) if field.units else None)
    simple = {"percent": str(rng.randint(0, 100)), "date": "2026-03-31", "text": "words"}
    if field.type in simple:
        return simple[field.type]
    return [{column.key: some_value(column, rng) for column in field.columns} for _ in range(rng.randint(1, 2))]


def some_answer(question: Question, rng: random.Random) -> dict[str, Any]:
    return {field.key: some_value(field, rng) for field in question.fields if field.type != "file" and rng.random() < 0.95}


@st.composite
def cases(draw: st.DrawFn, corrections: bool = True) -> tuple[RuleSet, Facts, dict[str, AnswerState], bool, random.Random]:
    """Our own questionnaire, any supplier, any part of it answered in any way, reviewed in any way."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    rule_set = shipped()
    countries = st.sampled_from(["CN", "US", "DE", ""])
    sites = draw(st.lists(st.tuples(st.sampled_from(SITE_TYPES), countries), max_size=4))
    facts = Facts(draw(st.sampled_from([*CATEGORIES, ""])), draw(countries), draw(st.sampled_from(HEADCOUNT_BANDS)), tuple(sites))
    share, verdicts = draw(st.sampled_from([0.1, 0.6, 0.95, 1])), [None, None, ACCEPT, QUERY, REJECT_EVIDENCE, REJECT_ANSWER]
    words = [*verdicts, CORRECT] if corrections else verdicts
    answers = {
        each.code: AnswerState(
            some_answer(each, rng),
            rng.random() < 0.5,
            Correction(CORRECT, some_answer(each, rng)) if (word := rng.choice(words)) == CORRECT else word,
        )
        for each in rule_set.questionnaire.questions
        if rng.random() < share
    }
    return rule_set, facts, answers, draw(st.booleans()), rng


quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Case = tuple[RuleSet, Facts, dict[str, AnswerState], bool, random.Random]


def totals(rule_set: RuleSet, facts: Facts, answers: dict[str, AnswerState], reviewed: bool) -> tuple[Decimal, Decimal, Decimal]:
    result = rule_set.score(facts, answers, reviewed)
    nothing = Decimal(0)
    return result.declared or nothing, result.evidenced or nothing, result.verified or nothing
