import pytest

from suppliers.columns import columns_of, recognise
from suppliers.models import Import


@pytest.mark.parametrize("kind", Import.Kind.values)
def test_our_own_templates_are_recognised_whole(kind):
    headings = [column.heading for column in columns_of(kind)]
    assert recognise(headings, kind) == {column.name: column.heading for column in columns_of(kind)}


@pytest.mark.parametrize("kind", Import.Kind.values)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_headings_of_one_language_are_recognised_whole(kind, language):
    headings = [getattr(column, language) for column in columns_of(kind)]
    assert recognise(headings, kind) == {column.name: getattr(column, language) for column in columns_of(kind)}


def test_a_heading_full_of_open_brackets_is_read_at_once():
    """It took 12 seconds for 20,000 of them, and four times that for twice as many."""
    assert recognise(["[" * 5_000_000, "Country"], "suppliers") == {"country": "Country"}


def test_no_heading_means_two_columns():
    for kind in Import.Kind.values:
        keys = [key for column in columns_of(kind) for key in column.headings()]
        assert len(keys) == len(set(keys)), {key for key in keys if keys.count(key) > 1}


def test_remarks_stars_and_letter_case_do_not_matter():
    headings = ["Supplier No.*", "NAME (Chinese)", "Name (as registered)", "统一社会信用代码（18位）", "country_of_registration"]
    assert recognise(headings, "suppliers") == {
        "reference": "Supplier No.*",
        "name_zh": "NAME (Chinese)",
        "name": "Name (as registered)",
        "uscc": "统一社会信用代码（18位）",
        "country": "country_of_registration",
    }


def test_the_uk_list_is_recognised_with_the_present_name():
    headings = ["EmployerName", "EmployerId", "Address", "PostCode", "CompanyNumber", "SicCodes", "EmployerSize", "CurrentName"]
    assert recognise(headings, "suppliers") == {
        "name": "CurrentName",
        "address": "Address",
        "postcode": "PostCode",
        "company_number": "CompanyNumber",
        "industry_code": "SicCodes",
        "headcount_band": "EmployerSize",
    }
