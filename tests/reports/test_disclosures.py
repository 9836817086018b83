"""The disclosure tables: what each figure counts, the suppliers behind it, and the same figures on the page, in the file and on paper."""

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from assessments.models import Assessment, Campaign, Finding
from audit.models import Event
from reports import verifying
from reports.disclosures import Line, behind, statement
from reports.models import Export
from reports.portfolio import Portfolio
from runs.engine import work_off
from suppliers.models import Interest, Supplier
from tests.archive import against_pdf_a
from tests.factories import SMALL_QUESTIONNAIRE, create_assessment, create_campaign, create_questionnaire, create_supplier
from tests.reports.support import content_of, opened, text_of


TODAY = date(2026, 6, 1)


@pytest.fixture
def campaign(db: None) -> Campaign:
    summary = {"en": "?", "zh": "？"}
    areas = [{"code": code, "title": {"en": code, "zh": code}, "summary": summary} for code in ("E1", "labor")]
    return create_campaign(questionnaire=create_questionnaire(content=our_code(areas)), cycle=2026, due_on=date(2026, 6, 30))


def our_code(areas: list[dict[str, Any]]) -> dict[str, Any]:
    text = {"en": "?", "zh": "？"}
    question = SMALL_QUESTIONNAIRE["questions"][0]
    questions = [
        {**question, "code": f"{area['code']}-01", "area": area["code"], "text": text, "mappings": {"ungc": [principle]}}
        for area, principle in zip(areas, ("7", "5"), strict=True)
    ]
    weights = {"default": {"E1": "50", "labor": "50"}}
    return {**SMALL_QUESTIONNAIRE, "areas": areas, "questions": questions, "profiles": weights}


def handed_in(campaign: Campaign, by: User, *, e1: str | None = "75.00", labor: str | None = "40.00", **fields: Any) -> Assessment:
    scores = {area: {"evidenced": score} for area, score in (("E1", e1), ("labor", labor)) if score}
    return create_assessment(
        campaign=campaign,
        supplier=create_supplier(**fields),
        status="submitted",
        submitted_at=timezone.now(),
        submitted_by=by,
        area_scores=scores,
    )


def find(assessment: Assessment, question: str = "E1-01", severity: str = "major", **fields: Any) -> Finding:
    return Finding.objects.create(
        supplier=assessment.supplier,
        assessment=assessment,
        question=question,
        severity=severity,
        text="Something",
        opened_at=timezone.now(),
        **fields,
    )


def figures(user: User, cycle: int | None = None, on: date = TODAY) -> dict[str, Line]:
    return {line.figure.key: line for line in statement(cycle, user=user, on=on).lines()}


def test_suppliers_are_counted_by_where_they_are_registered(staff: User, campaign: Campaign) -> None:
    create_supplier(country="CN", region="Zhejiang")
    create_supplier(country="CN", region="Zhejiang")
    create_supplier(country="DE", region="Bavaria")
    create_supplier(country="DE", region="")
    create_supplier(country="FR", state="offboarded")

    found = figures(staff)

    assert found["region-CN-Zhejiang"].value == 2
    assert found["region-DE-"].value == 2
    assert found["region-DE-"].share == Decimal("0.5")
    assert "region-FR-" not in found
    assert (found["local"].value, found["local"].whole) == (2, 4)


def test_taking_part_is_counted_against_those_asked_in_the_cycle(staff: User, campaign: Campaign) -> None:
    handed_in(campaign, staff)
    create_assessment(campaign=campaign, status="in_progress")
    earlier = create_campaign(questionnaire=campaign.questionnaire, cycle=2025, due_on=date(2025, 6, 30), opens_on=date(2025, 4, 1))
    create_assessment(campaign=earlier)

    now, before = figures(staff), figures(staff, 2025)

    assert (now["asked"].value, now["handed-in"].value) == (2, 1)
    assert (before["asked"].value, before["handed-in"].value) == (1, 0)


