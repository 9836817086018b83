"""Score or label at risk, in the portfolio: forecast in the night, filtered, shown and exported."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from assessments.models import Answer, Assessment, EvidenceUse, Standing
from assessments.scores.keeping import keep_scores
from reports import risks
from reports.models import Risk
from reports.portfolio import Portfolio
from reports.portfolio_table import COLUMNS as PORTFOLIO_COLUMNS
from runs import engine
from suppliers.models import Document, Supplier
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_document, create_supplier
from tests.labels.support import TODAY, create_green_supplier, create_standard


def leaning(supplier: Supplier, owner: User, *, days: int, campaign: Any = None) -> Document:
    """A document that ends in so many days, and an answer that stands on it alone."""
    fields = {"status": "submitted", "submitted_at": NOW, "submitted_by": owner}
    assessment = create_assessment(supplier=supplier, campaign=campaign or create_campaign(), **fields)
    with before_handing_in():
        answer = create_answer(assessment=assessment, question="A-01")
        create_answer(assessment=assessment, question="B-01", value={"value": "no"})
        document = create_document(supplier=supplier, valid_to=TODAY + timedelta(days=days))
        EvidenceUse.objects.create(answer=answer, document=document, added_by=owner, added_at=NOW)
        Answer.objects.filter(pk=answer.pk).update(evidence_count=1)
    keep_scores([assessment.pk], at=NOW)
    return document


@pytest.fixture
def today(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def at_risk(user: User, **query: str) -> list[int]:
    return [row.supplier_id for row in Portfolio(query, user=user).page().rows]


def test_what_would_be_lost_first_is_kept_and_goes_when_nothing_is_at_risk(supplier: Supplier, owner: User) -> None:
    document = leaning(supplier, owner, days=30)

    assert risks.keep([supplier.pk], on=TODAY, at=NOW) == 1
    assert risks.keep([supplier.pk], on=TODAY, at=NOW) == 1

    found = Risk.objects.get()
    assert (found.supplier_id, found.first_on, found.score_on, found.label_on) == (supplier.pk, document.valid_to, document.valid_to, None)
    assert (found.score_before, found.score_after) == (Decimal("75.00"), Decimal("62.50"))
    Document.objects.filter(pk=document.pk).update(valid_to=TODAY + timedelta(days=400))
    assert supplier.pk in risks.to_be_forecast(TODAY)
    assert risks.keep([supplier.pk], on=TODAY, at=NOW) == 0
    assert not Risk.objects.exists()


def test_a_label_at_risk_is_kept_with_its_level(supplier: Supplier) -> None:
    create_standard()
    create_green_supplier(supplier)
    Document.objects.filter(supplier=supplier).update(valid_to=TODAY + timedelta(days=20))
    Assessment.objects.filter(supplier=supplier).update(scored_at=None)

    risks.keep([supplier.pk], on=TODAY, at=NOW)

    found = Risk.objects.get()
    assert found.label_on == TODAY + timedelta(days=20)
    assert found.level_before
    assert found.level_before != found.level_after


def test_the_portfolio_is_filtered_by_days_and_links_to_the_forecast(
    client: Client, supplier: Supplier, owner: User, staff: User, today: None
) -> None:
    leaning(supplier, owner, days=45)
    later = create_supplier()
    leaning(later, owner, days=100)
    safe = create_supplier()
    risks.keep([supplier.pk, later.pk, safe.pk], on=TODAY, at=NOW)

    assert at_risk(staff, risk="30") == []
    assert at_risk(staff, risk="60") == [supplier.pk]
    assert set(at_risk(staff, risk="120")) == {supplier.pk, later.pk}
    assert safe.pk in at_risk(staff)
    client.force_login(staff)
    page = client.get(reverse("reports:portfolio"), {"risk": "60"})
    assert reverse("labels:forecast", args=[supplier.pk]) in page.text
    assert "75.0 → 62.5" in page.text
    assert reverse("labels:forecast", args=[later.pk]) not in page.text
    assert client.get(reverse("reports:portfolio"), {"risk": "soon"}).status_code == 200


def test_the_export_says_what_the_screen_shows(supplier: Supplier, owner: User, staff: User, today: None) -> None:
    document = leaning(supplier, owner, days=45)
    risks.keep([supplier.pk], on=TODAY, at=NOW)
    found = Portfolio({"risk": "60"}, user=staff)

    [row] = found.every_row()

    assert [row] == found.page().rows
    cells = {str(column.heading): column.value(row) for column in PORTFOLIO_COLUMNS}
    assert (cells["At risk"], cells["Score then"], cells["Label at risk on"], cells["Label then"]) == (
        document.valid_to,
        Decimal("62.50"),
        None,
        "",
    )
    assert cells["Evidence coverage"] == Standing.objects.get(supplier=supplier).evidence_coverage == Decimal(100)


def test_the_night_forecasts_everybody_at_the_same_cost(supplier: Supplier, owner: User) -> None:
    leaning(supplier, owner, days=30)
    campaign = create_campaign()
    others = [create_supplier() for _number in range(6)]
    for other in others:
        leaning(other, owner, days=30, campaign=campaign)
    risks.keep([supplier.pk], on=TODAY, at=NOW)

    one, many = (
        _queries(lambda: risks.keep([supplier.pk], on=TODAY, at=NOW)),
        _queries(lambda: risks.keep([each.pk for each in others], on=TODAY, at=NOW)),
    )

    assert many == one
    assert Risk.objects.count() == 7


def _queries(work: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_the_run_forecasts_who_has_documents_that_end(supplier: Supplier, owner: User, today: None) -> None:
    leaning(supplier, owner, days=30)
    run = engine.start("forecast_risks", parameters={}, by=None, at=NOW)

    assert engine.work_off(run.pk).result == {"forecast": 1, "at_risk": 1}


def test_a_supplier_sees_no_other_suppliers_risk(supplier: Supplier, owner: User) -> None:
    stranger = create_supplier()
    leaning(stranger, owner, days=30)
    risks.keep([stranger.pk], on=TODAY, at=NOW)

    assert not Risk.objects.visible_to(owner).exists()
