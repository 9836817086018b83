"""The staff's list of pilots: next dates, totals, goals, and the table to take along."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from audit.models import Event
from emissions.factors import default_factor_set
from emissions.models import Inventory
from pilots.goals import goals_of, totals_of
from pilots.models import Agreement, JointAction, Milestone
from pilots.portfolio import next_date, rows_of
from suppliers.models import Supplier
from tests.factories import NOW, create_supplier, create_user
from tests.pilots.support import active, drafted, report


def listed(today: date) -> dict[int, Any]:
    rows = Agreement.objects.with_track().with_next_dates(today).select_related("supplier").order_by("pk")
    return {row.agreement.pk: row.next for row in rows_of(rows, today=today)}


def inventory(supplier: Supplier, year: int, *, tonnes: int, revenue: int, kwh: int = 0, clean: int = 0) -> None:
    Inventory.objects.create(
        supplier=supplier,
        year=year,
        basis=Inventory.Basis.CALCULATED,
        factor_set=default_factor_set(),
        scope1=tonnes,
        scope2_location=0,
        scope2_market=0,
        tonnes_per_million_cny=Decimal(tonnes) / revenue if revenue else None,
        electricity_kwh=kwh,
        renewable_kwh=clean,
        created_at=NOW,
    )


def test_the_next_date_is_the_nearest_of_all(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    today = date(2026, 3, 1)
    found = {}
    # The data of 2026 are due thirty days after its end.
    found["data due"] = listed(today)[agreement.pk]
    Milestone.objects.create(agreement=agreement, due_on=date(2026, 12, 31), kind="pue", value=2)
    found["milestone"] = listed(today)[agreement.pk]
    JointAction.objects.create(agreement=agreement, year=2026, title="Pumps", due_on=date(2026, 6, 1))
    JointAction.objects.create(agreement=agreement, year=2026, title="Done", due_on=date(2026, 4, 1), status="delivered")
    found["joint action"] = listed(today)[agreement.pk]

    assert {what: each.on for what, each in found.items()} == {
        "data due": date(2027, 1, 30),
        "milestone": date(2026, 12, 31),
        "joint action": date(2026, 6, 1),
    }
    assert all(str(each.what) == what for what, each in found.items())


def test_by_the_quarter_data_are_due_four_times_a_year(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner, reporting_cycle="quarter")

    assert listed(date(2026, 3, 1))[agreement.pk].on == date(2026, 4, 30)


def test_a_draft_begins_and_what_has_ended_has_no_next_date(supplier: Supplier, staff: User) -> None:
    draft = drafted(supplier, staff)

    assert listed(date(2026, 3, 1))[draft.pk].on == draft.starts_on
    draft.status = "terminated"
    assert next_date(draft, today=date(2026, 3, 1)) is None


def test_totals_count_absolute_agreements_with_a_judged_year(supplier: Supplier, staff: User, owner: User) -> None:
    report(active(supplier, staff, owner), 2024, 880, by=owner)
    report(active(supplier, staff, owner), 2024, 1000, by=owner, months=11)
    per_unit = active(supplier, staff, owner, measure="intensity", intensity_unit="MWh", base_denominator=Decimal(2000))
    report(per_unit, 2024, 950, by=owner, denominator=Decimal(2000))

    totals = totals_of(Agreement.objects.all())

    assert (totals.running, totals.counted) == (3, 1)
    assert (totals.base, totals.latest, totals.target, totals.reduced) == (1000, 880, 900, Decimal("0.12"))
    assert totals.by_track == {"on_track": 1, "at_risk": 0, "off_track": 1, "no_data": 1}


def halls_in_force(staff: User, count: int) -> list[Supplier]:
    halls = []
    for _number in range(count):
        supplier = create_supplier(category="cloud_dc")
        active(supplier, staff, create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier))
        halls.append(supplier)
    return halls


def test_goals_compare_the_same_suppliers_in_the_same_years(staff: User) -> None:
    early, late = halls_in_force(staff, 2)
    inventory(early, 2019, tonnes=5000, revenue=100)
    inventory(early, 2023, tonnes=1000, revenue=100, kwh=1000, clean=200)
    inventory(early, 2025, tonnes=900, revenue=100, kwh=1000, clean=500)
    inventory(late, 2025, tonnes=9000, revenue=100, kwh=1000, clean=100)

    intensity, clean = goals_of(Agreement.objects.all())

    # Nobody has figures of 2020: 2023 is set on the line, at 85 %; 2025 is a tenth less. What was before 2020 is not of the goal.
    assert [(each.year, each.goal, each.actual, each.suppliers) for each in intensity.years] == [
        (2023, 85, 85, 1), (2025, 75, Decimal("76.5"), 1),
    ]  # fmt: skip
    assert clean.newest is not None
    assert (clean.newest.actual, clean.newest.suppliers) == (30, 2)
    # From 20 % in 2023 to 100 % in 2030.
    assert round(clean.newest.goal, 2) == Decimal("42.86")


def test_who_joins_later_counts_in_the_intensity_from_its_second_year_on(staff: User) -> None:
    early, late = halls_in_force(staff, 2)
    for year, tonnes in ((2020, 1000), (2021, 900)):
        inventory(early, year, tonnes=tonnes, revenue=100)
    for year, tonnes in ((2021, 2100), (2022, 1500)):
        inventory(late, year, tonnes=tonnes, revenue=100)
    inventory(early, 2022, tonnes=900, revenue=100)

    intensity, _clean = goals_of(Agreement.objects.all())

    # 90 % by the first alone; then both together go from 3000 to 2400 t: a fifth less.
    assert [(each.year, each.actual, each.suppliers) for each in intensity.years] == [(2020, 100, 1), (2021, 90, 1), (2022, 72, 2)]


def test_the_table_holds_the_rows_of_the_list_and_is_logged(client: Client, supplier: Supplier, staff: User, owner: User) -> None:
    report(active(supplier, staff, owner), 2024, 990, by=owner)
    drafted(create_supplier(name_en="=cmd|' /C calc'!A0"), staff)
    client.force_login(staff)

    csv_because = {"format": "csv", "purpose": "report"}
    everything = client.post(reverse("pilots:export"), csv_because)
    some = client.post(reverse("pilots:export") + "?track=off_track", csv_because)

    rows = list(csv.DictReader(io.StringIO(some.content.decode("utf-8-sig"))))
    assert [(row["Supplier"], row["Gap"], row["Next date"] != "") for row in rows] == [("Bamboo Bridge Ltd", "90.000000", True)]
    assert len(list(csv.DictReader(io.StringIO(everything.content.decode("utf-8-sig"))))) == 2
    assert "\n=cmd" not in everything.content.decode("utf-8-sig")
    taken = Event.objects.about_supplier(supplier.pk).filter(action="pilot.exported")
    assert [event.detail["why"] for event in taken] == [{"purpose": "report"}] * 2
    assert client.post(reverse("pilots:export"), {"purpose": "report"}).content[:2] == b"PK"


def test_the_list_costs_the_same_for_one_and_for_many(client: Client, supplier: Supplier, staff: User, owner: User) -> None:
    client.force_login(staff)

    def count() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.get(reverse("pilots:list"))
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("pilots:list")).status_code == 200
        return len(found)

    report(active(supplier, staff, owner), 2024, 990, by=owner)
    for_one = count()
    for _number in range(8):
        report(active(supplier, staff, owner), 2024, 990, by=owner)

    # session and user; the rows; the lines in the access log; those in force; the inventories
    assert (for_one, count()) == (6, 6)
