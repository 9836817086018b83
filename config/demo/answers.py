"""Answers that look like life: better companies answer better, most leave gaps, evidence is often missing, a few admit the worst.

Works from the questionnaire alone, so it follows when the questionnaire changes. For each question a pool of ready values is
drawn per level of performance; an assessment then only picks from the pools.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, Self

from assessments.questionnaires.names import State
from assessments.questionnaires.questions import Field, Question
from assessments.scoring import crediting
from assessments.scoring.scorer import RuleSet
from config.demo.world import HEADCOUNTS


LEVELS = 11  # performance 0.0, 0.1 ... 1.0
POOL = 12
TRIES = 60
NOTHING_ELSE = State({})
# Plain size of yearly quantities by headcount band, times a lognormal: kWh, m3 and so on only need to look like life.
SIZE = {"micro": 0.2, "small": 1.0, "medium": 5.0, "large": 25.0, "xlarge": 120.0}
TYPICAL = {
    "kWh": 120_000.0, "MWh": 120.0, "m3": 2_600.0, "t": 14.0, "kg": 22.0, "GJ": 240.0, "tCO2e": 92.0, "million CNY": 36.0, "CNY": 20_000.0,
    "L": 900.0, "L/kWh": 0.9, "hours": 60.0, "hours/person": 14.0, "hours/week": 47.0, "hours/month": 22.0, "years": 6.0, "days": 120.0,
    "count": 3.0, "vehicles": 14.0,
}  # fmt: skip
SAME_WHATEVER_THE_SIZE = {"L/kWh", "hours/person", "hours/week", "hours/month", "years", "days", "%"}
TEXTS = ("已纳入年度计划，由场所负责人负责。", "详见所附记录。", "自去年起覆盖全部场所。")


@dataclass(frozen=True, slots=True)
class DrawnAnswer:
    value: dict[str, Any]
    # The value as text for COPY: JSON with the escapes COPY wants.
    copy_text: str
    asks_evidence: bool

    @classmethod
    def of(cls, value: dict[str, Any], *, asks_evidence: bool) -> Self:
        escaped = json.dumps(value, ensure_ascii=False).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        return cls(value, escaped, asks_evidence)


class AnswerPools:
    """Ready values by question, performance level and headcount band."""

    def __init__(self, rules: RuleSet, random: Random) -> None:
        self._pools: dict[tuple[str, int, str], list[DrawnAnswer]] = {}
        # By question, the answer that hits its zero-tolerance rule.
        self.worst: dict[str, DrawnAnswer] = {}
        self._rules = rules
        scale = crediting.scale_of(rules.questionnaire)
        for question in rules.questionnaire.questions:
            self._outcome = crediting.QuestionRules(rules.questionnaire, question, 0, scale).outcome
            sized = any(_grows_with_size(field) for field in question.fields)
            for level in range(LEVELS):
                shared = [self._draw(question, level / (LEVELS - 1), "medium", random) for _ in range(POOL)]
                for band in HEADCOUNTS:
                    pool = [self._draw(question, level / (LEVELS - 1), band, random) for _ in range(POOL)] if sized else shared
                    self._pools[question.code, level, band] = pool
            if _has_zero_tolerance(question):
                self.worst[question.code] = self._drawn(question, _worst_value(question))
        self.worst_codes = list(self.worst)

    def draw(self, code: str, performance: float, headcount: str, random: Random) -> DrawnAnswer:
        level = min(LEVELS - 1, max(0, round(performance * (LEVELS - 1))))
        return self._pools[code, level, headcount][int(random.random() * POOL)]

    def _draw(self, question: Question, performance: float, band: str, random: Random) -> DrawnAnswer:
        """A value that trips no rule, but for the few that life has: criticals and gates one in a hundred, majors one in thirty."""
        luck = random.random()
        for attempt in range(TRIES):
            # Where poor companies can hardly help tripping the rule, they are drawn as better ones.
            eased = performance + (1.15 - performance) * attempt / TRIES
            value = {}
            for field in question.fields:
                drawn = _field_value(question, field, eased, band, random)
                if drawn is not None:
                    value[field.key] = drawn
            hits = {hit.kind for hit in self._outcome(value, False, NOTHING_ELSE).hits}
            if not hits or ("zero_tolerance" not in hits and luck < (0.05 if hits == {"major_finding"} else 0.012)):
                break
        return self._drawn(question, value)

    def _drawn(self, question: Question, value: dict[str, Any]) -> DrawnAnswer:
        return DrawnAnswer.of(value, asks_evidence=self._rules.evidence_asked(question.code, value))


def _has_zero_tolerance(question: Question) -> bool:
    return any(trigger.kind == "zero_tolerance" for trigger in question.triggers)


def _grows_with_size(field: Field) -> bool:
    if field.type == "table":
        return any(_grows_with_size(column) for column in field.columns)
    return field.type == "number" and field.unit not in SAME_WHATEVER_THE_SIZE


def _field_value(question: Question, field: Field, performance: float, band: str, random: Random) -> Any:
    match field.type:
        case "maturity":
            return str(min(4, max(0, round(random.gauss(performance * 4, 0.7)))))
        case "yes_no" | "yes_no_na" | "single":
            return _option(question, field, performance, random)
        case "multi":
            choices = [option for option in field.options if not option.excludes_others]
            chosen = {option.key for option in choices if random.random() < 0.15 + 0.75 * performance}
            none = [option.key for option in field.options if option.excludes_others]
            return [option.key for option in choices if option.key in chosen] or none[:1] or [choices[0].key]
        case "number":
            amount = {"amount": _number(question, field, performance, band, random)}
            return amount | ({"unit": field.unit} if field.unit else {})
        case "percent":
            return str(min(100, max(0, round(random.gauss(25 + 72 * performance, 8)))))
        case "date":
            return f"2026-{random.randint(1, 9):02d}-{random.randint(1, 28):02d}"
        case "text":
            return random.choice(TEXTS)
        case "table":
            rows = max(field.min_rows, random.randint(1, 2))
            drawn = [{c.key: _field_value(question, c, performance, band, random) for c in field.columns} for _ in range(rows)]
            return [{key: value for key, value in row.items() if value is not None} for row in drawn]
        case _:
            return None


def _option(question: Question, field: Field, performance: float, random: Random) -> str:
    """An option whose credit is near the performance; "not applicable" now and then; never one that trips a rule."""
    worth = question.credit.credits if question.credit.field in (field.key, "") else {}
    worst = _worst_value(question).get(field.key) if _has_zero_tolerance(question) else None
    weighed: list[tuple[str, float]] = []
    for place, option in enumerate(field.options):
        credit = worth.get(option.key, option.credit)
        if option.drops_out or (option.key in worth and worth[option.key] is None):
            weighed.append((option.key, 0.06))
            continue
        expected = float(credit) if credit is not None else 1 - place / max(1, len(field.options) - 1)
        weight = max(0.02, 1 - abs(expected - performance) * 1.25) ** 2
        weighed.append((option.key, 0.0 if option.key == worst else weight))
    return random.choices([key for key, _ in weighed], weights=[weight for _, weight in weighed])[0]


def _number(question: Question, field: Field, performance: float, band: str, random: Random) -> str:
    low, high = field.min, field.max
    if field.is_year:
        return str(2025 - random.randint(0, 3))
    if question.credit.kind == "bands" and question.credit.field == field.key and question.credit.bands:
        amount = _near_band(question, performance, random)
    elif low is not None and high is not None and high - low <= 10:
        amount = random.uniform(float(low), float(high))
    else:
        size = SIZE[band] if _grows_with_size(field) else 1.0
        amount = TYPICAL.get(field.unit or "count", 12.0) * size * random.lognormvariate(0, 0.45) * (1.25 - performance * 0.5)
    if low is not None:
        amount = max(float(low), amount)
    if high is not None:
        amount = min(float(high), amount)
    whole = field.unit in (None, "count", "vehicles", "years", "days", "CNY") or amount > 1000
    return str(round(amount)) if whole else str(Decimal(str(round(amount, 2))).normalize().quantize(Decimal("0.01")))


def _near_band(question: Question, performance: float, random: Random) -> float:
    bands = question.credit.bands
    place = min(range(len(bands)), key=lambda index: abs(float(bands[index].credit) - performance) + random.random() * 0.2)
    start = float(bands[place].starts_at)
    end = float(bands[place + 1].starts_at) if place + 1 < len(bands) else start * 1.25 + 1
    return start + (end - start) * random.random() * 0.9


def _worst_value(question: Question) -> dict[str, Any]:
    """A full value that trips the zero-tolerance rule, read off its condition ("value = yes", "value = no", "value < 16")."""
    rules = [trigger.when for trigger in question.triggers if trigger.kind == "zero_tolerance"]
    value: dict[str, Any] = {}
    for field in question.fields:
        if field.type in ("yes_no", "yes_no_na", "single"):
            wanted = next((option.key for option in field.options if any(f"{field.key} = {option.key}" in rule for rule in rules)), None)
            value[field.key] = wanted or field.options[0].key
        elif field.type == "number":
            value[field.key] = {"amount": str(field.min if field.min is not None else 0)} | ({"unit": field.unit} if field.unit else {})
        elif field.type == "multi":
            value[field.key] = [field.options[0].key]
    return value
