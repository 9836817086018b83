"""The questionnaire we ship: complete, askable, and fair at both ends of the scale."""

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assessments.questionnaires import questionnaire
from assessments.questionnaires.names import Facts
from assessments.questionnaires.questions import Field, Question
from assessments.scoring import scorer


ROOT = Path(__file__).resolve().parents[3]
SHIPPED = questionnaire.read_yaml((ROOT / "assessments/questionnaires/supplier-esg-code-2026.1.yaml").read_text(encoding="utf-8"))
RULES = scorer.compile(SHIPPED)

TYPICAL_SITES = {
    "media": (["office"], 65),
    "services": (["office"], 67),
    "events": (["office", "venue"], 74),
    "engineering": (["office", "construction_site"], 99),
    "office_it": (["office", "warehouse"], 93),
    "logistics": (["warehouse", "fleet"], 94),
    "cloud_dc": (["data_centre"], 96),
}

# Numbers that must agree with each other; every other field is filled by `model_answer`.
CONSISTENT: dict[str, dict[str, str]] = {
    "E1-11": {"penalties": "0", "fines": "0"},
    "E2-07": {"bought": "10", "recovered": "9"},
    "E3-07": {"manifest_total": "1"},
    "E4-05": {"value": "100"},
    "E4-08": {"total": "80", "share": "80"},
    "E4-09": {"value": "5"},
    "E4-15": {"value": "100"},
    "E4-16": {"pue": "1.2", "total_energy": "1200", "it_energy": "1000"},
    "E5-08": {"value": "0.4"},
    "H-02": {"deaths": "0", "lost_time_injuries": "0", "hours_worked": "100000", "days_lost": "0"},
    "L-01": {"minimum_age": "16"},
    "L-10": {"weekly_maximum": "44", "overtime_average": "10"},
}


def amount(field: Field, number: str) -> dict[str, str]:
    return {"amount": number, "unit": field.unit} if field.unit else {"amount": number}


def model_answer(question: Question) -> dict[str, Any]:
    """What a supplier without anything to improve would answer."""
    return {field.key: model_value(question, field) for field in question.fields if field.type != "file"}


def model_value(question: Question, field: Field) -> Any:
    credited = question.credit.field == field.key
    if field.type in ("yes_no", "yes_no_na", "single") and credited:
        best = {key: credit for key, credit in question.credit.credits.items() if credit is not None}
        return max(best, key=lambda key: best[key])
    if field.type in ("number", "percent"):
        number = CONSISTENT.get(question.code, {}).get(field.key) or model_number(question, field)
        return number if field.type == "percent" else amount(field, number)
    if field.type == "multi":
        return [option.key for option in field.options if not option.excludes_others]
    if field.type == "table":
        return [{column.key: model_value(question, column) for column in field.columns}] if field.required else []
    plain = {"maturity": "4", "date": "2026-01-01", "text": "As described in our handbook"}
    return plain.get(field.type) or field.options[0].key


def model_number(question: Question, field: Field) -> str:
    if question.credit.kind == "bands" and question.credit.field == field.key:
        start = max(question.credit.bands, key=lambda band: band.credit).starts_at
        return str(max(start, field.min or Decimal(0)))
    return str(max(Decimal(1), field.min or Decimal(0)))


def facts(category: str, sites: list[str]) -> Facts:
    return Facts(category, "CN", "medium", tuple((site, "CN") for site in sites))


def model_answers() -> Mapping[str, tuple[dict[str, Any], bool, None]]:
    return {question.code: (model_answer(question), True, None) for question in SHIPPED.questions}


def test_all_110_questions_stand_in_eight_areas():
    assert Counter(question.area for question in SHIPPED.questions) == {
        "E1": 12, "E2": 11, "E3": 11, "E4": 18, "E5": 8, "E6": 7, "ethics": 21, "labor": 22,
    }  # fmt: skip


def test_fourteen_questions_are_zero_tolerance_and_three_are_gates():
    kinds = Counter(trigger.kind for question in SHIPPED.questions for trigger in question.triggers)

    assert kinds["zero_tolerance"] == 14
    assert kinds["gate"] == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_text_stands_in_both_languages(language):
    for question in SHIPPED.questions:
        texts = [question.topic, question.text, question.help, question.evidence.text]
        texts += [field.label for field in question.fields]
        texts += [option.label for field in question.fields for option in field.options]
        texts += [check.message for check in question.checks] + [trigger.text for trigger in question.triggers]
        assert all(getattr(text, language) for text in texts), question.code


@pytest.mark.parametrize("category", TYPICAL_SITES)
def test_typical_suppliers_meet_the_questions_meant_for_them(category):
    sites, count = TYPICAL_SITES[category]

    hidden_for_good = [line for line in RULES.explain(facts(category, sites), {}) if line.why_not in ("category", "site_type")]

    assert len(SHIPPED.questions) - len(hidden_for_good) == count


@pytest.mark.parametrize("category", TYPICAL_SITES)
def test_a_model_supplier_scores_100_without_a_trigger(category):
    result = RULES.score(facts(category, TYPICAL_SITES[category][0]), model_answers())

    assert (result.declared, result.evidenced, result.triggers) == (Decimal("100.00"), Decimal("100.00"), ())


@pytest.mark.parametrize("category", TYPICAL_SITES)
def test_a_model_supplier_passes_every_plausibility_check(category):
    who, answers = facts(category, TYPICAL_SITES[category][0]), model_answers()

    around = RULES.around(who, answers)
    failed = {code: RULES.failed_checks(code, answers[code][0], around) for code in RULES.applicable(who, answers)}

    assert {code: checks for code, checks in failed.items() if checks} == {}


def test_papers_count_about_a_third_of_what_a_model_supplier_earns():
    who = facts("engineering", ["office", "construction_site"])
    without_papers = {code: (value, False, None) for code, (value, _has, _verdict) in model_answers().items()}

    result = RULES.score(who, without_papers)

    assert result.declared == 100
    assert Decimal(60) < (result.evidenced or 0) < Decimal(75)


def test_an_expired_discharge_permit_bars_the_label_and_opens_a_critical_finding():
    answers = dict(model_answers())
    answers["E1-04"] = ({"expires_on": "2026-01-01", "state": "expired"}, True, None)

    result = RULES.score(facts("logistics", ["warehouse"]), answers)

    assert {hit.kind for hit in result.triggers} == {"gate", "critical_finding"}
    assert not result.capped


def test_admitting_discharge_without_a_permit_caps_the_total():
    answers = dict(model_answers())
    answers["E1-05"] = ({"value": "yes"}, True, None)

    result = RULES.score(facts("logistics", ["warehouse"]), answers)

    assert result.capped
    assert result.declared == SHIPPED.zero_tolerance_cap


def test_the_example_in_the_format_guide_loads():
    guide = (ROOT / "docs/questionnaire-format.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", guide, re.DOTALL)

    assert example
    assert len(questionnaire.read_yaml(example.group(1)).questions) == 2
