from datetime import date
from decimal import Decimal

import pytest

from emissions.calculation import Ledger, Trouble, calculate, energy_mwh, pue
from emissions.lookup import YearNote, places_of
from tests.emissions.support import activity, shipped_book


CN = shipped_book("cn-default-ar5")
IPCC = shipped_book("ipcc-2006-ar5")

# What the buyer's report says it burnt in its fiscal year.
REPORTED_FUELS = [
    activity("natural_gas", "12482", "1000 m3"),
    activity("lpg", "2.4", "t"),
    activity("diesel", "131687", "t"),
    activity("petrol", "254", "t"),
]


def total(activities: list, ledger: Ledger, book=CN) -> Decimal:
    return calculate(activities, book).total(ledger)


def test_the_sums_of_the_buyers_published_table_agree_exactly() -> None:
    assert 1_721_483 + 7_065_101 == 8_786_584
    assert 926_779 + 4_445_238 + 7_877_422 == 13_249_439


def test_the_buyers_direct_energy_is_reproduced_with_the_china_guideline_set() -> None:
    found = energy_mwh(REPORTED_FUELS, CN)

    assert round(found) == 1_723_174
    assert abs(found - 1_721_483) / 1_721_483 < Decimal("0.002")


def test_ipcc_calorific_values_come_within_one_and_a_half_percent() -> None:
    found = energy_mwh(REPORTED_FUELS, IPCC)

    assert abs(found - 1_721_483) / 1_721_483 < Decimal("0.016")


def test_the_buyers_intensities_follow_from_its_revenue() -> None:
    revenue = Decimal(853_062)
    tonnes = (926_779, 4_445_238, 7_877_422, 13_249_439)

    assert [round(Decimal(each) / revenue, 1) for each in tonnes] == [Decimal(text) for text in ("1.1", "5.2", "9.2", "15.5")]


def test_scope_1_of_the_buyers_fuels_is_about_442_kilotonnes_by_the_china_guideline() -> None:
    assert round(total(REPORTED_FUELS, Ledger.SCOPE1) / 1000, 1) == Decimal("441.9")


def test_scope_1_of_the_buyers_fuels_is_about_454_kilotonnes_by_ipcc() -> None:
    fleet = [activity(a.source, str(a.quantity), a.unit, site_type="fleet") for a in REPORTED_FUELS]

    assert round(total(fleet, Ledger.SCOPE1, IPCC) / 1000) in range(450, 460)


def test_a_fuel_counts_all_three_gases_by_the_sets_warming_potentials() -> None:
    ar5, ar6 = IPCC, shipped_book("ipcc-2006-ar6")
    diesel = ar5.rows["ipcc2006.stationary.commercial.diesel"]

    assert ar5.kg_co2e(diesel) == Decimal("3186.3") + Decimal("0.43") * 28 + Decimal("0.0258") * 265
    assert ar6.kg_co2e(diesel) == Decimal("3186.3") + Decimal("0.43") * Decimal("27.9") + Decimal("0.0258") * 273


def test_electricity_counts_with_the_province_and_with_the_residual_mix() -> None:
    result = calculate([activity("electricity", "120000", "kWh")], CN)

    location, market = result.sums
    assert location.factor
    assert location.factor.key == "cn.grid.province.zj.2023"
    assert market.factor
    assert market.factor.key == "cn.grid.national_excl_market_nonfossil.2023"
    assert result.total(Ledger.SCOPE2_MARKET) == Decimal(120000) * Decimal("0.6096") / 1000


def test_renewable_electricity_counts_zero_in_the_market_based_figure_only() -> None:
    plain = [activity("electricity", "100", "MWh")]
    green = [*plain, activity("renewable_electricity", "40000", "kWh")]

    assert total(green, Ledger.SCOPE2_LOCATION) == total(plain, Ledger.SCOPE2_LOCATION)
    assert total(green, Ledger.SCOPE2_MARKET) == total(plain, Ledger.SCOPE2_MARKET) * Decimal("0.6")
    assert calculate(green, CN).renewable_share == Decimal("0.4")


