"""The directory procurement chooses from: filters, saved views, an export that is the screen, and the share of each buying unit."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from labels import directory as directories
from labels import evaluation, units
from labels.dates import ledger_day
from labels.models import Label, SavedView, Standard, UnitShare
from reports.models import Export
from runs import engine
from suppliers.models import BuyingUnit, Supplier
from tests.factories import create_supplier
from tests.labels.support import create_green_supplier, create_standard


@pytest.fixture
def standard(db: None) -> Standard:
    return create_standard()


@pytest.fixture
def unit(db: None) -> BuyingUnit:
    return BuyingUnit.objects.create(code="LOG", name_en="Logistics unit", name_zh="物流事业部")


def labelled(**fields: object) -> Supplier:
    return create_green_supplier(create_supplier(**fields), closed_at=timezone.now() - timedelta(days=60))


def evaluate() -> None:
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())


def names(client: Client, **query: str) -> list[str]:
    return [row.name_en for row in client.get(reverse("labels:directory"), query).context["page"].rows]


def test_procurement_finds_labels_by_place_qualification_and_unit(
    client: Client, reviewer: User, standard: Standard, unit: BuyingUnit
) -> None:
    here, there = labelled(name_en="Here Ltd", region="Zhejiang"), labelled(name_en="There Ltd", region="Hunan")
    here.units.add(unit)
    evaluate()
    there.documents.update(valid_to=ledger_day(timezone.now()) - timedelta(days=1))
    client.force_login(reviewer)

    assert names(client) == ["Here Ltd", "There Ltd"]
    assert names(client, region="Hunan") == ["There Ltd"]
    assert names(client, qualification="iso_14001") == ["Here Ltd"]
    assert names(client, unit=str(unit.pk)) == ["Here Ltd"]
    assert names(client, unit="999") == []
    assert names(client, qualification="horoscope") == []


def test_the_directory_is_narrowed_to_a_country_where_there_is_no_province(client: Client, reviewer: User, standard: Standard) -> None:
    labelled(name_en="Here Ltd", country="CN", region="Zhejiang")
    labelled(name_en="Abroad Ltd", country="DE", region="")
    evaluate()
    client.force_login(reviewer)

    assert names(client, region="DE") == ["Abroad Ltd"]
    assert names(client, region="Zhejiang") == ["Here Ltd"]
    assert 'value="DE"' in client.get(reverse("labels:directory")).content.decode()


def test_the_export_is_the_screen(client: Client, reviewer: User, standard: Standard) -> None:
    shown = labelled(name_en="=Shown Ltd", name_zh="", region="Zhejiang")
    labelled(name_en="Other Ltd", region="Hunan")
    evaluate()
    client.force_login(reviewer)

    client.post(reverse("reports:directory_export") + "?region=Zhejiang", {"format": "csv", "purpose": "report"})

    export = Export.objects.get()
    assert export.run is not None
    assert engine.work_off(export.run.pk).status == "done"
    export.refresh_from_db()
    with export.file.open("rb") as file:
        rows = list(csv.reader(file.read().decode("utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == ["'=Shown Ltd"]
    assert Event.objects.get(action="directory.exported").supplier_id == shown.pk


def test_a_view_is_saved_under_a_name_and_is_ones_own(client: Client, reviewer: User, staff: User, standard: Standard) -> None:
    client.force_login(reviewer)
    save = reverse("labels:view_save")
    client.post(f"{save}?region=Hunan&after=1:x&junk=1", {"name": "Hunan"})
    client.post(f"{save}?region=Hubei", {"name": "Hunan"})
    assert client.post(save, {"name": ""}, follow=True).status_code == 200

    view = SavedView.objects.get()
    assert (view.user, view.query) == (reviewer, {"region": "Hubei"})
    assert "?region=Hubei" in client.get(reverse("labels:directory")).content.decode()
    client.force_login(staff)
    assert "?region=Hubei" not in client.get(reverse("labels:directory")).content.decode()
    assert client.post(reverse("labels:view_delete", args=[view.pk])).status_code == 404


def test_views_have_an_end(reviewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labels.directory.MOST_VIEWS", 1)
    about = {"query": {}, "by": reviewer, "at": timezone.now()}
    directories.save_view(name="One", **about)
    directories.save_view(name="One", **about)

    with pytest.raises(directories.TooManyViews):
        directories.save_view(name="Two", **about)


def test_a_directory_of_many_costs_the_queries_of_one(client: Client, reviewer: User, standard: Standard) -> None:
    client.force_login(reviewer)
    counts = []
    for number in (1, 5):
        for _ in range(number):
            labelled()
        evaluate()
        with CaptureQueriesContext(connection) as queries:
            names(client)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_shares_are_facts_of_their_day(standard: Standard, unit: BuyingUnit, reviewer: User) -> None:
    for supplier in (labelled(), create_supplier(), create_supplier(state="offboarded")):
        supplier.units.add(unit)
    evaluate()
    today = ledger_day(timezone.now())

    units.record_shares(today - timedelta(days=1))
    units.record_shares(today)
    Label.objects.update(state="suspended")
    units.record_shares(today)

    shares = UnitShare.objects.order_by("day").values_list("suppliers", "labelled", "leaders")
    assert list(shares) == [(2, 1, 1), (2, 0, 0)]
    line = units.lines(reviewer)[0]
    assert (line.share, line.is_mine) == (Decimal(0), False)
    assert units.course(unit, reviewer, today).chart


def test_the_nightly_run_counts_them(standard: Standard, unit: BuyingUnit) -> None:
    run = engine.start("evaluate_labels", parameters={}, by=None, at=timezone.now())

    engine.work_off(run.pk)

    assert UnitShare.objects.get().unit == unit


def test_people_choose_the_units_they_buy_for(client: Client, reviewer: User, unit: BuyingUnit) -> None:
    client.force_login(reviewer)
    assert "No figures yet" in client.get(reverse("labels:units")).content.decode()
    units.record_shares(ledger_day(timezone.now()))

    client.post(reverse("labels:units_watch"), {"units": [unit.pk]})
    assert units.lines(reviewer)[0].is_mine
    assert "Logistics unit" in client.get(reverse("labels:units"), {"unit": "nonsense"}).content.decode()
    client.post(reverse("labels:units_watch"), {"units": [10**9]})
    assert units.lines(reviewer)[0].is_mine, "nothing was changed"
    client.post(reverse("labels:units_watch"), {})
    assert not units.lines(reviewer)[0].is_mine
