import re
from typing import Any

from accounts.models import Role
from tests.accounts.test_second_factor import code_for
from tests.factories import PASSWORD, create_user
from tests.services import assert_accessible


def with_device(page: Any) -> None:
    """A device that makes and uses passkeys, and whose owner always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, "automaticPresenceSimulation": True}})


def test_an_app_then_a_passkey_then_in_by_the_passkey_alone(new_page: Any, site: str) -> None:
    user = create_user(role=Role.ESG_STAFF)
    page = new_page(phone=True)
    with_device(page)
    # Browsers make passkeys for names, not for numbers.
    here = site.replace("127.0.0.1", "localhost")

    page.goto(f"{here}/sign-in/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto(f"{here}/account/security/")
    assert_accessible(page)
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_role("img", name="QR code with the key below").wait_for()
    assert_accessible(page)
    secret = page.locator("code.mono").inner_text()
    page.get_by_label("The code that the app shows").fill("000")
    page.get_by_role("button", name="Set up the app").click()
    page.get_by_text("not the right one").first.wait_for()
    assert_accessible(page)
    assert page.locator("code.mono").inner_text() == secret, "the app need not be set up anew"
    page.get_by_label("The code that the app shows").fill(code_for(secret))
    page.get_by_role("button", name="Set up the app").click()
    page.get_by_text("10 codes are left").wait_for()
    assert_accessible(page)

    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of this passkey").fill("My phone")
    assert_accessible(page)
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_text("My phone", exact=False).first.wait_for()
    page.wait_for_url(re.compile("/account/security/$"))

    page.context.clear_cookies()
    page.goto(f"{here}/sign-in/")
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto(f"{here}/account/sessions/")
    page.get_by_text("This one").wait_for()
    assert_accessible(page)


def test_the_second_step_works_without_javascript(new_page: Any, transactional_db: None) -> None:
    from tests.accounts.test_second_factor import with_app

    user = create_user(role=Role.SUPPLIER_SIGNATORY)
    secret = with_app(user)
    page = new_page(javascript=False)

    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Second factor").wait_for()
    page.get_by_label("Code").fill(code_for(secret))
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url(lambda url: "/sign-in/" not in url)
