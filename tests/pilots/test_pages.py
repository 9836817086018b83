from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from audit.models import Event
from emissions.inventory import calculate_inventory
from pilots.models import Agreement, AgreementTemplate
from pilots.terms import Terms
from pilots.wordings import load_templates
from suppliers.models import Supplier
from tests.emissions.support import create_record
from tests.factories import NOW, create_site, create_supplier, create_user
from tests.pilots.support import active, drafted, factor_set, offered, report, sign, signature_data


def url(name: str, agreement: Agreement) -> str:
    return reverse(f"pilots:{name}", args=[agreement.pk])


def template() -> AgreementTemplate:
    load_templates(at=NOW)
    return AgreementTemplate.objects.get(key="carbon-neutral-pilot")


def begin_data(**fields: Any) -> dict[str, Any]:
    return {
        "template": template().pk,
        "title_en": "Carbon-neutral pilot",
        "title_zh": "碳中和试点协议",
        "starts_on": "2024-01-01",
        "ends_on": "2028-12-31",
        "factor_set": factor_set().pk,
        "base_year": "2023",
        "base_emissions": "1000",
        **fields,
    }


STEPS: dict[str, dict[str, Any]] = {
    "term": {"title_en": "Carbon-neutral pilot", "title_zh": "碳中和试点协议", "starts_on": "2024-01-01", "ends_on": "2028-12-31"},
    "boundary": {"boundary": "All sites", "counts_scope1": "on", "counts_scope2": "on", "scope2_method": "market"},
    "base": {"base_year": "2023", "base_emissions": "1000", "measure": "absolute"},
    "goals": {"total_reduction": "50", "path": "linear", "reporting_cycle": "year", "verification": "none"},
    "consequences": {"recalculation_threshold": "5"},
}


def step_url(agreement: Agreement, name: str) -> str:
    return reverse("pilots:edit", args=[agreement.pk, name])


def step_data(name: str, **fields: Any) -> dict[str, Any]:
    return {**STEPS[name], **({"factor_set": factor_set().pk} if name == "base" else {}), **fields}


