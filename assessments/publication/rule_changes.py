"""What one version of the rules does otherwise than another, found in the rules themselves and said in the language in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.questionnaires.questions import Question, Questionnaire
from assessments.questionnaires.wording import local
from assessments.scoring import receipts
from suppliers.models import Category


@dataclass(frozen=True)
class Number:
    """Empty where one of the two does not know the thing."""

    before: Decimal | None
    after: Decimal | None

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Shares:
    """Of a category: one number an area, in the order of `RuleChanges.areas`."""

    label: str
    numbers: list[Number]


@dataclass(frozen=True)
class QuestionChange:
    code: str
    text: str
    weight: Number


@dataclass(frozen=True)
class RuleChanges:
    areas: list[tuple[str, str]]
    shares: list[Shares]
    # Bands and other numbers of the whole, with their names.
    numbers: list[tuple[str, Number]]
    weights: list[QuestionChange]
    added: list[QuestionChange]
    removed: list[QuestionChange]
    # Asked of others, or worth something else by another rule.
    changed: list[QuestionChange]

    def __bool__(self) -> bool:
        return bool(self.shares or self.numbers or self.weights or self.added or self.removed or self.changed)


def compare(old: Questionnaire, new: Questionnaire) -> RuleChanges:
    both = [question for question in new.questions if question.code in old.by_code]
    old_rules, new_rules = _rules(old), _rules(new)
    return RuleChanges(
        areas=[(area.code, local(area.title)) for area in _areas(old, new).values()],
        shares=[shares for shares in _shares(old, new) if any(number.differs for number in shares.numbers)],
        numbers=[(name, number) for name, number in _numbers(old, new) if number.differs],
        weights=[_change(each, old) for each in both if _weight(each) != _weight(old.by_code[each.code])],
        added=[_change(each, old) for each in new.questions if each.code not in old.by_code],
        removed=[QuestionChange(q.code, local(q.text), Number(_weight(q), None)) for q in old.questions if q.code not in new.by_code],
        changed=[_change(each, old) for each in both if old_rules[each.code] != new_rules[each.code]],
    )


def _areas(old: Questionnaire, new: Questionnaire) -> Mapping[str, Any]:
    return {area.code: area for area in [*new.areas, *(area for area in old.areas if area.code not in {a.code for a in new.areas})]}


def _shares(old: Questionnaire, new: Questionnaire) -> list[Shares]:
    codes = list(_areas(old, new))
    return [
        Shares(str(label), [Number(old.profile(category).get(code), new.profile(category).get(code)) for code in codes])
        for category, label in Category.choices
    ]


def _numbers(old: Questionnaire, new: Questionnaire) -> list[tuple[str, Number]]:
    before, after = ({band.key: band for band in whole.bands} for whole in (old, new))
    bands = [
        (
            local((after.get(key) or before[key]).title),
            Number(before[key].starts_at if key in before else None, after[key].starts_at if key in after else None),
        )
        for key in {**before, **after}
    ]
    return [
        *bands,
        (_("Share of the credit without required evidence"), Number(old.evidence_share, new.evidence_share)),
        (_("Highest total under zero tolerance"), Number(old.zero_tolerance_cap, new.zero_tolerance_cap)),
    ]


def _weight(question: Question) -> Decimal:
    return question.weight if question.credit.kind != "none" else Decimal(0)


def _change(question: Question, old: Questionnaire) -> QuestionChange:
    earlier = old.by_code.get(question.code)
    return QuestionChange(question.code, local(question.text), Number(_weight(earlier) if earlier else None, _weight(question)))


def _rules(whole: Questionnaire) -> dict[str, Any]:
    """Each question's rules without wording, and without its weight, which is told apart."""
    return {rule["code"]: {key: value for key, value in rule.items() if key != "weight"} for rule in receipts.rules_of(whole)["questions"]}
