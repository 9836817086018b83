"""The walk through the portal, chapter by chapter, as its people walk it. With `--walkthrough` it writes docs/walkthrough.md anew.

The chapters build on one another: what staff import, launch and sign in one is there in the next.
"""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from accounts.demo import PASSWORD, PEOPLE
from tests.browser.album import FOLDER, Album
from tests.browser.chapters import CHAPTERS, DOCUMENT, as_markdown
from tests.browser.conftest import Portal, sign_in
from tests.services import wait_until
from tests.suppliers.files import pdf_bytes, valid_uscc, workbook


pytestmark = pytest.mark.timeout(900)

THIS_YEAR = datetime.now(UTC).year
SHOWCASE = "Cloud Horse & Rowing Boat Cloud"
THIS_CAMPAIGN, LAST_CAMPAIGN = "Supplier ESG self-assessment FY2026", "Supplier ESG self-assessment FY2025"
HOMES = {
    "Supplier contributor": "What to do now",
    "Supplier signatory": "What to do now",
    "Procurement reviewer": "Procurement home",
    "ESG staff": "Dashboard",
    "Auditor": "Dashboard",
    "Administrator": "Users",
    "Case team": "Grievances",
}


def heading(page: Any, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("heading", name=name, level=1)


def press(page: Any, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()


def follow(page: Any, name: str | re.Pattern[str]) -> None:
    page.get_by_role("link", name=name).first.click()


# --- 1 ----------------------------------------------------------------------------------------------------------------


def test_each_role_signs_in_and_lands_where_its_day_begins(portal: Portal, album: Album) -> None:
    page = portal.open()
    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    album.take(page, "sign-in", phone=True, chinese=True)

    for person in PEOPLE:
        page = portal.open(person.email.partition("@")[0])
        page.goto("/")
        heading(page, HOMES[str(person.role.label)]).wait_for()
        if person.email.startswith("staff"):
            album.take(page, "dashboard", phone=True, chinese=True)


def test_a_keyboard_is_enough_to_sign_in_and_answer(portal: Portal) -> None:
    page = portal.open()
    page.goto("/sign-in/")
    page.locator("input[name=username]:focus").wait_for()  # the browser puts the focus there once it has drawn the page
    page.keyboard.type("contributor@demo.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/assessments/")
    page.wait_for_load_state()
    tab_until(page, "/areas/.test(document.activeElement.href || '')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/areas/**")

    question = page.locator("[data-question]:not([data-answered='1']):visible").filter(has=page.get_by_role("radio")).first
    code = question.get_attribute("data-question")
    tab_until(
        page, f"document.activeElement.closest('[data-question]')?.dataset.question === '{code}' && document.activeElement.type === 'radio'"
    )
    page.keyboard.press("Space")

    page.locator(f"[data-question='{code}'][data-answered='1']").wait_for()


def tab_until(page: Any, condition: str) -> None:
    for _step in range(250):
        page.keyboard.press("Tab")
        if page.evaluate(condition):
            return
    raise AssertionError(f"The keyboard never came to: {condition}")


# --- 2 ----------------------------------------------------------------------------------------------------------------

HEADINGS = ("供应商名称", "英文名称", "统一社会信用代码", "国家", "省份", "类别")
GOOD = [
    ("纸鹤会展有限公司", "Paper Crane Events Ltd", valid_uscc(800_001), "中国", "浙江", "events"),
    ("石灯笼传媒有限公司", "Stone Lantern Media Ltd", valid_uscc(800_002), "China", "上海", "media"),
    ("竹蜻蜓物流有限公司", "Bamboo Dragonfly Logistics Ltd", valid_uscc(800_003), "CN", "江苏", "logistics"),
]
BAD = [
    ("铜铃铛有限公司", "Copper Bell Ltd", valid_uscc(800_004)[:-1] + "0", "中国", "浙江", "media"),
    ("纸鹤会展有限公司", "Paper Crane Events Ltd", valid_uscc(800_001), "中国", "浙江", "events"),
    ("木马有限公司", "Wooden Horse Ltd", valid_uscc(800_005), "Atlantis", "", "media"),
]


def test_staff_import_a_list_and_every_row_is_accounted_for(portal: Portal, album: Album, tmp_path: Path) -> None:
    chinese, again = tmp_path / "供应商清单.csv", tmp_path / "again.xlsx"
    with chinese.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *GOOD, *BAD])
    again.write_bytes(workbook([HEADINGS, *GOOD]))
    page = portal.open("staff")

    upload(page, chinese)
    album.take(page, "import-columns")
    press(page, "Start the dry run")
    page.get_by_text("Nothing has changed yet.").wait_for(timeout=60_000)
    page.get_by_text("The same as row 2 of this file.").wait_for()
    album.take(page, "import-dry-run", phone=True, chinese=True)
    press(page, "Import these rows")
    page.get_by_text("All 6 rows of the file are accounted for.").wait_for(timeout=60_000)
    album.take(page, "import-result")

    upload(page, again)
    press(page, "Start the dry run")
    page.get_by_text(re.compile("left alone|Left alone|nothing to", re.IGNORECASE)).first.wait_for(timeout=60_000)
    assert page.get_by_role("button", name="Import these rows").count() == 0