def test_from_a_draft_to_the_first_report(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    """The whole way, as people walk it: staff draft and offer, both sides sign, the supplier reports, both see the track."""
    client.force_login(staff)
    search = client.get(reverse("pilots:new"), {"q": "bamboo"}).content.decode()
    assert "Bamboo Bridge Ltd" in search
    new = reverse("pilots:new") + f"?supplier={supplier.pk}"
    assert client.get(new).status_code == 200
    client.post(new, begin_data())
    agreement = Agreement.objects.get()
    assert agreement.milestones.count() == 1
    for name in STEPS:
        assert client.get(step_url(agreement, name)).status_code == 200
        assert client.post(step_url(agreement, name), step_data(name)).status_code == 302
    suggested = agreement.milestones.get()
    row = {"due_on": suggested.due_on.isoformat(), "kind": "reduction", "value": "16.8"}
    kept = {"milestones-TOTAL_FORMS": "2", "milestones-INITIAL_FORMS": "1"} | {f"milestones-0-{name}": value for name, value in row.items()}
    assert client.get(url("milestones", agreement)).status_code == 200
    assert client.post(url("milestones", agreement), kept).status_code == 302
    assert agreement.milestones.get() == suggested
    assert client.post(url("milestones", agreement), kept | {"milestones-0-DELETE": "on"}).status_code == 302
    assert not agreement.milestones.exists()
    years = {f"target_{year}": str(value) for year, value in ((2024, 900), (2025, 820), (2026, 700), (2027, 600), (2028, 500))}
    assert client.get(url("targets", agreement)).status_code == 200
    client.post(url("targets", agreement), years)
    client.post(url("offer", agreement))
    agreement.refresh_from_db()
    assert agreement.offered_terms
    assert agreement.offered_terms["targets"]["2025"] == "820"
    client.post(url("sign", agreement), signature_data(agreement, name="Steve Staff"))

    client.force_login(owner)
    assert agreement.number in client.get(reverse("pilots:mine")).content.decode()
    assert agreement.content_sha256 in client.get(url("sign", agreement)).content.decode()
    client.post(url("sign", agreement), signature_data(agreement))
    agreement.refresh_from_db()
    assert agreement.status == "active"
    assert client.get(url("report", agreement)).status_code == 200
    answer = client.post(url("report", agreement), {"year": "2024", "basis": "entered", "emissions": "930", "months_covered": "12"})
    assert answer.status_code == 302

    page = client.get(url("detail", agreement)).content.decode()
    assert "Off track" in page
    assert "3.3% above the target of 2024" in page
    assert "Unchanged since the offer" in page
    client.force_login(staff)
    listed = client.get(reverse("pilots:list"), {"track": "off_track"}).content.decode()
    assert agreement.number in listed
    assert client.get(reverse("pilots:list"), {"track": "on_track"}).context["page"].rows == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_on": "2023-12-31"}, "ends_on"),
        ({"ends_on": "2099-12-31"}, "ends_on"),
        ({"base_year": "2024"}, "base_year"),
        ({"base_year": "23"}, "base_year"),
        ({"base_emissions": "0"}, "base_emissions"),
        ({"base_emissions": "-5"}, "base_emissions"),
        ({"template": ""}, "template"),
    ],
)
def test_a_draft_that_cannot_begin_is_told_beside_the_field(
    client: Client, staff: User, supplier: Supplier, fields: dict[str, str], field: str
) -> None:
    client.force_login(staff)

    response = client.post(reverse("pilots:new") + f"?supplier={supplier.pk}", begin_data(**fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Agreement.objects.exists()


@pytest.mark.parametrize(
    ("step", "fields", "field"),
    [
        ("term", {"ends_on": "2023-12-31"}, "ends_on"),
        ("boundary", {"boundary": ""}, "boundary"),
        ("boundary", {"counts_scope1": "", "counts_scope2": ""}, "counts_scope1"),
        ("boundary", {"scope3_categories": ["16"]}, "scope3_categories"),
        ("base", {"base_year": "2024"}, "base_year"),
        ("base", {"base_emissions": "-1"}, "base_emissions"),
        ("base", {"measure": "intensity"}, "intensity_unit"),
        ("base", {"measure": "intensity", "intensity_unit": "MWh", "base_denominator": "0"}, "base_denominator"),
        ("goals", {"total_reduction": "101"}, "total_reduction"),
        ("goals", {"total_reduction": "0"}, "total_reduction"),
        ("goals", {"pue_target": "0.9"}, "pue_target"),
        ("goals", {"renewable_share_target": "101"}, "renewable_share_target"),
        ("goals", {"reporting_cycle": "weekly"}, "reporting_cycle"),
    ],
)
def test_terms_that_cannot_be_are_told_beside_the_field(
    client: Client, staff: User, supplier: Supplier, step: str, fields: dict[str, Any], field: str
) -> None:
    agreement = drafted(supplier, staff)
    client.force_login(staff)

    response = client.post(step_url(agreement, step), step_data(step, **fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    stored = Agreement.objects.get()
    assert (stored.boundary, stored.base_year, stored.total_reduction) == (agreement.boundary, 2023, 50)


def test_a_step_leaves_what_the_other_steps_say(client: Client, staff: User, supplier: Supplier) -> None:
    agreement = drafted(supplier, staff, incentive="First choice", reporting_cycle="quarter")
    client.force_login(staff)

    client.post(step_url(agreement, "goals"), step_data("goals", path="compounding", reporting_cycle="quarter"))

    agreement.refresh_from_db()
    assert (agreement.path, agreement.incentive, agreement.boundary) == ("compounding", "First choice", "All sites, scope 1 and 2")


def test_scope_3_and_quarters_do_not_go_together(client: Client, staff: User, supplier: Supplier) -> None:
    agreement = drafted(supplier, staff, scope3_categories=[1, 4])
    client.force_login(staff)

    response = client.post(step_url(agreement, "goals"), step_data("goals", reporting_cycle="quarter"))

    assert "reporting_cycle" in response.context["form"].errors


def test_quarters_make_a_year(client: Client, staff: User, supplier: Supplier) -> None:
    agreement = drafted(supplier, staff, reporting_cycle="quarter")
    client.force_login(staff)
    years = {f"target_{year}": "900" for year in range(2024, 2029)}
    shares = {"quarter_1": "20", "quarter_2": "25", "quarter_3": "30", "quarter_4": "25"}

    refused = client.post(url("targets", agreement), years | shares | {"quarter_4": "26"})
    client.post(url("targets", agreement), years | shares)

    agreement.refresh_from_db()
    assert list(refused.context["form"].errors) == ["quarter_4"]
    assert agreement.quarter_weights == (20, 25, 30, 25)


def rows(*milestones: tuple[str, str, str]) -> dict[str, str]:
    data = {"milestones-TOTAL_FORMS": str(len(milestones)), "milestones-INITIAL_FORMS": "0"}
    for number, values in enumerate(milestones):
        data |= {f"milestones-{number}-{name}": value for name, value in zip(("due_on", "kind", "value"), values, strict=True)}
    return data


def test_milestones_are_saved_together_or_not_at_all(client: Client, staff: User, supplier: Supplier) -> None:
    agreement = drafted(supplier, staff)
    client.force_login(staff)

    for wrong, field in (
        (("2030-01-01", "reduction", "20"), "due_on"),
        (("2026-01-01", "pue", "0.5"), "value"),
        (("2026-01-01", "reduction", "101"), "value"),
        (("2026-01-01", "", "10"), "kind"),
    ):
        refused = client.post(url("milestones", agreement), rows(("2025-12-31", "reduction", "20"), wrong))
        assert refused.status_code == 422
        assert field in refused.context["formset"].forms[1].errors
    twice = client.post(url("milestones", agreement), rows(*[("2026-01-01", "pue", "1.3")] * 2))
    assert "twice" in twice.content.decode()
    assert not agreement.milestones.exists()
    client.post(url("milestones", agreement), rows(("2025-12-31", "reduction", "20"), ("2026-12-31", "pue", "1.3"), ("", "", "")))

    assert list(agreement.milestones.values_list("kind", flat=True)) == ["reduction", "pue"]


def test_sites_of_another_supplier_cannot_be_chosen(client: Client, staff: User, supplier: Supplier) -> None:
    foreign = create_site(supplier=create_supplier())
    agreement = drafted(supplier, staff)
    client.force_login(staff)

    response = client.post(step_url(agreement, "boundary"), step_data("boundary", sites=[foreign.pk]))

    assert "sites" in response.context["form"].errors


def test_targets_that_rise_are_told_beside_the_year(client: Client, staff: User, supplier: Supplier) -> None:
    agreement = drafted(supplier, staff)
    client.force_login(staff)

    data = {f"target_{year}": "900" for year in range(2024, 2029)} | {"target_2026": "901"}
    response = client.post(url("targets", agreement), data)

    assert list(response.context["form"].errors) == ["target_2026"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"password": "wrong"}, "password"), ({"agreed": ""}, "agreed"), ({"name": ""}, "name"), ({"job_title": ""}, "job_title")],
)
def test_a_signature_needs_name_role_password_and_consent(
    client: Client, staff: User, owner: User, supplier: Supplier, fields: dict[str, str], field: str
) -> None:
    agreement = offered(supplier, staff)
    client.force_login(owner)

    response = client.post(url("sign", agreement), signature_data(agreement, **fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not agreement.signatures.exists()


def test_terms_that_changed_since_the_page_was_read_are_not_signed(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = offered(supplier, staff)
    client.force_login(owner)

    page = client.post(url("sign", agreement), signature_data(agreement, sha256="0" * 64), follow=True).content.decode()

    assert "Nothing was signed" in page
    assert not agreement.signatures.exists()


def test_who_may_do_what(client: Client, request: pytest.FixtureRequest, staff: User, owner: User, supplier: Supplier) -> None:
    draft, offer = drafted(supplier, staff), offered(supplier, staff)
    running = active(supplier, staff, owner)
    gets = {
        reverse("pilots:list"): {"staff": 200, "auditor": 200, "reviewer": 200, "owner": 403},
        reverse("pilots:mine"): {"owner": 200, "colleague": 200, "stranger": 200, "staff": 403},
        reverse("pilots:new"): {"staff": 200, "auditor": 403, "reviewer": 403, "owner": 403},
        url("detail", draft): {"staff": 200, "auditor": 200, "owner": 404, "stranger": 404},
        url("detail", offer): {"owner": 200, "colleague": 200, "stranger": 404},
        step_url(draft, "term"): {"staff": 200, "auditor": 403, "administrator": 403, "owner": 404},
        url("targets", draft): {"staff": 200, "reviewer": 403},
        url("sign", offer): {"owner": 200, "staff": 200, "colleague": 403, "auditor": 403, "administrator": 403, "stranger": 404},
        url("report", running): {"owner": 200, "colleague": 200, "staff": 200, "auditor": 403, "stranger": 404},
        url("terminate", running): {"staff": 200, "auditor": 403, "owner": 403},
        url("close", running): {"staff": 200, "auditor": 403, "owner": 403},
        url("action_new", running): {"staff": 200, "owner": 403, "auditor": 403},
    }
    for page, expected in gets.items():
        for person, status in expected.items():
            client.force_login(request.getfixturevalue(person))
            assert client.get(page).status_code == status, (page, person)
    for name, agreement in (("offer", draft), ("withdraw", offer), ("terminate", offer)):
        for person, status in {"auditor": 403, "administrator": 403, "reviewer": 403, "stranger": 404}.items():
            client.force_login(request.getfixturevalue(person))
            assert client.post(url(name, agreement), {"reason": "x"}).status_code == status, (name, person)
    assert Agreement.objects.get(pk=offer.pk).status == "offered"


@pytest.mark.parametrize("name", ["offer", "withdraw"])
def test_a_look_changes_nothing(client: Client, staff: User, supplier: Supplier, name: str) -> None:
    client.force_login(staff)

    assert client.get(url(name, drafted(supplier, staff))).status_code == 405


def test_the_supplier_sees_who_of_the_buyer_looked(client: Client, staff: User, reviewer: User, owner: User, supplier: Supplier) -> None:
    draft, agreement = drafted(supplier, staff), offered(supplier, staff)

    for person, page in ((reviewer, agreement), (owner, agreement), (staff, draft)):
        client.force_login(person)
        client.get(url("detail", page))

    looks = Event.objects.about_supplier(supplier.pk).filter(action="agreement.viewed")
    assert [look.actor_id for look in looks] == [reviewer.pk]


def test_the_supplier_sees_whoever_of_the_buyer_sees_its_emissions(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    """Also where they stand in a form, of an agreement or of what is to be one."""
    site = create_site(supplier=supplier)
    for month in range(1, 13):
        create_record(site, "electricity", 1000, "kWh", date(2023, month, 1))
    calculate_inventory(supplier_id=supplier.pk, year=2023, at=NOW)
    draft, agreement = drafted(supplier, staff), active(supplier, staff, owner)
    client.force_login(staff)
    looks = Event.objects.about_supplier(supplier.pk).filter(action__in=["inventory.viewed", "pilot.viewed"])
    noted = {}
    for page in (
        reverse("pilots:new") + f"?supplier={supplier.pk}",
        *(url("detail", draft), step_url(draft, "term"), step_url(draft, "base"), url("targets", draft)),
        *(url("report", agreement), url("amend", agreement), url("amend", agreement) + "?kind=recalculation"),
        reverse("pilots:list"),
    ):
        before = looks.count()
        assert client.get(page).status_code == 200
        noted[page] = looks.count() - before

    assert [page for page, count in noted.items() if not count] == [step_url(draft, "term"), url("amend", agreement)]
    assert max(noted.values()) == 1


def test_only_staff_say_that_a_year_is_verified(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = active(supplier, staff, owner)
    data = {"year": "2024", "basis": "entered", "emissions": "900", "months_covered": "12", "is_verified": "on"}

    client.force_login(owner)
    client.post(url("report", agreement), data)
    by_supplier = agreement.reported_years.get().is_verified
    client.force_login(staff)
    client.post(url("report", agreement), data)

    assert (by_supplier, agreement.reported_years.get().is_verified) == (False, True)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"emissions": ""}, "emissions"),
        ({"emissions": "-1"}, "emissions"),
        ({"year": "2023"}, "year"),
        ({"year": "2028"}, "year"),
        ({"months_covered": "13"}, "months_covered"),
        ({"pue": "0.8"}, "pue"),
        ({"basis": "calculated"}, "basis"),
        ({"offsets": "-3"}, "offsets"),
    ],
)
def test_reports_that_cannot_be_are_told_beside_the_field(
    client: Client, staff: User, owner: User, supplier: Supplier, fields: dict[str, str], field: str
) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(owner)

    response = client.post(
        url("report", agreement), {"year": "2024", "basis": "entered", "emissions": "900", "months_covered": "12", **fields}
    )

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not agreement.reported_years.exists()


def test_an_agreement_ends_with_a_reason_that_the_supplier_reads(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(staff)
    refused = client.post(url("terminate", agreement), {"reason": ""})
    client.post(url("terminate", agreement), {"reason": "The halls were sold."})
    client.force_login(owner)

    assert refused.status_code == 422
    assert "The halls were sold." in client.get(url("detail", agreement)).content.decode()


def test_joint_actions_are_kept_on_the_page(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(staff)
    client.post(url("action_new", agreement), {"year": "2025", "title": "Liquid cooling", "expected_reduction": "120", "status": "planned"})
    action = agreement.joint_actions.get()
    client.post(reverse("pilots:action_edit", args=[action.pk]), {"year": "2025", "title": "Liquid cooling", "status": "delivered"})

    page = client.get(url("detail", agreement)).content.decode()

    assert "Liquid cooling" in page
    assert "Delivered" in page


def test_the_part_that_htmx_fetches_is_the_table_alone(client: Client, staff: User, supplier: Supplier) -> None:
    drafted(supplier, staff)
    client.force_login(staff)

    part = client.get(reverse("pilots:list"), headers={"HX-Request": "true"})

    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize("query", ["supplier=abc", "supplier=999999999999999999999", "supplier=²", "q=" + "x" * 300])
def test_odd_addresses_are_no_errors(client: Client, staff: User, query: str) -> None:
    client.force_login(staff)

    assert client.get(reverse("pilots:new") + f"?{query}").status_code in (200, 404)
    assert client.get(reverse("pilots:list") + f"?{query}&status=odd&after=odd").status_code == 200


def test_list_and_page_cost_the_same_for_one_and_for_many(
    client: Client, staff: User, owner: User, supplier: Supplier, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        agreement = active(supplier, staff, owner)
        for year in (2024, 2025):
            report(agreement, year, 850, by=owner)
    client.force_login(owner)
    client.get(reverse("pilots:mine"))

    # session, user, membership, agreements with supplier and track
    with django_assert_max_num_queries(4):
        client.get(reverse("pilots:mine"))
    # session and user; the agreement, its stamp, and all of it; targets, milestones and sites; reports, signatures, actions,
    # amendments, appraisals and papers; whether the activity data of the forecast have changed, and what they are when they have
    with django_assert_max_num_queries(17):
        client.get(url("detail", agreement))
    # session and user; the agreement; its stamp
    with django_assert_max_num_queries(4):
        client.get(url("detail", agreement))
    client.force_login(staff)
    client.get(reverse("pilots:list"))
    # session and user; the rows; the line in the access log; those in force; the inventories
    with django_assert_max_num_queries(6):
        client.get(reverse("pilots:list"))


def test_the_page_is_drawn_again_when_something_of_it_changes(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(staff)
    pages = [client.get(url("detail", agreement)).content.decode()]
    report(agreement, 2024, 880, by=owner)
    pages.append(client.get(url("detail", agreement)).content.decode())
    report(agreement, 2024, 870, by=owner)
    pages.append(client.get(url("detail", agreement)).content.decode())
    agreement.reported_years.all().delete()
    pages.append(client.get(url("detail", agreement)).content.decode())
    client.force_login(owner)
    own = client.get(url("detail", agreement)).content.decode()

    assert ["870.0" in page for page in pages] == [False, False, True, False]
    assert "880.0" in pages[1]
    of_the_supplier = "Energy and emissions of the supplier"
    assert (of_the_supplier in pages[0], of_the_supplier in own) == (True, False)


def test_the_supplier_signs_first_or_second(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    first = sign(offered(supplier, staff), "buyer", staff)
    client.force_login(owner)

    client.post(url("sign", first), signature_data(first))

    assert Agreement.objects.get(pk=first.pk).status == "active"
    assert client.get(url("sign", first), follow=True).redirect_chain


def test_terms_carry_their_defaults() -> None:
    from datetime import date

    plain = Terms("a", "b", date(2024, 1, 1), date(2025, 1, 1), 2023, Decimal(1), Decimal(10), "all")

    assert plain.columns()["scope2_method"] == "market"
    assert "sites" not in plain.columns()


def test_who_may_not_export_is_offered_no_table_of_a_page_that_others_looked_at(
    client: Client, staff: User, owner: User, supplier: Supplier
) -> None:
    page = active(supplier, staff, owner).get_absolute_url()
    tables = reverse("reports:table_file")

    for reader, is_offered in ((staff, True), (create_user(role=Role.ADMINISTRATOR), False), (staff, True)):
        client.force_login(reader)
        assert (tables in client.get(page).text) == is_offered
