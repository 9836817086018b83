from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from audit.models import Event
from emissions.activity import Entry, save_activity
from emissions.calculation import calculate, in_series
from emissions.coverage import coverage, fiscal_months, fiscal_year_of
from emissions.factors import book_of, load_factor_sets
from emissions.inventory import activities_of, calculate_inventories, calculate_inventory, year_of_data
from emissions.models import ActivityRecord, FactorSet, Inventory
from runs import engine
from suppliers.models import Site, Supplier
from tests.emissions.support import activity, create_record, history_of
from tests.factories import NOW, create_site, create_supplier


@pytest.fixture(autouse=True)
def _factors(db: None) -> None:
    load_factor_sets(at=NOW)


@pytest.fixture
def site(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, name="Hall 1", type="data_centre")


def months(year: int = 2023) -> list[date]:
    return fiscal_months(year, 1)


def test_a_fiscal_year_starts_in_its_month() -> None:
    assert fiscal_months(2025, 4)[0] == date(2025, 4, 1)
    assert fiscal_months(2025, 4)[-1] == date(2026, 3, 1)
    assert fiscal_year_of(date(2026, 3, 31), 4) == 2025
    assert fiscal_year_of(date(2026, 4, 1), 4) == 2026


def test_an_inventory_keeps_every_line_it_is_made_of(supplier: Supplier, site: Site) -> None:
    for month in months():
        create_record(site, "electricity", "120000", "kWh", month)
        create_record(site, "diesel", "0.5", "t", month)

    inventory = calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)

    assert inventory is not None
    assert inventory.scope1 == Decimal(6) * Decimal("3145.1225") / 1000
    assert inventory.scope2_location == Decimal(1440000) * Decimal("0.4974") / 1000
    assert inventory.months_covered == 12
    assert inventory.electricity_kwh == 1_440_000
    line = next(line for line in inventory.lines if line["ledger"] == "scope2_location")
    assert (line["quantity"], line["unit"], line["factor"]) == ("1440000", "kWh", "cn.grid.province.zj.2023")
    assert Decimal(line["tonnes"]) == inventory.scope2_location
    assert Decimal(line["quantity"]) * Decimal(line["kg_per_unit"]) / 1000 == inventory.scope2_location


def test_months_come_together_by_site_source_unit_and_calendar_year(supplier: Supplier, site: Site) -> None:
    """Written in no order: from the year before, in which a year from October begins, to the year after."""
    supplier.fiscal_year_start = 10
    supplier.save()
    depot = create_site(supplier=supplier, name="Depot", type="warehouse")
    for month in reversed([*fiscal_months(2022, 10), *fiscal_months(2023, 10)]):
        create_record(site, "electricity", "1000" if month.month < 7 else "1", "kWh" if month.month < 7 else "MWh", month)
        create_record(site, "renewable_electricity", "400", "kWh", month, is_measured=month.month > 1)
        create_record(depot, "diesel", month.month, "t", month)
    create_record(site, "refrigerant", "1", "kg", date(2023, 8, 1), substance="r-410a")
    both = [*fiscal_months(2022, 10), *fiscal_months(2023, 10)]

    found = year_of_data(supplier, 2023)

    assert len(found.activities) == 36
    assert [(each.source, each.unit, each.months[0], each.months[-1]) for each in found.series if each.site_id == site.pk] == [
        ("electricity", "MWh", date(2023, 10, 1), date(2023, 12, 1)),
        ("renewable_electricity", "kWh", date(2023, 10, 1), date(2023, 12, 1)),
        ("electricity", "kWh", date(2024, 1, 1), date(2024, 6, 1)),
        ("renewable_electricity", "kWh", date(2024, 1, 1), date(2024, 9, 1)),
        ("electricity", "MWh", date(2024, 7, 1), date(2024, 9, 1)),
    ]
    assert len(activities_of(supplier.pk, both)) == 73
    assert {each.year for each in in_series(activities_of(supplier.pk, both))} == {2022, 2023, 2024}
    again = calculate(found.activities, book_of(found.factor_set))
    assert {line.source: line.tonnes for line in again.sums} == {line.source: line.tonnes for line in found.calculation.sums}
    assert (again.electricity_kwh, again.renewable_kwh) == (12_000, 4_800)
    # Of each month 400 kWh weigh nothing, be it in kWh or MWh that the rest was bought.
    covered = [line for line in again.sums if line.source == "renewable_electricity"]
    assert [(line.quantity, line.tonnes, len(line.months)) for line in covered] == [(4_800, 0, 12)]
    assert covered[0].measured == Decimal(11) / 12


def test_calculating_again_writes_nothing(supplier: Supplier, site: Site) -> None:
    create_record(site, "electricity", "1000", "kWh", date(2023, 1, 1))
    first = calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)
    second = calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW.replace(hour=12))

    assert first
    assert second
    assert second.pk == first.pk
    assert second.created_at == NOW
    assert history_of(Inventory).count() == 0


