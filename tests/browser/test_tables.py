"""Figures in a real browser: from a number to its suppliers, a table taken along, the homes of three sides, and pages on paper."""

import csv
import io
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from assessments.models import Standing
from reports import facts
from suppliers.models import Supplier
from tests.factories import NOW, create_assessment, create_campaign, create_supplier
from tests.services import assert_accessible


@pytest.fixture
def programme(staff: Any, supplier: Supplier) -> None:
    campaign = create_campaign()
    number = {"declared": "80.00", "evidenced": "71.00", "verified": None}
    # The small questionnaire's area, and one of the buyer's, which the map of the portfolio shows.
    scores = {"A": number, "E1": number}
    for each in (supplier, create_supplier(name_en="Paper Crane Ltd", name_zh="纸鹤有限公司")):
        create_assessment(
            campaign=campaign, supplier=each, status="submitted", submitted_at=NOW, submitted_by=staff, scored_at=NOW, area_scores=scores
        )
        Standing.objects.filter(supplier=each).update(evidenced=71, area_scores=scores)
    create_assessment(campaign=campaign, supplier=create_supplier(name_en="Quiet Ltd"))
    facts.record(timezone.localdate())


def test_a_disclosed_number_leads_to_its_suppliers_and_its_query(new_page: Any, staff: Any, programme: None) -> None:
    page = new_page(user=staff)
    page.goto("/reports/disclosures/")
    assert_accessible(page)
    page.get_by_role("row", name="Taking part").get_by_role("link", name="2").click()

    page.get_by_role("heading", name="Taking part · FY2026").wait_for()
    page.get_by_text("Show the query").click()
    page.get_by_text("SELECT DISTINCT").wait_for()
    page.get_by_text("Paper Crane Ltd").wait_for()
    assert page.get_by_text("Quiet Ltd").count() == 0
    assert_accessible(page)

    phone = new_page(user=staff, phone=True)
    phone.goto("/reports/disclosures/")
    assert_accessible(phone)


def test_a_table_is_taken_along_without_script(new_page: Any, staff: Any, programme: None) -> None:
    page = new_page(user=staff, javascript=False)
    page.goto("/labels/")

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()

    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    shown = [page.locator("tbody tr").nth(place).locator("th").inner_text() for place in range(page.locator("tbody tr").count())]
    assert [row[0] for row in rows[1:]] == shown


@pytest.mark.parametrize(
    ("who", "address"), [("staff", "/reports/dashboard/"), ("reviewer", "/reports/dashboard/"), ("owner", "/assessments/")]
)
def test_the_homes_show_their_pictures_on_a_desk_and_on_a_phone(
    new_page: Any, programme: None, request: Any, who: str, address: str
) -> None:
    user = request.getfixturevalue(who)
    for phone in (False, True):
        page = new_page(user=user, phone=phone)
        page.goto(address)
        page.locator(".picture").first.wait_for()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("address", ["/reports/portfolio/", "/reports/disclosures/", "/reports/management/", "/labels/"])
def test_a_page_on_paper_is_its_content_alone(new_page: Any, staff: Any, programme: None, address: str) -> None:
    page = new_page(user=staff)
    page.goto(address)

    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages

    text = "\n".join(sheet.extract_text() for sheet in sheets)
    assert page.get_by_role("heading", level=1).inner_text() in text
    # The menu, the buttons, the filters and the ways to take a table along stay on the screen.
    for word in ("Review queue", "Export XLSX", "Make PDF", "Sign out"):
        assert word not in text
    assert float(sheets[0].mediabox.width) == pytest.approx(595, abs=2)
    # Nothing lies beyond the edge of the sheet.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 971})
    assert page.evaluate("document.documentElement.scrollWidth") <= 688


def test_what_is_folded_away_is_read_on_paper_and_heads_come_again(new_page: Any, staff: Any, programme: None) -> None:
    for number in range(60):
        create_supplier(name_en=f"Company {number}, whose long name takes two lines on paper or even three")
    page = new_page(user=staff)
    page.goto("/reports/management/")
    folded = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages)
    assert "FY2026" in folded
    page.goto("/reports/portfolio/")
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages]

    assert len(sheets) > 1
    assert all("Evidenced" in sheet for sheet in sheets[:2])
