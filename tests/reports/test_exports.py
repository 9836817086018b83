"""What leaves the house: the rows of the screen, harmless to open, fetched only by those who may."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from accounts.looks import looks_at
from accounts.models import User
from accounts.reasons import words_for_why
from assessments.review import interests
from audit.models import Event
from reports import exporting
from reports.models import Export
from reports.portfolio import Portfolio
from runs import engine
from suppliers.cells import FORMULA_STARTS, harmless
from suppliers.models import Supplier
from tests.factories import NOW, create_supplier
from tests.reports.support import closed_assessment, content_of, fetched


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@given(st.text())
def test_no_text_is_left_that_a_spreadsheet_would_run(text: str) -> None:
    assert not harmless(text).startswith(FORMULA_STARTS)
    assert harmless(text).endswith(text)


def export_of(staff: User, kind: str, **query: str) -> Export:
    export = exporting.request_portfolio_export(kind=kind, query=query, why={"purpose": "report"}, by=staff, at=NOW)
    engine.work_off(export.run_id)
    export.refresh_from_db()
    return export


def test_the_csv_holds_the_rows_of_the_screen_in_its_order(staff: User) -> None:
    for name in ("Birch", "=HYPERLINK(1)", "Ash"):
        create_supplier(name_en=name, name_zh="", category="media")
    create_supplier(name_en="Elm", name_zh="", category="events")
    query = {"category": "media", "sort": "name"}

    export = export_of(staff, Export.Kind.PORTFOLIO_CSV, **query)

    text = content_of(export).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    on_screen = [row.name_en for row in Portfolio(query, user=staff).page().rows]
    assert [row["English name"].removeprefix("'") for row in rows] == on_screen
    assert len(rows) == 3
    assert "'=HYPERLINK(1)" in {row["English name"] for row in rows}


def test_the_xlsx_holds_text_where_a_formula_was_tried(staff: User) -> None:
    create_supplier(name_en="=1+1", name_zh="纸鹤有限公司")

    export = export_of(staff, Export.Kind.PORTFOLIO_XLSX)

    [heading, row] = CalamineWorkbook.from_filelike(io.BytesIO(content_of(export))).get_sheet_by_index(0).to_python()
    assert row[heading.index("English name")] == "'=1+1"
    assert row[heading.index("Chinese name")] == "纸鹤有限公司"


def test_an_export_is_fetched_by_its_maker_and_leaves_a_trace(client: Client, staff: User, reviewer: User) -> None:
    create_supplier()
    export = export_of(staff, Export.Kind.PORTFOLIO_CSV)
    address = reverse("reports:export_file", args=[export.pk])

    client.force_login(reviewer)
    assert client.get(address).status_code == 404
    client.force_login(staff)
    response = client.get(address)
    assert response.getvalue()

    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    assert Event.objects.filter(action="portfolio.downloaded", actor=staff, target_id=str(export.pk)).count() == 1


def test_each_supplier_in_a_file_reads_who_took_it_whoever_had_it_made(client: Client, staff: User, auditor: User) -> None:
    inside = {create_supplier(category="media").pk for _number in range(3)}
    outside = create_supplier(category="events")
    export = export_of(staff, Export.Kind.PORTFOLIO_CSV, category="media")
    export_of(staff, Export.Kind.PORTFOLIO_CSV, category="events")
    address = reverse("reports:export_file", args=[export.pk])
    client.force_login(auditor)

    # The reason of whoever had it made is not the reason of whoever takes it.
    assert "Why do you need this file?" in client.get(address).content.decode()
    assert client.post(address, {"purpose": "other"}).status_code == 422
    assert not Event.objects.filter(action="portfolio.downloaded").exists()
    assert client.post(address, {"purpose": "audit"}).getvalue()

    events = Event.objects.filter(action="portfolio.downloaded", supplier_id__isnull=False)
    assert {event.supplier_id for event in events} == inside
    assert {(event.actor, words_for_why(event.detail)) for event in events} == {(auditor, "For an audit, or because an authority asks")}
    assert {words_for_why(event.detail) for event in Event.objects.filter(action="portfolio.exported", supplier_id__isnull=False)} == {
        "For a report or a disclosure of the buyer"
    }
    assert not looks_at(outside.pk).filter(actor=auditor).exists()


def test_a_download_is_noted_for_all_of_them_or_for_nobody(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    create_supplier()
    export = export_of(staff, Export.Kind.PORTFOLIO_CSV)
    monkeypatch.setattr("audit.trail.record_each", lambda *args, **kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        exporting.note_download(export, why=None, by=staff, at=NOW)

    assert not Event.objects.filter(action="portfolio.downloaded").exists()


def test_nobody_takes_a_file_with_a_supplier_in_it_that_an_interest_keeps_from_them(client: Client, staff: User) -> None:
    walled = create_supplier(name_en="Willow Works Ltd", category="media")
    create_supplier(category="events")
    with_it, without_it = (export_of(staff, Export.Kind.PORTFOLIO_CSV, category=each) for each in ("media", "events"))
    interests.declare(person=staff, supplier=walled, kind="financial", note="", by=staff, at=NOW)
    client.force_login(staff)

    refused = client.get(reverse("reports:export_file", args=[with_it.pk]))

    assert refused.status_code == 403
    assert "Willow Works Ltd" in refused.content.decode()
    assert not Event.objects.filter(action="portfolio.downloaded").exists()
    fetched(client, reverse("reports:export_file", args=[without_it.pk]))


def test_a_download_costs_the_same_for_one_supplier_and_for_many(client: Client, staff: User) -> None:
    client.force_login(staff)
    counts = []
    for more in (2, 5):
        for _number in range(more):
            create_supplier()
        address = reverse("reports:export_file", args=[export_of(staff, Export.Kind.PORTFOLIO_CSV).pk])
        with CaptureQueriesContext(connection) as queries:
            fetched(client, address)
        counts.append(len(queries))

    assert len(set(counts)) == 1


@pytest.mark.parametrize(("language", "words"), [("en", "Do you meter your water?"), ("zh-hans", "贵公司是否计量用水")])
def test_the_audit_report_says_every_answer_in_its_language_with_embedded_fonts(
    staff: User, reviewer: User, owner: User, language: str, words: str
) -> None:
    assessment = closed_assessment(reviewer, owner)

    export = exporting.request_audit_pdf(assessment_id=assessment.pk, language=language, why={"purpose": "audit"}, by=staff, at=NOW)
    engine.work_off(export.run_id)

    export.refresh_from_db()
    pdf = PdfReader(io.BytesIO(content_of(export)))
    text = "".join(page.extract_text() for page in pdf.pages).replace("\n", "")
    assert words in text
    assert "竹桥有限公司" in text
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index, union-attr]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert fonts
    assert all("/FontFile2" in one or "/FontFile3" in one for one in descriptors)
    assert any("Sans-SC" in one["/FontName"] for one in descriptors)
    assert Event.objects.filter(action="audit_pdf.exported", supplier_id=assessment.supplier_id, actor=staff).exists()


def test_the_longest_name_a_supplier_may_have_is_printed(reviewer: User, staff: User, owner: User) -> None:
    assessment = closed_assessment(reviewer, owner)
    Supplier.objects.filter(pk=assessment.supplier_id).update(name_en="Lantern" * 42)

    export = exporting.request_audit_pdf(assessment_id=assessment.pk, language="en", why={"purpose": "audit"}, by=staff, at=NOW)
    run = engine.work_off(export.run_id)

    export.refresh_from_db()
    assert run.status == "done"
    assert export.title.endswith("FY2026")
    assert len(PdfReader(io.BytesIO(content_of(export))).pages) < 10


def test_a_stranger_cannot_print_a_report(client: Client, stranger: User, reviewer: User, owner: User) -> None:
    assessment = closed_assessment(reviewer, owner)

    client.force_login(stranger)
    assert client.post(reverse("reports:audit_pdf", args=[assessment.pk])).status_code == 404
    client.force_login(owner)
    assert client.post(reverse("reports:audit_pdf", args=[assessment.pk])).status_code == 403


def test_a_file_that_is_gone_is_said_and_leaves_no_trace(client: Client, staff: User) -> None:
    export = export_of(staff, Export.Kind.PORTFOLIO_CSV)
    export.file.storage.delete(export.file.name)  # type: ignore[arg-type]
    client.force_login(staff)

    page = client.get(reverse("reports:export_file", args=[export.pk]), follow=True)

    assert "not there any more" in page.text
    assert not Event.objects.filter(action="portfolio.downloaded").exists()