def test_inventories_of_many_suppliers_cost_as_many_statements_as_those_of_two(django_assert_num_queries: Any) -> None:
    suppliers = [create_supplier(fiscal_year_start=1 if number % 2 else 4) for number in range(6)]
    for number, supplier in enumerate(suppliers):
        place = create_site(supplier=supplier, name="Hall", type="data_centre")
        for month in (1, 5):
            create_record(place, "electricity", str(1000 + number), "kWh", date(2023, month, 1))
    ids = [supplier.pk for supplier in suppliers]

    # savepoint, lock, stored, records, scope 3, factor set, numbers of new ones, a table to copy into, and from there, release
    for some in (ids[:2], ids[2:]):
        with django_assert_num_queries(12):
            found = calculate_inventories(supplier_ids=some, year=2023, at=NOW)
        assert (found.changed, set(found.inventories)) == (len(some), set(some))
    # A fiscal year from April has only May of the two months.
    assert [Inventory.objects.get(supplier=pk).electricity_kwh for pk in ids[:2]] == [1000, 2002]


def test_the_nightly_run_puts_right_what_was_written_past_the_pages(supplier: Supplier, site: Site) -> None:
    create_record(site, "electricity", "1000", "kWh", date(2023, 1, 1))
    other = create_site(supplier=create_supplier(), name="Depot", type="warehouse")
    Inventory.objects.create(
        supplier=other.supplier, year=2023, basis="calculated", scope1=5, created_at=NOW, scope2_location=0, scope2_market=0
    )
    create_record(other, "revenue", "1", "CNY", date(2023, 1, 1))

    first, second = (
        engine.work_off(engine.start("calculate_inventories", parameters={"year": 2023}, by=None, at=NOW).pk).result for _ in range(2)
    )

    assert first == {"suppliers": 1, "changed": 1, "removed": 1}
    assert second == {"suppliers": 1, "changed": 0, "removed": 0}
    assert [inventory.supplier_id for inventory in Inventory.objects.all()] == [supplier.pk]


def test_a_stored_inventory_stays_with_its_factor_set(supplier: Supplier, site: Site) -> None:
    create_record(site, "electricity", "1000", "kWh", date(2023, 1, 1))
    other = FactorSet.objects.get(key="ipcc-2006-ar6")
    calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW, factor_set=other)

    again = calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)

    assert again
    assert again.factor_set == other


def test_missing_months_are_gaps_and_a_typed_zero_is_not(supplier: Supplier, site: Site) -> None:
    for month in months()[:10]:
        create_record(site, "electricity", "1000", "kWh", month)
    create_record(site, "electricity", "0", "kWh", months()[10])

    inventory = calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)

    assert inventory
    assert inventory.months_covered == 11


def test_a_month_is_covered_only_when_every_source_of_the_year_has_it() -> None:
    reported = [activity("electricity", "1", "kWh", month=month) for month in months()]
    reported += [activity("diesel", "1", "t", month=month) for month in months()[:4]]
    reported += [activity("refrigerant", "1", "kg", substance="r-410a", month=months()[0])]

    found = coverage(in_series(reported), months())

    assert found.covered == months()[:4]
    assert [(gap.source, len(gap.months)) for gap in found.gaps] == [("diesel", 8)]


def test_saving_writes_what_differs_and_calculates_the_year(supplier: Supplier, site: Site, owner: object) -> None:
    entries = [Entry(date(2023, 1, 1), "electricity", "", Decimal(1000), "kWh"), Entry(date(2023, 2, 1), "electricity", "", None, "kWh")]

    first = save_activity(site=site, entries=entries, by=owner, at=NOW)  # type: ignore[arg-type]
    second = save_activity(site=site, entries=entries, by=owner, at=NOW)  # type: ignore[arg-type]

    assert (first, second) == (1, 0)
    assert Inventory.objects.get(supplier=supplier).year == 2023
    assert Event.objects.filter(action="activity.saved").count() == 1


def test_emptying_the_last_cell_takes_the_inventory_back_and_history_keeps_the_value(supplier: Supplier, site: Site) -> None:
    month = date(2023, 1, 1)
    save_activity(site=site, entries=[Entry(month, "electricity", "", Decimal(1000), "kWh")], by=None, at=NOW)

    save_activity(site=site, entries=[Entry(month, "electricity", "", None, "kWh")], by=None, at=NOW)

    assert not ActivityRecord.objects.exists()
    assert not Inventory.objects.exists()
    assert history_of(ActivityRecord).get().quantity == 1000


def test_an_inventory_of_a_fiscal_year_takes_its_months_only(supplier: Supplier, site: Site) -> None:
    Supplier.objects.filter(pk=supplier.pk).update(fiscal_year_start=4)
    create_record(site, "electricity", "1000", "kWh", date(2023, 3, 1))
    create_record(site, "electricity", "2000", "kWh", date(2024, 3, 1))

    inventory = calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)

    assert inventory
    assert inventory.electricity_kwh == 2000


def test_the_calculation_costs_the_same_for_many_records(supplier: Supplier, site: Site, django_assert_num_queries) -> None:
    create_record(site, "electricity", "1000", "kWh", date(2023, 1, 1))
    calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)
    for month in months()[1:]:
        create_record(site, "electricity", "1000", "kWh", month)

    # savepoint, lock, stored inventory with its set, records, scope 3, newest set, update, release
    with django_assert_num_queries(9):
        calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)
