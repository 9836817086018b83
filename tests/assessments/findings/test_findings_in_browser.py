"""A finding in a real browser: the supplier plans and shows, a reviewer agrees and verifies, on the desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User
from assessments.findings import opening
from assessments.models import Finding
from tests.factories import create_answer, create_assessment, create_document, create_user
from tests.services import assert_accessible


@pytest.fixture
def people(site: str) -> dict[str, User]:
    owner = create_user(role=Role.SUPPLIER_SIGNATORY, name="Olive Owner")
    return {"owner": owner, "reviewer": create_user(role=Role.REVIEWER, name="Rita Reviewer")}


@pytest.fixture
def finding(people: dict[str, User]) -> Finding:
    supplier, now = people["owner"].active_membership.supplier, timezone.now()
    create_document(supplier=supplier, title="Invoice of the meter")
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=now, submitted_by=people["owner"])
    create_answer(assessment=assessment, question="A-01")
    return opening.raise_finding(
        assessment_id=assessment.pk,
        question="A-01",
        severity="major",
        text="The meter is broken.",
        due_on=None,
        by=people["reviewer"],
        at=now,
    )


def test_a_finding_is_planned_agreed_shown_and_verified(new_page: Callable[..., Any], people: dict[str, User], finding: Finding) -> None:
    later = (timezone.localdate() + timedelta(days=20)).isoformat()
    address = finding.get_absolute_url()
    supplier, reviewer = new_page(user=people["owner"], phone=True), new_page(user=people["reviewer"])

    supplier.goto(address)
    assert_accessible(supplier)
    supplier.get_by_role("link", name="Plan the corrective action").click()
    supplier.get_by_label("Cause").fill("Nobody looked at it.")
    supplier.get_by_label("What will you do?").fill("Buy a meter")
    supplier.get_by_role("button", name="Another action").click()
    supplier.get_by_text("Action 2").wait_for()
    assert supplier.get_by_label("What will you do?").first.input_value() == "Buy a meter"
    assert_accessible(supplier)
    supplier.get_by_label("Who is responsible?").first.fill("Mr Li")
    supplier.get_by_label("Done by").first.fill(later)
    supplier.get_by_role("button", name="Send the plan").last.click()
    supplier.get_by_text("Plan to be agreed").first.wait_for()

    reviewer.goto(address)
    assert_accessible(reviewer)
    reviewer.get_by_role("button", name="Agree the plan").click()
    reviewer.get_by_text("The plan is agreed.").first.wait_for()

    supplier.reload()
    supplier.get_by_role("link", name="Report the action as done").click()
    supplier.get_by_label("What did you do?").fill("Bought and read since June.")
    supplier.get_by_role("button", name="Report as done").click()
    supplier.get_by_text("Choose at least one document").first.wait_for()
    assert_accessible(supplier)
    supplier.get_by_label("Invoice of the meter").check()
    supplier.get_by_role("button", name="Report as done").click()
    supplier.get_by_text("A reviewer looks at it next").wait_for()

    reviewer.goto(address)
    reviewer.get_by_role("link", name="Invoice of the meter").wait_for()
    reviewer.get_by_label("Reason").first.fill("Seen on the invoice.")
    reviewer.get_by_role("button", name="Close the finding").click()
    reviewer.get_by_text("The finding is closed.").wait_for()
    assert_accessible(reviewer)
    finding.refresh_from_db()
    assert finding.status == "closed"


def test_the_charts_lead_to_the_lists_behind_them(new_page: Callable[..., Any], people: dict[str, User], finding: Finding) -> None:
    for phone in (False, True):
        page = new_page(user=people["reviewer"], phone=phone)
        page.goto("/assessments/findings/")
        assert_accessible(page)
        page.get_by_role("link", name="By severity and age").click()
        page.get_by_role("heading", name="Open findings by severity and age").wait_for()
        assert_accessible(page)

        page.locator("[aria-labelledby=by-age]").get_by_role("link", name="1").click()

        page.get_by_role("link", name="The meter is broken.").wait_for()
        assert "severity=major" in page.url