def test_a_supplier_asked_twice_in_a_cycle_counts_once(staff: User, campaign: Campaign) -> None:
    first = handed_in(campaign, staff)
    second = create_campaign(questionnaire=campaign.questionnaire, cycle=2026)
    create_assessment(campaign=second, supplier=first.supplier)

    found = figures(staff)

    assert (found["asked"].value, found["handed-in"].value) == (1, 1)


def test_new_suppliers_are_screened_by_the_areas_they_have_a_score_in(staff: User, campaign: Campaign) -> None:
    fresh = handed_in(campaign, staff, labor=None).supplier
    old = handed_in(campaign, staff).supplier
    Supplier.objects.filter(pk=fresh.pk).update(created_at=timezone.make_aware(timezone.datetime(2026, 5, 1)))
    Supplier.objects.filter(pk=old.pk).update(created_at=timezone.make_aware(timezone.datetime(2024, 5, 1)))

    found = figures(staff)

    assert (found["gri-308-1-new"].value, found["gri-308-1-a"].value) == (1, 1)
    assert found["gri-414-1-a"].value == 0


def test_impacts_are_significant_findings_of_their_areas(staff: User, reviewer: User, campaign: Campaign) -> None:
    agreed = handed_in(campaign, staff, state="offboarded")
    find(agreed, status="plan_agreed", agreed_at=timezone.now(), agreed_by=reviewer, due_on=TODAY, next_due_on=TODAY)
    find(handed_in(campaign, staff), severity="minor")
    find(handed_in(campaign, staff), question="labor-01", severity="critical")
    withdrawn = handed_in(campaign, staff)
    find(withdrawn, status="withdrawn", closed_at=timezone.now())

    found = figures(staff)

    assert [found[f"gri-308-2-{part}"].value for part in "abde"] == [4, 1, 1, 1]
    assert [found[f"gri-414-2-{part}"].value for part in "abde"] == [4, 1, 0, 0]
    assert (found["ungc-7-open"].value, found["ungc-5-open"].value, found["ungc-10"].value) == (2, 1, 0)


def test_maturity_follows_the_bands_of_the_code(staff: User, campaign: Campaign) -> None:
    bands = campaign.questionnaire.content["bands"]
    handed_in(campaign, staff, e1="0.00")
    handed_in(campaign, staff, e1="100.00")
    create_assessment(campaign=campaign, area_scores={"E1": {"evidenced": "100.00"}})

    found = figures(staff)

    assert found[f"maturity-E1-{bands[0]['key']}"].value == 1
    assert found[f"maturity-E1-{bands[-1]['key']}"].value == 1
    assert sum(int(found[f"maturity-E1-{band['key']}"].value or 0) for band in bands) == 2


def test_every_figure_lists_exactly_the_suppliers_it_counts(client: Client, staff: User, campaign: Campaign) -> None:
    find(handed_in(campaign, staff))
    handed_in(campaign, staff, country="DE", region="")
    client.force_login(staff)

    lines = list(statement(2026, user=staff, on=TODAY).lines())

    assert len(lines) > 60
    for line in lines:
        reference = f"2026:{line.figure.key}"
        found = behind(reference, user=staff, on=TODAY)
        assert found is not None
        assert found.suppliers.values("pk").distinct().count() == line.suppliers, line.figure.key
        assert "SELECT" in found.query or not line.suppliers
        listed = Portfolio({"figure": reference}, user=staff)
        assert len(listed.page().rows) == listed.count == line.suppliers, line.figure.key
        assert line.url.endswith(urlencode({"figure": reference}))
    listed = client.get(lines[0].url)
    assert listed.context["portfolio"].count == lines[0].suppliers


def test_the_query_shown_is_the_one_that_is_asked(staff: User, campaign: Campaign) -> None:
    assessment = handed_in(campaign, staff)
    found = behind("2026:handed-in", user=staff, on=TODAY)
    assert found is not None

    with connection.cursor() as cursor:
        cursor.execute(found.query)
        rows = cursor.fetchall()

    assert rows == [(assessment.supplier_id,)]


