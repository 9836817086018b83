"""Labels in a real browser: an appeal from both sides, a draft of the standard, the directory, schedules, and a scanned certificate."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Role
from labels import deciding, evaluation, publishing, units
from labels.dates import ledger_day
from labels.models import Appeal, Label, SavedView, Standard
from suppliers.models import BuyingUnit
from tests.factories import create_document, create_questionnaire, create_user
from tests.labels.support import QUESTIONNAIRE, create_green_supplier, create_standard
from tests.services import assert_accessible, wait_until


REASON = "The photographs of the treatment plant were taken elsewhere."


def label_of(supplier: Any) -> Label:
    create_questionnaire(content=QUESTIONNAIRE)
    create_standard()
    create_green_supplier(supplier, closed_at=timezone.now() - timedelta(days=60))
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    return Label.objects.get(supplier=supplier)


def test_a_supplier_appeals_on_a_phone_and_somebody_new_decides(new_page: Any, supplier: Any, owner: Any, staff: Any) -> None:
    label_of(supplier)
    deciding.suspend(supplier_id=supplier.pk, reason=REASON, by=staff, at=timezone.now())
    create_document(supplier=supplier, title="Photographs with their place", file="documents/photos.pdf")
    page = new_page(user=owner, phone=True)

    page.goto("/labels/mine/")
    assert_accessible(page)
    page.get_by_role("link", name="Appeal against it").click()
    page.get_by_text("By the buyer's people").first.wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="Appeal against this step").click()
    page.get_by_role("button", name="Lodge the appeal").click()
    page.get_by_role("alert").first.wait_for()
    assert_accessible(page)
    page.get_by_label("Why the step is wrong").fill("The photographs show our plant: the place stands in the files.")
    page.get_by_label("Photographs with their place").check()
    page.get_by_role("button", name="Lodge the appeal").click()
    page.get_by_text("Your appeal is lodged.").first.wait_for()
    assert_accessible(page)

    barred = new_page(user=staff)
    barred.goto("/labels/committee/")
    assert_accessible(barred)
    barred.locator("#appeals").get_by_role("link", name="Bamboo Bridge Ltd").click()
    barred.get_by_text("You took part in what is contested").wait_for()
    fresh = new_page(user=create_user(role=Role.ESG_STAFF))
    fresh.goto(f"/labels/appeals/{Appeal.objects.get().pk}/")
    assert_accessible(fresh)
    fresh.get_by_label("Uphold the appeal").check()
    fresh.get_by_label("Reasons").fill("We compared the places in the files: they are right.")
    fresh.get_by_role("button", name="Decide on the appeal").click()
    fresh.get_by_text("The appeal is upheld.").first.wait_for()

    page.goto("/labels/mine/")
    page.get_by_role("link", name="Reinstated").first.wait_for()
    page.get_by_text("We compared the places in the files").first.wait_for()


def test_a_suspension_is_announced_read_on_a_phone_and_called_off(new_page: Any, supplier: Any, owner: Any, staff: Any) -> None:
    label_of(supplier)
    day = ledger_day(timezone.now()) + timedelta(days=10)
    page = new_page(user=staff)
    page.goto(f"/labels/suppliers/{supplier.pk}/")
    page.get_by_role("link", name="Suspend", exact=True).click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("In effect from").fill(day.isoformat())
    assert_accessible(page)
    page.get_by_role("button", name="Suspend the label").click()
    page.get_by_role("heading", name="To be suspended on").wait_for()
    assert_accessible(page)

    phone = new_page(user=owner, phone=True)
    phone.goto("/labels/mine/")
    phone.get_by_role("heading", name="To be suspended on").wait_for()
    assert_accessible(phone)
    phone.get_by_role("link", name="Read the step").click()
    phone.get_by_role("heading", name="Announced: Suspension").wait_for()
    assert_accessible(phone)

    page.goto("/labels/committee/")
    page.get_by_role("heading", name="Announced steps, waiting for their day").wait_for()
    assert_accessible(page)
    page.get_by_role("region", name="Announced steps").get_by_role("link", name="Bamboo Bridge Ltd").click()
    page.get_by_role("link", name="Call it off").click()
    assert_accessible(page)
    page.get_by_label("Reason").fill("They were taken at another plant.")
    page.get_by_role("button", name="Call it off").click()
    page.get_by_text("Called off. The supplier is told.").first.wait_for()


def test_staff_draft_a_standard_by_keyboard_and_two_publish_it(new_page: Any, supplier: Any, staff: Any) -> None:
    label_of(supplier)
    page = new_page(user=staff)
    page.goto("/labels/standards/")
    page.get_by_role("link", name="New draft").click()
    page.get_by_label("Version").fill("2027")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Criteria", exact=True).wait_for()
    assert_accessible(page)

    page.get_by_role("link", name="Change total", exact=True).click()
    assert_accessible(page)
    page.get_by_label("All categories: Green supplier").fill("95")
    page.keyboard.press("Enter")
    page.get_by_text("green_leader asks less of media suppliers than green").first.wait_for()
    page.get_by_label("All categories: Green supplier").fill("66")
    page.keyboard.press("Enter")
    page.get_by_text("The draft is changed.").first.wait_for()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Ask to publish").click()
    page.get_by_text("A second person has to publish it.").wait_for()
    assert_accessible(page)

    second = new_page(user=create_user(role=Role.ESG_STAFF))
    second.goto(f"/labels/standards/{Standard.objects.get(version='2027').pk}/publication/")
    second.get_by_role("button", name="Publish for good").click()
    second.get_by_text("The standard is published.").first.wait_for()
    assert_accessible(second)


def test_procurement_keeps_a_view_and_chooses_its_units(new_page: Any, supplier: Any, reviewer: Any) -> None:
    label_of(supplier)
    supplier.units.add(BuyingUnit.objects.create(code="LOG", name_en="Logistics unit"))
    for days in (1, 0):
        units.record_shares(ledger_day(timezone.now()) - timedelta(days=days))
    page = new_page(user=reviewer)
    page.goto("/labels/directory/?category=services")
    assert_accessible(page)
    page.get_by_text("Saved views").click()
    page.get_by_label("Name of the view").fill("Services")
    page.get_by_role("button", name="Save these filters").click()
    page.get_by_role("link", name="Services", exact=True).wait_for()
    assert SavedView.objects.get().query == {"category": "services"}
    assert_accessible(page)

    page.get_by_role("link", name="Buying units").first.click()
    page.get_by_role("checkbox", name="Logistics unit").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Mine", exact=True).wait_for()
    assert_accessible(page)
    phone = new_page(user=reviewer, phone=True)
    phone.goto("/labels/units/")
    assert_accessible(phone)


def test_anybody_scans_a_certificate(new_page: Any, supplier: Any, owner: Any) -> None:
    label = label_of(supplier)
    publishing.agree(supplier_id=supplier.pk, choices={"name": True, "place": True}, by=owner, at=timezone.now())
    page = new_page(phone=True, javascript=True)
    page.goto(label.get_verification_url())

    page.get_by_text("This green label is in force.").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="中文").click()
    page.get_by_role("link", name="English").wait_for()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_staff_move_a_schedule(new_page: Any, staff: Any) -> None:
    page = new_page(user=staff)
    page.goto("/runs/schedules/")
    assert_accessible(page)
    page.get_by_role("link", name="Change: Evaluate the green labels every night").click()
    page.get_by_label("Each day at").fill("03:15")
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()

    page.get_by_text("Every day at 03:15").wait_for()
    wait_until(lambda: page.get_by_text("The schedule is changed.").count() > 0, seconds=5, what="the message")
