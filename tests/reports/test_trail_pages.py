"""The auditors' pages: the trail with its seal, a file of what was found, and the timeline of any object."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from accounts.looks import looks_at
from accounts.models import User
from audit import trail
from audit.models import Event
from audit.sealing import seal_trail
from reports import trail_table
from suppliers.models import Interest, Supplier
from tests.factories import NOW, create_site


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("words", ["Bamboo", "竹桥", "{pk}"])
def test_the_trail_is_searched_by_a_suppliers_name_or_number(client: Client, auditor: User, supplier: Supplier, words: str) -> None:
    trail.record("supplier.viewed", actor=auditor, supplier_id=supplier.pk)
    trail.record("campaign.closed", actor=auditor)
    client.force_login(auditor)

    page = client.get(reverse("reports:audit_trail"), {"supplier": words.format(pk=supplier.pk)})

    assert {line.event.action for line in page.context["lines"]} == {"supplier.viewed"}


def test_the_trail_calls_suppliers_and_objects_by_their_names(client: Client, auditor: User, supplier: Supplier) -> None:
    trail.record("supplier.viewed", actor=auditor, supplier_id=supplier.pk, target=supplier)
    trail.record("supplier.viewed", actor=auditor, supplier_id=0x7FFFFFFF)
    auditor.language = "zh-hans"
    auditor.save(update_fields=["language"])
    client.force_login(auditor)

    page = client.get(reverse("reports:audit_trail"), {"action": "supplier.viewed"})
    _, *rows = rows_of(client.get(reverse("reports:audit_trail_file"), {"format": "csv", "action": "supplier.viewed"}))

    assert [(line.supplier, line.object) for line in page.context["lines"]] == [
        ("供应商2147483647", ""),
        (supplier.name_zh, f"供应商 {supplier.pk}"),
    ]
    assert [row[4] for row in rows] == ["供应商2147483647", supplier.name_zh]


def test_only_what_has_a_timeline_is_linked_to_one(client: Client, auditor: User, supplier: Supplier) -> None:
    schedule = PeriodicTask.objects.order_by("pk").first()
    trail.record("schedule.changed", actor=auditor, target=schedule)
    trail.record("supplier.viewed", actor=auditor, supplier_id=supplier.pk, target=supplier)
    client.force_login(auditor)

    page = client.get(reverse("reports:audit_trail")).content.decode()

    assert reverse("reports:timeline", args=["suppliers.supplier", str(supplier.pk)]) in page
    assert "/audit-trail/django_celery_beat.periodictask/" not in page


def test_the_file_holds_the_lines_of_the_filter_and_is_itself_in_the_trail(client: Client, auditor: User, supplier: Supplier) -> None:
    trail.record("supplier.viewed", actor=auditor, supplier_id=supplier.pk, detail={"page": "=1+1"})
    trail.record("campaign.closed", actor=auditor)
    client.force_login(auditor)

    response = client.get(reverse("reports:audit_trail_file"), {"format": "csv", "action": "supplier.viewed"})

    head, *lines = rows_of(response)
    assert head[:3] == ["What", "Action", "When"]
    assert [line[1] for line in lines] == ["supplier.viewed"]
    exported = Event.objects.get(action="audit_trail.exported")
    assert exported.detail == {"format": "csv", "query": {"action": "supplier.viewed"}}
    workbook = client.get(reverse("reports:audit_trail_file"), {"format": "xlsx"})
    assert workbook.content[:2] == b"PK"


def test_days_in_the_wrong_order_are_told_of_and_not_taken_for_an_empty_trail(client: Client, auditor: User) -> None:
    client.force_login(auditor)

    page = client.get(reverse("reports:audit_trail"), {"since": "2026-12-01", "until": "2026-01-01"})

    assert page.status_code == 422
    assert page.context["form"].errors["until"] == ["The last day lies before the first."]


def test_a_file_of_too_many_lines_is_refused_with_a_way_out(client: Client, auditor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_table, "MOST_LINES", 1)
    for _ in range(2):
        trail.record("campaign.closed", actor=auditor)
    client.force_login(auditor)

    page = client.get(reverse("reports:audit_trail_file"), {"action": "campaign.closed"}, follow=True).content.decode()

    assert "Please choose fewer" in page
    assert not Event.objects.filter(action="audit_trail.exported").exists()


def test_the_page_shows_the_newest_seal_and_how_to_check_it(client: Client, auditor: User) -> None:
    client.force_login(auditor)
    assert "Not sealed yet" in client.get(reverse("reports:audit_trail")).content.decode()

    seal = seal_trail(at=NOW)

    page = client.get(reverse("reports:audit_trail"))
    assert f"verify_audit --seal 1:{seal.hash}" in page.content.decode()
    assert page.context["rows_since"] == 1, "that the seal was made"


def timeline(client: Client, label: str, pk: object) -> Any:
    return client.get(reverse("reports:timeline", args=[label, str(pk)]))


def test_the_timeline_of_an_object_shows_who_changed_what_from_what(client: Client, auditor: User, owner: User, supplier: Supplier) -> None:
    site = create_site(supplier=supplier, name="Old yard")
    client.force_login(owner)
    edit = reverse("suppliers:site_edit", args=[site.pk])
    form = client.get(edit).context["form"]
    client.post(edit, {**{name: value or "" for name, value in form.initial.items()}, "name": "New yard"})
    client.force_login(auditor)

    page = timeline(client, "suppliers.site", site.pk)

    (entry,) = [entry for entry in page.context["timeline"].entries if entry.changes]
    assert entry.who == "Olive Owner"
    assert ("Old yard", "New yard") in {(change.before, change.after) for change in entry.changes}
    assert looks_at(supplier.pk).get().action == "history.viewed"


def test_what_was_deleted_keeps_its_timeline(client: Client, auditor: User, supplier: Supplier) -> None:
    site = create_site(supplier=supplier, name="Old yard")
    number = site.pk
    site.delete()
    client.force_login(auditor)

    page = timeline(client, "suppliers.site", number)

    assert page.context["timeline"].is_deleted
    assert "Old yard" in page.content.decode()


def test_events_and_changes_stand_in_one_line(client: Client, auditor: User, supplier: Supplier) -> None:
    trail.record("supplier.changed", actor=auditor, target=supplier, supplier_id=supplier.pk, detail={"why": "merger"})
    supplier.name_en = "Merged Ltd"
    supplier.save()
    client.force_login(auditor)

    page = timeline(client, "suppliers.supplier", supplier.pk)

    assert {entry.title for entry in page.context["timeline"].entries} == {"Changed", "Company profile changed"}
    assert "merger" in page.content.decode()


@pytest.mark.parametrize(
    ("label", "number"), [("suppliers.site", "0"), ("suppliers.site", "x"), ("no.such", "1"), ("sessions.session", "1"), ("x", "1")]
)
def test_what_never_was_is_not_found(client: Client, auditor: User, label: str, number: str) -> None:
    client.force_login(auditor)

    assert timeline(client, label, number).status_code == 404


def test_a_conflict_of_interest_closes_the_timeline_too(client: Client, auditor: User, supplier: Supplier) -> None:
    site = create_site(supplier=supplier)
    Interest.objects.create(user=auditor, supplier=supplier, kind="family", declared_by=auditor, declared_at=NOW)
    client.force_login(auditor)

    assert timeline(client, "suppliers.site", site.pk).status_code in (403, 404)


def test_a_timeline_costs_the_same_for_one_version_and_for_many(
    client: Client, auditor: User, supplier: Supplier, django_assert_max_num_queries: Any
) -> None:
    site = create_site(supplier=supplier)
    for number in range(30):
        site.name = f"Yard {number}"
        site.save()
        trail.record("supplier.changed", actor=auditor, target=site, supplier_id=supplier.pk)
    client.force_login(auditor)

    # Session, person; the row, whether it may be seen, versions, events, people; the look.
    with django_assert_max_num_queries(9):
        timeline(client, "suppliers.site", site.pk)


# --- the supplier's side --------------------------------------------------------------------------------------------------


def test_a_supplier_takes_along_who_saw_its_data(client: Client, owner: User, reviewer: User, stranger: User, supplier: Supplier) -> None:
    trail.record("assessment.viewed", actor=reviewer, supplier_id=supplier.pk, at=NOW)
    trail.record("supplier.changed", actor=owner, supplier_id=supplier.pk, at=NOW)
    client.force_login(owner)

    page = client.get(reverse("accounts:access_log")).content.decode()
    head, *lines = rows_of(client.get(reverse("reports:access_log_file"), {"format": "csv"}))

    assert reverse("reports:access_log_file") in page
    assert head == ["When", "Who", "Role", "What", "Why"]
    assert [line[1:] for line in lines] == [["Rita Reviewer", "Procurement reviewer", "Looked at: your assessment", ""]]
    client.force_login(stranger)
    assert len(rows_of(client.get(reverse("reports:access_log_file"), {"format": "csv"}))) == 1
