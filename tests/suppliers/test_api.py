import time

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIRequestFactory, force_authenticate

from audit.models import Event
from suppliers.api.views import SupplierDetail, SupplierList
from tests.factories import create_contact, create_site, create_supplier


pytestmark = pytest.mark.django_db
requests = APIRequestFactory()


def get_list(person, *, confirmed_at=None, **query):
    request = requests.get("/api/suppliers/", query)
    request.session = {"confirmed_at": confirmed_at or time.time()}
    force_authenticate(request, person)
    return SupplierList.as_view()(request)


def get_one(person, pk):
    request = requests.get(f"/api/suppliers/{pk}/")
    force_authenticate(request, person)
    return SupplierDetail.as_view()(request, pk=pk)


def test_the_buyers_people_read_all_suppliers_page_by_page(reviewer):
    made = [create_supplier() for _ in range(5)]

    first = get_list(reviewer, page_size=3)
    cursor = dict(pair.split("=") for pair in first.data["next"].partition("?")[2].split("&"))["cursor"]
    second = get_list(reviewer, page_size=3, cursor=cursor.replace("%3D", "="))

    assert [row["id"] for row in first.data["results"] + second.data["results"]] == [supplier.pk for supplier in made]
    assert second.data["next"] is None


def test_a_list_is_for_those_who_may_take_the_portfolio_along(administrator, supplier):
    assert get_list(administrator).status_code == 403
    assert get_one(administrator, supplier.pk).status_code == 200


def test_a_list_asks_the_buyers_people_again_who_is_there(reviewer, owner, supplier):
    refused = get_list(reviewer, confirmed_at=1.0)

    assert (refused.status_code, refused.data["detail"].code) == (403, "not_confirmed")
    assert "/account/confirm/?next=%2Fapi%2Fsuppliers%2F" in refused.data["detail"]
    assert get_list(owner, confirmed_at=1.0).status_code == 200
    assert not Event.objects.filter(action="supplier.viewed").exists()


def test_a_supplier_reads_itself_only(supplier, owner):
    other = create_supplier()

    assert [row["id"] for row in get_list(owner).data["results"]] == [supplier.pk]
    assert get_one(owner, supplier.pk).status_code == 200
    assert get_one(owner, other.pk).status_code == 404


def test_filters_narrow_down(reviewer):
    lantern = create_supplier(name_en="Paper Lantern", country="DE", category="events", state="suspended")
    create_supplier(name_en="Bamboo Bridge", country="CN", category="media")

    for query in ({"q": "lantern paper"}, {"country": "de"}, {"category": "events"}, {"state": "suspended"}):
        assert [row["id"] for row in get_list(reviewer, **query).data["results"]] == [lantern.pk]
    assert get_list(reviewer, category="toys").status_code == 400


def test_a_supplier_comes_with_its_sites_and_contacts(reviewer, supplier):
    create_site(supplier=supplier, name="Harbour")
    create_contact(supplier=supplier, name="Ann")

    data = get_one(reviewer, supplier.pk).data

    assert [site["name"] for site in data["sites"]] == ["Harbour"]
    assert [contact["name"] for contact in data["contacts"]] == ["Ann"]


def test_nobody_reads_without_signing_in():
    request = requests.get("/api/suppliers/")
    request.user = AnonymousUser()
    assert SupplierList.as_view()(request).status_code in (401, 403)


def test_the_list_costs_two_queries_however_long_it_is(reviewer, django_assert_num_queries):
    for _ in range(20):
        create_supplier()
    # The suppliers, and that they were looked at.
    with django_assert_num_queries(2):
        get_list(reviewer)
