"""Gases, intensities, insight and questions: the pure parts, on numbers worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from emissions.calculation import Activity, Ledger, calculate
from emissions.coverage import fiscal_months
from emissions.gases import Gas, by_gas
from emissions.insight import Lever, forecast, largest_sources, peak_month, savings, unusual_months
from emissions.intensity import Per, intensities, recovery
from emissions.plausibility import Doubt, questions, sum_of_parts
from tests.emissions.support import activity, shipped_book


BOOK = shipped_book("cn-default-ar5")
IPCC = shipped_book("ipcc-2006-ar5")
YEAR = fiscal_months(2023, 1)


def year_of(source: str, unit: str, quantities: list[str], **fields: object) -> list[Activity]:
    return [activity(source, quantity, unit, month=month, **fields) for month, quantity in zip(YEAR, quantities, strict=False)]


# --- gases ------------------------------------------------------------------------------------------------------------


def test_the_gases_of_a_fuel_add_up_to_its_tonnes() -> None:
    calculation = calculate([activity("diesel", "10", "t", site_type="office")], IPCC)

    split = by_gas(calculation.sums, IPCC)[Ledger.SCOPE1]

    # IPCC 2006: 43 GJ/t; 10 g CH4 and 0.6 g N2O a GJ; GWP (AR5) 28 and 265.
    assert split[Gas.CH4] == Decimal(10) * Decimal("0.43") * 28 / 1000
    assert split[Gas.N2O] == Decimal(10) * Decimal("0.0258") * 265 / 1000
    assert sum(split.values()) == calculation.total(Ledger.SCOPE1)


def test_refrigerants_are_hfcs_and_sf6_stands_for_itself() -> None:
    leaks = [activity("refrigerant", "1", "kg", substance=substance) for substance in ("r-410a", "sf6", "hcfc22")]

    split = by_gas(calculate(leaks, BOOK).sums, BOOK)

    assert set(split[Ledger.SCOPE1]) == {Gas.HFCS, Gas.SF6}
    assert split[Ledger.SCOPE1][Gas.SF6] == Decimal("23.5")
    assert set(split[Ledger.OUTSIDE]) == {Gas.HCFCS}


def test_a_lifecycle_factor_is_not_told_apart() -> None:
    power = [activity("electricity", "1000", "kWh", places=("DE", "GLOBAL"))]

    assert set(by_gas(calculate(power, BOOK).sums, BOOK)[Ledger.SCOPE2_LOCATION]) == {Gas.UNSPLIT}


# --- intensities ------------------------------------------------------------------------------------------------------


def test_an_intensity_divides_only_months_in_which_both_are_known() -> None:
    power = [activity("electricity", "1000000", "kWh", month=month) for month in YEAR[:2]]
    revenue = [activity("revenue", "500", "10k CNY", month=YEAR[0])]

    found = {each.per: each for each in intensities(power + revenue, calculate(power + revenue, BOOK))}

    # 1,000 MWh in Zhejiang at 0.4974 kg/kWh: 497.4 t, by 5 million CNY.
    assert found[Per.MILLION_CNY].location == Decimal("497.4") / 5
    assert found[Per.MILLION_CNY].months == 1
    assert Per.UNIT not in found


def test_the_intensity_of_the_it_load_is_kilograms_a_kilowatt_hour() -> None:
    rows = [activity("electricity", "1300", "MWh"), activity("it_energy", "1000000", "kWh"), activity("diesel", "1", "t")]

    found = next(each for each in intensities(rows, calculate(rows, BOOK)) if each.per == Per.IT_KWH)

    assert found.location == Decimal("1.3") * Decimal("0.4974")


def test_an_intensity_per_piece_takes_the_sites_that_produce() -> None:
    rows = [
        activity("diesel", "1", "t", site_id=1, site_type="factory"),
        activity("production", "2", "10k pieces", site_id=1),
        activity("diesel", "50", "t", site_id=2),
    ]

    found = next(each for each in intensities(rows, calculate(rows, BOOK)) if each.per == Per.UNIT)

    assert found.denominator == 20_000
    assert found.location == Decimal("3145.1225") / 20_000


def test_nothing_to_divide_by_is_no_intensity() -> None:
    rows = [activity("electricity", "1", "kWh"), activity("revenue", "0", "CNY")]

    assert intensities(rows, calculate(rows, BOOK)) == []


def test_recovered_packaging_is_a_share_of_what_was_bought() -> None:
    rows = [activity("packaging_bought", "20", "t"), activity("packaging_recovered", "5000", "kg")]

    found = recovery(rows, "packaging_bought", "packaging_recovered")

    assert found is not None
    assert found.share == Decimal("0.25")
    assert recovery(rows, "exhibition_material", "exhibition_reused") is None


# --- insight ----------------------------------------------------------------------------------------------------------


def test_the_largest_source_and_the_peak_month_are_named_with_their_shares() -> None:
    rows = [*year_of("electricity", "kWh", ["1000", "3000"]), activity("diesel", "1", "t", month=YEAR[1], site_id=2)]
    lines = calculate(rows, BOOK).lines

    assert largest_sources(lines)[0].key == (2, "diesel")
    peak = peak_month(lines)
    assert peak is not None
    assert peak.key == YEAR[1]
    assert 0 < peak.share < 1


def test_a_month_far_from_the_usual_one_is_unusual_and_a_steady_year_has_none() -> None:
    steady = ["100", "102", "98", "101", "99", "100", "103", "97", "100", "101", "99", "100"]
    odd = [*steady[:11], "160"]

    assert unusual_months(year_of("electricity", "MWh", steady)) == []
    (found,) = unusual_months(year_of("electricity", "MWh", odd))
    assert (found.month, found.value, found.usual) == (YEAR[11], 160, 100)


def test_units_of_a_source_are_compared_in_one_unit() -> None:
    rows = [*year_of("electricity", "MWh", ["100"] * 11), activity("electricity", "100000", "kWh", month=YEAR[11])]

    assert unusual_months(rows) == []


def test_a_forecast_scales_last_years_months() -> None:
    known = {month: Decimal(90) for month in YEAR[:6]}
    last_year = {month.replace(year=2022): Decimal(100) for month in YEAR}

    found = forecast(YEAR, known, last_year)

    assert found is not None
    assert (found.known, found.expected, found.by_last_year) == (540, 1080, True)
    # Every known month was exactly 90 % of last year's: nothing scatters.
    assert found.low == found.expected == found.high


def test_the_range_follows_from_how_the_known_months_scatter() -> None:
    known = dict(zip(YEAR, map(Decimal, ["90", "110", "90", "110"]), strict=False))

    found = forecast(YEAR, known, {})

    # Mean 100; ratios 0.9 and 1.1: standard deviation of the sample sqrt(0.04 / 3) = 0.11547; 1.2816 x 0.11547 x 100 x sqrt(8) = 41.86
    assert found is not None
    assert not found.by_last_year
    assert found.expected == 1200
    assert round(found.high - found.expected, 2) == Decimal("41.86")
    assert found.expected - found.low == found.high - found.expected


def test_two_months_are_no_ground_for_a_forecast() -> None:
    assert forecast(YEAR, {YEAR[0]: Decimal(1), YEAR[1]: Decimal(1)}, {}) is None


def test_a_whole_year_is_its_own_forecast() -> None:
    found = forecast(YEAR, dict.fromkeys(YEAR, Decimal(10)), {})

    assert found is not None
    assert found.low == found.expected == found.high == 120


def test_savings_follow_from_the_suppliers_own_numbers() -> None:
    rows = [
        activity("electricity", "1500", "MWh"),
        activity("it_energy", "1000", "MWh"),
        activity("refrigerant", "10", "kg", substance="r-410a"),
    ]

    found = {each.lever: each for each in savings(rows, calculate(rows, BOOK))}

    # Residual mix 2023: 0.6096 kg/kWh; (1,500 - 1,300) MWh. R-410A: 1,924 kg a kg.
    assert found[Lever.PUE].tonnes == 200 * Decimal("0.6096")
    assert found[Lever.RENEWABLE].tonnes == 750 * Decimal("0.6096")
    assert round(found[Lever.LEAKS].tonnes, 2) == Decimal("9.62")
    assert [each.tonnes for each in savings(rows, calculate(rows, BOOK))] == sorted((s.tonnes for s in found.values()), reverse=True)


def test_nothing_is_saved_where_nothing_is_lost() -> None:
    rows = [activity("electricity", "1200", "MWh"), activity("renewable_electricity", "1200", "MWh"), activity("it_energy", "1000", "MWh")]

    assert savings(rows, calculate(rows, BOOK)) == []


# --- questions --------------------------------------------------------------------------------------------------------


def doubts(rows: list[Activity], before: list[Activity] | None = None) -> list[Doubt]:
    return [question.doubt for question in questions(rows, before or [])]


def test_more_renewable_than_bought_is_a_question() -> None:
    rows = [activity("electricity", "1", "MWh"), activity("renewable_electricity", "1001", "kWh")]

    assert doubts(rows) == [Doubt.PART_ABOVE_WHOLE]
    assert doubts([activity("packaging_recovered", "1", "t")]) == [Doubt.PART_ABOVE_WHOLE]


@pytest.mark.parametrize(("now", "asked"), [("131", True), ("130", False), ("70", False), ("69", True)])
def test_a_change_of_more_than_thirty_percent_on_the_year_before_is_asked_about(now: str, asked: bool) -> None:
    rows = [activity("electricity", now, "MWh", month=month, site_type="office") for month in YEAR]
    before = [activity("electricity", "100000", "kWh", month=month.replace(year=2022), site_type="office") for month in YEAR]

    assert (Doubt.YEAR_ON_YEAR in doubts(rows, before)) is asked


def test_years_are_compared_by_the_months_they_share() -> None:
    rows = [activity("electricity", "100", "MWh", month=month) for month in YEAR[:3]]
    before = [activity("electricity", "100", "MWh", month=month.replace(year=2022)) for month in YEAR]

    assert Doubt.YEAR_ON_YEAR not in doubts(rows, before)


def test_a_slip_of_a_thousand_is_asked_about_with_the_month() -> None:
    rows = year_of("electricity", "kWh", ["100", "100", "100000", "100"], site_type="office")

    (found,) = questions(rows)

    assert (found.doubt, found.month, found.value) == (Doubt.FAR_FROM_OTHER_MONTHS, date(2023, 3, 1), 1000)


def test_a_data_centre_without_refrigerant_is_asked_about() -> None:
    assert doubts(year_of("electricity", "MWh", ["100"] * 12)) == [Doubt.NO_REFRIGERANT]


def test_a_reported_total_five_percent_away_from_the_sum_of_its_parts_is_asked_about() -> None:
    assert sum_of_parts(Decimal(100), Decimal(105)) is None
    found = sum_of_parts(Decimal(100), Decimal(106))
    assert found is not None
    assert found.value == Decimal("0.06")


def test_the_same_question_has_the_same_key_and_another_another() -> None:
    first, again, other = (questions([activity("packaging_recovered", "1", "t", site_id=site)])[0] for site in (1, 1, 2))

    assert first.key == again.key != other.key
