"""Loading questionnaires: what the format allows, and what is refused, all at once, with its place."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.questionnaires import questionnaire
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.scoring import receipts
from tests.assessments.small import document, option, question, text


def problems(data: Any) -> dict[str, str]:
    with pytest.raises(QuestionnaireError) as refused:
        questionnaire.load(data)
    return {problem.path: problem.reason for problem in refused.value.problems}


def test_every_part_of_the_format_is_read() -> None:
    loaded = questionnaire.read_yaml(
        """
key: example
version: "2026.1"
title: {en: Example, zh: 示例}
areas: [{code: E1, title: {en: Permits, zh: 许可}, summary: {en: All permits, zh: 全部许可}}]
profiles: {default: {E1: "100"}, media: {E1: "100"}}
bands: [{key: low, from: "0", title: {en: Low, zh: 低}}, {key: high, from: "50", title: {en: High, zh: 高}}]
evidence_share: "0.4"
zero_tolerance_cap: "30"
questions:
  - code: E1-01
    area: E1
    topic: {en: Permit, zh: 许可}
    text: {en: "Which class?", zh: 哪类？}
    help: {en: See the permit., zh: 见许可证。}
    weight: "2.5"
    per_site: true
    fields:
      - key: value
        type: single
        options:
          - {key: key_management, label: {en: Key, zh: 重点}, credit: "1"}
          - {key: none, label: {en: None, zh: 无}, credit: na}
    credit: {kind: options, field: value}
    evidence: {rule: required, text: {en: Permit, zh: 许可证}, share: "0.25", when: "value = key_management"}
    applies: {categories: [media], site_types: [factory, office], when: "site.country = CN"}
  - code: E1-02
    area: E1
    text: {en: "How much?", zh: 多少？}
    weight: 1
    fields:
      - {key: bought, type: number, label: {en: Bought, zh: 采购}, unit: t, units: [t, kg], min: "0", max: "1000"}
      - {key: recovered, type: number, label: {en: Recovered, zh: 回收}, unit: t}
      - key: rows
        type: table
        label: {en: Rows, zh: 明细}
        required: false
        min_rows: 0
        max_rows: 5
        columns: [{key: what, type: text, label: {en: What, zh: 名称}}, {key: amount, type: number, label: {en: Amount, zh: 量}, unit: kg}]
    credit:
      kind: ratio_bands
      numerator: recovered
      denominator: bought
      when_zero: "1"
      bands: [{from: "0", credit: "0"}, {from: "0.5", credit: "1"}]
    checks: [{key: recovered_le_bought, ok_when: "recovered <= 1.5 * bought and rows.amount > 0", message: {en: Too much, zh: 过多}}]
  - code: E1-03
    area: E1
    text: {en: "Ever fined?", zh: 受过处罚？}
    weight: "1"
    fields: [{key: value, type: yes_no}]
    credit: {kind: options, field: value, credits: {yes: "0", no: "1"}}
    applies: {when: "E1-01 in [key_management]"}
    triggers: [{kind: zero_tolerance, when: value = yes, key: E1-03-fined, text: {en: Fined, zh: 受罚}}]
    mappings: {rba: [C1], ungc: [7]}