def upload(page: Any, path: Path) -> None:
    page.goto("/suppliers/imports/new/")
    page.get_by_label("File").set_input_files(path)
    press(page, "Upload and look at the columns")
    heading(page, "Choose the columns").wait_for()


# --- 3 ----------------------------------------------------------------------------------------------------------------


def test_a_company_registers_is_let_in_and_signs_in(portal: Portal, album: Album) -> None:
    public = portal.open()
    public.goto("/suppliers/register/")
    album.take(public, "register", phone=True, chinese=True)
    public.get_by_label("English name").fill("Red Umbrella Services Ltd")
    public.get_by_label("Category").select_option("services")
    public.get_by_label("Headcount").select_option("small")
    public.get_by_label("Unified Social Credit Code").fill(valid_uscc(800_010))
    public.get_by_label("Your name").fill("Lin Deng")
    public.get_by_label("Your e-mail address").fill("lin@umbrella.example")
    press(public, "Send the application")
    heading(public, "Thank you, your application has arrived").wait_for()

    staff = portal.open("staff")
    staff.goto("/suppliers/registrations/")
    follow(staff, "Red Umbrella Services Ltd")
    album.take(staff, "registration")
    press(staff, "Approve")
    staff.get_by_text("An invitation is on its way to lin@umbrella.example").wait_for()

    accept_invitation(public, link_in(portal, "lin@umbrella.example"))
    public.context.clear_cookies()
    public.goto("/sign-in/")
    sign_in(public, "lin@umbrella.example", "a kite above the river")
    heading(public, "What to do now").wait_for()


def link_in(portal: Portal, email: str) -> str:
    wait_until(lambda: any("/invitations/" in mail for mail in portal.mails(email)), seconds=60, what=f"the mail to {email}")
    [link] = {link for mail in portal.mails(email) for link in re.findall(r"https?://\S+/invitations/\S+/", mail)}
    return link


