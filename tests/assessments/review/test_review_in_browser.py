"""The workbench in a browser: by keyboard alone, on a phone, through a dead tab; and the supplier who answers a query."""

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from accounts.models import User
from assessments.models import Answer, Assessment, QueryMessage, Verdict
from assessments.review import reviewing
from suppliers.models import Supplier
from tests.factories import NOW, attach, create_answer, create_assessment, create_document
from tests.services import assert_accessible, wait_until
from tests.suppliers.files import pdf_bytes


DECIDE = re.compile(r"/review/questions/")


@pytest.fixture
def assessment(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    found = create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)
    document = create_document(supplier=supplier, title="Water bill May")
    document.file.save("bill.pdf", ContentFile(pdf_bytes()))
    attach(answer=create_answer(assessment=found, question="A-01", value={"value": "yes"}, updated_by=owner), document=document)
    create_answer(assessment=found, question="A-02", value={"value": "2"}, updated_by=owner)
    create_answer(assessment=found, question="B-01", value={"value": "no"}, updated_by=owner)
    return found


def given() -> dict[str, tuple[str, str]]:
    return {each.answer.question: (each.outcome, each.reason) for each in Verdict.objects.select_related("answer")}


def workbench(page: Any, assessment: Assessment, area: str = "A") -> None:
    page.context.set_default_timeout(30_000)
    page.goto(reverse("assessments:review_area", args=[assessment.pk, area]))


def test_a_reviewer_judges_by_keyboard_alone_and_the_score_moves(new_page: Any, assessment: Assessment, reviewer: User) -> None:
    page = new_page(user=reviewer)
    workbench(page, assessment)
    assert page.frame_locator("iframe[title='Water bill May']").get_by_role("img", name="Page 1 of 1").count() == 1
    assert_accessible(page)

    page.keyboard.press("j")
    page.keyboard.press("a")
    wait_until(lambda: given() == {"A-01": ("accept", "")})
    page.locator(".review-figures-main dd", has_text="25").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("c")
    card = page.locator("#q-A-02")
    page.keyboard.press("ArrowDown")
    card.get_by_label("Reason").focus()
    page.keyboard.type("The programme is measured.")
    wait_until(lambda: given().get("A-02") == ("correct", "The programme is measured."))
    assert Answer.objects.get(question="A-02").value == {"value": "2"}
    page.locator("[data-left=A][data-count='0']").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("n")

    page.wait_for_url("**/review/areas/B/")
    page.get_by_text("Keyboard shortcuts").click()
    page.get_by_label("Single keys decide and move").uncheck()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.reload()
    assert not page.get_by_label("Single keys decide and move").is_checked()
    assert "B-01" not in given()


def test_a_reviewer_judges_on_a_phone_and_loses_nothing_when_the_tab_dies(new_page: Any, assessment: Assessment, reviewer: User) -> None:
    page = new_page(user=reviewer, phone=True)
    workbench(page, assessment)
    page.route(DECIDE, lambda route: route.abort())
    card = page.locator("#q-A-01")
    card.get_by_label("Reject the evidence").check()
    card.get_by_label("Reason").fill("The bill is from 2019.")
    card.locator("[data-answer-state][data-state=waiting]").wait_for()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert given() == {}

    context = page.context
    page.close()
    page = context.new_page()
    workbench(page, assessment)

    wait_until(lambda: given() == {"A-01": ("reject_evidence", "The bill is from 2019.")})
    page.get_by_role("link", name="Accept the rest of this area").click()
    assert_accessible(page)
    page.get_by_role("button", name="Accept 1 answer").click()
    wait_until(lambda: given().get("A-02") == ("accept", ""))


@pytest.mark.parametrize("phone", [False, True])
def test_a_supplier_answers_a_query(new_page: Any, assessment: Assessment, reviewer: User, owner: User, phone: bool) -> None:
    reviewing.decide(assessment_id=assessment.pk, question="A-02", outcome="query", reason="Who measures it?", by=reviewer, at=NOW)
    reviewing.return_to_supplier(assessment_id=assessment.pk, reason="One question.", by=reviewer, at=NOW)
    page = new_page(user=owner, phone=phone)
    page.context.set_default_timeout(30_000)
    page.goto(reverse("assessments:home"))
    page.get_by_role("link", name="A-02", exact=True).click()

    question = page.locator("#A-02")
    question.get_by_text("Who measures it?").first.wait_for()
    page.locator("#A-01").get_by_text("Stays as it was handed in.").wait_for()
    assert page.locator("#A-01").get_by_label("No", exact=True).is_disabled()
    # At its end the page's bar of buttons lies over nothing.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert_accessible(page)
    question.get_by_label(re.compile("^3 ")).check()
    wait_until(lambda: Answer.objects.get(question="A-02").value == {"value": "3"})
    question.get_by_role("link", name="Write to the reviewer").click()
    assert_accessible(page)
    page.get_by_label("Your message").fill("Our facility manager, each month.")
    page.get_by_role("button", name="Send").click()

    page.get_by_text("It is sent.").wait_for()
    assert QueryMessage.objects.filter(is_from_buyer=False).get().text == "Our facility manager, each month."
