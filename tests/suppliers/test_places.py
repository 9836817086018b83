from collections import Counter

import pytest
from django.utils import translation
from django_countries import countries
from hypothesis import given
from hypothesis import strategies as st

from suppliers.places import PROVINCES, clean_region, find_country, find_province, region_name
from suppliers.problems import Problem


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CN", "CN"), ("chn", "CN"), ("China", "CN"), (" 中国 ", "CN"), ("P.R. China", "CN"), ("PRC", "CN"), ("中华人民共和国", "CN"),
        ("People's Republic of China", "CN"), ("中国香港", "HK"), ("Hong Kong SAR", "HK"), ("中国台湾", "TW"), ("Macau", "MO"),
        ("United Kingdom", "GB"), ("UK", "GB"), ("英国", "GB"), ("Great Britain", "GB"), ("USA", "US"), ("美国", "US"),
        ("Korea, Republic of", "KR"), ("韩国", "KR"), ("Viet Nam", "VN"), ("越南", "VN"), ("Côte d'Ivoire", "CI"), ("cote d ivoire", "CI"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("Deutschland", "DE"), ("德国", "DE"),
    ],
)  # fmt: skip
def test_a_country_is_recognised_however_people_write_it(text, code):
    assert find_country(text) == code


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_country_is_recognised_by_its_code_and_its_name(language):
    with translation.override(language):
        names = Counter(str(name) for _, name in countries)
        for code, name in countries:
            assert find_country(code) == find_country(countries.alpha3(code)) == code
            # The Chinese catalogue of django-countries calls two countries 萨摩亚.
            assert names[str(name)] > 1 or find_country(str(name)) == code


@given(st.text(max_size=40))
def test_any_text_is_a_country_or_unknown(text):
    try:
        found = find_country(text)
    except Problem:
        found = "unknown"
    assert found == "unknown" or found in countries.countries


def test_the_34_provinces_are_recognised_in_both_languages():
    assert len(PROVINCES) == 34
    for province in PROVINCES:
        english = province.name_en
        written = (english, english.upper(), f"{english} Province", province.name_zh, province.full_zh, f"CN-{province.code}")
        assert {find_province(text) for text in written} == {province}


def test_shanxi_and_shaanxi_are_two():
    assert clean_region("山西省", "CN") == "Shanxi"
    assert clean_region("陕西", "CN") == "Shaanxi"


def test_a_region_outside_china_stays_as_it_is_written():
    assert clean_region("Île-de-France", "FR") == "Île-de-France"
    with pytest.raises(Problem):
        clean_region("Bavaria", "CN")


def test_a_region_is_shown_in_the_language_in_use():
    with translation.override("zh-hans"):
        assert region_name("Zhejiang") == "浙江"
    with translation.override("en"):
        assert region_name("Zhejiang") == "Zhejiang"