def accept_invitation(page: Any, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Lin Deng")
    page.get_by_label("Choose a password").fill("a kite above the river")
    page.get_by_label("The same password again").fill("a kite above the river")
    press(page, "Open my account")
    page.get_by_text("Welcome. Your account is ready.").wait_for()


# --- 4 ----------------------------------------------------------------------------------------------------------------


def test_staff_launch_a_campaign_and_nobody_is_invited_twice(portal: Portal, album: Album) -> None:
    page = portal.open("staff")
    page.goto("/assessments/campaigns/new/")
    page.get_by_label("English title").fill("Events and media follow-up")
    page.get_by_label("Chinese title").fill("会展与传媒补充自评")
    page.get_by_label("Questionnaire").select_option(index=1)
    page.get_by_label("Due on").fill(f"{THIS_YEAR + 1}-12-31")
    before = page.locator("#population-size strong").inner_text()
    page.get_by_label("Events", exact=True).check()
    expect(page.locator("#population-size strong")).not_to_have_text(before)
    asked = int(page.locator("#population-size strong").inner_text())
    assert 0 < asked < int(before)
    album.take(page, "campaign-new", phone=True, typed=True)
    press(page, "Save the draft")
    follow(page, "Launch")
    mails = len(portal.mails())
    press(page, "Launch")
    page.get_by_text(f"{asked} suppliers are asked").or_(page.get_by_text("Suppliers asked")).first.wait_for()

    wait_until(lambda: len(portal.mails()) > mails, seconds=60, what="the invitations")
    page.wait_for_timeout(3000)
    sent = portal.mails()[mails:]
    press(page, "Invite those who have no mail yet")
    page.wait_for_timeout(3000)
    addresses = [mail.partition("\n")[0] for mail in portal.mails()[mails:]]

    assert len(addresses) == len(set(addresses)) == len(sent)
    page.goto("/assessments/campaigns/")
    follow(page, THIS_CAMPAIGN)
    album.take(page, "campaign", phone=True, chinese=True)


# --- 5 ----------------------------------------------------------------------------------------------------------------


def test_a_supplier_answers_and_every_answer_saves_itself(portal: Portal, album: Album, tmp_path: Path) -> None:
    page = portal.open("signatory")
    page.goto("/assessments/")
    album.take(page, "supplier-home", phone=True, chinese=True)
    follow(page, "All areas")
    page.wait_for_url("**/assessments/*/")  # axe looks at the page that is there
    album.take(page, "task-list", phone=True, chinese=True)
    follow(page, "Business ethics and management systems")
    page.locator("#T-03").get_by_role("radio").first.check()
    wait_until_saved(page, "T-03")

    certificate = tmp_path / "anti-corruption-policy.pdf"
    certificate.write_bytes(pdf_bytes(b"a policy"))
    page.locator("#T-01").get_by_role("radio", name="Yes").check()
    page.locator("#T-01").get_by_label("Files for T-01").set_input_files(certificate)
    page.locator("#T-01").get_by_role("link", name="anti-corruption-policy").first.wait_for()
    album.take(page, "area", phone=True, chinese=True)

    # The network goes and comes back: nothing typed is lost.
    chosen = page.locator("#T-02 input[type=radio]:not(:checked)").last.get_attribute("value")
    answer = page.locator(f"#T-02 input[type=radio][value='{chosen}']")
    page.context.set_offline(True)
    answer.check()
    page.get_by_text("No connection: your answers are kept in this browser and sent later").locator("visible=true").first.wait_for()
    page.context.set_offline(False)
    wait_until_saved(page, "T-02")
    page.reload()
    assert answer.is_checked()


def wait_until_saved(page: Any, code: str) -> None:
    page.locator(f"#{code} [data-answer-state][data-state='saved']").wait_for(timeout=30_000)


def test_without_javascript_a_button_saves_the_page(portal: Portal) -> None:
    page = portal.open("contributor", javascript=False)
    page.goto("/assessments/")
    follow(page, "All areas")
    follow(page, "Labor, human rights, health and safety")
    question = page.locator("[data-question][data-answered='0']:visible").filter(has=page.get_by_role("radio")).first
    code = question.get_attribute("data-question")
    question.get_by_role("radio").first.check()
    page.get_by_role("button", name="Save", exact=True).last.click()

    page.get_by_text("All answers on the page are saved.").wait_for()
    assert page.locator(f"#{code}").get_by_role("radio").first.is_checked()


def test_a_signatory_checks_signs_and_submits(portal: Portal, album: Album, tmp_path: Path) -> None:
    code = tmp_path / "signed-code.pdf"
    code.write_bytes(pdf_bytes(b"signed"))
    page = portal.open("signatory")
    page.goto("/assessments/")
    follow(page, "All areas")
    follow(page, "Business ethics and management systems")
    page.locator("#T-13").get_by_role("radio").first.check()
    wait_until_saved(page, "T-13")
    page.locator("#T-13").locator("input[type=file]").first.set_input_files(code)
    page.locator("#T-13").get_by_role("link", name="signed-code").first.wait_for()
    follow(page, "Check your answers")
    heading(page, "Check your answers").wait_for()
    album.take(page, "check", phone=True, chinese=True)
    page.goto(page.url.replace("/check/", "/sign/"))
    page.get_by_label("Your role in the company").fill("Head of compliance")
    page.get_by_label("Your password").fill(PASSWORD)
    for box in page.get_by_role("checkbox").all():
        box.check()
    album.take(page, "sign")
    press(page, "Sign and submit")
    page.wait_for_url("**/submitted/")
    album.take(page, "submitted", phone=True)


# --- 6 ----------------------------------------------------------------------------------------------------------------


def test_a_scoring_run_shows_how_far_it_is_and_what_came_of_it(portal: Portal, album: Album, wait_for_run: Any) -> None:
    page = portal.open("staff")
    page.goto("/assessments/campaigns/")
    follow(page, THIS_CAMPAIGN)
    press(page, "Score now")
    page.wait_for_url("**/runs/**")
    wait_for_run(page)
    page.get_by_text(re.compile(r"\(100%\)")).first.wait_for(timeout=60_000)
    album.take(page, "scoring-run", phone=True, chinese=True)

    supplier = portal.open("signatory")
    supplier.goto("/assessments/results/")
    supplier.get_by_role("heading", level=1).wait_for()
    album.take(supplier, "results", phone=True, chinese=True)


# --- 7 ----------------------------------------------------------------------------------------------------------------


def test_the_portfolio_is_filtered_sorted_paged_and_exported_as_it_stands(portal: Portal, album: Album) -> None:
    page = portal.open("reviewer")
    page.goto("/reports/portfolio/")
    album.take(page, "portfolio", phone=True, chinese=True)
    assert len(names_on(page)) == 50
    first = names_on(page)
    follow(page, "Next")
    page.wait_for_url("**after=**")
    assert not set(first) & set(names_on(page))

    page.goto("/reports/portfolio/?sort=name")
    page.get_by_label("Category").select_option("events")
    page.wait_for_url("**category=events**")
    shown = names_on(page)
    assert 0 < len(shown) <= 50
    press(page, "Export CSV")
    say_why(page)
    rows = list(csv.DictReader(io.StringIO(downloaded(page).decode("utf-8-sig"))))

    exported = [{row["English name"].strip(), row["Chinese name"].strip()} for row in rows]
    assert all(name in pair for name, pair in zip(shown, exported, strict=False))
    page.goto("/reports/portfolio/?q=Cloud+Horse")
    page.get_by_role("link", name=re.compile(SHOWCASE)).first.click()
    album.take(page, "supplier", phone=True, chinese=True)


def names_on(page: Any) -> list[str]:
    page.locator("tbody th a").first.wait_for()
    return [name.strip() for name in page.locator("tbody th a").all_inner_texts()]


def say_why(page: Any) -> None:
    page.get_by_label("For an audit, or because an authority asks").check()
    press(page, "Get the file")


def downloaded(page: Any) -> bytes:
    page.get_by_text("The file is ready.").wait_for(timeout=60_000)
    with page.expect_download() as download:
        follow(page, re.compile("Download"))
    return Path(download.value.path()).read_bytes()


# --- 8 ----------------------------------------------------------------------------------------------------------------


def test_a_reviewer_judges_the_answers_and_the_verified_score_follows(portal: Portal, album: Album) -> None:
    page = portal.open("reviewer")
    page.goto("/assessments/reviews/?whose=mine")
    album.take(page, "review-queue", phone=True, chinese=True)
    page.get_by_label("Supplier").fill(SHOWCASE)
    press(page, "Filter")
    follow(page, re.compile(SHOWCASE))
    press(page, "Take into review")

    cards = page.locator(".review-question")
    judge(cards.nth(0), "Accept")
    judge(cards.nth(1), "Reject the evidence", "The certificate is out of date.")
    album.take(page, "review", phone=True, chinese=True)
    follow(page, "Finish the review")
    album.take(page, "review-finish")
    press(page, "Close the review")

    page.get_by_text("The review was closed on").or_(page.get_by_text("Verified")).first.wait_for()


def judge(card: Any, verdict: str, reason: str = "") -> None:
    card.get_by_label(verdict, exact=True).check()
    if reason:
        card.get_by_label("Reason").fill(reason)
    card.locator("[data-answer-state][data-state=saved]").wait_for()


# --- 9 ----------------------------------------------------------------------------------------------------------------


def test_labels_are_evaluated_and_each_is_explained(portal: Portal, album: Album, wait_for_run: Any) -> None:
    page = portal.open("staff")
    page.goto("/labels/")
    album.take(page, "labels", phone=True, chinese=True)
    press(page, "Evaluate now")
    page.wait_for_url("**/runs/**")
    wait_for_run(page)
    page.goto("/labels/?q=Cloud+Horse")
    follow(page, re.compile(SHOWCASE))
    page.get_by_role("heading", name="Criterion by criterion").wait_for()
    album.take(page, "label", phone=True, chinese=True)


# --- 10 ---------------------------------------------------------------------------------------------------------------


def test_buyer_and_supplier_agree_on_a_pilot_and_follow_it(portal: Portal, album: Album) -> None:
    staff, supplier = portal.open("staff"), portal.open("signatory")
    year = THIS_YEAR
    staff.goto("/pilots/new/")
    staff.get_by_label("Name or identifier").fill(SHOWCASE)
    press(staff, "Search")
    follow(staff, re.compile(SHOWCASE))
    staff.get_by_label("Starts on").fill(f"{year - 1}-01-01")
    staff.get_by_label("Ends on").fill(f"{year + 4}-12-31")
    staff.get_by_label("Base year", exact=True).fill(str(year - 3))
    staff.get_by_label("Base-year emissions (tCO₂e)").fill("18000")
    album.take(staff, "pilot-draft", phone=True, typed=True)
    press(staff, "Begin the draft")
    for _step in ("boundary", "base year", "targets", "year by year", "milestones", "consequences"):
        press(staff, "Save and go on")
    press(staff, "Offer to the supplier")
    agreement = staff.url

    for page in (supplier, staff):
        page.goto(agreement)
        follow(page, "Read and sign")
        page.get_by_label("Your role in the company").fill("Director")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_label("I sign this agreement on behalf of the company.").check()
        if page is supplier:
            album.take(page, "pilot-sign", phone=True, typed=True)
        press(page, "Sign")
        page.get_by_text("Your signature is recorded.").wait_for()

    supplier.goto(agreement)
    follow(supplier, "Report a year")
    supplier.get_by_label("Year", exact=True).select_option(index=1)
    supplier.get_by_label("Entered by hand").or_(supplier.get_by_label(re.compile("by hand|Entered"))).first.check()
    supplier.get_by_label("Emissions within the boundary (tCO₂e)").fill("16100")
    supplier.get_by_label("Months covered").fill("12")
    supplier.locator("form").get_by_role("button", name=re.compile("Report|Save")).last.click()
    supplier.get_by_text("The year is reported.").wait_for()

    staff.goto(agreement)
    staff.get_by_role("img", name="Targets and actual emissions").first.wait_for()
    album.take(staff, "pilot", phone=True, chinese=True)


# --- 11 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "button", "word"), [("en", "English", "Verified"), ("zh", "中文", "核实")])
def test_staff_export_an_audit_report_in_both_languages(portal: Portal, album: Album, language: str, button: str, word: str) -> None:
    page = portal.open("staff")
    page.goto("/reports/portfolio/?q=Cloud+Horse")
    follow(page, re.compile(SHOWCASE))
    row = page.get_by_role("row").filter(has_text=LAST_CAMPAIGN)
    row.get_by_role("button", name=button, exact=True).click()
    say_why(page)
    report = downloaded(page)

    text = "\n".join(each.extract_text() for each in PdfReader(io.BytesIO(report)).pages)
    fonts = {
        str(font.get_object()["/BaseFont"]) for each in PdfReader(io.BytesIO(report)).pages for font in each["/Resources"]["/Font"].values()
    }
    assert word in text
    assert "云马与划船云计算有限公司" in text.replace("\n", "")
    assert all("Portal-Sans" in font for font in fonts)
    album.keep(f"audit-report-{language}", picture_of(report, 0))
    album.keep(f"audit-report-scores-{language}", picture_of(report, 1))


def picture_of(report: bytes, number: int) -> bytes:
    file = io.BytesIO()
    PdfDocument(report)[number].render(scale=1.1).to_pil().save(file, "PNG")
    return file.getvalue()


# --- the document -----------------------------------------------------------------------------------------------------


def test_no_page_was_wider_than_a_phone(album: Album) -> None:
    assert album.too_wide == []


def test_the_walkthrough_shows_what_the_journeys_saw(album: Album) -> None:
    if album.is_recording:
        DOCUMENT.write_text(as_markdown(), encoding="utf-8")

    assert DOCUMENT.read_text(encoding="utf-8") == as_markdown()
    pictures = {picture for chapter in CHAPTERS for picture in chapter.pictures}
    assert {path.stem for path in FOLDER.glob("*.webp")} == pictures
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4_000_000
    if album.taken >= {"sign-in", "audit-report-zh"}:  # the whole walk was walked, not a part of it
        assert pictures == album.taken
