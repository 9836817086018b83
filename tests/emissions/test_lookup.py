import csv

import pytest

from emissions.factors import FOLDER, declared_sets, rows_of
from emissions.lookup import GRID_REGIONS, FactorBook, FactorRow, YearNote, places_of
from emissions.models import Factor, Substance
from suppliers.places import PROVINCES
from tests.emissions.support import shipped_book


@pytest.mark.parametrize(
    ("country", "region", "places"),
    [
        ("CN", "Zhejiang", ("CN-ZJ", "CN-EAST", "CN", "GLOBAL")),
        ("CN", "浙江省", ("CN-ZJ", "CN-EAST", "CN", "GLOBAL")),
        ("CN", "Tibet", ("CN-XZ", "CN-SOUTHWEST", "CN", "GLOBAL")),
        ("CN", "somewhere", ("CN", "GLOBAL")),
        ("CN", "", ("CN", "GLOBAL")),
        ("CN", "Hong Kong", ("HK", "GLOBAL")),
        ("HK", "", ("HK", "GLOBAL")),
        ("DE", "Bavaria", ("DE", "GLOBAL")),
    ],
)
def test_a_sites_places_run_from_the_province_to_the_world(country: str, region: str, places: tuple[str, ...]) -> None:
    assert places_of(country, region) == places


def test_every_province_belongs_to_one_grid_region() -> None:
    listed = [province for provinces in GRID_REGIONS.values() for province in provinces]

    assert sorted(listed) == sorted(province.code for province in PROVINCES if province.code not in {"HK", "MO", "TW"})


def book(*rows: tuple[str, int]) -> FactorBook:
    made = [FactorRow(f"{region}.{year}", "electricity", region, year, "kWh", *[0] * 3) for region, year in rows]  # type: ignore[list-item]
    return FactorBook.of(made, set_id=1, gwp="AR5")


@pytest.mark.parametrize(
    ("year", "key", "note"),
    [
        (2022, "CN-ZJ.2022", YearNote.SAME),
        (2023, "CN-ZJ.2022", YearNote.EARLIER),
        (2021, "CN-EAST.2021", YearNote.SAME),
        (2020, "CN.2020", YearNote.SAME),
        (2019, "CN-ZJ.2022", YearNote.LATER),
    ],
)
def test_the_narrowest_place_with_this_or_an_earlier_year_wins(year: int, key: str, note: YearNote) -> None:
    found = book(("CN-ZJ", 2022), ("CN-EAST", 2021), ("CN", 2020)).find(("electricity",), places_of("CN", "Zhejiang"), year)

    assert found is not None
    assert (found.factor.key, found.note) == (key, note)


def test_tibet_takes_its_grid_region_because_no_province_factor_exists() -> None:
    found = shipped_book("cn-default-ar5").find(("electricity",), places_of("CN", "Tibet"), 2023)

    assert found is not None
    assert found.factor.key == "cn.grid.region.southwest.2023"


def test_a_foreign_fleet_burns_diesel_on_the_road_and_a_chinese_one_by_the_guideline() -> None:
    cn = shipped_book("cn-default-ar5")

    abroad = cn.find(("diesel.road", "diesel"), places_of("DE", ""), 2024)
    at_home = cn.find(("diesel.road", "diesel"), places_of("CN", "Zhejiang"), 2024)

    assert abroad
    assert abroad.factor.key == "ipcc2006.mobile.road.diesel"
    assert at_home
    assert at_home.factor.key == "cn.guideline.diesel"


@pytest.mark.parametrize(
    ("key", "ch4", "n2o", "sf6", "r134a"),
    [("cn-default-ar5", "28", "265", "23500", "1300"), ("cn-default-ar6", "27.9", "273", "25200", "1530")],
)
def test_warming_potentials_are_those_of_their_report(key: str, ch4: str, n2o: str, sf6: str, r134a: str) -> None:
    found = shipped_book(key)

    assert [str(found.gas(gas)) for gas in ("ch4", "n2o", "sf6", "hfc134a")] == [ch4, n2o, sf6, r134a]


@pytest.mark.parametrize("declared", declared_sets(), ids=lambda declared: declared["key"])
def test_every_shipped_set_is_whole(declared: dict[str, str]) -> None:
    rows = list(rows_of(declared))  # type: ignore[arg-type]
    found = shipped_book(declared["key"])

    assert len({row["key"] for row in rows}) == len(rows)
    assert all(row["source"] and row["licence_note"] and row["year"] for row in rows)
    assert {row["checked"] for row in rows} <= set(Factor.Checked.values)
    assert all(found.gas(substance) for substance in Substance.values)


def test_ipcc_factors_are_calorific_value_times_emission_factor() -> None:
    """NCV in GJ/t (table 1.2) x kg/GJ (tables 1.4, 2.2): what the guideline says, not what somebody typed."""
    carbon = {"natural_gas": "56.1", "lpg": "63.1", "diesel": "74.1", "petrol": "69.3", "fuel_oil": "77.4", "anthracite": "98.3"}
    from decimal import Decimal

    with (FOLDER / "fuels-ipcc-2006.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["subject"] in carbon and row["unit"] == "t"]

    assert len(rows) == len(carbon)
    for row in rows:
        assert Decimal(row["co2_kg_per_unit"]) == Decimal(row["ncv_gj_per_unit"]) * Decimal(carbon[row["subject"]])
