"""The sandbox in a real browser: what is changed is sent, and nothing else."""

from typing import Any
from urllib.parse import parse_qsl

from django.urls import reverse

from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_questionnaire
from tests.services import assert_accessible


def test_a_change_is_sent_alone_and_may_be_taken_back(new_page: Any, supplier: Any, owner: Any) -> None:
    campaign = create_campaign(questionnaire=create_questionnaire())
    assessment = create_assessment(supplier=supplier, campaign=campaign, status="in_progress", started_at=NOW)
    for code in ("A-01", "B-01"):
        create_answer(assessment=assessment, question=code, value={"value": "yes"})
    url = reverse("labels:what_if", args=[assessment.pk])
    page = new_page(user=owner)
    sent: list[set[str]] = []
    page.on("request", lambda request: request.method == "POST" and sent.append({name for name, _ in parse_qsl(request.post_data)}))
    page.goto(url)
    for area in page.locator("details.receipt-area > summary").all():
        area.click()

    page.locator("#B-01").get_by_label("No", exact=True).check()
    page.get_by_text("With 1 answer changed").wait_for()
    assert sent[-1] == {"csrfmiddlewaretoken", "B-01__-asked", "B-01__value"}
    assert_accessible(page)

    page.locator("#B-01").get_by_label("Yes", exact=True).check()
    page.get_by_text("Nothing changed yet").wait_for()
    assert sent[-1] == {"csrfmiddlewaretoken"}

    # Sent as a whole, the page that comes back holds the change as if it had come so; it is still one.
    page.locator("#B-01").get_by_label("No", exact=True).check()
    page.get_by_text("With 1 answer changed").wait_for()
    page.evaluate("document.querySelector('form.what-if').submit()")
    page.get_by_text("With 1 answer changed").wait_for()
    page.locator("details.receipt-area:not([open]) > summary").first.click()
    page.locator("#A-01").get_by_label("with evidence attached").check()
    page.get_by_text("With 2 answers changed").wait_for()