"""
    )

    first, second, third = loaded.questions
    assert loaded.title.in_language("zh-hans") == "示例"
    assert loaded.title.in_language("en-gb") == "Example"
    assert (loaded.evidence_share, loaded.zero_tolerance_cap) == (Decimal("0.4"), Decimal(30))
    assert first.fields[0].option("none").drops_out  # type: ignore[union-attr]
    assert first.fields[0].label.en == "Which class?"
    assert (first.weight, first.per_site, first.evidence.share) == (Decimal("2.5"), True, Decimal("0.25"))
    assert second.fields[0].units == ("t", "kg")
    assert second.fields[1].units == ("t",)
    assert second.fields[2].columns[1].unit == "kg"
    assert third.credit.credits == {"yes": Decimal(0), "no": Decimal(1)}
    assert third.mappings == {"rba": ("C1",), "ungc": ("7",)}
    assert loaded.question("E1-03") is third


def test_hash_depends_on_content_and_not_on_how_it_is_written() -> None:
    data = document(question("A-1", credit={"kind": "options", "credits": {"yes": "1", "no": "0"}}))
    loaded = questionnaire.load(data)
    unquoted = yaml.safe_load(yaml.safe_dump(data).replace("'yes':", "yes:").replace("'no':", "no:"))
    reordered = dict(reversed(list(data.items())))

    assert questionnaire.load(unquoted).sha256 == loaded.sha256
    assert questionnaire.load(reordered).sha256 == loaded.sha256
    assert questionnaire.load(json.loads(json.dumps(loaded.document))) == loaded
    assert questionnaire.load({**data, "version": "2"}).sha256 != loaded.sha256


def test_rules_without_wording_load_and_keep_their_meaning() -> None:
    loaded = questionnaire.load(
        document(question("A-1", triggers=[{"kind": "gate", "when": "value = no", "key": "A-1-x", "text": text("x")}]))
    )
    bare = questionnaire.load(receipts.rules_of(loaded), texts=False)

    assert bare.questions[0].credit == loaded.questions[0].credit
    assert bare.questions[0].triggers[0].key == "A-1-x"
    assert "中文" not in json.dumps(receipts.rules_of(loaded), ensure_ascii=False)


def test_all_problems_are_listed_together_with_their_places() -> None:
    data = document(question("A-1", weight="heavy"), question("A-2", "single", options=[option("a", "2")]), question("B-1", area="B"))
    data["profiles"]["default"] = {"A": "50", "B": "40"}
    data["bands"][0]["from"] = "5"
    data["questions"][2]["wieght"] = "3"

    assert problems(data) == {
        "profiles.default": "The shares add up to 90, not to 100.",
        "bands": "The first band starts at 5, not at 0.",
        "questions[0].weight": '“heavy” is not a number in quotes, such as "0.5".',
        "questions[1].fields[0].options[0].credit": "2 is not between 0 and 1.",
        "questions[2].wieght": (
            "Unknown key; known here: code, area, topic, text, help, reviewer_note, weight, per_site, fields, credit, checks, "
            "evidence, applies, triggers, mappings."
        ),
    }


def test_problems_in_a_file_carry_the_line_they_are_on() -> None:
    source = yaml.safe_dump(document(question("A-1", weight="heavy")), sort_keys=False)
    line = next(number for number, words in enumerate(source.splitlines(), 1) if "heavy" in words)

    with pytest.raises(QuestionnaireError) as refused:
        questionnaire.read_yaml(source)

    (problem,) = refused.value.problems
    assert problem.line == line
    assert str(problem).startswith(f"line {line}: questions[0].weight: ")


@pytest.mark.parametrize(
    "source", ["a: [1", "a: b: c", "- just\n- a list", "", "{1: 2}", "a: &x [*x]", "\0", "key: !!python/object:os.system x"]
)
def test_files_that_are_no_questionnaire_are_refused(source: str) -> None:
    with pytest.raises(QuestionnaireError):
        questionnaire.read_yaml(source)


def changed(path: str, value: Any) -> dict[str, Any]:
    data = document(
        question("A-1"),
        question(
            "A-2",
            "multi",
            options=[option("a"), option("b"), option("none", excludes_others=True)],
            credit={"kind": "checklist", "full": 2},
        ),
        question(
            "A-3", "number", unit="t", credit={"kind": "bands", "bands": [{"from": "0", "credit": "0"}, {"from": "5", "credit": "1"}]}
        ),
    )
    *way, last = path.split(".")
    place: Any = data
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    place[int(last) if last.isdigit() else last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "where", "reason"),
    [
        ("questions.0.weight", 1.5, "questions[0].weight", "“1.5” is not a number in quotes"),
        ("questions.0.weight", True, "questions[0].weight", "“True” is not a number in quotes"),
        ("questions.0.weight", "NaN", "questions[0].weight", "“NaN” is not a number in quotes"),
        ("questions.0.area", "Z", "questions[0].area", "“Z” is not one of: A."),
        ("questions.0.code", "A 1", "questions[0].code", "A code starts with a letter"),
        ("questions.0.code", "A-2", "questions", "“A-2” appears more than once."),
        ("questions.0.text", None, "questions[0].text", "A text in English (en) or Chinese (zh) is needed here."),
        (
            "questions.0.credit",
            {"kind": "maturity"},
            "questions[0].credit.field",
            "“value” is not a field of this question of type maturity.",
        ),
        ("questions.0.credit", {"kind": "options", "credits": {"maybe": "1"}}, "questions[0].credit.credits.maybe", "Unknown key"),
        ("questions.0.credit", {"kind": "options", "credits": {"yes": "1"}}, "questions[0].credit.credits", "Option “no” has no credit."),
        (
            "questions.1.credit",
            {"kind": "checklist", "full": 3},
            "questions[1].credit.full",
            "Full credit needs 3 options, but there are 2.",
        ),
        ("questions.1.credit", {"kind": "checklist"}, "questions[1].credit.full", "Option “b” has no credit."),
        ("questions.2.credit.bands.0.from", "1", "questions[2].credit.bands", "Values from 0 up to 1 fall into no band."),
        ("questions.2.credit.bands.1.from", "0", "questions[2].credit.bands", "The bands do not start one above the other."),
        ("questions.2.fields.0.units", ["t", "kWh"], "questions[2].fields[0].units[1]", "kWh does not convert to t."),
        ("questions.2.fields.0.min", "9", "questions[2].fields[0]", None),
        ("questions.0.fields.0.type", "colour", "questions[0].fields[0].type", "“colour” is not one of: maturity"),
        ("questions.0.fields.0.unit", "t", "questions[0].fields[0].unit", "Only a number has a unit."),
        ("questions.0.applies", {"categories": ["circus"]}, "questions[0].applies.categories[0]", "“circus” is not one of: media"),
        ("questions.0.applies", {"when": "value = yes"}, "questions[0].applies.when", "Unknown name “value” at position 1."),
        ("questions.0.applies", {"when": "A-1 = yes"}, "questions[0].applies.when", "These conditions wait for each other: A-1."),
        ("questions.0.applies", {"when": "A-2 has c"}, "questions[0].applies.when", "Unknown option “c” at position 9; known: a, b, none."),
        ("questions.0.applies", {"when": "A-9 = yes"}, "questions[0].applies.when", "Unknown name “A-9” at position 1."),
        ("questions.0.evidence", {"rule": "sometimes"}, "questions[0].evidence.rule", "“sometimes” is not one of"),
        ("bands", [], "bands", "The list is empty."),
        ("bands.1.from", "60", "bands", "The bands do not start one above the other."),
        ("profiles", {"media": {"A": "100"}}, "profiles", "A profile named “default” is needed."),
        ("areas", [{"code": "A", "title": text("A")}, {"code": "B", "title": text("B")}], "areas[1]", "This area has no question."),
        ("zero_tolerance_cap", "101", "zero_tolerance_cap", "101 is not between 0 and 100."),
        ("questions", [], "questions", "The list is empty."),
        ("version", 2026.1, "version", "A text in quotes is needed here."),
    ],
)
def test_a_questionnaire_that_cannot_be_asked_or_scored_is_refused(path: str, value: Any, where: str, reason: str | None) -> None:
    data = changed(path, value)
    if reason is None:
        data["questions"][2]["fields"][0]["max"] = "3"
        reason = "The smallest value is above the largest."

    found = problems(data)

    assert where in found, found
    assert found[where].startswith(reason)


def test_conditions_that_wait_for_each_other_are_refused() -> None:
    data = document(
        question("A-1", applies={"when": "A-3 = yes"}),
        question("A-2", applies={"when": "A-1 = yes"}),
        question("A-3", applies={"when": "A-2 = yes"}),
        question("A-4"),
    )

    assert problems(data) == {"questions[0].applies.when": "These conditions wait for each other: A-1, A-2, A-3."}


def test_whatever_is_wrong_is_in_one_list_without_what_only_follows_from_it() -> None:
    data = document(
        question("A-1", applies={"when": "A-2 = yes"}),
        question("A-2", applies={"when": "A-1 = yes"}),
        question("A-3", applies={"categories": ["media"]}),
        question("A-4", applies={"categories": ["events"], "when": "A-3 = yes"}),
        question("A-5", applies={"when": "A-3 = perhaps"}),
        question("A-6", "colour"),
        question("A-7", applies={"when": "A-6 = red"}),
        profiles={"default": {"A": "90"}},
    )
    data["bands"][1]["from"] = "0"

    assert {path: reason.split(":")[0] for path, reason in problems(data).items()} == {
        "profiles.default": "The shares add up to 90, not to 100.",
        "bands": "The bands do not start one above the other.",
        "questions[0].applies.when": "These conditions wait for each other",
        "questions[3].applies.when": "This question is never asked",
        "questions[4].applies.when": "Unknown option “perhaps” at position 7; known",
        "questions[5].fields[0].type": "“colour” is not one of",
    }


def test_a_question_that_no_supplier_is_ever_asked_is_refused() -> None:
    data = document(
        question("A-1", applies={"categories": ["media"]}),
        question("A-2", applies={"categories": ["events"], "when": "A-1 = yes"}),
    )

    assert problems(data) == {"questions[1].applies.when": "This question is never asked: no category is asked both it and A-1."}

    data["questions"][1]["applies"]["when"] = "not (A-1 = yes)"
    questionnaire.load(data)


def test_a_unit_that_is_not_in_the_table_is_allowed_where_nothing_converts() -> None:
    loaded = questionnaire.load(document(question("A-1", "number", unit="students")))

    assert loaded.questions[0].fields[0].units == ("students",)


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_PATHS = """
    key areas areas.0 areas.0.title profiles profiles.default profiles.default.A bands bands.0 bands.0.from evidence_share
    questions questions.0 questions.0.code questions.0.area questions.0.fields questions.0.fields.0 questions.0.credit
    questions.0.credit.kind questions.1.fields.0.options questions.1.fields.0.options.0 questions.1.credit.full
    questions.2.fields.0.units questions.2.credit.bands questions.2.credit.bands.0 questions.0.evidence questions.0.applies
    questions.0.applies.when questions.0.triggers questions.0.checks questions.0.mappings
"""


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_PATHS.split()), _junk)
def test_whatever_stands_in_a_place_it_is_read_or_refused(path: str, junk: Any) -> None:
    data = changed(path, copy.deepcopy(junk))
    refusal = "read"
    try:
        questionnaire.load(data)
    except QuestionnaireError as refused:
        refusal = str(refused)

    assert refusal


def test_a_circle_is_said_along_with_what_else_is_wrong() -> None:
    """Also where a question of the circle cannot be read: mending one thing does not bring up the next."""
    unreadable = question("A-2", "single", options=[option("a", "heavy")], applies={"when": "A-1 = yes"})
    broken = document(question("A-1", applies={"when": "A-2 = a"}), unreadable, profiles={"default": {"A": "90"}})

    with pytest.raises(QuestionnaireError) as refused:
        questionnaire.load(broken)

    said = [problem.reason for problem in refused.value.problems]
    assert "The shares add up to 90, not to 100." in said
    assert "These conditions wait for each other: A-1, A-2." in said
    assert len(said) == 3
