"""Two people in one form, each in a browser of their own; and what people do together without JavaScript."""

from typing import Any

import pytest
from django.urls import reverse

from assessments.models import Answer, AreaTask, Assessment, ComeBack, Comment
from tests.assessments.editor.test_site_pages import CONTENT
from tests.factories import create_assessment, create_campaign, create_questionnaire, create_site
from tests.services import assert_accessible, wait_until


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, status="in_progress")


def area(assessment: Assessment, code: str = "A") -> str:
    return reverse("assessments:area", args=[assessment.pk, code])


def open_area(new_page: Any, user: Any, assessment: Assessment, **options: Any) -> Any:
    page = new_page(user=user, **options)
    page.context.set_default_timeout(30_000)
    page.goto(area(assessment))
    return page


def test_each_gets_what_the_other_saves_and_nothing_typed_is_overwritten(new_page, assessment, owner, colleague):
    olive = open_area(new_page, owner, assessment)
    colin = open_area(new_page, colleague, assessment)
    question = olive.locator("[data-question='A-01']")
    olive.get_by_role("button", name="Save and go on").focus()
    place = olive.evaluate("scrollY")

    colin.get_by_label("Yes").check()

    question.get_by_text("Changed by Colin Colleague at").wait_for()
    assert question.get_by_label("Yes").is_checked()
    olive.locator("[data-question='A-02']").wait_for(state="visible")
    question.get_by_text("Colin Colleague is here").wait_for()
    olive.get_by_role("link", name="A-01", exact=True).wait_for()
    # Neither the focus nor the page has moved.
    assert olive.evaluate("document.activeElement.name") == "next"
    assert olive.evaluate("scrollY") == place
    assert_accessible(olive)

    # Olive stands in a field, and has typed nothing yet: Colin's newer value waits until she has left it.
    question.locator("summary", has_text="Note").click()
    note = question.get_by_label("Anything the reviewer should know")
    note.focus()
    colin.locator("[data-question='A-01']").get_by_label("No", exact=True).check()
    question.get_by_text("What you type is kept").wait_for()
    assert question.get_by_label("Yes").is_checked()
    note.fill("Metered since May")

    # Both changed it: both values, who and when, and one choice.
    question.get_by_text("This answer was changed while you were writing").wait_for()
    assert note.input_value() == "Metered since May"
    assert_accessible(olive)
    question.get_by_label("What I wrote").check()
    question.get_by_role("button", name="Use the chosen one").click()
    wait_until(lambda: Answer.objects.get(question="A-01").value == {"value": "yes", "note": "Metered since May"})
    colin.get_by_text("Changed by Olive Owner at").wait_for()
    assert colin.locator("[data-question='A-01']").get_by_label("Yes").is_checked()


def test_evidence_comments_marks_and_sites_of_a_colleague_come_by_themselves(new_page, supplier, owner, colleague):
    for name in ("Hangzhou works", "Ningbo works"):
        create_site(supplier=supplier, name=name, type="factory")
    assessment = create_assessment(
        supplier=supplier, status="in_progress", campaign=create_campaign(questionnaire=create_questionnaire(content=CONTENT))
    )
    olive = open_area(new_page, owner, assessment)
    colin = open_area(new_page, colleague, assessment)
    seen, done = (page.locator("[data-question='A-01']") for page in (olive, colin))
    # Olive is writing a comment: what comes in beside it leaves it alone.
    seen.get_by_role("link", name="Comments").click()
    dialog = olive.get_by_role("dialog", name="Comments on A-01")
    dialog.get_by_label("Your comment").fill("The one in the")

    done.get_by_label("Yes").check()
    done.locator("input[type=file]").set_input_files({"name": "bill.csv", "mimeType": "text/csv", "buffer": b"month,m3\n1,20\n"})
    done.get_by_role("link", name="bill.csv").wait_for()
    done.get_by_role("link", name="Comments").click()
    colin.get_by_label("Your comment").fill("Which meter do we mean?")
    colin.get_by_role("button", name="Say it").click()

    dialog.get_by_text("Which meter do we mean?").wait_for()
    assert dialog.get_by_label("Your comment").input_value() == "The one in the"
    olive.keyboard.press("Escape")
    seen.locator("[data-talk-count]", has_text="1").wait_for()
    seen.get_by_role("link", name="bill.csv").wait_for()
    seen.get_by_text("needed for full credit").wait_for(state="hidden")

    colin.keyboard.press("Escape")
    done.get_by_role("button", name="I don't know yet").click()
    seen.get_by_text("To come back to").wait_for()
    olive.get_by_text("1 question to come back to").wait_for()

    colin.get_by_text("Same for all 2 sites").click()
    colin.get_by_label("Another site that differs").select_option(label="Ningbo works · Factory")
    colin.get_by_role("button", name="Answer for this site").click()
    colin.get_by_role("region", name="Ningbo works").get_by_label("No", exact=True).check()
    site = olive.get_by_role("region", name="Ningbo works")
    site.wait_for()
    assert site.get_by_label("No", exact=True).is_checked()
    # It is an answer like any other from then on.
    site.get_by_label("Yes").check()
    wait_until(lambda: Answer.objects.get(site__name="Ningbo works").value == {"value": "yes"})
    colin.get_by_role("region", name="Ningbo works").get_by_text("Changed by Olive Owner").wait_for()
    assert_accessible(olive)


