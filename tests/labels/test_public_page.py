"""The page behind the QR code: true after a revocation, the same for everybody, kept by caches, and silent about what nobody agreed to."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from labels import deciding, evaluation, publishing
from labels.dates import ledger_day
from labels.models import Label, Publication
from suppliers.models import Supplier
from tests.labels.support import create_green_supplier, create_standard


@pytest.fixture
def label(supplier: Supplier) -> Label:
    cache.clear()
    create_standard()
    create_green_supplier(supplier, closed_at=timezone.now() - timedelta(days=60))
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    return Label.objects.get()


def url(label: Label) -> str:
    return reverse("labels:verify", args=[label.public_id])


def test_nothing_but_the_label_is_shown_before_the_supplier_agrees(client: Client, label: Label, owner: User) -> None:
    text = client.get(url(label)).content.decode()
    assert "Green leader" in text
    assert "has not agreed to show its name" in text
    for secret in ("Bamboo Bridge Ltd", "竹桥", "90.00"):
        assert secret not in text

    publishing.agree(supplier_id=label.supplier_id, choices={"name": True, "qualifications": True}, by=owner, at=timezone.now())

    text = client.get(url(label)).content.decode()
    assert "Bamboo Bridge Ltd" in text
    assert "ISO 14001 certificate" in text


def test_agreeing_is_a_page_of_the_signatory_and_leaves_a_history(client: Client, label: Label, owner: User) -> None:
    client.force_login(owner)
    page = reverse("labels:publishing")
    assert client.get(page).context["form"]["name"].value() is True, "proposed, not yet agreed"

    client.post(page, {"name": "on", "place": "on"})
    client.post(page, {"place": "on"})

    agreed = Publication.objects.get()
    assert (agreed.name, agreed.place, agreed.agreed_by) == (False, True, owner)
    assert agreed.events.get().name is True


def test_caches_may_keep_it_and_it_sets_no_cookie(client: Client, label: Label, owner: User) -> None:
    response = client.get(url(label))

    assert set(response["Cache-Control"].split(", ")) == {"public", "max-age=300"}
    assert "Cookie" not in response["Vary"]
    assert not response.cookies
    client.force_login(owner)
    assert not client.get(url(label)).cookies


def test_it_speaks_the_language_of_the_address_or_of_the_browser(client: Client, label: Label) -> None:
    assert 'lang="zh-hans"' in client.get(url(label), {"language": "zh-hans"}).content.decode()
    assert 'lang="zh-hans"' in client.get(url(label), headers={"Accept-Language": "zh-CN,zh;q=0.9"}).content.decode()
    for junk in ("xx", "%%%", "de"):
        assert 'lang="en"' in client.get(url(label), {"language": junk}, headers={"Accept-Language": junk}).content.decode()


def test_too_many_requests_from_one_address_wait(client: Client, label: Label, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.LABEL_PAGES_PER_MINUTE = 2
    monkeypatch.setattr("labels.rate_limit.time.time", lambda: 1_000_000.0)

    answers = [client.get(url(label)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "20"
    assert client.get(url(label), REMOTE_ADDR="10.0.0.9").status_code == 200


def test_a_revoked_label_says_so_at_its_old_address(client: Client, label: Label, staff: User, administrator: User) -> None:
    about = {"reason": "Forged evidence, as its issuer says.", "at": timezone.now()}
    proposal = deciding.propose_revocation(supplier_id=label.supplier_id, ground="misuse", by=staff, **about)
    deciding.confirm_revocation(proposal_id=proposal.pk, by=administrator, at=timezone.now())

    response = client.get(url(label))
    assert "This green label was revoked" in response.text
    assert f"<dt>Revoked on</dt><dd>{date_format(ledger_day(timezone.now()))}</dd>" in response.text


def test_it_costs_one_statement(client: Client, label: Label, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        client.get(url(label))
