import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_97_10

from suppliers.identifiers import USCC_ALPHABET, clean_company_number, clean_duns, clean_lei, clean_uscc
from suppliers.problems import TEXTS, Problem


def code_of(clean, *args):
    with pytest.raises(Problem) as problem:
        clean(*args)
    assert problem.value.text  # every code has words
    return problem.value.code


def attempt(clean, text):
    try:
        return clean(text)
    except Problem as problem:
        return problem


usccs = st.builds(
    lambda authority, kind, place, rest: (body := authority + kind + place + rest) + uscc.calc_check_digit(body),
    st.sampled_from("123456789ANY"),
    st.sampled_from("123459"),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(sorted(USCC_ALPHABET), min_size=9, max_size=9),
)
leis = st.text(string.digits + string.ascii_uppercase, min_size=18, max_size=18).map(lambda body: body + mod_97_10.calc_check_digits(body))


@given(usccs)
def test_any_code_with_its_check_digit_is_taken_however_it_is_written(number):
    full_width = number.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})

    assert clean_uscc(number) == clean_uscc(number.lower()) == clean_uscc(f" {number[:4]} {number[4:10]}-{number[10:]}\u3000") == number
    assert clean_uscc(full_width) == number


@given(usccs, st.integers(8, 16), st.sampled_from(sorted(USCC_ALPHABET)))
def test_one_mistyped_character_of_a_uscc_is_always_found(number, position, character):
    mistyped = number[:position] + character + number[position + 1 :]

    if mistyped != number:
        assert code_of(clean_uscc, mistyped) == "uscc_check_digit"


@given(leis)
def test_an_lei_with_its_check_digits_is_taken(number):
    assert clean_lei(number) == clean_lei(f" {number.lower()[:10]} {number[10:]}") == number


@given(leis, st.integers(0, 17), st.sampled_from(string.digits))
def test_one_mistyped_character_of_an_lei_is_always_found(number, position, digit):
    mistyped = number[:position] + digit + number[position + 1 :]

    # A digit and a letter worth the same modulo 97 do not exist beside each other, but ISO 7064 promises only this much:
    if mistyped != number and number[position].isdigit():
        assert code_of(clean_lei, mistyped) == "lei_check_digit"


@given(st.text(max_size=60))
def test_any_text_is_either_an_identifier_or_a_problem_in_words(text):
    for clean in (clean_uscc, clean_lei, clean_duns, lambda value: clean_company_number(value, "FR")):
        cleaned = attempt(clean, text)
        assert cleaned.code in TEXTS if isinstance(cleaned, Problem) else clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9133010079965505", "uscc_length"),
        ("91330100799655058I", "uscc_characters"),
        ("91330100799655058A", "uscc_check_digit"),
        ("B1330100799655058B", "uscc_form"),
        ("9.13301E+17", "number_shortened"),
    ],
)
def test_a_wrong_uscc_says_what_is_wrong(text, code):
    assert code_of(clean_uscc, text) == code


def test_a_rural_cooperative_and_a_company_are_both_taken():
    body = "N2330100MA2B0AA1X"
    assert clean_uscc(body + uscc.calc_check_digit(body)).startswith("N2")
    assert clean_uscc("91330100799655058b") == "91330100799655058B"


def test_a_duns_number_has_nine_digits_and_no_guessed_zeros():
    assert clean_duns("15-048-3782") == "150483782"
    assert code_of(clean_duns, "5048378") == "duns_form"


def test_company_numbers_are_checked_where_a_country_has_check_digits():
    assert clean_company_number("4104101", "GB") == "04104101"
    assert clean_company_number("sc016876", "GB") == "SC016876"
    assert clean_company_number("4104101.0", "GB") == "04104101"
    assert clean_company_number("552 100 554", "FR") == "552100554"
    assert code_of(clean_company_number, "552100555", "FR") == "company_number_check"
    assert code_of(clean_company_number, "<script>", "DE") == "company_number_form"
