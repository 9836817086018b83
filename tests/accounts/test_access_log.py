from django.test import Client

from accounts.models import User
from audit import trail
from suppliers.models import Supplier


def test_a_supplier_sees_who_looked_at_its_data(client: Client, owner: User, reviewer: User, supplier: Supplier) -> None:
    trail.record("assessment.viewed", actor=reviewer, target=supplier, supplier_id=supplier.pk)
    trail.record_each("portfolio.exported", supplier_ids=[supplier.pk], actor=reviewer)
    client.force_login(owner)

    page = client.get("/access-log/").content.decode()

    assert "Rita Reviewer" in page
    assert "Procurement reviewer" in page
    assert "Looked at: your assessment" in page
    assert "Exported: the supplier list with your company in it" in page


def test_own_looks_and_other_suppliers_looks_are_not_in_it(
    client: Client, owner: User, stranger: User, reviewer: User, supplier: Supplier
) -> None:
    trail.record("assessment.viewed", actor=owner, target=supplier, supplier_id=supplier.pk)
    trail.record("assessment.viewed", actor=reviewer, target=supplier, supplier_id=stranger.supplier_id)
    client.force_login(owner)

    assert "Nobody has looked at your data yet" in client.get("/access-log/").content.decode()


def test_an_action_without_words_is_shown_as_it_is(client: Client, owner: User, reviewer: User, supplier: Supplier) -> None:
    trail.record("mystery.viewed", actor=reviewer, target=supplier, supplier_id=supplier.pk)
    client.force_login(owner)

    assert "Looked at: mystery" in client.get("/access-log/").content.decode()


def test_the_log_pages_from_the_newest(client: Client, owner: User, reviewer: User, supplier: Supplier) -> None:
    trail.record_each("portfolio.exported", supplier_ids=[supplier.pk] * 60, actor=reviewer)
    client.force_login(owner)

    first = client.get("/access-log/")
    second = client.get("/access-log/" + first.context["page"].next_url)

    assert (len(first.context["lines"]), len(second.context["lines"])) == (50, 10)


def test_the_buyers_people_have_no_access_log_of_their_own(client: Client, staff: User) -> None:
    client.force_login(staff)

    assert client.get("/access-log/").status_code == 403


def test_a_nonsense_page_address_shows_the_first_page(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/access-log/?after=abc").status_code == 200
