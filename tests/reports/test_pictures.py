"""The pictures of the homes and the management report: what they count, where each number leads, and the numbers kept day by day."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from assessments.models import Finding, Standing
from labels.models import Label
from pilots.models import Agreement, ReportedYear, Target
from reports import facts, pictures, verifying
from reports.models import DailyFact, Export
from runs.engine import start, work_off
from suppliers.models import BuyingUnit, Interest, Supplier
from tests.archive import against_pdf_a
from tests.factories import NOW, create_assessment, create_campaign, create_supplier
from tests.reports.support import content_of, opened, text_of


TODAY = date(2026, 6, 1)


def texts(picture: pictures.Picture) -> dict[str, list[str]]:
    return {name: [cell.text for cell in cells] for name, cells in picture.rows}


def stand(supplier: Supplier, evidenced: str, **areas: str) -> None:
    scores = {area: {"evidenced": score} for area, score in areas.items()}
    Standing.objects.filter(supplier=supplier).update(evidenced=Decimal(evidenced), area_scores=scores)


def test_the_funnel_narrows_from_asked_to_reviewed_and_each_step_lists_its_suppliers(client: Client, staff: User) -> None:
    campaign = create_campaign()
    for status, done in (
        ("not_started", {}),
        ("in_progress", {"started_at": NOW}),
        ("submitted", {"submitted_at": NOW, "submitted_by": staff}),
        ("closed", {"submitted_at": NOW, "submitted_by": staff, "closed_at": NOW, "closed_by": staff}),
    ):
        create_assessment(campaign=campaign, status=status, **done)
    client.force_login(staff)

    picture = pictures.funnel(staff, on=TODAY)

    assert texts(picture) == {
        "Asked under the code": ["4", "100%"],
        "Have begun": ["3", "75%"],
        "Taking part": ["2", "50%"],
        "Reviewed by the buyer": ["1", "25%"],
    }
    for _name, cells in picture.rows:
        assert client.get(cells[0].url).context["portfolio"].count == int(cells[0].text)


def test_each_step_of_the_distribution_lists_its_suppliers(client: Client, staff: User) -> None:
    for score in ("0", "9.99", "10", "89.99", "90", "100"):
        stand(create_supplier(), score)
    client.force_login(staff)

    picture = pictures.score_distribution(staff)

    found = texts(picture)
    assert (found["0–9"], found["10–19"], found["80–89"], found["90–100"]) == (["2"], ["1"], ["1"], ["2"])
    for _name, cells in picture.rows:
        assert client.get(cells[0].url).context["portfolio"].count == int(cells[0].text)


def test_the_heat_map_shows_means_of_what_one_may_see(staff: User) -> None:
    warm, cold = create_supplier(category="media"), create_supplier(category="media")
    stand(warm, "90", E1="90.00", labor="80.00")
    stand(cold, "10", E1="10.00")

    picture = pictures.heat_map(staff)

    assert picture.heads == ["E1 Permits and reporting", "Labor"]
    assert [(cell.text, cell.shade) for cell in picture.rows[0][1]] == [("50.0", 3), ("80.0", 5)]
    Interest.objects.create(user=staff, supplier=cold, kind="family", declared_by=staff, declared_at=NOW)
    assert texts(pictures.heat_map(staff)) == {"Media": ["90.0", "80.0"]}


def test_numbers_are_kept_once_a_day_and_the_later_ones_count(staff: User) -> None:
    assessment = create_assessment()
    Finding.objects.create(supplier=assessment.supplier, assessment=assessment, question="A-01", severity="major", text="x", opened_at=NOW)
    stand(assessment.supplier, "60", E1="60.00")
    first = facts.record(TODAY)
    Finding.objects.update(severity="minor")

    assert facts.record(TODAY) == first
    assert facts.over_time("findings", until=TODAY) == {TODAY: {"minor": 1}}
    assert facts.over_time("assessments", until=TODAY) == {TODAY: {"not_started": 1}}
    assert facts.over_time("scores", until=TODAY) == {TODAY: {"E1": 60, "total": 60}}


def test_a_run_keeps_the_numbers_of_the_night(db: None) -> None:
    create_assessment()

    run = start("record_facts", by=None, at=timezone.now())

    assert work_off(run.pk).status == "done"
    assert DailyFact.objects.filter(subject="assessments", key="not_started").get().value == 1


def test_a_label_past_its_term_counts_as_expired_before_the_night_comes(db: None) -> None:
    dates = {"valid_from": TODAY - timedelta(days=400), "level": "green"}
    Label.objects.create(supplier=create_supplier(), state="awarded", valid_to=TODAY, **dates)
    Label.objects.create(supplier=create_supplier(), state="awarded", valid_to=TODAY - timedelta(days=1), **dates)

    facts.record(TODAY)

    assert facts.over_time("labels", until=TODAY) == {TODAY: {"awarded": 1, "expired": 1}}


def test_many_days_are_thinned_to_what_a_picture_holds_and_the_newest_is_among_them(staff: User) -> None:
    days = [TODAY - timedelta(days=back) for back in range(200)]
    DailyFact.objects.bulk_create(DailyFact(day=day, subject="labels", key="awarded", value=7) for day in days)

    picture = pictures.labels_over_time(on=TODAY)

    assert len(picture.heads) <= pictures.MOST_DAYS
    awarded = dict(picture.rows)["Awarded"]
    assert awarded[-1].url == reverse("labels:list") + "?state=awarded"
    assert not awarded[0].url


def pilot(supplier: Supplier, *, target: str, actual: str, months: int = 12, measure: str = "absolute") -> Agreement:
    agreement = Agreement.objects.create(
        supplier=supplier,
        number=f"P-{supplier.pk}-{measure}-{months}",
        title_en="Pilot",
        title_zh="试点",
        status="active",
        starts_on=date(2025, 1, 1),
        ends_on=date(2030, 12, 31),
        base_year=2024,
        base_emissions=Decimal(1000),
        boundary="All sites",
        content_sha256="0" * 64,
        measure=measure,
        **({"intensity_unit": "kWh", "base_denominator": Decimal(10)} if measure == "intensity" else {}),
    )
    Target.objects.create(agreement=agreement, year=2025, emissions=Decimal(target))
    ReportedYear.objects.create(agreement=agreement, year=2025, emissions=Decimal(actual), months_covered=months, reported_at=NOW)
    return agreement


def test_emissions_stand_against_the_path_of_those_that_reported_the_whole_year(staff: User, owner: User, supplier: Supplier) -> None:
    pilot(supplier, target="900", actual="850")
    pilot(create_supplier(), target="500", actual="550")
    pilot(create_supplier(), target="100", actual="1", months=6)
    pilot(create_supplier(), target="1", actual="1", measure="intensity")

    assert texts(pictures.emissions_against_path(staff)) == {"2025": ["1,400.0", "1,400.0", "2"]}
    assert texts(pictures.emissions_against_path(owner)) == {"2025": ["900.0", "850.0", "1"]}


@pytest.mark.parametrize("role", ["staff", "auditor", "reviewer"])
def test_a_home_costs_the_same_for_few_suppliers_and_for_many(
    client: Client, role: str, request: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    user, campaign = request.getfixturevalue(role), create_campaign()

    def add() -> None:
        assessment = create_assessment(campaign=campaign, status="submitted", submitted_at=NOW, submitted_by=user)
        Finding.objects.create(
            supplier=assessment.supplier, assessment=assessment, question="A-01", severity="major", text="x", opened_at=NOW
        )
        stand(assessment.supplier, "55", E1="55.00")
        pilot(assessment.supplier, target="900", actual="850")

    add()
    facts.record(timezone.localdate())
    client.force_login(user)
    address = reverse("reports:dashboard")
    client.get(address)
    with django_assert_max_num_queries(40) as before:
        client.get(address)
    for _number in range(10):
        add()
    with django_assert_num_queries(len(before)):
        client.get(address)


def test_procurement_looks_at_one_of_its_units(client: Client, reviewer: User) -> None:
    unit = BuyingUnit.objects.create(code="LOG", name_en="Logistics unit", name_zh="物流事业部")
    mine, other = create_supplier(), create_supplier()
    mine.units.add(unit)
    stand(mine, "75")
    stand(other, "15")
    client.force_login(reviewer)

    page = client.get(reverse("reports:dashboard"), {"unit": unit.pk})

    assert "Procurement home" in page.content.decode()
    assert page.context["home"].suppliers == 1
    drawn = page.context["home"].pictures
    assert texts(drawn[1])["10–19"] == ["0"]
    cell = dict(drawn[1].rows)["70–79"][0]
    assert (cell.text, client.get(cell.url).context["portfolio"].count) == ("1", 1)
    assert client.get(reverse("reports:dashboard"), {"unit": "no unit"}).context["home"].unit is None


def test_a_supplier_sees_where_it_stands_and_nobody_else(client: Client, owner: User, supplier: Supplier) -> None:
    campaign = create_campaign()
    for whose, score in ((supplier, "71.00"), (create_supplier(), "12.00")):
        create_assessment(
            campaign=campaign,
            supplier=whose,
            status="submitted",
            submitted_at=NOW,
            submitted_by=owner,
            scored_at=NOW,
            area_scores={"A": {"declared": score, "evidenced": score, "verified": None}},
        )
    client.force_login(owner)

    page = client.get(reverse("reports:standing")).content.decode()
    part = client.get(reverse("reports:standing"), headers={"HX-Request": "true"}).content.decode()

    assert "71.00" in page
    assert "12.00" not in page
    assert "<html" in page
    assert "<html" not in part
    assert reverse("reports:standing") in client.get(reverse("assessments:home")).content.decode()


def test_a_supplier_with_nothing_yet_is_told_so(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert "No pictures yet" in client.get(reverse("reports:standing")).content.decode()


def test_the_management_report_is_printed_with_the_numbers_of_its_page(client: Client, auditor: User) -> None:
    earlier = create_campaign(cycle=2025)
    create_assessment(campaign=earlier, status="submitted", submitted_at=NOW, submitted_by=auditor, evidenced=Decimal("41.00"))
    create_assessment(campaign=create_campaign(cycle=2026, questionnaire=earlier.questionnaire))
    client.force_login(auditor)

    page = client.get(reverse("reports:management"))
    client.post(reverse("reports:management"))
    export = Export.objects.get(kind="management_pdf")
    work_off(export.run_id or 0)
    export.refresh_from_db()

    assert texts(page.context["report"].board.pictures[-1])["FY2025"] == ["1", "1", "100%", "0", "41.0", "–"]
    pdf = content_of(export)
    printed = text_of(pdf)
    assert "Trend from cycle to cycle" in printed
    assert "FY2025 1 1 100% 0 41.0" in printed
    assert verifying.verify(pdf).is_sound
    assert against_pdf_a(pdf) == []
    with opened(pdf) as document:
        enclosed = json.loads(document.attachments["figures.json"].get_file().read_bytes())
    assert enclosed["numbers"]["asked"] == 1
    assert [table["title"] for table in enclosed["tables"]] == [each.title for each in page.context["report"].pictures]
