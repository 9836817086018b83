from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from emissions.factors import load_factor_sets
from emissions.forms import CellError, parse, written
from emissions.inventory import calculate_inventory
from emissions.models import ActivityRecord, FactorSet
from suppliers.models import Site, Supplier
from tests.emissions.support import create_record
from tests.factories import NOW, create_site


@pytest.fixture(autouse=True)
def _factors(db: None) -> None:
    load_factor_sets(at=NOW)


@pytest.fixture
def hall(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, name="Hall 1", type="data_centre")


def table_url(site: Site, year: int = 2023) -> str:
    return reverse("emissions:activity", args=[site.pk, year])


def fill(site: Site, year: int = 2023, months: int = 12) -> None:
    for month in range(1, months + 1):
        create_record(site, "electricity", 100_000 + month, "kWh", date(year, month, 1))
    calculate_inventory(supplier_id=site.supplier_id, year=year, at=NOW)


@pytest.mark.parametrize(
    ("text", "quantity", "is_measured"),
    [("", None, True), (" 1,200.50 ", "1200.5", True), ("１２００", "1200", True), ("~12000", "12000", False), ("0", "0", True)],
)
def test_a_cell_is_read_as_people_write_it(text: str, quantity: str | None, is_measured: bool) -> None:
    assert parse(text) == (None if quantity is None else Decimal(quantity), is_measured)


@pytest.mark.parametrize("text", ["abc", "-1", "NaN", "Infinity", "1.23456", "9" * 20, "1e30", "~"])
def test_a_cell_that_is_no_quantity_is_told(text: str) -> None:
    if text == "~":
        assert parse(text) == (None, True)
        return
    with pytest.raises(CellError):
        parse(text)


def test_a_cell_is_written_as_it_is_read() -> None:
    assert written(Decimal("1200.5000"), is_measured=True) == "1200.5"
    assert parse(written(Decimal("12000.0000"), is_measured=False)) == (Decimal(12000), False)


def test_a_supplier_fills_in_a_year_without_javascript(client: Client, colleague: User, hall: Site) -> None:
    client.force_login(colleague)
    assert client.get(table_url(hall)).status_code == 200

    response = client.post(
        table_url(hall),
        {
            "unit-electricity": "MWh",
            "v-2023-01-electricity": "1200",
            "v-2023-02-electricity": "~900.5",
            "v-2023-01-renewable_electricity": "300000",
            "unit-refrigerant.new": "kg",
            "substance-refrigerant.new": "r-410a",
            "v-2023-02-refrigerant.new": "8",
        },
        follow=True,
    )

    assert "4 values are saved." in response.content.decode()
    january, february = ActivityRecord.objects.filter(source="electricity").order_by("month")
    assert (january.quantity, january.unit, january.is_measured) == (1200, "MWh", True)
    assert (february.quantity, february.is_measured) == (Decimal("900.5"), False)
    assert ActivityRecord.objects.get(source="refrigerant").substance == "r-410a"
    home = client.get(reverse("emissions:home") + "?year=2023").content.decode()
    assert "nothing for" in home
    assert "Months are missing" in home


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"v-2023-01-electricity": "-5"}, "A quantity cannot be below zero."),
        ({"v-2023-01-electricity": "many"}, "This is not a number."),
        ({"v-2023-01-electricity": "1,500"}, "This can be 1500 or 1.500. Write it without a comma."),
        ({"v-2023-01-refrigerant.new": "6"}, "Choose which refrigerant it was."),
        ({"unit-electricity": "barrels", "v-2023-01-electricity": "6"}, "This unit does not fit."),
    ],
)
def test_bad_cells_are_told_beside_them_and_nothing_is_saved(
    client: Client, owner: User, hall: Site, data: dict[str, str], error: str
) -> None:
    client.force_login(owner)

    response = client.post(table_url(hall), {"v-2023-05-diesel": "1", **data})

    assert response.status_code == 422
    assert error in response.content.decode()
    assert not ActivityRecord.objects.exists()


def test_a_cell_that_somebody_else_changed_meanwhile_is_not_overwritten_unseen(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "electricity", 700, "kWh", date(2023, 1, 1))
    client.force_login(owner)
    sent = {"unit-electricity": "kWh", "was-unit-electricity": "kWh", "v-2023-01-electricity": "500", "was-2023-01-electricity": "400"}

    conflict = client.post(table_url(hall), sent)
    kept = ActivityRecord.objects.get().quantity
    again = client.post(table_url(hall), {**sent, "was-2023-01-electricity": "700"})

    assert conflict.status_code == 422
    assert "now 700" in conflict.content.decode()
    assert kept == 700
    assert again.status_code == 302
    assert ActivityRecord.objects.get().quantity == 500


