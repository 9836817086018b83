"""Who reviews what, in a real browser: the queue and its family of pages, a conflict of interest, and a blind second review."""

from tests.browser.conftest import Portal
from tests.services import assert_accessible


FAMILY = ("", "board/", "rules/", "second/", "agreement/", "interests/")


def test_the_pages_about_reviewers_are_accessible_wide_and_on_a_phone(portal: Portal) -> None:
    for phone in (False, True):
        page = portal.open("staff", phone=phone)
        for name in FAMILY:
            page.goto(f"/assessments/reviews/{name}")
            page.locator("h1").wait_for()
            assert_accessible(page)


def test_the_staff_give_chosen_cases_to_somebody_without_script(portal: Portal) -> None:
    page = portal.open("staff", javascript=False)
    page.goto("/assessments/reviews/?whose=free")
    page.get_by_role("checkbox").nth(0).check()
    page.get_by_role("checkbox").nth(1).check()

    page.get_by_role("button", name="Give the chosen to somebody").click()
    page.get_by_label("To whom").select_option(index=1)
    page.get_by_label("Reason").fill("To even out the load.")
    page.get_by_role("button", name="Give them").click()

    page.get_by_text("2 cases went to").wait_for()


def test_a_declared_conflict_closes_the_case_and_says_why(portal: Portal) -> None:
    page = portal.open("reviewer")
    page.goto("/assessments/reviews/?whose=mine")
    case = page.locator("#review-queue tbody th a").first
    address = case.get_attribute("href")
    case.click()
    page.get_by_role("link", name="Declare a conflict of interest").click()
    page.get_by_label("Family or friends there").check()
    assert_accessible(page)
    page.get_by_role("button", name="Declare").click()
    page.get_by_text("is closed to").wait_for()

    page.goto(address or "")

    page.get_by_text("A conflict of interest stands between you and").wait_for()
    assert_accessible(page)


def test_a_second_reviewer_judges_an_area_on_the_own_page(portal: Portal) -> None:
    page = portal.open("reviewer")
    page.goto("/assessments/reviews/second/")
    page.locator(".tasks a", has_text="").first.click()
    assert_accessible(page)
    page.get_by_role("button", name="Accept the").click()

    page.get_by_text("accepted.").wait_for()
    assert page.get_by_role("button", name="Change the verdict").count() > 0
