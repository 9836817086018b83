"""The portfolio: filters, order, keyset pages, and the same rows on the screen and in the file."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Standing
from reports.portfolio import PAGE_SIZE, Cursor, Portfolio
from suppliers.models import Supplier
from tests.factories import create_supplier


def place(supplier: Supplier, **numbers: Any) -> None:
    """Where the supplier stands; the row is there since the supplier is."""
    Standing.objects.filter(supplier=supplier).update(**numbers)


def names(user: User, **query: str) -> list[str]:
    return [row.name_en for row in Portfolio(query, user=user).page().rows]


@pytest.fixture
def ranked(db: None) -> list[Supplier]:
    """Best first: three with a score, two without."""
    found = []
    for name, score in (("Ash", "91"), ("Birch", "72.5"), ("Cedar", "72.5"), ("Dogwood", None), ("Elm", None)):
        supplier = create_supplier(name_en=name, name_zh="")
        place(supplier, evidenced=score and Decimal(score), area_scores={"E4": {"evidenced": score}} if score else {})
        found.append(supplier)
    return found


def test_the_best_come_first_and_those_without_a_score_last(staff: User, ranked: list[Supplier]) -> None:
    assert names(staff)[0] == "Ash"
    assert set(names(staff)[-2:]) == {"Dogwood", "Elm"}
    assert names(staff, sort="name") == ["Ash", "Birch", "Cedar", "Dogwood", "Elm"]
    assert names(staff, sort="-name") == ["Elm", "Dogwood", "Cedar", "Birch", "Ash"]


def test_score_range_counts_its_ends_and_may_ask_for_an_area(staff: User, ranked: list[Supplier]) -> None:
    assert set(names(staff, score_min="72.5", score_max="72.5")) == {"Birch", "Cedar"}
    assert set(names(staff, score_min="80", area="E4")) == {"Ash"}
    assert names(staff, score_min="80", area="E5") == []


def test_search_finds_names_in_either_language_and_identifiers(staff: User) -> None:
    create_supplier(name_en="Paper Crane Ltd", name_zh="纸鹤有限公司", uscc="91330100MADE000014")
    create_supplier(name_en="Stone Bridge Ltd", name_zh="石桥有限公司")

    assert names(staff, q="crane paper") == ["Paper Crane Ltd"]
    assert names(staff, q="纸鹤") == ["Paper Crane Ltd"]
    assert names(staff, q="made000014") == ["Paper Crane Ltd"]
    assert names(staff, q="ＭＡＤＥ００００１４　ｐａｐｅｒ") == ["Paper Crane Ltd"]  # as Chinese keyboards write them
    assert names(staff, q="100%") == []


def test_filters_narrow_together(staff: User) -> None:
    create_supplier(name_en="Right", name_zh="", category="logistics", country="CN", region="Zhejiang", state="active")
    create_supplier(name_en="Wrong place", name_zh="", category="logistics", country="CN", region="Hebei")
    create_supplier(name_en="Wrong trade", name_zh="", category="media", country="CN", region="Zhejiang")

    assert names(staff, category="logistics", country="CN", region="Zhejiang", state="active", status="none", label="none") == ["Right"]


@pytest.mark.parametrize("order", ["-evidenced", "evidenced", "name", "-name", "-declared"])
def test_pages_meet_without_gap_or_overlap_in_both_directions(staff: User, order: str) -> None:
    for number in range(PAGE_SIZE * 2 + 7):
        supplier = create_supplier(name_en=f"Same name {number % 40:02d}", name_zh="")
        # Many share a score, and some have none: the hard cases of keyset paging.
        place(supplier, evidenced=None if number % 7 == 0 else Decimal(number % 9), declared=Decimal(number % 3))
    whole = [row.supplier_id for row in Portfolio({"sort": order}, user=staff).every_row()]

    forwards, query = [], {"sort": order}
    pages = []
    while True:
        page = Portfolio(query, user=staff).page()
        pages.append(page)
        forwards += [row.supplier_id for row in page.rows]
        if not page.next_url:
            break
        query = {"sort": order, "after": str(Cursor.of(page.rows[-1], order))}
    back = Portfolio({"sort": order, "before": str(Cursor.of(pages[2].rows[0], order))}, user=staff).page()

    assert forwards == whole
    assert [len(page.rows) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 7]
    assert back.rows == pages[1].rows
    assert back.next_url


@pytest.mark.parametrize("cursor", ["x", "1:abc", "1:NaN", "999999999999999999999:1", "1:\x00", ":", "-5:1"])
def test_a_place_in_the_list_that_cannot_be_read_shows_the_first_page(
    client: Client, staff: User, ranked: list[Supplier], cursor: str
) -> None:
    client.force_login(staff)

    response = client.get(reverse("reports:portfolio"), {"after": cursor})

    assert response.status_code == 200
    assert b"Ash" in response.content


def test_a_filter_that_cannot_be_read_shows_an_error_and_no_rows(client: Client, staff: User, ranked: list[Supplier]) -> None:
    client.force_login(staff)

    response = client.get(reverse("reports:portfolio"), {"score_min": "high"})

    assert response.status_code == 200
    assert b"Ash" not in response.content
    assert b"Enter a number" in response.content


def test_htmx_gets_the_table_alone(client: Client, staff: User, ranked: list[Supplier]) -> None:
    client.force_login(staff)

    part = client.get(reverse("reports:portfolio"), headers={"HX-Request": "true"})
    restored = client.get(reverse("reports:portfolio"), headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert b"<html" not in part.content
    assert b"Ash" in part.content
    assert b"<html" in restored.content
    assert "HX-Request" in part["Vary"]


def test_a_page_costs_the_same_for_one_row_and_fifty(client: Client, staff: User, django_assert_max_num_queries: Any) -> None:
    client.force_login(staff)
    create_supplier()
    # session, user with membership, rows, count, buying units to choose from
    with django_assert_max_num_queries(5):
        client.get(reverse("reports:portfolio"))
    for _number in range(60):
        create_supplier()
    with django_assert_max_num_queries(5):
        client.get(reverse("reports:portfolio"))


def test_a_supplier_sees_no_portfolio(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get(reverse("reports:portfolio")).status_code == 403
