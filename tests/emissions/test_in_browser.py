"""Energy and emissions in a browser: cells pasted from a spreadsheet, and every page in reach of everybody."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from emissions.factors import load_factor_sets
from emissions.inventory import calculate_inventory
from emissions.models import ActivityRecord
from suppliers.models import Site, Supplier
from tests.emissions.support import create_record
from tests.factories import NOW, create_document, create_site
from tests.services import assert_accessible


PASTE = """(input) => {
  const data = new DataTransfer();
  data.setData("text/plain", "1000\\t5\\n2000\\t\\n~3000\\t7\\n");
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def hall(site: str, supplier: Supplier) -> Site:
    load_factor_sets(at=NOW)
    return create_site(supplier=supplier, name="Hall 1", type="construction_site")


def test_a_block_of_cells_is_pasted_where_it_begins_and_saved(new_page: Any, owner: User, hall: Site) -> None:
    page = new_page(user=owner)
    page.goto(reverse("emissions:activity", args=[hall.pk, 2024]))

    page.locator("[name='v-2024-02-electricity']").evaluate(PASTE)
    page.get_by_text("Values filled in: 5.").wait_for()
    assert page.locator("[name='v-2024-04-diesel']").input_value() == "7"
    page.get_by_role("button", name="Save and calculate").click()
    page.get_by_text("5 values are saved.").wait_for()

    found = ActivityRecord.objects.filter(source="electricity").order_by("month")
    assert [(row.month.month, int(row.quantity), row.is_measured) for row in found] == [(2, 1000, True), (3, 2000, True), (4, 3000, False)]


@pytest.mark.parametrize("phone", [False, True])
def test_the_pages_of_emissions_are_in_reach_of_everybody(new_page: Any, owner: User, hall: Site, phone: bool) -> None:
    for month in range(1, 13):
        create_record(hall, "electricity", 1000 * month, "kWh", date(2024, month, 1))
        create_record(hall, "revenue", 100, "10k CNY", date(2024, month, 1))
    create_record(hall, "renewable_electricity", 5000, "kWh", date(2024, 1, 1))
    calculate_inventory(supplier_id=hall.supplier_id, year=2024, at=NOW)
    create_document(supplier=hall.supplier)
    page = new_page(user=owner, phone=phone)

    page.goto(reverse("emissions:home") + "?year=2024")
    page.get_by_text("is more than the whole it is a part of").first.wait_for()
    assert_accessible(page)
    page.locator("summary", has_text="Reply").first.click()
    page.get_by_label("Your reply").first.fill("The certificate covers the quarter.")
    page.get_by_role("button", name="Keep the reply").first.click()
    page.get_by_text("The certificate covers the quarter.").wait_for()

    for name, arguments in (
        ("insight", []),
        ("instruments", []),
        ("instrument_new", []),
        ("scope3", []),
        ("import_new", []),
        ("abatement_list", []),
        ("abatement_new", []),
        ("meter_periods", [hall.pk]),
        ("inventory", [hall.supplier_id, 2024]),
    ):
        page.goto(reverse(f"emissions:{name}", args=arguments))
        assert_accessible(page)
