"""The pages nobody needs to sign in for, in a real browser: they load, keep the content policy, and are accessible."""

import pytest

from tests.services import assert_accessible


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_sign_in_page_is_accessible(new_page, language, dark):
    page = new_page(language=language, phone=dark, dark=dark)

    page.goto("/sign-in/")

    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang").lower().startswith("zh" if language == "zh-hans" else "en")
    assert_accessible(page)
