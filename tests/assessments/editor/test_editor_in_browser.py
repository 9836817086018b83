"""No answer is lost: the editor in a real browser, against a web server of its own that is killed and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts.models import User
from assessments.models import Answer, Assessment
from suppliers.models import Supplier
from tests.assessments.small import document, question, text
from tests.factories import create_assessment, create_campaign, create_questionnaire
from tests.services import assert_accessible, free_port, process, session_cookie, url_answers, wait_until


pytestmark = pytest.mark.timeout(300)

WORDS = "Three of our five sites, since March 2026"
COLUMNS = [{"key": "what", "type": "text", "label": text("What")}, {"key": "why", "type": "text", "label": text("Why")}]
QUESTIONS = [
    question("A-01"),
    question("A-02", "text"),
    question("A-03", "maturity"),
    question("A-04", "text"),
    question("A-05", "table", columns=COLUMNS, max_rows=40),
]


@dataclass
class WebServer:
    folder: Path
    port: int = field(default_factory=free_port)
    running: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        self.running = process([*command, "--no-control-socket"], self.folder / "web.log", PUBLIC_URL=self.url)
        self.child: subprocess.Popen[bytes] = self.running.__enter__()
        wait_until(lambda: url_answers(f"{self.url}/healthz/"), seconds=60, what=f"the web server; see {self.folder}")

    def kill(self) -> None:
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def end(self) -> None:
        self.running.__exit__(None, None, None)


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[WebServer]:
    started = WebServer(tmp_path)
    started.start()
    yield started
    started.end()


@pytest.fixture
def assessment(transactional_db: None, supplier: Supplier) -> Assessment:
    questionnaire = create_questionnaire(content=document(*QUESTIONS))
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=questionnaire))


@dataclass
class Editor:
    """One tab with the area page, and what a person does there."""

    page: Any
    assessment: Assessment

    def open(self, address: str) -> "Editor":
        self.page.goto(f"{address}/assessments/{self.assessment.pk}/areas/A/")
        self.page.locator("form[data-answers][autocomplete=off]").wait_for()  # the editor's script is there
        return self

    def question(self, code: str) -> Any:
        return self.page.locator(f"[data-question='{code}']")

    def choose(self, code: str, value: str) -> None:
        self.question(code).locator(f"label[for$='-{value}']").click()

    def write(self, code: str, words: str) -> None:
        self.question(code).locator("textarea.control-text").first.fill(words)

    def says(self, code: str, words: str) -> None:
        self.question(code).locator("[data-answer-state]").get_by_text(words).wait_for(timeout=20_000)

    def page_says(self, words: str) -> None:
        self.page.locator(".area-save").get_by_text(words).wait_for(timeout=20_000)


def stored(code: str) -> Any:
    return Answer.objects.filter(question=code).values_list("value", flat=True).first()


def wait_for(code: str, value: Any) -> None:
    wait_until(lambda: (stored(code) or {}).get("value") == value, what=f"{code} to be {value!r}; it is {stored(code)}")


@pytest.fixture
def open_editor(new_page: Callable[..., Any], site: str, assessment: Assessment, owner: User) -> Callable[..., Editor]:
    """On the shared web server, unless the test has one of its own."""

    def open_it(address: str = site, *, user: User = owner, script: str = "") -> Editor:
        page = new_page(user=user)
        if script:
            page.add_init_script(script)
        return Editor(page, assessment).open(address)

    return open_it


# --- the way to the portal is cut -------------------------------------------------------------------------------------


def test_network_cut_tab_closed_and_server_restarted_lose_nothing(open_editor, server, assessment):
    editor = open_editor(server.url)
    editor.choose("A-01", "yes")
    editor.says("A-01", "Saved")
    browser = editor.page.context

    browser.set_offline(True)
    editor.write("A-02", WORDS)
    editor.choose("A-03", "3")
    editor.says("A-02", "Waiting for connection")
    editor.page_says("No connection")
    assert_accessible(editor.page)
    editor.write("A-04", "typed a moment before the tab was closed")
    editor.page.close()
    server.kill()
    server.start()
    browser.set_offline(False)
    again = Editor(browser.new_page(), assessment).open(server.url)

    wait_for("A-04", "typed a moment before the tab was closed")
    wait_for("A-02", WORDS)
    wait_for("A-03", "3")
    assert stored("A-01") == {"value": "yes"}
    assert again.question("A-02").locator("textarea").first.input_value() == WORDS
    assert set(Answer.objects.values_list("version", flat=True)) == {1}


def test_answers_given_while_the_server_is_down_are_sent_when_it_is_back(open_editor, server):
    editor = open_editor(server.url)
    server.kill()

    editor.write("A-02", WORDS)
    editor.choose("A-01", "yes")
    editor.says("A-01", "Waiting for connection")
    server.start()

    wait_for("A-02", WORDS)
    wait_for("A-01", "yes")
    editor.says("A-01", "Saved")
    editor.page_says("All saved")


def test_answer_that_arrived_but_was_never_acknowledged_is_not_saved_twice(open_editor):
    editor = open_editor()

    def lose_the_response(route: Any) -> None:
        route.fetch()
        route.abort()

    editor.page.route("**/answers/A-02/", lose_the_response)
    editor.write("A-02", "first")
    editor.says("A-02", "Waiting for connection")
    assert stored("A-02") == {"value": "first"}
    editor.page.unroute("**/answers/A-02/")
    editor.write("A-02", "second")

    wait_for("A-02", "second")
    editor.says("A-02", "Saved")
    assert Answer.objects.get(question="A-02").version == 2


def test_save_button_leads_nowhere_while_there_is_no_connection(open_editor):
    editor = open_editor()
    editor.page.context.set_offline(True)

    editor.write("A-02", WORDS)
    editor.page.get_by_role("button", name="Save and check your answers").click()
    editor.page.get_by_text("They are kept; please stay on this page").wait_for()
    editor.page.context.set_offline(False)
    wait_for("A-02", WORDS)
    editor.page.get_by_role("button", name="Save and check your answers").click()

    editor.page.wait_for_url("**/check/")
    assert Answer.objects.get(question="A-02").version == 1


def test_words_typed_in_the_moment_of_leaving_arrive_without_coming_back(open_editor):
    editor = open_editor()

    editor.write("A-02", WORDS)
    editor.page.goto("about:blank")

    wait_for("A-02", WORDS)


def test_answer_longer_than_a_browser_sends_in_the_background_is_saved(open_editor):
    editor = open_editor()
    table = editor.question("A-05")
    for number in range(4):
        table.get_by_role("button", name="Add a row").click()
        table.locator("textarea").nth(2 * number).fill("水" * 2000)
        table.locator("textarea").nth(2 * number + 1).fill("电" * 2000)
    editor.question("A-05").locator("textarea").last.blur()

    wait_until(lambda: len((stored("A-05") or {}).get("value", [])) == 4, what="the long table")
    editor.says("A-05", "Saved")


# --- the portal has trouble -------------------------------------------------------------------------------------------


def test_answer_the_portal_fails_over_does_not_hold_up_the_others(open_editor):
    editor = open_editor()
    editor.page.route("**/answers/A-02/", lambda route: route.fulfill(status=500, body="oops"))
    editor.page.route("**/answers/A-04/", lambda route: route.fulfill(status=413, body="too much"))

    editor.write("A-02", WORDS)
    editor.write("A-04", WORDS)
    editor.choose("A-01", "yes")

    # The page first: what the test answers in the portal's place is answered only while the test looks at the page.
    editor.says("A-01", "Saved")
    editor.says("A-02", "Not saved yet: trying again")
    editor.says("A-04", "Not saved: please correct")
    assert stored("A-01") == {"value": "yes"}
    editor.page.unroute("**/answers/A-02/")
    editor.page.unroute("**/answers/A-04/")
    editor.page.reload()
    wait_for("A-02", WORDS)
    wait_for("A-04", WORDS)


@pytest.mark.parametrize("answer", [{"status": 503}, {"status": 429}, {"status": 200, "body": "<h1>Welcome to our hotel</h1>"}])
def test_what_is_no_acknowledgement_is_not_taken_for_one(open_editor, answer):
    editor = open_editor()
    editor.page.route("**/answers/**", lambda route: route.fulfill(**answer))

    editor.write("A-02", WORDS)
    editor.says("A-02", "Waiting for connection")
    editor.page.unroute("**/answers/**")

    wait_for("A-02", WORDS)
    editor.says("A-02", "Saved")


# --- who is signed in -------------------------------------------------------------------------------------------------


def test_expired_sign_in_is_said_and_after_signing_in_in_a_new_tab_everything_goes_on_by_itself(open_editor, owner):
    owner.set_password("a password for the tests")
    owner.save()
    editor = open_editor()
    Session.objects.all().delete()

    editor.write("A-02", WORDS)
    editor.says("A-02", "Kept here until you sign in")
    assert_accessible(editor.page)
    with editor.page.context.expect_page() as opened:
        editor.page.locator(".area-save").get_by_role("link", name="Sign in to send them").click()
    tab = opened.value
    tab.get_by_label("E-mail address").fill(owner.email)
    tab.get_by_label("Password").fill("a password for the tests")
    tab.get_by_role("button", name="Sign in").click()

    wait_for("A-02", WORDS)
    editor.says("A-02", "Saved")
    editor.write("A-04", "and on it goes")
    wait_for("A-04", "and on it goes")
    assert Answer.objects.get(question="A-02").updated_by == owner


def test_what_one_person_typed_waits_for_that_person_when_another_one_signs_in(open_editor, assessment, owner, colleague, site):
    editor = open_editor()
    browser = editor.page.context
    browser.add_cookies([{**session_cookie(colleague), "url": site}])

    editor.write("A-02", WORDS)
    editor.choose("A-01", "yes")
    editor.page_says("Somebody else is signed in here")
    other = Editor(browser.new_page(), assessment).open(site)
    other.choose("A-03", "2")
    wait_for("A-03", "2")
    assert not Answer.objects.filter(question__in=["A-01", "A-02"]).exists()
    assert other.question("A-02").locator("textarea").first.input_value() == ""

    browser.add_cookies([{**session_cookie(owner), "url": site}])
    editor.page.bring_to_front()
    editor.page.evaluate("dispatchEvent(new Event('focus'))")
    wait_for("A-02", WORDS)
    wait_for("A-01", "yes")
    assert set(Answer.objects.filter(question__in=["A-01", "A-02"]).values_list("updated_by", flat=True)) == {owner.pk}


# --- storage, tabs, devices -------------------------------------------------------------------------------------------


def test_browser_that_keeps_nothing_still_saves_and_says_when_the_page_must_stay_open(open_editor):
    forbidden = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    editor = open_editor(script=forbidden)
    editor.choose("A-01", "yes")
    wait_for("A-01", "yes")

    editor.page.context.set_offline(True)
    editor.write("A-02", WORDS)
    editor.choose("A-03", "2")
    editor.page_says("This browser cannot keep your answers")
    editor.page.context.set_offline(False)

    wait_for("A-02", WORDS)
    wait_for("A-03", "2")
    editor.page_says("All saved")


def test_damaged_storage_does_not_stop_the_editor(open_editor, assessment, owner):
    key = f"answers:{owner.pk}:{assessment.pk}"
    editor = open_editor(script=f"localStorage.setItem('{key}', '{{\"A-02\": 5, \"A-03\": null}}');")

    editor.write("A-02", WORDS)

    wait_for("A-02", WORDS)


def test_answer_of_one_tab_appears_in_the_other(open_editor, assessment, site):
    first = open_editor()
    second = Editor(first.page.context.new_page(), assessment).open(site)

    second.write("A-02", WORDS)
    second.says("A-02", "Saved")
    first.says("A-02", "Saved")
    first.write("A-02", f"{WORDS}.")

    wait_for("A-02", f"{WORDS}.")
    first.says("A-02", "Saved")
    assert first.question("A-02").locator(".conflict").count() == 0


def test_older_answer_of_another_device_does_not_overwrite_the_newer_one_in_silence(open_editor):
    laptop, phone = open_editor(), open_editor()
    laptop.page.context.set_offline(True)
    laptop.write("A-02", "typed on the train")
    laptop.says("A-02", "Waiting for connection")
    phone.write("A-02", "typed on the phone later")
    wait_for("A-02", "typed on the phone later")

    laptop.page.context.set_offline(False)
    laptop.says("A-02", "Two answers: please choose")
    laptop.question("A-02").get_by_text("You saved this yourself in another place").wait_for()
    assert stored("A-02") == {"value": "typed on the phone later"}
    laptop.choose("A-02", "mine")
    laptop.question("A-02").get_by_role("button", name="Use the chosen one").click()

    wait_for("A-02", "typed on the train")


def test_page_from_the_back_button_shows_what_is_stored_now(open_editor):
    editor = open_editor()
    editor.write("A-02", "before")
    editor.says("A-02", "Saved")

    editor.page.goto(f"{editor.page.url.partition('/areas/')[0]}/check/")
    Answer.objects.filter(question="A-02").update(value={"value": "changed meanwhile"}, version=2)
    editor.page.go_back()

    wait_until(lambda: editor.question("A-02").locator("textarea").first.input_value() == "changed meanwhile", what="the newer answer")


def test_time_of_a_save_is_told_in_the_persons_own_time_zone(open_editor, owner):
    User.objects.filter(pk=owner.pk).update(timezone="Asia/Shanghai")
    editor = open_editor()

    editor.choose("A-01", "yes")
    editor.says("A-01", "Saved")
    at_once = editor.question("A-01").locator("time").inner_text()
    editor.page.reload()

    assert at_once
    assert editor.question("A-01").locator("time").inner_text().endswith(at_once)
