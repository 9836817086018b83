"""Who is signed in and asks for what is not theirs stands in the trail."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from accounts import limits
from accounts.models import User
from audit.models import Event
from suppliers.models import Supplier
from tests.factories import create_site


def refusals() -> list[Event]:
    return list(Event.objects.filter(action="access.refused").order_by("pk"))


def test_what_is_refused_is_in_the_trail(client: Client, stranger: User, supplier: Supplier) -> None:
    site = create_site(supplier=supplier)
    client.force_login(stranger)

    client.get(reverse("suppliers:site_edit", args=[site.pk]))
    client.post(reverse("runs:schedule", args=[1]), REMOTE_ADDR="198.51.100.7")

    found, barred = refusals()
    assert (found.actor, found.detail) == (stranger, {"status": 404, "method": "GET", "page": "suppliers:site_edit", "pk": site.pk})
    assert (barred.detail["status"], barred.detail["page"], barred.address) == (403, "runs:schedule", "198.51.100.7")


def test_an_api_that_refuses_is_in_the_trail_too(client: Client, stranger: User, supplier: Supplier) -> None:
    client.force_login(stranger)

    assert client.get(f"/api/suppliers/{supplier.pk}/").status_code == 404

    assert [event.detail["status"] for event in refusals()] == [404]


def test_addresses_that_lead_nowhere_and_visitors_without_an_account_are_not(client: Client, stranger: User) -> None:
    assert client.get(reverse("runs:schedule_list")).status_code == 302
    client.force_login(stranger)
    assert client.get("/wp-admin.php").status_code == 404

    assert refusals() == []


def test_nobody_fills_the_trail_with_refusals(client: Client, stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFUSALS", replace(limits.REFUSALS, free=3))
    client.force_login(stranger)

    for _ in range(6):
        client.get(reverse("runs:schedule_list"))

    assert len(refusals()) == 3
