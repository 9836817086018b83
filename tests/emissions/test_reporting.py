"""Metered periods, certificates, scope 3, abatement and replies."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import scope
from accounts.models import User
from audit.models import Event
from emissions.activity import Entry, save_activities
from emissions.factors import load_factor_sets
from emissions.inventory import calculate_inventory
from emissions.models import Abatement, ActivityRecord, DataReply, Inventory, MeterPeriod, RenewableInstrument, Scope3Entry
from emissions.peers import Measure, standings
from emissions.periods import Period, months_of
from suppliers.models import Document, Site, Supplier
from tests.emissions.support import create_record, table_in, values
from tests.factories import NOW, create_document, create_site, create_supplier


@pytest.fixture(autouse=True)
def _factors(db: None) -> None:
    load_factor_sets(at=NOW)


@pytest.fixture
def hall(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, name="Hall 1", type="data_centre", region="Zhejiang")


@pytest.fixture
def report(supplier: Supplier) -> Document:
    return create_document(supplier=supplier)


# --- metered periods --------------------------------------------------------------------------------------------------


def test_a_bill_is_spread_over_its_days_and_half_a_month_is_no_month() -> None:
    bills = [
        Period("", date(2025, 1, 16), date(2025, 2, 14), Decimal(300)),
        Period("", date(2025, 2, 15), date(2025, 3, 16), Decimal(600)),
    ]

    # January and March are half billed. February: 14 of 30 days of the first, 14 of 30 of the second.
    assert {month: found.quantity for month, found in months_of(bills).items()} == {date(2025, 2, 1): Decimal("420.0000")}


def test_a_month_needs_the_days_of_every_meter_that_has_some() -> None:
    whole = Period("A", date(2025, 2, 1), date(2025, 2, 28), Decimal(28))
    half = Period("B", date(2025, 2, 1), date(2025, 2, 14), Decimal(14))
    rest = Period("B", date(2025, 2, 15), date(2025, 2, 28), Decimal(14), is_measured=False)

    assert months_of([whole, half]) == {}
    found = months_of([whole, half, rest])[date(2025, 2, 1)]
    assert (found.quantity, found.is_measured) == (56, False)


def bill(**fields: str) -> dict[str, str]:
    return {"source": "electricity", "first_day": "2025-02-01", "last_day": "2025-02-28", "quantity": "28", "unit": "MWh", **fields}


def test_a_period_becomes_its_month_and_goes_with_it(client: Client, owner: User, hall: Site) -> None:
    client.force_login(owner)
    url = reverse("emissions:meter_periods", args=[hall.pk])

    client.post(url, bill(is_measured="on"))

    record = ActivityRecord.objects.get()
    assert (record.month, record.quantity, record.unit, record.is_from_periods) == (date(2025, 2, 1), 28, "MWh", True)
    assert Inventory.objects.get().scope2_location == Decimal(28000) * Decimal("0.4974") / 1000
    table = client.get(reverse("emissions:activity", args=[hall.pk, 2025])).content.decode()
    assert "from bills" in table
    assert 'name="v-2025-02-electricity"' not in table

    client.post(reverse("emissions:meter_period_remove", args=[MeterPeriod.objects.get().pk]))

    assert not ActivityRecord.objects.exists()
    assert not Inventory.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "error"),
    [
        ({"first_day": "2025-02-28"}, "first_day", "This meter has a period over some of these days already."),
        ({"last_day": "2025-01-01"}, "last_day", "The period ends before it begins."),
        ({"last_day": "2027-02-28"}, "last_day", "A period is at most 400 days long."),
        ({"quantity": "-1"}, "quantity", "A quantity cannot be below zero."),
        ({"quantity": "many"}, "quantity", "Enter a number."),
        ({"unit": "GJ"}, "unit", "This unit does not fit."),
        ({"unit": "barrels"}, "unit", "Select a valid choice"),
    ],
)
def test_a_wrong_period_is_told_beside_its_field(
    client: Client, owner: User, hall: Site, fields: dict[str, str], field: str, error: str
) -> None:
    client.force_login(owner)
    url = reverse("emissions:meter_periods", args=[hall.pk])
    client.post(url, bill())

    response = client.post(url, bill(**{"first_day": "2025-03-01", "last_day": "2025-03-31"} | fields))

    assert response.status_code == 422
    assert error in str(response.context["form"].errors[field])
    assert MeterPeriod.objects.count() == 1


def test_a_bill_counts_over_no_month_that_somebody_typed_in(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "electricity", 30, "MWh", date(2025, 2, 1))
    client.force_login(owner)

    response = client.post(reverse("emissions:meter_periods", args=[hall.pk]), bill(is_measured="on"))

    assert "typed in for February 2025" in str(response.context["form"].errors["first_day"])
    assert not MeterPeriod.objects.exists()
    assert ActivityRecord.objects.get().quantity == 30


def test_a_month_of_bills_is_changed_by_its_bills_only(client: Client, owner: User, hall: Site) -> None:
    client.force_login(owner)
    client.post(reverse("emissions:meter_periods", args=[hall.pk]), bill(is_measured="on"))
    row = {"month": "2025-02-01", "source": "electricity", "quantity": "1", "unit": "MWh"}

    response = client.post("/api/activity/", values(hall, **row), content_type="application/json")

    assert response.status_code == 400
    assert ActivityRecord.objects.get().quantity == 28


def test_many_sites_of_one_file_calculate_each_year_once(owner: User, supplier: Supplier, django_assert_num_queries: Any) -> None:
    halls = [create_site(supplier=supplier, name=f"Hall {number}") for number in range(4)]
    entries = [Entry(date(2025, 1, 1), "diesel", "", Decimal(1), "t")]
    save_activities(supplier_id=supplier.pk, by_site={halls[0]: entries}, by=owner, at=NOW)

    # savepoint, lock; a site: what is stored, its rows, the trail; once: the inventory's eight; release
    with django_assert_num_queries(2 + 3 * 3 + 9 + 1):
        save_activities(supplier_id=supplier.pk, by_site=dict.fromkeys(halls[1:], entries), by=owner, at=NOW)


def test_the_database_refuses_periods_of_one_meter_that_overlap(supplier: Supplier, hall: Site) -> None:
    def add(first: date, last: date, meter: str = "", source: str = "electricity") -> None:
        MeterPeriod.objects.create(
            supplier=supplier,
            site=hall,
            source=source,
            meter=meter,
            first_day=first,
            last_day=last,
            quantity=1,
            unit="kWh",
            reported_at=NOW,
        )

    add(date(2025, 1, 1), date(2025, 1, 31))
    add(date(2025, 2, 1), date(2025, 2, 28))
    add(date(2025, 1, 15), date(2025, 2, 15), meter="2")
    add(date(2025, 1, 15), date(2025, 2, 15), source="heat")
    with pytest.raises(IntegrityError, match="meter_periods_do_not_overlap"), transaction.atomic():
        add(date(2025, 1, 31), date(2025, 2, 1))
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        add(date(2025, 6, 2), date(2025, 6, 1))


# --- evidence of months ----------------------------------------------------------------------------------------------


def proof(evidence: Document | None, **fields: str) -> dict[str, str]:
    values = {"column": "diesel", "first": "2025-01-01", "last": "2025-03-01", "document": str(evidence.pk) if evidence else ""}
    return {f"evidence-{name}": value for name, value in {**values, **fields}.items()}


@pytest.fixture
def diesel(owner: User, hall: Site) -> Site:
    months = [date(2025, month, 1) for month in (1, 2, 3, 4)]
    entries = [Entry(month, "diesel", "", Decimal(1), "t") for month in months]
    save_activities(supplier_id=hall.supplier_id, by_site={hall: entries}, by=owner, at=NOW)
    return hall


def test_a_bill_is_linked_to_months_and_shown_beside_the_tonnes(client: Client, owner: User, diesel: Site, report: Document) -> None:
    client.force_login(owner)
    page = reverse("emissions:activity", args=[diesel.pk, 2025])
    assert "Link the bill" in client.get(page).content.decode()

    client.post(f"{page}evidence/", proof(report))

    proven = ActivityRecord.objects.filter(evidence=report).values_list("month", flat=True)
    assert sorted(month.month for month in proven) == [1, 2, 3]
    assert "2025-01, 2025-02, 2025-03" in " ".join(client.get(page).content.decode().split())
    lines = client.get(reverse("emissions:inventory", args=[diesel.supplier_id, 2025])).content.decode()
    assert report.get_absolute_url() in lines
    assert "evidence for 3 of 4 months" in lines
    file = client.get(reverse("emissions:inventory_file", args=[diesel.supplier_id, 2025, "csv"])).content.decode()
    assert str(report) in file

    client.post(f"{page}evidence/", proof(None, first="2025-02-01", last="2025-02-01"))
    assert sorted(m.month for m in proven.all()) == [1, 3]
    assert Event.objects.filter(action="activity.evidence").count() == 2


def test_the_bill_of_a_metered_period_stands_behind_its_months(client: Client, owner: User, hall: Site, report: Document) -> None:
    client.force_login(owner)
    client.post(reverse("emissions:meter_periods", args=[hall.pk]), bill(evidence=str(report.pk)))

    assert report.get_absolute_url() in client.get(reverse("emissions:inventory", args=[hall.supplier_id, 2025])).content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": "2025-06-01", "last": "2025-06-01"}, "Nothing is typed in for this source in these months."),
        ({"column": "uranium"}, "Select a valid choice"),
        ({"first": "2025-03-01", "last": "2025-01-01"}, "The period ends before it begins."),
        ({"first": "2024-03-01"}, "Select a valid choice"),
        ({"document": "999999"}, "Select a valid choice"),
        ({"document": "x\x00"}, "Null characters are not allowed."),
    ],
)
def test_evidence_that_fits_nothing_is_refused_beside_its_field(
    client: Client, owner: User, diesel: Site, report: Document, fields: dict[str, str], said: str
) -> None:
    client.force_login(owner)
    url = reverse("emissions:activity_evidence", args=[diesel.pk, 2025])
    answer = client.post(url, proof(report, **fields))

    assert (answer.status_code, ActivityRecord.objects.filter(evidence__isnull=False).exists()) == (422, False)
    assert said in answer.content.decode()


def test_another_suppliers_document_is_no_evidence(client: Client, owner: User, diesel: Site) -> None:
    client.force_login(owner)
    foreign = create_document(supplier=create_supplier())
    answer = client.post(reverse("emissions:activity_evidence", args=[diesel.pk, 2025]), proof(foreign))

    assert answer.status_code == 422
    assert not ActivityRecord.objects.filter(evidence__isnull=False).exists()


# --- renewable certificates -------------------------------------------------------------------------------------------


def certificate(**fields: str) -> dict[str, str]:
    days = {"generated_from": "2025-01-01", "generated_to": "2025-12-31"}
    return {"kind": "gec", "serial": "GEC 2025-7", "mwh": "100", **days, **fields}


def test_a_serial_number_is_reported_once_whoever_the_supplier_is(client: Client, owner: User, stranger: User, supplier: Supplier) -> None:
    client.force_login(stranger)
    client.post(reverse("emissions:instrument_new"), certificate())
    client.force_login(owner)

    response = client.post(reverse("emissions:instrument_new"), certificate(serial="gec2025-7"))

    assert response.status_code == 422
    assert "reported already" in str(response.context["form"].errors["serial"])
    assert not RenewableInstrument.objects.filter(supplier=supplier).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"mwh": "0"}, "mwh"),
        ({"generated_to": "2024-01-01"}, "generated_to"),
        ({"cancelled_on": "2024-01-01"}, "cancelled_on"),
        ({"plant_year": "20"}, "plant_year"),
        ({"serial": "\u200b"}, "serial"),
        ({"kind": "wishes"}, "kind"),
    ],
)
def test_a_wrong_certificate_is_told_beside_its_field(client: Client, owner: User, fields: dict[str, str], field: str) -> None:
    client.force_login(owner)

    response = client.post(reverse("emissions:instrument_new"), certificate(**fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not RenewableInstrument.objects.exists()


def test_a_claim_without_proof_and_proof_without_consumption_are_asked_about(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "electricity", 100, "MWh", date(2025, 1, 1))
    create_record(hall, "renewable_electricity", 50, "MWh", date(2025, 1, 1))
    calculate_inventory(supplier_id=hall.supplier_id, year=2025, at=NOW)
    client.force_login(owner)
    home = reverse("emissions:home") + "?year=2025"

    before = client.get(home).content.decode()
    client.post(reverse("emissions:instrument_new"), certificate(mwh="101"))
    after = client.get(home).content.decode()

    assert "50,000 kWh are said to be renewable without a certificate" in before
    assert "more electricity than was bought" in after


# --- scope 3 ----------------------------------------------------------------------------------------------------------


def test_scope_3_is_kept_by_category_and_summed_into_the_inventory(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "diesel", 1, "t", date(2025, 1, 1))
    client.force_login(owner)
    url = reverse("emissions:scope3") + "?year=2025"

    client.post(url, {"tonnes_1": "100.5", "method_1": "spend_based", "tonnes_6": "0", "method_6": "average_data"})

    assert Scope3Entry.objects.count() == 2
    assert Inventory.objects.get().scope3 == Decimal("100.5")
    client.post(url, {"tonnes_6": "0", "method_6": "average_data"})
    assert Scope3Entry.objects.get().category == 6
    assert Inventory.objects.get().scope3 == 0
    assert "Business travel" in client.get(reverse("emissions:home") + "?year=2025").content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tonnes_1": "1"}, "method_1"),
        ({"tonnes_1": "-1", "method_1": "hybrid"}, "tonnes_1"),
        ({"tonnes_1": "NaN", "method_1": "hybrid"}, "tonnes_1"),
        ({"tonnes_15": "1", "method_15": "guess"}, "method_15"),
        ({"tonnes_2": "1", "method_2": "hybrid", "explanation_2": "x" * 2001}, "explanation_2"),
    ],
)
def test_a_wrong_category_is_told_beside_its_field_and_nothing_is_saved(
    client: Client, owner: User, fields: dict[str, str], field: str
) -> None:
    client.force_login(owner)

    response = client.post(reverse("emissions:scope3"), {"tonnes_3": "5", "method_3": "hybrid", **fields})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Scope3Entry.objects.exists()


# --- replies, traces, peers -------------------------------------------------------------------------------------------


def test_a_reply_to_a_question_stays_with_the_year(client: Client, owner: User, reviewer: User, hall: Site) -> None:
    create_record(hall, "renewable_electricity", 1, "MWh", date(2025, 1, 1))
    calculate_inventory(supplier_id=hall.supplier_id, year=2025, at=NOW)
    client.force_login(owner)
    page = client.get(reverse("emissions:home") + "?year=2025")
    question = page.context["page"].questions[0].key
    url = reverse("emissions:reply", args=[2025])

    empty = client.post(url, {"question": question, "text": " "})
    for _ in range(2):
        client.post(url, {"question": question, "text": "The bill comes in March."})

    assert empty.status_code == 422
    assert DataReply.objects.get().text == "The bill comes in March."
    client.force_login(reviewer)
    seen = client.get(reverse("emissions:supplier", args=[hall.supplier_id]) + "?year=2025").content.decode()
    assert "The bill comes in March." in seen


def test_the_lines_of_an_inventory_export_as_they_are_shown(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "diesel", "2.5", "t", date(2025, 1, 1))
    calculate_inventory(supplier_id=hall.supplier_id, year=2025, at=NOW)
    client.force_login(owner)

    heads, row = table_in(client.get(reverse("emissions:inventory_file", args=[hall.supplier_id, 2025, "xlsx"])).content)
    text = client.get(reverse("emissions:inventory_file", args=[hall.supplier_id, 2025, "csv"])).content.decode("utf-8-sig")

    line = dict(zip(heads, row, strict=True))
    assert (line["Factor"], line["Quantity"], line["tCO₂e"]) == ("cn.guideline.diesel", 2.5, 7.862806)
    assert line["Formula"] == "2.5 × 3145.1225 ÷ 1000"
    assert "cn.guideline.diesel" in text


def test_another_factor_set_stands_beside_the_stored_figure_and_changes_nothing(client: Client, owner: User, hall: Site) -> None:
    create_record(hall, "refrigerant", 10, "kg", date(2025, 1, 1), substance="r-410a")
    stored = calculate_inventory(supplier_id=hall.supplier_id, year=2025, at=NOW)
    assert stored is not None
    client.force_login(owner)
    url = reverse("emissions:inventory", args=[hall.supplier_id, 2025])
    ar6 = client.get(url).context["sets"].get(key="cn-default-ar6")

    restated = client.get(url, {"set": ar6.pk}).context["restated"]

    assert restated.scope1 == Decimal("22.5556") or round(restated.scope1, 1) == Decimal("22.6")
    stored.refresh_from_db()
    assert round(stored.scope1, 2) == Decimal("19.24")
    assert client.get(url, {"set": "999999"}).status_code == 404


def test_peers_are_shown_from_five_others_on(supplier: Supplier, django_assert_num_queries: Any) -> None:
    def full_year(who: Supplier, pue: str) -> None:
        Inventory.objects.create(
            supplier=who, year=2025, basis="calculated", scope1=0, scope2_location=1, scope2_market=1, pue=Decimal(pue), created_at=NOW
        )

    full_year(supplier, "1.5")
    for number in range(4):
        full_year(create_supplier(category=supplier.category), f"1.{number}")
    assert standings(supplier, 2025) == []
    full_year(create_supplier(category=supplier.category), "1.4")

    with django_assert_num_queries(1):
        (found,) = standings(supplier, 2025)

    assert (found.measure, found.own, found.median, found.peers) == (Measure.PUE, Decimal("1.5"), Decimal("1.2"), 5)
    # In the supplier's own session the rows of the others are not there to be read.
    with scope.acting(scope.of_supplier(supplier.pk)):
        assert standings(supplier, 2025) == [found]


# --- abatement --------------------------------------------------------------------------------------------------------


def abatement_form(report: Document, **fields: str) -> dict[str, str]:
    texts = {"title": "Shared boxes", "function": "1,000 parcels", "baseline": "Cartons", "project": "Boxes", "method": "ISO 14064-2"}
    return {
        "kind": "enabled",
        "year": "2025",
        "baseline_tonnes": "10",
        "project_tonnes": "4",
        "evidence": str(report.pk),
        **texts,
        **fields,
    }


def test_abatement_is_reviewed_and_stays_beside_the_inventories(
    client: Client, owner: User, staff: User, hall: Site, report: Document
) -> None:
    create_record(hall, "diesel", 1, "t", date(2025, 1, 1))
    before = calculate_inventory(supplier_id=hall.supplier_id, year=2025, at=NOW)
    assert before is not None
    client.force_login(owner)
    client.post(reverse("emissions:abatement_new"), abatement_form(report))
    found = Abatement.objects.get()
    client.force_login(staff)
    url = reverse("emissions:abatement_review", args=[found.pk])

    unfounded = client.post(url, {"accept": "yes", "reason": ""})
    client.post(url, {"accept": "yes", "reason": "Calculation checked."})
    client.post(url, {"accept": "no", "reason": "Too late."})

    assert unfounded.status_code == 422
    found.refresh_from_db()
    assert (found.status, found.reason, found.tonnes) == ("accepted", "Calculation checked.", 6)
    after = calculate_inventory(supplier_id=hall.supplier_id, year=2025, at=NOW)
    assert after is not None
    assert (after.scope1, after.scope3) == (before.scope1, None)
    client.force_login(owner)
    assert client.post(reverse("emissions:abatement_edit", args=[found.pk]), abatement_form(report, title="More")).status_code == 302
    found.refresh_from_db()
    assert found.title == "Shared boxes"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"project_tonnes": "10"}, "project_tonnes"),
        ({"project_tonnes": "-1"}, "project_tonnes"),
        ({"evidence": ""}, "evidence"),
        ({"year": "1999"}, "year"),
        ({"kind": "imagined"}, "kind"),
        ({"title": "Taken"}, "title"),
    ],
)
def test_a_wrong_abatement_is_told_beside_its_field(
    client: Client, owner: User, report: Document, fields: dict[str, str], field: str
) -> None:
    client.force_login(owner)
    client.post(reverse("emissions:abatement_new"), abatement_form(report, title="Taken"))

    response = client.post(reverse("emissions:abatement_new"), abatement_form(report, **fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Abatement.objects.count() == 1
