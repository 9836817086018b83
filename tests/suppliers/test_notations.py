"""Numbers and dates in Chinese, English and German notation: taken where they can be read in one way, else refused with both."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppliers import notations


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("1,5", "1.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567,8", "1234567.8"),
        ("1.234.567", "1234567"),
        ("１２３", "123"),
        ("１，２３４．５", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u202f567,8", "1234567.8"),
        ("1 234,567", "1234.567"),
        ("1'234.5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("0,234", "0.234"),
        ("1234,567", "1234.567"),
        ("1.234", "1.234"),
        ("-1,5", "-1.5"),
        ("\u22123", "-3"),
        ("\u200f5\u202c", "5"),
        ("\ufeff7", "7"),
    ],
)
def test_a_number_that_can_be_read_in_one_way_is_taken(typed: str, means: str) -> None:
    assert notations.number(typed) == Decimal(means)


@pytest.mark.parametrize(
    ("typed", "readings"), [("1,234", ("1234", "1.234")), ("-12,345", ("-12345", "-12.345")), ("１２３，４５６", ("123456", "123.456"))]
)
def test_one_comma_before_three_digits_is_a_thousand_or_a_fraction(typed: str, readings: tuple[str, str]) -> None:
    with pytest.raises(notations.Ambiguous) as refusal:
        notations.number(typed)

    assert refusal.value.readings == readings


@pytest.mark.parametrize(
    "typed", ["1,", "1,23,456", "1.23,4", "1 23", "12 34,5", "0,123,456", "1,2,3", "1..2", "1e3", "NaN", "Infinity", "一百", "12 kg", "+-1"]
)
def test_what_is_no_number_is_unreadable(typed: str) -> None:
    with pytest.raises(notations.Unreadable):
        notations.number(typed)


@given(st.decimals(-(10**12), 10**12, places=4), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), (" ", "."), ("", ".")]))
def test_a_number_written_in_full_is_never_read_as_another(number: Decimal, marks: tuple[str, str]) -> None:
    thousands, point = marks
    typed = f"{number:,.4f}".replace(",", "t").replace(".", point).replace("t", thousands)

    assert notations.number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "2026-03-04",
        "2026-3-4",
        "2026/03/04",
        "2026.3.4",
        "20260304",
        "04.03.2026",
        "4. 3. 2026",
        "2026年3月4日",
        "２０２６年３月４日",
        "\u200e2026-03-04",
    ],
)
def test_a_date_that_can_be_read_in_one_way_is_taken(typed: str) -> None:
    assert notations.day(typed).isoformat() == "2026-03-04"


def test_a_day_above_twelve_tells_the_order() -> None:
    assert notations.day("25/12/2026") == notations.day("12/25/2026") == notations.day("25-12-2026")
    assert notations.day("3/3/2026").isoformat() == "2026-03-03"


@pytest.mark.parametrize("typed", ["3/4/2026", "3-4-2026", "03/04/2026"])
def test_a_date_that_may_be_of_two_months_is_refused_with_both(typed: str) -> None:
    with pytest.raises(notations.Ambiguous) as refusal:
        notations.day(typed)

    assert refusal.value.readings == ("2026-04-03", "2026-03-04")


@pytest.mark.parametrize(
    "typed", ["", "3/4/26", "2026-13-01", "30.02.2026", "25/13/2026", "2026-3/4", "tomorrow", "二〇二六年", "0000-01-01"]
)
def test_what_is_no_date_is_unreadable(typed: str) -> None:
    with pytest.raises(notations.Unreadable):
        notations.day(typed)


@given(st.text())
def test_any_text_is_read_or_refused(typed: str) -> None:
    for read in (notations.number, notations.day):
        try:
            read(typed)
        except (notations.Unreadable, notations.Ambiguous):
            continue
