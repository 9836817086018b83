"""Rules on their way in a browser: other weights drafted, tried, announced by a colleague on a phone, and read by the supplier."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Role, User
from assessments.models import Assessment, BackTest, QuestionnaireVersion
from assessments.scores.keeping import keep_scores
from runs import engine
from suppliers.models import Supplier
from tests.assessments.publishing import put_in_force, tried
from tests.assessments.small import document, question
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_supplier, create_user
from tests.services import assert_accessible


ONE = document(
    question("A-1", evidence={"rule": "required", "text": {"en": "Permit", "zh": "许可证"}}), question("A-2"), question("B-1", area="B")
)


@pytest.fixture
def version(transactional_db: None) -> QuestionnaireVersion:
    return put_in_force(ONE)


@pytest.fixture
def assessment(version: QuestionnaireVersion, supplier: Supplier, owner: User) -> Assessment:
    """The first of six, so that groups are large enough to be shown."""
    campaign = create_campaign(questionnaire=version)
    everybody = [supplier, *(create_supplier(headcount_band=supplier.headcount_band) for _number in range(5))]
    fields = {"status": "submitted", "submitted_at": NOW, "submitted_by": owner}
    found = [create_assessment(supplier=each, campaign=campaign, **fields) for each in everybody]
    with before_handing_in():
        for each in found:
            for code, said in (("A-1", "yes"), ("A-2", "no"), ("B-1", "yes")):
                create_answer(assessment=each, question=code, value={"value": said})
    keep_scores([each.pk for each in found], at=NOW)
    return found[0]


def look(page: Any, address: str) -> None:
    page.goto(address)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address


def test_weights_take_their_way_into_force(
    new_page: Any, version: QuestionnaireVersion, assessment: Assessment, staff: User, owner: User
) -> None:
    page = new_page(user=staff)
    page.context.set_default_timeout(30_000)
    look(page, reverse("assessments:weight_set_edit", args=[version.pk]))
    row = page.get_by_role("row", name="Media")
    row.get_by_label("Media, A").fill("70")
    assert row.locator("[data-sum]").inner_text() == "120"
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_text("The shares add up to 120, not to 100.").first.wait_for()
    assert_accessible(page)
    page.get_by_label("Media, B").fill("30")
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_text("The weights are kept as a draft").wait_for()
    page.get_by_role("button", name="Back-test").click()
    page.wait_for_url("**/back-tests/*/")
    test = BackTest.objects.get()
    assert test.run is not None
    engine.work_off(test.run.pk)

    colleague = new_page(user=create_user(role=Role.ESG_STAFF, name="Sibyl Second"), phone=True)
    colleague.context.set_default_timeout(30_000)
    look(colleague, reverse("assessments:publication", args=[test.questionnaire_id]))
    colleague.get_by_role("link", name="Announce").click()
    assert_accessible(colleague)
    colleague.get_by_label("What changes, in English").fill("Area A counts for more.")
    colleague.get_by_role("button", name="Announce").click()
    colleague.get_by_text("The version is announced").wait_for()

    reader = new_page(user=owner, phone=True)
    reader.context.set_default_timeout(30_000)
    reader.goto(reverse("assessments:home"))
    reader.get_by_text("Area A counts for more.").wait_for()
    assert_accessible(reader)
    reader.get_by_role("link", name="See what changes").click()
    reader.get_by_role("heading", name="What changes against").wait_for()
    assert_accessible(reader)
    visitor = new_page()
    look(visitor, reverse("assessments:methods"))
    look(visitor, reverse("assessments:method", args=[version.pk]))


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_pages_about_scores_are_open_to_everybody(new_page: Any, assessment: Assessment, staff: User, owner: User, phone: bool) -> None:
    test = tried(QuestionnaireVersion.objects.get(), by=staff)
    own, desk = new_page(user=owner, phone=phone), new_page(user=staff, phone=phone)
    for each in (own, desk):
        each.context.set_default_timeout(30_000)

    for name in ("assessments:results", "assessments:receipt_page", "labels:what_if"):
        look(own, reverse(name, args=[assessment.pk]))
    look(own, reverse("assessments:list_mine"))
    look(desk, test.get_absolute_url())
    look(desk, reverse("reports:fairness"))
    look(desk, reverse("reports:portfolio"))
