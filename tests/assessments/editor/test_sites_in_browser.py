"""A site that answers differently, in a browser: opened beside the question, saved by itself, given up again."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from assessments.models import Answer, Assessment
from suppliers.models import Supplier
from tests.assessments.editor.test_site_pages import CONTENT
from tests.factories import create_assessment, create_campaign, create_questionnaire, create_site
from tests.services import assert_accessible, wait_until


@pytest.fixture
def assessment(supplier: Supplier) -> Assessment:
    for name in ("Hangzhou works", "Ningbo works"):
        create_site(supplier=supplier, name=name, type="factory")
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=CONTENT)))


def stored(assessment: Assessment) -> dict[str, Any]:
    rows = Answer.objects.filter(assessment=assessment, question="A-01").select_related("site")
    return {row.site.name if row.site else "all": row.value.get("value") for row in rows}


@pytest.mark.parametrize("dark", [False, True])
def test_a_site_is_answered_beside_the_question_and_counts_in_the_progress(
    new_page: Any, assessment: Assessment, owner: User, dark: bool
) -> None:
    page = new_page(user=owner, dark=dark)
    page.context.set_default_timeout(30_000)
    page.goto(reverse("assessments:area", args=[assessment.pk, "A"]))
    page.locator("[data-question='A-01']").get_by_label("No", exact=True).check()
    wait_until(lambda: stored(assessment) == {"all": "no"})

    page.get_by_text("Same for all 2 sites").click()
    page.get_by_label("Another site that differs").select_option(label="Ningbo works · Factory")
    page.get_by_role("button", name="Answer for this site").click()
    site = page.get_by_role("region", name="Ningbo works")
    site.get_by_label("Yes").check()
    site.get_by_text("Saved").wait_for()
    assert stored(assessment) == {"all": "no", "Ningbo works": "yes"}
    page.get_by_text("1 of 2 sites answered differently").wait_for()
    page.locator("[data-area-progress]").get_by_text("1 of 1").wait_for()
    assert_accessible(page)

    site.get_by_role("button", name="Same as for all sites").click()
    wait_until(lambda: stored(assessment) == {"all": "no", "Ningbo works": None})
    page.locator("[data-area-progress]").get_by_text("1 of 1").wait_for()
