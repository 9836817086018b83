"""What axe finds on an area page with every type of answer: nothing, at any width, by day and by night, open and handed in."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from assessments.models import Assessment
from suppliers.models import Supplier
from tests.assessments.editor.test_every_type import QUESTIONS
from tests.assessments.small import document
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_questionnaire
from tests.services import assert_accessible


ROWS = [{"gas": "r32", "quantity": {"amount": "1", "unit": "kg"}, "on": "2026-01-31"}] * 3
STATES: dict[str, dict[str, Any]] = {"open": {"status": "in_progress"}, "handed in": {"status": "submitted", "submitted_at": NOW}}


@pytest.fixture(params=STATES)
def assessment(request: pytest.FixtureRequest, supplier: Supplier, owner: User) -> Assessment:
    fields = dict(STATES[request.param])
    if "submitted_at" in fields:
        fields["submitted_by"] = owner
    campaign = create_campaign(questionnaire=create_questionnaire(content=document(*QUESTIONS)))
    assessment = create_assessment(supplier=supplier, campaign=campaign, **fields)
    with before_handing_in():
        create_answer(assessment=assessment, question="A-08", value={"value": "A long story. " * 300})
        create_answer(assessment=assessment, question="A-10", value={"value": ROWS})
    return assessment


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_found_at_any_width(new_page: Any, assessment: Assessment, owner: User, dark: bool) -> None:
    page = new_page(user=owner, dark=dark)
    page.context.set_default_timeout(60_000)
    page.goto(reverse("assessments:area", args=[assessment.pk, "A"]))

    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


@pytest.mark.parametrize("assessment", ["open"], indirect=True)
def test_what_has_the_focus_is_not_under_the_bar(new_page: Any, assessment: Assessment, owner: User) -> None:
    page = new_page(user=owner)
    page.context.set_default_timeout(60_000)
    page.goto(reverse("assessments:area", args=[assessment.pk, "A"]))

    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        page.locator("[data-question='A-01'] input").first.focus()
        for _press in range(25):
            page.keyboard.press("Tab")
            # Whatever lies at the middle of what has the focus is that, a part of it, or what it is a part of.
            assert page.evaluate(
                """() => {
                    const element = document.activeElement.labels?.[0] ?? document.activeElement;
                    const box = element.getBoundingClientRect();
                    const there = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 20) / 2);
                    return !there?.closest(".form-actions--sticky") || there.closest(".form-actions--sticky").contains(element);
                }"""
            ), width