def test_untouched_cells_stay_as_somebody_else_saved_them(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "electricity", 700, "kWh", date(2023, 1, 1))
    client.force_login(owner)

    sent = {"v-2023-01-electricity": "400", "was-2023-01-electricity": "400", "v-2023-02-electricity": "5", "was-2023-02-electricity": ""}
    client.post(table_url(hall), sent)

    assert [record.quantity for record in ActivityRecord.objects.order_by("month")] == [700, 5]


def test_months_to_come_cannot_be_filled_in(client: Client, owner: User, hall: Site) -> None:
    from django.utils import timezone

    year = timezone.localdate().year
    client.force_login(owner)

    page = client.post(table_url(hall, year), {f"v-{year}-12-electricity": "5"}, follow=True)

    assert timezone.localdate().month == 12 or not ActivityRecord.objects.exists()
    assert page.status_code == 200
    assert client.get(table_url(hall, year + 1)).status_code == 404


def test_the_inventory_shows_how_each_tonne_came_about(client: Client, owner: User, hall: Site) -> None:
    fill(hall)
    client.force_login(owner)

    page = client.get(reverse("emissions:inventory", args=[hall.supplier_id, 2023])).content.decode()

    assert "cn.grid.province.zj.2023" in page
    assert "1,200,078 kWh" in page
    assert "cn-default-ar5 2026.1" in page
    assert Event.objects.filter(action="inventory.viewed").count() == 0


def test_the_suppliers_pages_name_the_buyers_people_who_looked(client: Client, reviewer: User, hall: Site) -> None:
    fill(hall)
    client.force_login(reviewer)

    overview = client.get(reverse("emissions:supplier", args=[hall.supplier_id]))
    client.get(reverse("emissions:inventory", args=[hall.supplier_id, 2023]))

    assert overview.status_code == 200
    assert "Fill in" not in overview.content.decode()
    looks = Event.objects.about_supplier(hall.supplier_id).filter(action="inventory.viewed")
    assert looks.count() == 2
    assert {look.actor_id for look in looks} == {reviewer.pk}


def test_an_unusual_month_is_asked_about_and_not_blocked(client: Client, owner: User, hall: Site) -> None:
    fill(hall)
    ActivityRecord.objects.filter(month=date(2023, 3, 1)).update(quantity=100_000_000)
    client.force_login(owner)

    page = client.get(reverse("emissions:home") + "?year=2023").content.decode()

    assert "Is the unit right?" in page


def test_strangers_find_nothing_and_readers_change_nothing(client: Client, request: Any, hall: Site) -> None:
    fill(hall)
    pages = {
        table_url(hall): {"stranger": 404, "reviewer": 403, "staff": 403, "auditor": 403, "administrator": 403},
        reverse("emissions:inventory", args=[hall.supplier_id, 2023]): {"stranger": 404, "owner": 200, "auditor": 200},
        reverse("emissions:supplier", args=[hall.supplier_id]): {"stranger": 404, "owner": 302, "auditor": 200},
        reverse("emissions:home"): {"staff": 403, "owner": 200, "stranger": 200},
        reverse("emissions:factor_sets"): {"owner": 200, "staff": 200},
        reverse("emissions:factor_set", args=[FactorSet.objects.first().pk]): {"owner": 200, "staff": 200},  # type: ignore[union-attr]
    }
    for url, expected in pages.items():
        for person, status in expected.items():
            client.force_login(request.getfixturevalue(person))
            assert client.get(url).status_code == status, (url, person)


def test_pages_need_a_sign_in(client: Client, hall: Site) -> None:
    assert client.get(reverse("emissions:home")).status_code == 302
    assert client.get(table_url(hall)).status_code == 302


@pytest.mark.parametrize("year", ["1999", "abcd", "9999", "20255", "²⁰²³"])
def test_years_that_cannot_be_are_not_found(client: Client, owner: User, hall: Site, year: str) -> None:
    client.force_login(owner)

    assert client.get(reverse("emissions:home"), {"year": year}).status_code == 404


def test_the_year_costs_the_same_for_many_sites(
    client: Client, owner: User, supplier: Supplier, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        fill(create_site(supplier=supplier, type="warehouse"))
    client.force_login(owner)
    url = reverse("emissions:home") + "?year=2023"
    client.get(url)

    # session, user, membership, supplier, inventories, default set, records of two years, sites, replies, scope 3, certificates
    with django_assert_max_num_queries(13):
        client.get(url)
