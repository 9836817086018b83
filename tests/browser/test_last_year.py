"""Last year's answers in a real browser: taken over beside the question and an area at a time, also without script."""

from typing import Any

from tests.browser.conftest import Portal
from tests.services import assert_accessible


def open_area(page: Any, name: str = "Labor") -> None:
    page.goto("/assessments/")
    page.get_by_role("link", name="All areas").click()
    page.get_by_role("link", name=name).first.click()


def test_an_answer_is_taken_over_beside_its_question(portal: Portal) -> None:
    page = portal.open("signatory")
    open_area(page)
    button = page.get_by_role("button", name="Unchanged: confirm").first
    section = page.locator("section[data-question]", has=button).first
    code = section.get_attribute("data-question")

    button.click()

    section = page.locator(f"#{code}")
    section.get_by_text("Confirmed, as in FY").wait_for()
    assert section.locator("[data-answer-state]").get_attribute("data-state") == "saved"
    assert section.locator("input:checked, select, textarea").count() > 0
    assert_accessible(page)
    page.reload()
    page.locator(f"#{code}").get_by_text("Confirmed, as in FY").wait_for()


def test_an_area_is_confirmed_at_once_without_script(portal: Portal) -> None:
    page = portal.open("signatory", javascript=False)
    page.goto("/assessments/")
    page.get_by_role("link", name="All areas").click()
    page.get_by_role("link", name="Take answers over").click()
    page.get_by_role("link", name="Ethics").click()

    page.get_by_role("button", name="answers above").click()

    page.get_by_text("answers are taken over.").wait_for()
    assert page.get_by_role("button", name="answers above").count() == 0


def test_the_pages_of_last_year_checking_and_signature_are_accessible(portal: Portal) -> None:
    for phone in (False, True):
        page = portal.open("signatory", phone=phone)
        page.goto("/assessments/")
        page.get_by_role("link", name="All areas").click()
        page.get_by_role("link", name="answers over").click()
        assert_accessible(page)
        page.get_by_role("link", name="Labor").click()
        assert_accessible(page)
        page.goto(page.url.partition("carry/")[0] + "check/")
        assert_accessible(page)
        page.goto("/assessments/1/signature/")
        page.get_by_text("nothing has changed since the signature").wait_for()
        assert_accessible(page)
