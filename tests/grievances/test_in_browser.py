from typing import Any

from accounts.models import Role
from tests.factories import create_user
from tests.services import assert_accessible


def test_a_worker_reports_on_a_phone_without_javascript_and_reads_the_answer(new_page: Any, transactional_db: None) -> None:
    team = create_user(role=Role.CASE_TEAM)
    worker = new_page(phone=True)

    worker.goto("/grievance/")
    assert_accessible(worker)
    worker.get_by_label("Health and safety at work").check()
    worker.get_by_label("Which company?").fill("Bamboo Bridge Ltd")
    worker.get_by_role("button", name="Send").click()
    worker.get_by_role("heading", name="Tell us what is wrong").wait_for()
    assert_accessible(worker)
    worker.get_by_label("What happened?").fill("The exits are locked at night.")
    worker.get_by_role("button", name="Send").click()
    code = worker.locator("#case-code").inner_text()
    assert_accessible(worker)

    desk = new_page(user=team)
    desk.goto("/cases/")
    assert_accessible(desk)
    desk.get_by_role("link", name="G-").click()
    desk.get_by_text("The exits are locked at night.").wait_for()
    assert_accessible(desk)
    desk.get_by_label("Your message").fill("We looked: they are open now.")
    desk.get_by_label("This is the feedback").check()
    desk.get_by_role("button", name="Send").click()
    desk.get_by_role("button", name="Close the case").wait_for()

    plain = new_page(phone=True, javascript=False)
    plain.goto("/grievance/case/")
    plain.get_by_label("Case code").fill(code)
    plain.get_by_role("button", name="Open").click()
    plain.get_by_text("We looked: they are open now.").wait_for()
    plain.get_by_label("Your message").fill("Thank you.")
    plain.get_by_role("button", name="Send").click()
    plain.get_by_text("Your message is with the case team.").wait_for()
