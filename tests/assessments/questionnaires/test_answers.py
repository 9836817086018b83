"""What people type, cleaned into what is stored."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaires import answers, messages, questionnaire, units
from assessments.questionnaires.answers import AnswerError
from assessments.questionnaires.questions import Question
from tests.assessments.small import document, option, question, text


def asked(kind: str, **parts: Any) -> Question:
    return questionnaire.load(document(question("A-1", kind, **parts))).questions[0]


WASTE = asked("number", unit="t", units=["t", "kg"], min="0", max="100")
YEARS = asked("number", unit="years", min="0", max="50")
COUNT = asked("number")
SHARE = asked("percent", credit={"kind": "bands", "bands": [{"from": "0", "credit": "0"}]})
SOURCES = asked(
    "multi", options=[option("ground"), option("surface"), option("none", excludes_others=True)], credit={"kind": "checklist", "full": 1}
)
GASES = asked(
    "table",
    max_rows=2,
    columns=[
        {"key": "gas", "type": "single", "label": text("Gas"), "options": [option("r32"), option("r410a")]},
        {"key": "amount", "type": "number", "label": text("Amount"), "unit": "kg", "min": "0"},
        {"key": "remark", "type": "text", "label": text("Remark"), "required": False},
    ],
)


def stored(question: Question, typed: Any) -> Any:
    cleaned = answers.clean(question, {"value": typed})
    assert cleaned.errors == {}
    return cleaned.value.get("value")


def refused(question: Question, typed: Any) -> str:
    cleaned = answers.clean(question, {"value": typed})
    assert cleaned.value == {}
    return cleaned.errors["value"].key


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12.50", "12.5"),
        (" 1,234,567.80 ", "1234567.8"),
        ("１２．５", "12.5"),
        ("12 500", "12500"),
        ("0.00", "0"),
        ("-0", "0"),
        ("+7", "7"),
        (".5", "0.5"),
        ("007", "7"),
        (7, "7"),
        (Decimal("1E+3"), None),
        ("1000000000000", "1000000000000"),
    ],
)
def test_numbers_are_understood_as_people_type_them(typed: Any, kept: str | None) -> None:
    if kept is None:
        assert refused(COUNT, typed) == "number_unreadable"
    else:
        assert stored(COUNT, typed) == {"amount": kept}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("1,234", "number_ambiguous"),
        ("12,34,567", "number_unreadable"),
        ("twelve", "number_unreadable"),
        ("1e3", "number_unreadable"),
        ("NaN", "number_unreadable"),
        ("1e400", "number_unreadable"),
        ("9" * 1_000_000, "number_too_long"),
        ("Infinity", "number_unreadable"),
        ("1.2.3", "number_unreadable"),
        ("--1", "number_unreadable"),
        (1.5, "number_unreadable"),
        (True, "number_unreadable"),
        ("1" * 19, "number_too_long"),
        ("0." + "1" * 11, "number_too_long"),
        ([1], "number_unreadable"),
    ],
)
def test_what_is_not_a_plain_number_is_refused(typed: Any, key: str) -> None:
    assert refused(COUNT, typed) == key


def test_a_number_is_kept_in_the_unit_chosen_and_limited_in_the_unit_that_counts() -> None:
    assert stored(WASTE, {"amount": "2500", "unit": "kg"}) == {"amount": "2500", "unit": "kg"}
    assert answers.amount_in_unit(WASTE.fields[0], {"amount": "2500", "unit": "kg"}) == Decimal("2.5")
    assert stored(WASTE, {"amount": "100000", "unit": "kg"}) == {"amount": "100000", "unit": "kg"}
    assert answers.clean(WASTE, {"value": {"amount": "100001", "unit": "kg"}}).errors == {
        "value": AnswerError("too_large", {"limit": "100 t"})
    }
    assert answers.clean(WASTE, {"value": {"amount": "-1", "unit": "t"}}).errors == {"value": AnswerError("too_small", {"limit": "0 t"})}


def test_a_unit_is_taken_from_those_offered() -> None:
    assert refused(WASTE, {"amount": "1", "unit": "kWh"}) == "unknown_unit"
    assert refused(WASTE, {"amount": "1", "unit": ["t"]}) == "unknown_unit"
    long = answers.clean(WASTE, {"value": {"amount": "1", "unit": "x" * 1_000_000}}).errors["value"]
    assert len(messages.answer_error(long)) < 100
    assert refused(WASTE, "1") == "unit_missing"
    assert stored(YEARS, "5") == {"amount": "5", "unit": "years"}
    assert refused(COUNT, {"amount": "1", "unit": "t"}) == "unknown_unit"
    assert stored(WASTE, {"amount": "", "unit": "kg"}) is None


def test_percentages_lie_between_0_and_100_unless_the_question_says_otherwise() -> None:
    assert stored(SHARE, "12.5%") == "12.5"
    assert stored(SHARE, "100 ％") == "100"
    assert refused(SHARE, "100.1") == "too_large"
    assert refused(SHARE, "-1") == "too_small"


@pytest.mark.parametrize("typed", ["2026-03-31", "2026/3/31", "2026年3月31日", " 2026-3-31 ", "２０２６-03-31"])
def test_dates_are_understood_as_people_write_them(typed: str) -> None:
    assert stored(asked("date"), typed) == "2026-03-31"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("2026-02-30", "date_unreadable"),
        ("3/4/2026", "date_ambiguous"),
        ("1" * 1_000_000, "date_unreadable"),
        ("1066-10-14", "date_out_of_range"),
        (20260331, "date_unreadable"),
    ],
)
def test_dates_that_do_not_exist_are_refused(typed: Any, key: str) -> None:
    assert refused(asked("date"), typed) == key


def test_choices_are_those_offered() -> None:
    assert stored(asked("yes_no"), "yes") == "yes"
    assert refused(asked("yes_no"), "na") == "not_an_option"
    assert refused(asked("yes_no"), True) == "not_an_option"
    assert stored(asked("yes_no_na"), "na") == "na"
    assert stored(asked("maturity"), 3) == "3"
    assert refused(asked("maturity"), "5") == "not_an_option"
    assert refused(asked("maturity"), ["1"]) == "not_an_option"


def test_several_options_are_kept_in_the_order_of_the_questionnaire_without_repeats() -> None:
    assert stored(SOURCES, ["surface", "ground", "surface"]) == ["ground", "surface"]
    assert stored(SOURCES, []) is None
    assert refused(SOURCES, ["ground", "sea"]) == "not_an_option"
    assert refused(SOURCES, "ground") == "unreadable"


def test_none_of_these_stands_alone() -> None:
    assert stored(SOURCES, ["none"]) == ["none"]
    error = answers.clean(SOURCES, {"value": ["none", "ground"]}).errors["value"]

    assert messages.answer_error(error) == "“none” cannot be chosen together with others."


def test_texts_lose_what_cannot_be_stored_or_printed() -> None:
    remark = asked("text")

    assert stored(remark, "  first\r\nsecond\x00\x07\ud800 \t中文 ") == "first\nsecond \t中文"
    assert stored(remark, "e\u0301") == "\u00e9"
    # Marks of direction would print what follows the other way round.
    assert stored(remark, "invoice\u202efdp.exe\u2069 \u200f5") == "invoicefdp.exe 5"
    assert stored(remark, " \n ") is None
    assert refused(remark, "x" * 5001) == "text_too_long"
    assert refused(remark, 5) == "unreadable"


def test_table_rows_keep_what_is_right_and_name_the_cells_that_are_wrong() -> None:
    rows = [{"gas": "r32", "amount": {"amount": "3", "unit": "kg"}}, {"gas": "", "amount": ""}, {"gas": "r22", "amount": "-1"}]
    cleaned = answers.clean(GASES, {"value": rows[:2]})

    assert cleaned == ({"value": [{"gas": "r32", "amount": {"amount": "3", "unit": "kg"}}]}, {})
    assert set(answers.clean(GASES, {"value": rows[2:]}).errors) == {"value.0.gas", "value.0.amount"}
    assert answers.clean(GASES, {"value": rows}).errors["value"] == AnswerError("too_many_rows", {"limit": 2})
    assert answers.clean(GASES, {"value": "r32"}).errors["value"].key == "unreadable"
    assert answers.clean(GASES, {"value": [{"colour": "red"}]}).errors["value.0.colour"].key == "unknown_field"


def test_an_empty_table_says_nothing_to_report_only_where_no_rows_are_allowed() -> None:
    columns = [{"key": "what", "type": "text", "label": text("What")}]

    assert stored(asked("table", columns=columns), []) is None
    assert stored(asked("table", columns=columns, min_rows=0), []) == []
    assert stored(asked("table", columns=columns, min_rows=0), [{"what": ""}]) is None


def test_a_note_is_kept_beside_the_fields() -> None:
    assert answers.clean(COUNT, {"value": "1", "note": " counted twice "}).value == {"value": {"amount": "1"}, "note": "counted twice"}
    assert answers.clean(COUNT, {"note": "x" * 2001}).errors["note"].key == "text_too_long"


def test_a_field_that_is_wrong_does_not_hide_those_that_are_right() -> None:
    pair = questionnaire.load(
        document(
            question(
                "A-1",
                fields=[{"key": key, "type": "number", "label": text(key)} for key in ("closed", "received")],
                credit={"kind": "disclosure"},
            )
        )
    ).questions[0]

    cleaned = answers.clean(pair, {"closed": "3", "received": "many", "lost": "1"})

    assert cleaned.value == {"closed": {"amount": "3"}}
    assert {path: error.key for path, error in cleaned.errors.items()} == {"received": "number_unreadable", "lost": "unknown_field"}


def test_every_error_has_a_sentence() -> None:
    for key, params in {
        "date_ambiguous": {"typed": "3/4/2026", "first": "2026-04-03", "second": "2026-03-04"},
        "number_ambiguous": {"typed": "1,234", "first": "1234", "second": "1.234"},
        "date_out_of_range": {"first": 1, "last": 2},
        "number_too_long": {"whole": 1, "decimals": 2},
        "text_too_long": {"limit": 1, "length": 2},
        "too_large": {"limit": "1 t"},
        "too_many_rows": {"limit": 1},
        "unit_missing": {"known": "t, kg"},
        "unknown_unit": {"unit": "t"},
    }.items():
        assert "%" not in messages.answer_error(AnswerError(key, params))


@pytest.mark.parametrize(
    ("amount", "unit", "to", "expected"),
    [
        ("1", "tce", "GJ", "29.307"),
        ("1", "MWh", "kWh", "1000"),
        ("1", "kWh", "MJ", "3.6"),
        ("1", "GJ", "MWh", None),
        ("1500", "kg", "t", "1.5"),
        ("2", "million CNY", "CNY", "2000000"),
        ("1", "Nm3", "m3", "1"),
        ("1", "m3", "L", "1000"),
        ("90", "minutes", "hours", "1.5"),
    ],
)
def test_units_convert_exactly(amount: str, unit: str, to: str, expected: str | None) -> None:
    converted = units.convert(Decimal(amount), unit, to)
    if expected is None:
        assert abs(converted - Decimal(1) / Decimal("3.6")) < Decimal("1e-27")
    else:
        assert converted == Decimal(expected)


def test_units_of_different_things_do_not_convert() -> None:
    assert units.ratio("kg", "kWh") is None
    with pytest.raises(ValueError, match="kg does not convert to m3"):
        units.convert(Decimal(1), "kg", "m3")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "amount", "unit", "gas", "note", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([WASTE, COUNT, SHARE, SOURCES, GASES, asked("text"), asked("date"), asked("maturity"), asked("yes_no_na")]),
    _json,
    _json,
)
def test_whatever_comes_in_is_cleaned_or_refused_and_what_is_kept_stays_as_it_is(question: Question, typed: Any, note: Any) -> None:
    for raw in (typed, {"value": typed, "note": note}):
        cleaned = answers.clean(question, raw)
        again = answers.clean(question, cleaned.value)

        assert again == (cleaned.value, {})
        assert all(messages.answer_error(error) for error in cleaned.errors.values())
