"""Pilot agreements in a real browser: drafted step by step, signed by both sides, amended, appraised, and followed on a phone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from pilots import appraisal
from pilots.amendments import Proposal, propose_amendment
from pilots.appraisal import load_schemes
from pilots.joint_actions import Programme, invite, save_programme
from pilots.models import Agreement, Amendment
from pilots.wordings import load_templates
from tests.factories import PASSWORD, create_user
from tests.pilots.support import active, factor_set, report
from tests.services import assert_accessible


def sign(page: Any) -> None:
    page.get_by_label("Your role in the company").fill("Director")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("I sign this agreement on behalf of the company.").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("Your signature is recorded.").first.wait_for()


def test_staff_draft_an_agreement_step_by_step_and_both_sides_sign_it(new_page: Any, supplier: Any, owner: Any, staff: Any) -> None:
    factor_set()
    load_templates(at=timezone.now())
    page = new_page(user=staff)
    page.goto(f"/pilots/new/?supplier={supplier.pk}")
    assert_accessible(page)
    page.get_by_label("Carbon-neutral pilot agreement").check()
    page.get_by_label("Starts on").fill("2025-01-01")
    page.get_by_label("Ends on").fill("2029-12-31")
    page.get_by_label("Base year", exact=True).fill("2024")
    page.get_by_label("Base-year emissions (tCO₂e)").fill("1000")
    page.get_by_role("button", name="Begin the draft").click()
    for _step in range(6):
        page.get_by_role("button", name="Save and go on").wait_for()
        assert_accessible(page)
        page.get_by_role("button", name="Save and go on").click()
    page.get_by_text("Meets the 1.5 °C line").wait_for()
    page.get_by_role("button", name="Offer to the supplier").click()
    page.get_by_text("The agreement is offered.").first.wait_for()
    page.get_by_role("link", name="Read and sign").click()
    assert_accessible(page)
    sign(page)

    phone = new_page(user=owner, phone=True)
    phone.goto(Agreement.objects.get().get_absolute_url())
    phone.get_by_role("link", name="Read and sign").click()
    phone.get_by_role("link", name="Upload a PDF signed elsewhere").click()
    assert_accessible(phone)
    phone.get_by_role("link", name="Sign here").click()
    assert_accessible(phone)
    sign(phone)
    assert Agreement.objects.get().status == "active"


def test_an_agreement_is_followed_amended_and_appraised(new_page: Any, supplier: Any, owner: Any, staff: Any) -> None:
    load_schemes(at=timezone.now())
    agreement = active(supplier, staff, owner)
    report(agreement, 2024, 880, by=owner, offsets=100)
    proposal = Proposal(Amendment.Kind.TERMS, "More than was hoped for", {"total_reduction": Decimal(60)})
    amendment = propose_amendment(agreement_id=agreement.pk, proposal=proposal, by=staff, at=timezone.now())
    appraisal.calculate_appraisals(agreement_id=agreement.pk, at=timezone.now())
    found = agreement.appraisals.get(year=2024)
    appraisal.propose(
        appraisal_id=found.pk, reasons="On track", consequence="incentive", by=create_user(role=Role.ESG_STAFF), at=timezone.now()
    )
    plan = Programme(
        timezone.localdate().year, 1, "Liquid cooling", "液冷", "Together", timezone.localdate(), timezone.localdate() + timedelta(days=30)
    )
    programme = save_programme(programme=plan, by=staff, at=timezone.now())
    invite(programme_id=programme.pk, agreement_ids=[agreement.pk], by=staff, at=timezone.now())

    phone = new_page(user=owner, phone=True)
    for address in (agreement.get_absolute_url(), amendment.get_absolute_url(), "/pilots/mine/"):
        phone.goto(address)
        assert_accessible(phone)
    phone.goto(found.get_absolute_url())
    assert_accessible(phone)
    phone.get_by_label("Your comment").fill("We agree.")
    phone.get_by_role("button", name="Send the comment").click()
    phone.get_by_text("Your comment stands in the appraisal.").first.wait_for()
    phone.goto(programme.get_absolute_url())
    phone.get_by_role("link", name="Reply").click()
    assert_accessible(phone)
    phone.get_by_label("Yes").check()
    phone.get_by_label("What you commit to save").fill("120")
    phone.get_by_role("button", name="Send").click()
    phone.get_by_text("Your reply is saved.").first.wait_for()
    assert_accessible(phone)

    page = new_page(user=staff)
    for name, arguments in (
        ("pilots:list", []),
        ("pilots:appraisal_list", []),
        ("pilots:programme_list", []),
        ("pilots:programme_new", []),
        ("pilots:programme", [programme.pk]),
        ("pilots:detail", [agreement.pk]),
    ):
        page.goto(reverse(name, args=arguments))
        assert_accessible(page)
    page.goto(reverse("pilots:amend", args=[agreement.pk]) + "?kind=recalculation")
    assert_accessible(page)
    page.goto(found.get_absolute_url())
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("The appraisal is confirmed.").first.wait_for()
    assert_accessible(page)