@pytest.mark.parametrize("reference", ["2026:nothing", "nonsense", "9999999:asked", "2026:", "\x00", "２０２６:asked"])
def test_a_figure_that_does_not_exist_lists_nobody(client: Client, staff: User, campaign: Campaign, reference: str) -> None:
    create_supplier()
    client.force_login(staff)

    response = client.get(reverse("reports:portfolio"), {"figure": reference})

    assert response.status_code == 200
    assert response.context["portfolio"].count == 0


def test_a_conflict_of_interest_leaves_the_supplier_out_and_the_page_says_so(client: Client, staff: User, campaign: Campaign) -> None:
    assessment = handed_in(campaign, staff)
    client.force_login(staff)
    assert "left out of your figures" not in client.get(reverse("reports:disclosures")).content.decode()

    Interest.objects.create(user=staff, supplier=assessment.supplier, kind="family", declared_by=staff, declared_at=timezone.now())

    assert figures(staff)["asked"].value == 0
    assert "left out of your figures" in client.get(reverse("reports:disclosures")).content.decode()


def test_the_page_costs_the_same_for_one_supplier_and_for_many(
    client: Client, staff: User, campaign: Campaign, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    handed_in(campaign, staff)
    client.force_login(staff)
    client.get(reverse("reports:disclosures"))
    with django_assert_max_num_queries(20) as before:
        client.get(reverse("reports:disclosures"))
    for _number in range(20):
        find(handed_in(campaign, staff))
    with django_assert_num_queries(len(before)):
        client.get(reverse("reports:disclosures"))


def test_the_page_stands_on_an_empty_portal(client: Client, auditor: User) -> None:
    client.force_login(auditor)

    response = client.get(reverse("reports:disclosures"), {"cycle": "no year"})

    assert response.status_code == 200
    assert "HKEX B5.1" in response.content.decode()


def test_the_file_holds_every_figure_of_the_page_with_rule_and_query(client: Client, staff: User, campaign: Campaign) -> None:
    handed_in(campaign, staff)
    client.force_login(staff)
    shown = client.get(reverse("reports:disclosures"), {"cycle": "2026"}).context["statement"]

    response = client.get(reverse("reports:disclosures_file", args=["csv"]), {"cycle": "2026"})

    header, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert header == ["Code", "Disclosure", "Figure", "Value", "Unit", "Share", "Share of", "Rule", "Query"]
    assert [(row[0], row[2], row[3], row[7]) for row in rows] == [
        (line.disclosure.code, str(line.figure.title), "" if line.value is None else f"{line.value}", str(line.figure.rule))
        for line in shown.lines()
    ]
    assert all(row[8] for row in rows)
    assert Event.objects.get(action="disclosures.exported").detail == {"form": "csv", "cycle": 2026}


def test_the_tables_can_be_printed_in_chinese(client: Client, auditor: User, campaign: Campaign) -> None:
    handed_in(campaign, auditor)
    auditor.language = "zh-hans"
    auditor.save(update_fields=["language"])
    client.force_login(auditor)

    client.post(reverse("reports:disclosures_pdf") + "?cycle=2026")
    export = Export.objects.get(kind="disclosures_pdf")
    work_off(export.run_id or 0)
    export.refresh_from_db()

    pdf = content_of(export)
    text = text_of(pdf)
    assert "HKEX B5.1" in text
    assert "GRI 308-2" in text
    assert "浙江" in text
    assert verifying.verify(pdf).is_sound
    assert against_pdf_a(pdf) == []
    with opened(pdf) as document:
        enclosed = json.loads(document.attachments["figures.json"].get_file().read_bytes())["figures"]
    assert (enclosed["handed-in"]["value"], enclosed["handed-in"]["share"]) == ("1", "1")
    assert enclosed["handed-in"]["query"].startswith("SELECT")


def test_a_year_of_an_open_cycle_ends_today(staff: User, campaign: Campaign) -> None:
    scope = statement(2026, user=staff, on=TODAY).scope
    after = statement(2026, user=staff, on=date(2027, 1, 1)).scope

    assert (scope.until, scope.since) == (TODAY, TODAY - timedelta(days=365))
    assert after.until == campaign.due_on
