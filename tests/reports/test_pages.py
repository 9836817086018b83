from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Finding
from audit import trail
from audit.action_names import action_name
from audit.models import Event
from suppliers.models import Registration, Supplier
from tests.factories import NOW, create_assessment, create_contact, create_document, create_site


def test_looking_at_a_supplier_is_written_down(client: Client, reviewer: User, supplier: Supplier) -> None:
    client.force_login(reviewer)

    response = client.get(reverse("reports:supplier", args=[supplier.pk]))

    assert response.status_code == 200
    event = Event.objects.get(action="supplier.viewed")
    assert (event.supplier_id, event.actor, event.actor_role) == (supplier.pk, reviewer, "reviewer")


def test_the_supplier_page_costs_the_same_with_one_of_everything_and_with_ten(
    client: Client, reviewer: User, supplier: Supplier, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client.force_login(reviewer)
    address = reverse("reports:supplier", args=[supplier.pk])

    def add_one() -> None:
        create_assessment(supplier=supplier, status="submitted", submitted_at=supplier.created_at, submitted_by=reviewer)
        create_document(supplier=supplier)
        create_site(supplier=supplier)
        create_contact(supplier=supplier)

    add_one()
    with django_assert_max_num_queries(15) as before:
        client.get(address)
    for _number in range(9):
        add_one()
    with django_assert_num_queries(len(before)):
        client.get(address)


def test_the_supplier_page_leads_to_the_answers_once_they_are_handed_in(client: Client, reviewer: User, supplier: Supplier) -> None:
    begun = create_assessment(supplier=supplier)
    handed_in = create_assessment(supplier=supplier, status="submitted", submitted_at=supplier.created_at, submitted_by=reviewer)

    client.force_login(reviewer)
    page = client.get(reverse("reports:supplier", args=[supplier.pk])).content.decode()

    assert reverse("assessments:review", args=[handed_in.pk]) in page
    assert reverse("assessments:review", args=[begun.pk]) not in page


def test_looks_leave_room_for_what_was_done(client: Client, reviewer: User, supplier: Supplier) -> None:
    trail.record("supplier.changed", actor=reviewer, target=supplier, supplier_id=supplier.pk)
    client.force_login(reviewer)
    address = reverse("reports:supplier", args=[supplier.pk])

    page = [client.get(address) for _look in range(25)][-1].content.decode()

    assert "Company profile changed" in page
    assert "Supplier page looked at" not in page


def test_what_is_done_over_and_over_in_a_day_is_told_once(client: Client, reviewer: User, supplier: Supplier) -> None:
    for action in ["supplier.created", *["agreement.paper_made"] * 30]:
        trail.record(action, target=supplier, supplier_id=supplier.pk, at=NOW)
    client.force_login(reviewer)

    page = client.get(reverse("reports:supplier", args=[supplier.pk])).context["page"]

    assert [(each.title, each.detail) for each in page.history] == [
        (action_name("agreement.paper_made"), "30 times"),
        (action_name("supplier.created"), ""),
    ]


def test_open_findings_come_first_and_speak_the_readers_language(client: Client, reviewer: User, supplier: Supplier) -> None:
    assessment = create_assessment(supplier=supplier)
    at = supplier.created_at
    for text, fields in (("closed", {"status": "closed", "closed_at": at, "closed_by": reviewer}), ("open", {"text_zh": "仍未关闭"})):
        Finding.objects.create(
            supplier=supplier, assessment=assessment, question="E1-01", severity="minor", text=text, opened_at=at, **fields
        )
    reviewer.language = "zh-hans"
    reviewer.save(update_fields=["language"])
    client.force_login(reviewer)

    page = client.get(reverse("reports:supplier", args=[supplier.pk])).content.decode()

    assert page.index("仍未关闭") < page.index(">closed<")


def test_a_supplier_does_not_see_the_buyers_page_about_it(client: Client, owner: User, stranger: User, supplier: Supplier) -> None:
    address = reverse("reports:supplier", args=[supplier.pk])

    client.force_login(owner)
    assert client.get(address).status_code == 403
    client.force_login(stranger)
    assert client.get(address).status_code == 404


def test_the_dashboard_stands_on_an_empty_portal(client: Client, auditor: User) -> None:
    client.force_login(auditor)

    assert client.get(reverse("reports:dashboard")).status_code == 200


def test_the_dashboard_leads_to_what_its_figures_count(client: Client, staff: User, auditor: User) -> None:
    names = {"name_en": "Paper Crane Ltd", "contact_name": "Lin Deng", "contact_email": "lin@crane.example"}
    Registration.objects.create(
        country="DE", lei="529900T8BM49AURSDO55", category="media", headcount_band="small", submitted_at=NOW, **names
    )
    client.force_login(staff)
    page = client.get(reverse("reports:dashboard")).content.decode()
    assert f"{reverse('assessments:finding_list')}?severity=critical&amp;state=open" in page
    assert f"{reverse('labels:list')}?state=live" in page
    assert reverse("suppliers:registration_queue") + '">1 registration waits' in page

    client.force_login(auditor)
    assert "registration waits" not in client.get(reverse("reports:dashboard")).content.decode()


def test_the_audit_trail_is_for_auditors_and_can_be_searched(client: Client, auditor: User, reviewer: User, supplier: Supplier) -> None:
    client.force_login(reviewer)
    assert client.get(reverse("reports:audit_trail")).status_code == 403
    client.get(reverse("reports:supplier", args=[supplier.pk]))
    client.force_login(auditor)

    found = client.get(reverse("reports:audit_trail"), {"action": "supplier.viewed", "actor": "Rita", "supplier": supplier.pk})
    nothing = client.get(reverse("reports:audit_trail"), {"action": "supplier.viewed", "actor": "Nobody"})

    assert b"Supplier page looked at" in found.content
    assert b"Nothing of the kind happened" in nothing.content


def test_the_api_page_names_every_address_of_the_schema(client: Client, staff: User) -> None:
    client.force_login(staff)

    page = client.get(reverse("reports:api")).content.decode()
    schema = client.get(reverse("api_schema"), {"format": "json"}).json()

    assert len(schema["paths"]) >= 10
    assert all(path in page for path in schema["paths"])


def test_the_api_page_tells_choices_by_their_names_and_not_in_the_markdown_of_the_schema(client: Client, staff: User) -> None:
    client.force_login(staff)

    page = client.get(reverse("reports:api")).content.decode()

    assert "in_review (In review)" in page
    assert "* `" not in page
