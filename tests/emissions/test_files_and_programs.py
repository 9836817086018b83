"""Activity data that come in a file, or from a program by the API."""

from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from emissions.factors import load_factor_sets
from emissions.models import ActivityImport, ActivityRecord, Inventory
from suppliers.models import Site, Supplier
from suppliers.table_files import Column, table_bytes
from tests.emissions.support import create_record, table_in, values
from tests.factories import NOW, create_site


@pytest.fixture(autouse=True)
def _factors(db: None) -> None:
    load_factor_sets(at=NOW)


@pytest.fixture
def hall(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, name="Hall 1", type="data_centre", region="Zhejiang")


# --- files ------------------------------------------------------------------------------------------------------------


def upload(client: Client, text: str, name: str = "data.csv") -> Any:
    return client.post(reverse("emissions:import_new"), {"file": SimpleUploadedFile(name, text.encode())}, follow=True)


HEAD = "场地,排放源,制冷剂,月份,数量,单位\n"


def test_a_file_is_looked_through_first_then_taken_over_once(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "diesel", 2, "t", date(2025, 1, 1))
    create_record(hall, "petrol", 3, "t", date(2025, 1, 1))
    client.force_login(owner)
    rows = (
        "Hall 1,Electricity bought,,2025-01,~1200,MWh\n"
        "Hall 1,diesel,,2025年1月,2.5,t\n"
        "Hall 1,petrol,,2025/1,3,t\n"
        "Hall 1,refrigerant,R-410A,2025-01,4,kg\n"
    )

    dry_run = upload(client, HEAD + rows)

    reading = dry_run.context["reading"]
    assert (len(reading.new), len(reading.changed), reading.unchanged, reading.problems) == (2, 1, 1, [])
    assert ActivityRecord.objects.count() == 2
    source = ActivityImport.objects.get()
    for _ in range(2):
        client.post(reverse("emissions:import_take", args=[source.pk]))
    source.refresh_from_db()
    assert source.values_written == 3
    assert ActivityRecord.objects.get(source="diesel").quantity == Decimal("2.5")
    assert not ActivityRecord.objects.get(source="electricity").is_measured
    assert Event.objects.filter(action="activity.imported").count() == 1
    again = upload(client, HEAD + rows)
    assert (again.context["reading"].unchanged, again.context["reading"].is_fit) == (4, False)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("Hall 9,diesel,,2025-01,1,t", "site"),
        ("Hall 1,wood,,2025-01,1,t", "source"),
        ("Hall 1,refrigerant,,2025-01,1,kg", "substance"),
        ("Hall 1,diesel,,soon,1,t", "month"),
        ("Hall 1,diesel,,2099-01,1,t", "month"),
        ("Hall 1,diesel,,2025-01,-1,t", "quantity"),
        ('Hall 1,diesel,,2025-01,"1,500",t', "quantity"),
        ("Hall 1,diesel,,2025-01,,t", "quantity"),
        ("Hall 1,diesel,,2025-01,1,barrel", "unit"),
        ("Hall 1,diesel,,2025-02,1,t\nHall 1,diesel,,2025-02,2,t", ""),
    ],
)
def test_a_wrong_row_is_named_and_nothing_of_the_file_is_taken(client: Client, owner: User, hall: Site, row: str, column: str) -> None:
    client.force_login(owner)

    response = upload(client, f"{HEAD}Hall 1,petrol,,2025-01,1,t\n{row}\n")
    client.post(reverse("emissions:import_take", args=[ActivityImport.objects.get().pk]))

    assert [problem.column for problem in response.context["reading"].problems] == [column]
    assert not ActivityRecord.objects.exists()


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("a,b\n1,2\n", "Columns are missing: site, source, month, quantity, unit")])
def test_a_file_without_our_columns_is_refused_with_the_reason(client: Client, owner: User, text: str, said: str) -> None:
    client.force_login(owner)

    response = upload(client, text)

    assert response.status_code == 422
    assert said in str(response.context["form"].errors["file"])
    assert not ActivityImport.objects.exists()


def test_the_template_comes_back_as_a_file_we_read(client: Client, owner: User, hall: Site) -> None:
    client.force_login(owner)
    sheet = client.get(reverse("emissions:import_template", args=["xlsx"])).content
    heads, *rows = table_in(sheet)
    columns = [Column(head, itemgetter(place)) for place, head in enumerate(heads)]
    filled = table_bytes("xlsx", columns, [[*row[:4], 1, *row[5:]] for row in rows], title="data")

    response = client.post(reverse("emissions:import_new"), {"file": SimpleUploadedFile("a.xlsx", filled)}, follow=True)

    assert response.context["reading"].problems == []
    assert len(response.context["reading"].new) == len(ActivityRecord.Source)


# --- the API ----------------------------------------------------------------------------------------------------------


def test_a_program_sends_activity_data_and_reads_them_back(client: Client, owner: User, hall: Site) -> None:
    client.force_login(owner)

    written = [client.post("/api/activity/", values(hall), content_type="application/json").json() for _ in range(2)]

    assert written == [{"written": 2}, {"written": 0}]
    assert {row["source"] for row in client.get("/api/activity/?source=diesel&source=petrol").json()["results"]} == {"diesel", "petrol"}
    assert client.get("/api/inventories/?year=2025").json()["results"][0]["scope1"] == str(Inventory.objects.get().scope1)


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": "-1"},
        {"quantity": "NaN"},
        {"quantity": "1.23456"},
        {"unit": "barrel"},
        {"month": "2025-01-02"},
        {"month": "2099-01-01"},
        {"source": "wood"},
        {"source": "petrol"},
        {"source": "refrigerant", "unit": "kg"},
        {"substance": "r-410a"},
        {"site": 0},
        {"site": 99999999},
        {"site": None},
    ],
)
def test_a_wrong_value_is_told_and_none_is_written(client: Client, owner: User, hall: Site, fields: dict[str, Any]) -> None:
    client.force_login(owner)

    response = client.post("/api/activity/", values(hall, **fields), content_type="application/json")

    assert response.status_code == 400
    assert "values" in response.json()
    assert not ActivityRecord.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"unit": "barrel"}, "请填写以下单位之一"),
        ({"month": "2025-01-02"}, "某月的第一天"),
        ({"substance": "r-410a"}, "制冷剂须注明物质名称"),
        ({"site": 99999999}, "这不是贵公司的场所"),
        ({"source": "petrol"}, "同一来源的同一月份"),
    ],
)
def test_a_program_is_told_in_the_language_of_its_person(
    client: Client, owner: User, hall: Site, fields: dict[str, Any], said: str
) -> None:
    owner.language = "zh-hans"
    owner.save(update_fields=["language"])
    client.force_login(owner)

    response = client.post("/api/activity/", values(hall, **fields), content_type="application/json")

    assert said in str(response.json())


def test_what_the_buyers_people_read_by_the_api_is_seen_by_the_supplier(client: Client, reviewer: User, hall: Site) -> None:
    create_record(hall, "diesel", 1, "t", date(2025, 1, 1))
    client.force_login(reviewer)

    client.get("/api/activity/")

    assert Event.objects.filter(action="inventory.viewed", supplier_id=hall.supplier_id).count() == 1