def test_where_no_residual_mix_is_published_the_location_factor_serves_both() -> None:
    result = calculate([activity("electricity", "1000", "kWh", places=places_of("US", ""), month=date(2024, 3, 1))], CN)

    assert result.total(Ledger.SCOPE2_LOCATION) == result.total(Ledger.SCOPE2_MARKET) == Decimal("0.38355")


def test_a_month_after_the_newest_factor_takes_the_latest_earlier_year_and_says_so() -> None:
    result = calculate([activity("electricity", "1000", "kWh", month=date(2025, 3, 1))], CN)

    assert result.sums[0].factor
    assert result.sums[0].factor.year == 2023
    assert result.sums[0].note == YearNote.EARLIER


def test_a_country_without_a_factor_is_told_not_guessed() -> None:
    result = calculate([activity("electricity", "1000", "kWh", places=places_of("PL", ""))], CN)

    assert {line.trouble for line in result.sums} == {Trouble.NO_FACTOR}
    assert result.total(Ledger.SCOPE2_LOCATION) == 0
    assert len(result.troubles) == 2


def test_a_unit_that_does_not_fit_is_told() -> None:
    result = calculate([activity("diesel", "1000", "m3")], CN)

    assert [line.trouble for line in result.troubles] == [Trouble.UNIT]


@pytest.mark.parametrize(("substance", "key", "tonnes"), [("r-410a", "cn-default-ar5", "19.235"), ("r-410a", "cn-default-ar6", "22.555")])
def test_a_refrigerant_counts_by_its_warming_potential(substance: str, key: str, tonnes: str) -> None:
    topped_up = [activity("refrigerant", "10", "kg", substance=substance)]

    assert total(topped_up, Ledger.SCOPE1, shipped_book(key)) == Decimal(tonnes)


def test_r_22_stands_outside_the_scopes() -> None:
    topped_up = [activity("refrigerant", "10", "kg", substance="hcfc22")]

    assert total(topped_up, Ledger.SCOPE1) == 0
    assert total(topped_up, Ledger.OUTSIDE) == Decimal("17.6")


def test_heat_counts_in_both_scope_2_figures() -> None:
    heat = [activity("heat", "1000", "GJ")]

    assert total(heat, Ledger.SCOPE2_LOCATION) == total(heat, Ledger.SCOPE2_MARKET) == 110


def test_units_convert_to_the_factors_unit() -> None:
    assert total([activity("natural_gas", "3", "10k m3")], Ledger.SCOPE1) == total([activity("natural_gas", "30000", "m3")], Ledger.SCOPE1)
    assert total([activity("heat", "1", "tce")], Ledger.SCOPE2_LOCATION) == Decimal("29.307") * 110 / 1000


def test_the_lines_add_up_to_the_total_to_the_last_digit() -> None:
    months = [activity("electricity", "1234.5678", "kWh", month=date(2023, month, 1)) for month in range(1, 13)]
    result = calculate([*months, *REPORTED_FUELS], CN)

    for ledger in Ledger:
        assert sum(line.tonnes or 0 for line in result.sums if line.ledger == ledger) == result.total(ledger)


def test_pue_uses_only_months_in_which_both_meters_were_read() -> None:
    activities = [
        activity("electricity", "130", "MWh", month=date(2023, 1, 1)),
        activity("it_energy", "100", "MWh", month=date(2023, 1, 1)),
        activity("electricity", "500", "MWh", month=date(2023, 2, 1)),
    ]

    assert pue(activities) == Decimal("1.3")
    assert pue(activities[2:]) is None


def test_nothing_reported_is_not_zero() -> None:
    result = calculate([activity("diesel", "1", "t")], CN)

    assert result.electricity_kwh is None
    assert result.renewable_share is None
