from typing import Any

from django.utils import timezone

from accounts.invitations import invite, token_of
from accounts.models import Role, User
from suppliers.models import Supplier
from tests.factories import PASSWORD, create_supplier, create_user
from tests.services import assert_accessible


def test_an_invited_person_opens_an_account_and_signs_in_again(new_page: Any, transactional_db: None) -> None:
    supplier: Supplier = create_supplier(name_en="Bamboo Bridge Ltd")
    role = Role.SUPPLIER_SIGNATORY
    invitation = invite(email="new@bamboo.example", role=role, supplier_id=supplier.pk, by=None, at=timezone.now(), language="en")
    page = new_page(phone=True)

    page.goto(f"/invitations/{token_of(invitation)}/")
    page.get_by_label("Your name").fill("Nina New")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("The same password again").fill("mistyped")
    page.get_by_role("button", name="Open my account").click()
    page.get_by_text("The two passwords differ.").first.wait_for()
    assert_accessible(page)
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Open my account").click()
    page.get_by_text("Welcome. Your account is ready.").wait_for()

    page.context.clear_cookies()
    page.goto("/sign-in/")
    assert_accessible(page)
    page.get_by_label("E-mail address").fill("new@bamboo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def test_everything_about_people_works_without_javascript(new_page: Any, transactional_db: None) -> None:
    administrator = create_user(role=Role.ADMINISTRATOR)
    person = create_user(role=Role.REVIEWER, name="Rita Reviewer", email="rita@buyer.example")
    page = new_page(user=administrator, javascript=False)

    page.goto("/users/")
    page.get_by_label("Name or e-mail address").fill("rita")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Rita Reviewer").click()
    page.get_by_role("button", name="Close the account").click()

    page.get_by_text("The account is closed.").wait_for()
    assert not User.objects.get(pk=person.pk).is_active