def test_what_is_attached_here_stays_when_older_news_of_a_colleague_arrives(new_page, assessment, owner, colleague):
    olive = open_area(new_page, owner, assessment)
    colin = open_area(new_page, colleague, assessment)
    held: list[Any] = []

    def hold(route: Any) -> None:
        """The page as it is now, delivered later; what is asked for after that goes its way."""
        if held or route.request.resource_type != "fetch" or route.request.method != "GET":
            route.fallback()
        else:
            held.append((route, route.fetch()))

    olive.route(f"**{area(assessment)}", hold)
    theirs, here = (page.locator("[data-question='A-01']") for page in (colin, olive))
    with olive.expect_request(lambda request: request.resource_type == "fetch" and request.method == "GET"):
        theirs.get_by_role("button", name="I don't know yet").click()
    here.locator("input[type=file]").set_input_files({"name": "bill.csv", "mimeType": "text/csv", "buffer": b"month,m3\n1,20\n"})
    here.get_by_role("link", name="bill.csv").wait_for()

    [(route, response)] = held
    route.fulfill(response=response)

    here.get_by_text("To come back to").wait_for()
    here.get_by_role("link", name="bill.csv").wait_for()


def test_the_overview_shows_by_itself_who_is_where_and_how_far_the_areas_are(new_page, assessment, owner, colleague):
    olive = new_page(user=owner)
    olive.context.set_default_timeout(30_000)
    olive.goto(assessment.get_absolute_url())
    olive.get_by_text("Working on it now").wait_for(state="hidden")

    colin = open_area(new_page, colleague, assessment)
    colin.get_by_label("No", exact=True).check()

    olive.get_by_text("Working on it now").wait_for()
    olive.get_by_role("link", name="A-01", exact=True).wait_for()
    olive.get_by_text("1 of 2 questions answered").wait_for()
    assert_accessible(olive)


def test_comments_and_marks_beside_the_question(new_page, assessment, owner):
    page = open_area(new_page, owner, assessment, phone=True)
    question = page.locator("[data-question='A-01']")

    question.get_by_role("button", name="I don't know yet").click()
    question.get_by_role("button", name="Take the mark off").wait_for()
    page.get_by_text("1 question to come back to").wait_for()

    question.get_by_role("link", name="Comments").click()
    dialog = page.get_by_role("dialog", name="Comments on A-01")
    dialog.get_by_label("Your comment").fill("Which meter do we mean?")
    dialog.get_by_role("button", name="Say it").click()
    dialog.get_by_text("Which meter do we mean?").wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert question.locator("[data-talk-count]").inner_text() == "1"

    # The answer settles the mark.
    question.get_by_label("No", exact=True).check()
    question.get_by_role("button", name="I don't know yet").wait_for()
    page.get_by_text("1 question to come back to").wait_for(state="hidden")
    assert Comment.objects.get().text == "Which meter do we mean?"


def test_work_is_shared_without_javascript(new_page, assessment, owner, colleague):
    page = open_area(new_page, owner, assessment, javascript=False)

    page.get_by_role("button", name="I don't know yet").first.click()
    page.get_by_text("1 question to come back to").wait_for()
    assert ComeBack.objects.get().question == "A-01"

    page.get_by_role("link", name="Comments A-01").click()
    page.get_by_label("Your comment").fill("Ask the landlord.")
    page.get_by_role("button", name="Say it").click()
    page.get_by_role("button", name="Mark as settled").click()
    page.get_by_text("marked this as settled").wait_for()

    page.goto(assessment.get_absolute_url())
    page.get_by_role("link", name="Assign Water").click()
    page.get_by_label("Colin Colleague").check()
    page.get_by_label("Due on").fill("2020-01-01")
    page.get_by_role("button", name="Assign").click()
    assert page.get_by_text("Choose today or a later day.").count() == 2
    page.get_by_label("Nobody in particular").check()
    page.get_by_role("button", name="Assign").click()
    page.get_by_text("Nobody in particular answers this now.").wait_for()
    assert not AreaTask.objects.exists()


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_to_share_the_work_is_accessible(new_page, assessment, owner, dark):
    page = new_page(user=owner, dark=dark)
    page.goto(f"{reverse('assessments:assign', args=[assessment.pk])}?area=A")

    page.get_by_label("invite by e-mail").check()
    page.get_by_label("E-mail address").wait_for()
    page.get_by_role("button", name="Assign").click()
    page.get_by_text("Enter the address the invitation goes to.").first.wait_for()

    assert_accessible(page)
