from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import Event
from suppliers.models import Contact, Site, Supplier
from suppliers.profile import Taken, change_supplier
from tests.factories import NOW, create_contact, create_document, create_site, create_supplier
from tests.suppliers.files import valid_uscc


pytestmark = pytest.mark.django_db
PARTICULARS = {"name_zh": "竹桥有限公司", "name_en": "Bamboo Bridge Ltd", "headcount_band": "large", "fiscal_year_start": "4"}
SITE = {"name": "Hangzhou", "type": "office", "country": "CN", "region": "浙江", "address": "", "headcount": "12", "closed_on": ""}
CONTACT = {"name": "Ann", "email": "Ann@bamboo.example", "phone": "", "job_title": "", "language": "en"}


def test_the_profile_shows_identifiers_sites_and_contacts(client, supplier, owner):
    Supplier.objects.filter(pk=supplier.pk).update(uscc=valid_uscc(), fiscal_year_start=4)
    create_site(supplier=supplier, name="Hangzhou")
    create_contact(supplier=supplier, name="Ann")

    client.force_login(owner)
    page = client.get(reverse("suppliers:profile")).content.decode()

    assert all(text in page for text in (valid_uscc(), "Hangzhou", "Ann", "China", "Zhejiang", "April"))


def test_a_supplier_changes_its_particulars_but_not_its_identifiers(client, supplier, owner):
    client.force_login(owner)
    client.post(reverse("suppliers:profile_edit"), PARTICULARS | {"uscc": valid_uscc(), "country": "DE", "state": "suspended"})

    supplier.refresh_from_db()
    assert (supplier.headcount_band, supplier.fiscal_year_start) == ("large", 4)
    assert (supplier.uscc, supplier.country, supplier.state) == (None, "CN", "active")
    assert Event.objects.get(action="supplier.changed").detail == {"fields": ["fiscal_year_start", "headcount_band"]}


def test_particulars_without_a_name_are_refused(client, owner):
    client.force_login(owner)
    page = client.post(reverse("suppliers:profile_edit"), PARTICULARS | {"name_zh": "", "name_en": ""}).content.decode()
    assert "Give the company&#x27;s name" in page


def test_sites_come_change_and_go(client, supplier, colleague):
    client.force_login(colleague)

    client.post(reverse("suppliers:site_new"), SITE)
    site = supplier.sites.get()
    assert site.region == "Zhejiang"
    assert "a site of this name already" in client.post(reverse("suppliers:site_new"), SITE).content.decode()
    client.post(reverse("suppliers:site_edit", args=[site.pk]), SITE | {"headcount": "15"})
    site.refresh_from_db()
    assert site.headcount == 15
    client.post(reverse("suppliers:site_delete", args=[site.pk]))
    assert not Site.objects.exists()


def test_a_year_typed_too_fast_is_asked_about_beside_its_field(client, supplier, colleague):
    client.force_login(colleague)

    page = client.post(reverse("suppliers:site_new"), SITE | {"closed_on": "0026-05-01"})

    assert page.context["form"].errors["closed_on"] == ["Please check the year: 26 cannot be right."]
    assert 'value="0026-05-01"' in page.content.decode()
    assert not Site.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "sent"), [("site_new", SITE), ("contact_new", CONTACT)])
def test_a_form_sent_twice_at_once_is_kept_once(supplier, owner, name, sent):
    def send(_time):
        browser = Client()
        browser.force_login(owner)
        try:
            return browser.post(reverse(f"suppliers:{name}"), sent).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as several:
        statuses = list(several.map(send, range(4)))

    assert sorted(statuses) == [200, 200, 200, 302]
    assert supplier.sites.count() + supplier.contacts.count() == 1


def test_an_identifier_another_supplier_was_given_meanwhile_is_refused(supplier, staff):
    create_supplier(uscc=valid_uscc())

    with pytest.raises(Taken):
        change_supplier(supplier, {"uscc": valid_uscc()}, by=staff, at=NOW)

    assert not Event.objects.filter(action="supplier.changed").exists()


def test_a_site_that_documents_speak_of_is_closed_not_removed(client, supplier, owner):
    site = create_site(supplier=supplier)
    create_document(supplier=supplier, site=site)

    client.force_login(owner)
    page = client.post(reverse("suppliers:site_delete", args=[site.pk]), follow=True).content.decode()

    assert "Enter the day it was closed instead." in page
    assert Site.objects.filter(pk=site.pk).exists()


def test_there_is_always_one_first_contact(client, supplier, owner):
    client.force_login(owner)

    client.post(reverse("suppliers:contact_new"), CONTACT)
    client.post(reverse("suppliers:contact_new"), CONTACT | {"email": "bob@bamboo.example", "is_primary": "on"})
    assert dict(Contact.objects.values_list("email", "is_primary")) == {"ann@bamboo.example": False, "bob@bamboo.example": True}
    client.post(reverse("suppliers:contact_delete", args=[Contact.objects.get(is_primary=True).pk]))
    assert dict(Contact.objects.values_list("email", "is_primary")) == {"ann@bamboo.example": True}
    assert "with this e-mail address already" in client.post(reverse("suppliers:contact_new"), CONTACT).content.decode()


@pytest.mark.parametrize("name", ["site_edit", "site_delete", "contact_edit", "contact_delete"])
def test_a_stranger_finds_nothing(client, supplier, stranger, name):
    made = create_site(supplier=supplier) if name.startswith("site") else create_contact(supplier=supplier)
    client.force_login(stranger)
    assert client.post(reverse(f"suppliers:{name}", args=[made.pk])).status_code == 404


@pytest.mark.parametrize("name", ["profile", "profile_edit", "site_new", "contact_new", "document_list", "document_new"])
def test_the_buyers_people_have_no_company_of_their_own(client, staff, name):
    client.force_login(staff)
    assert client.get(reverse(f"suppliers:{name}")).status_code == 403


# --- staff ------------------------------------------------------------------------------------------------------------

RECORD = PARTICULARS | {"reference": "V1", "uscc": valid_uscc(), "country": "CN", "region": "上海", "category": "media", "state": "active"}


def test_staff_correct_a_suppliers_record(client, supplier, staff):
    client.force_login(staff)
    response = client.post(reverse("suppliers:supplier_edit", args=[supplier.pk]), RECORD)

    assert response.status_code == 302, response.content.decode()
    supplier.refresh_from_db()
    assert (supplier.reference, supplier.uscc, supplier.region, supplier.lei) == ("V1", valid_uscc(), "Shanghai", None)


def test_an_identifier_of_another_supplier_is_refused(client, supplier, staff):
    create_supplier(uscc=valid_uscc())

    client.force_login(staff)
    page = client.post(reverse("suppliers:supplier_edit", args=[supplier.pk]), RECORD).content.decode()

    assert "already exists" in page


@pytest.mark.parametrize(("person", "status"), [("owner", 403), ("stranger", 404), ("reviewer", 403), ("auditor", 403)])
def test_others_do_not_edit_the_record(client, request, supplier, person, status):
    client.force_login(request.getfixturevalue(person))
    assert client.get(reverse("suppliers:supplier_edit", args=[supplier.pk])).status_code == status
