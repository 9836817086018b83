from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from audit.models import Event
from labels import deciding, evaluation, publishing
from labels.dates import ledger_day
from labels.models import Label, LabelEvent, Proposal, Standard
from runs.models import Run
from suppliers.models import Supplier
from tests.factories import create_supplier, create_user
from tests.labels.support import create_critical_finding, create_green_supplier, create_standard


REASON = "The photographs of the treatment plant were taken elsewhere."


@pytest.fixture
def standard(db: None) -> Standard:
    return create_standard()


@pytest.fixture
def labelled(standard: Standard, supplier: Supplier) -> Supplier:
    create_green_supplier(supplier, closed_at=timezone.now() - timedelta(days=60))
    evaluate()
    return supplier


def evaluate() -> None:
    now = timezone.now()
    evaluation.evaluate_all(on=ledger_day(now), at=now)


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    response = client.get(reverse(f"labels:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


# --- lists --------------------------------------------------------------------------------------------------------------


def test_the_ledger_lists_suppliers_with_their_labels(client: Client, staff: User, labelled: Supplier) -> None:
    other = create_supplier(name_en="Nothing To Show Ltd")

    text = page(signed_in(client, staff), "list")

    assert "Bamboo Bridge Ltd" in text
    assert "Green leader" in text
    assert other.name_en in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "live"}, True),
        ({"state": "suspended"}, False),
        ({"state": "none"}, False),
        ({"level": "green_leader"}, True),
        ({"level": "green"}, False),
        ({"category": "services"}, True),
        ({"category": "media"}, False),
        ({"outcome": "green_leader"}, True),
        ({"outcome": "none"}, False),
        ({"q": "bamboo"}, True),
        ({"q": "竹桥"}, True),
        ({"q": "steel"}, False),
        ({"state": "nonsense"}, False),
    ],
)
def test_the_ledger_is_filtered_on_the_server(client: Client, staff: User, labelled: Supplier, query: dict[str, str], found: bool) -> None:
    assert ("Bamboo Bridge Ltd" in page(signed_in(client, staff), "list", **query)) == found


def test_the_ledger_pages_forwards_and_back_without_a_gap(client: Client, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labels.lists.PAGE_SIZE", 2)
    names = ["Alder", "Birch", "Birch", "Cedar", "Date"]
    expected = [create_supplier(name_en=name, name_zh="").pk for name in names]
    signed_in(client, staff)
    url, seen = reverse("labels:list"), []
    while url:
        shown = client.get(url).context["page"]
        seen += [row.pk for row in shown.rows]
        last, url = url, reverse("labels:list") + shown.next_url if shown.next_url else ""

    assert seen == expected
    before = client.get(last).context["page"].previous_url
    assert [row.pk for row in client.get(reverse("labels:list") + before).context["page"].rows] == expected[2:4]


@pytest.mark.parametrize("mark", ["x", "1:\x00", ":", "99999999999999999999:a", "²:a"])
def test_a_made_up_place_in_the_list_is_its_beginning(client: Client, staff: User, labelled: Supplier, mark: str) -> None:
    assert "Bamboo Bridge Ltd" in page(signed_in(client, staff), "list", after=mark)


def test_a_list_of_many_costs_the_queries_of_one(
    client: Client, staff: User, labelled: Supplier, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        create_green_supplier(create_supplier(), closed_at=timezone.now() - timedelta(days=60))
    evaluate()
    signed_in(client, staff)

    # Session, user with membership; rows, total, counts, proposals and appeals that wait, last run.
    with django_assert_num_queries(8):
        page(client, "list")


def test_the_directory_shows_labels_in_force_and_no_others(client: Client, reviewer: User, labelled: Supplier, staff: User) -> None:
    gone = create_green_supplier(create_supplier(name_en="Gone Ltd", name_zh=""), closed_at=timezone.now() - timedelta(days=60))
    evaluate()
    deciding.suspend(supplier_id=gone.pk, reason=REASON, by=staff, at=timezone.now())

    text = page(signed_in(client, reviewer), "directory")

    assert "Bamboo Bridge Ltd" in text
    assert "Gone Ltd" not in text


def test_htmx_gets_the_table_alone(client: Client, staff: User, labelled: Supplier) -> None:
    text = signed_in(client, staff).get(reverse("labels:list"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in text
    assert 'id="labels"' in text


# --- one supplier -------------------------------------------------------------------------------------------------------


def test_staff_see_why_criterion_by_criterion(client: Client, staff: User, labelled: Supplier) -> None:
    create_critical_finding(labelled, opened_at=timezone.now() - timedelta(hours=1))
    evaluate()

    text = page(signed_in(client, staff), "detail", labelled.pk)

    assert "No open critical finding" in text
    assert "Correct 1 finding and have its closure verified." in text
    assert "A condition that allows no delay is missed: No open critical finding." in text
    assert Event.objects.filter(action="label.viewed", actor=staff, supplier_id=labelled.pk).exists()


def test_the_page_speaks_chinese(client: Client, labelled: Supplier) -> None:
    person = create_user(role=Role.ESG_STAFF, language="zh-hans")
    client.force_login(person)
    client.cookies["django_language"] = "zh-hans"

    text = client.get(reverse("labels:detail", args=[labelled.pk]), headers={"Accept-Language": "zh-hans"}).content.decode()

    assert "无未关闭的严重问题项" in text
    assert "竹桥有限公司" in text


def test_a_supplier_without_a_decision_has_an_empty_page(client: Client, staff: User, supplier: Supplier) -> None:
    assert "Not evaluated yet" in page(signed_in(client, staff), "detail", supplier.pk)


def test_staff_suspend_and_lift_with_a_reason(client: Client, staff: User, labelled: Supplier) -> None:
    signed_in(client, staff)
    url = reverse("labels:suspend", args=[labelled.pk])
    assert "The supplier reads it" in client.get(url).content.decode()

    assert client.post(url, {"reason": "short"}).status_code == 200
    assert client.post(url, {"reason": REASON}).status_code == 302
    assert Label.objects.get().state == "suspended"
    assert client.post(reverse("labels:reinstate", args=[labelled.pk]), {"reason": REASON}).status_code == 302
    assert Label.objects.get().state == "awarded"


def test_a_step_that_is_not_possible_is_refused_with_a_message(client: Client, staff: User, supplier: Supplier) -> None:
    signed_in(client, staff)

    response = client.post(reverse("labels:suspend", args=[supplier.pk]), {"reason": REASON}, follow=True)

    assert "Nothing was changed" in response.content.decode()


def test_a_revocation_goes_through_two_people(client: Client, staff: User, labelled: Supplier) -> None:
    signed_in(client, staff).post(reverse("labels:revoke", args=[labelled.pk]), {"reason": REASON, "ground": "false_statement"})
    proposal = Proposal.objects.get()
    assert "Take the proposal back" in page(client, "proposal", proposal.pk)
    confirm = reverse("labels:proposal_confirm", args=[proposal.pk])

    assert "Somebody else has to confirm it" in client.post(confirm, follow=True).content.decode()
    assert Label.objects.get().state == "awarded"
    second = signed_in(Client(), create_user(role=Role.ESG_STAFF))
    assert "Revocation proposed" in page(second, "detail", labelled.pk)
    assert "Confirm the revocation" in page(second, "proposal", proposal.pk)
    second.post(confirm)

    assert Label.objects.get().state == "revoked"
    assert (
        "This proposal was already decided"
        in second.post(reverse("labels:proposal_decline", args=[proposal.pk]), {"reason": REASON}, follow=True).content.decode()
    )


def test_the_evaluation_is_started_as_a_run(client: Client, staff: User, standard: Standard) -> None:
    response = signed_in(client, staff).post(reverse("labels:evaluate"))

    run = Run.objects.get(kind="evaluate_labels")
    assert response["Location"] == run.get_absolute_url()
    assert run.started_by == staff


# --- standards ----------------------------------------------------------------------------------------------------------


def test_everybody_who_signs_in_reads_the_standard(client: Client, owner: User, standard: Standard) -> None:
    text = page(signed_in(client, owner), "standard", standard.pk)

    assert "Environmental management system certificate" in text
    assert "not asked of companies with this headcount: Fewer than 10, 10 to 49" in text
    assert "In force" in page(client, "standard_list")


def test_criteria_are_shown_for_the_category_chosen(client: Client, staff: User, standard: Standard) -> None:
    signed_in(client, staff)

    assert "At least 65" in page(client, "standard", standard.pk, category="cloud_dc")
    assert "Carbon-neutral pilot" not in page(client, "standard", standard.pk, category="media")


def test_a_draft_is_the_buyers_own(client: Client, owner: User, staff: User) -> None:
    draft = create_standard(version="2027", status="draft", published_at=None, in_force_from=None)

    assert signed_in(client, owner).get(draft.get_absolute_url()).status_code == 404
    assert signed_in(client, staff).get(draft.get_absolute_url()).status_code == 200


# --- the supplier -------------------------------------------------------------------------------------------------------


def test_a_supplier_sees_its_label_and_shows_it(client: Client, owner: User, labelled: Supplier) -> None:
    text = page(signed_in(client, owner), "mine")

    assert "Green leader" in text
    assert "<svg" in text
    assert str(Label.objects.get().public_id) in text


def test_a_supplier_sees_what_is_missing_and_what_would_meet_it(
    client: Client, owner: User, supplier: Supplier, standard: Standard
) -> None:
    create_green_supplier(supplier, total="51.20", closed_at=timezone.now() - timedelta(days=60))
    evaluate()

    text = page(signed_in(client, owner), "mine")

    assert "What is missing for: Green supplier" in text
    assert "Raise the score to 60." in text
    assert "8.80 points short" in text


def test_a_supplier_reads_the_reason_but_not_who_decided(client: Client, owner: User, labelled: Supplier, staff: User) -> None:
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=timezone.now())

    text = page(signed_in(client, owner), "mine")

    assert REASON in text
    assert staff.name not in text


def test_a_supplier_that_was_never_evaluated_is_told_when(client: Client, owner: User) -> None:
    assert "Not evaluated yet" in page(signed_in(client, owner), "mine")


def test_the_certificate_is_for_labels_in_force(client: Client, owner: User, labelled: Supplier, staff: User) -> None:
    text = page(signed_in(client, owner), "certificate", labelled.pk)
    assert "绿色" in text or "Green leader" in text
    assert "style=" not in text

    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=timezone.now())

    assert client.get(reverse("labels:certificate", args=[labelled.pk])).status_code == 404


# --- the public page ----------------------------------------------------------------------------------------------------


def state(state: str, **fields: Any) -> Callable[[Label], None]:
    return lambda label: Label.objects.filter(pk=label.pk).update(state=state, **fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (state("awarded"), "This green label is in force."),
        (state("warned"), "This green label is in force."),
        (state("suspended"), "It does not count at present."),
        (state("expired"), "This green label has expired."),
        (state("awarded", valid_to=timezone.now().date() - timedelta(days=2)), "This green label has expired."),
        (state("revoked"), "This green label was revoked."),
    ],
)
def test_anybody_can_verify_a_label(client: Client, labelled: Supplier, owner: User, change: Callable[[Label], None], words: str) -> None:
    label = Label.objects.get()
    publishing.agree(supplier_id=labelled.pk, choices={"name": True}, by=owner, at=timezone.now())
    change(label)

    text = page(client, "verify", label.public_id)

    assert words in text
    assert "Bamboo Bridge Ltd" in text
    assert "90.00" not in text


def test_an_address_that_was_never_given_out_verifies_nothing(client: Client, labelled: Supplier) -> None:
    assert client.get(reverse("labels:verify", args=[uuid4()])).status_code == 404


def test_no_page_of_a_label_claims_a_certification(client: Client, owner: User, labelled: Supplier) -> None:
    signed_in(client, owner)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for name, args in (("mine", []), ("certificate", [labelled.pk]), ("verify", [Label.objects.get().public_id])):
                text = page(client, name, *args).lower()
                assert "certified" not in text


# --- who may what -------------------------------------------------------------------------------------------------------

STAFF_PAGES = ["list", "directory"]
DECISIONS = ["suspend", "reinstate", "revoke"]


def test_suppliers_have_no_business_in_the_buyers_pages(client: Client, owner: User, labelled: Supplier) -> None:
    signed_in(client, owner)

    for name in STAFF_PAGES:
        assert client.get(reverse(f"labels:{name}")).status_code == 403
    assert client.get(reverse("labels:detail", args=[labelled.pk])).status_code == 403
    for name in DECISIONS:
        assert client.post(reverse(f"labels:{name}", args=[labelled.pk]), {"reason": REASON}).status_code == 403
    assert client.post(reverse("labels:evaluate")).status_code == 403


def test_a_stranger_finds_nothing(client: Client, stranger: User, labelled: Supplier) -> None:
    signed_in(client, stranger)

    for name in ("detail", "certificate", *DECISIONS):
        assert client.get(reverse(f"labels:{name}", args=[labelled.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_esg_staff_decide(client: Client, role: Role, labelled: Supplier, staff: User) -> None:
    signed_in(client, create_user(role=role))
    proposal = deciding.propose_revocation(supplier_id=labelled.pk, ground="misuse", reason=REASON, by=staff, at=timezone.now())

    assert client.get(reverse("labels:detail", args=[labelled.pk])).status_code == 200
    for name in DECISIONS:
        assert client.post(reverse(f"labels:{name}", args=[labelled.pk]), {"reason": REASON, "ground": "misuse"}).status_code == 403
    for name in ("proposal_confirm", "proposal_decline"):
        assert client.post(reverse(f"labels:{name}", args=[proposal.pk])).status_code == 403
    assert client.post(reverse("labels:evaluate")).status_code == 403
    assert Label.objects.get().state == "awarded"


def test_without_signing_in_only_the_verification_opens(client: Client, labelled: Supplier) -> None:
    for name, args in (("list", []), ("directory", []), ("mine", []), ("standard_list", []), ("detail", [labelled.pk])):
        assert client.get(reverse(f"labels:{name}", args=args)).status_code == 302


def test_looking_changes_nothing(client: Client, staff: User, labelled: Supplier) -> None:
    before = list(Label.objects.values()), LabelEvent.objects.count()
    signed_in(client, staff)

    for name in DECISIONS:
        client.get(reverse(f"labels:{name}", args=[labelled.pk]))
    assert client.get(reverse("labels:evaluate")).status_code == 405

    assert (list(Label.objects.values()), LabelEvent.objects.count()) == before
