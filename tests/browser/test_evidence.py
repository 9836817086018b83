"""Evidence in the browser: several files at once, cut and reloaded in the middle, and chosen from the library beside the question."""

import hashlib
import re
from pathlib import Path

from suppliers.models import Upload
from suppliers.uploads import PART_BYTES
from tests.factories import create_assessment, create_document
from tests.services import assert_accessible, wait_until
from tests.suppliers.files import office, pdf_bytes


PARTS = re.compile(r"/documents/uploads/.*place=")


def made(folder: Path, **contents: bytes) -> list[Path]:
    paths = []
    for name, content in contents.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content)
        paths.append(path)
    return paths


def test_several_files_go_into_the_library_and_a_bad_one_says_why(new_page, supplier, owner, tmp_path):
    page = new_page(user=owner)
    page.goto("/suppliers/documents/")
    assert_accessible(page)

    page.get_by_label("Choose files").set_input_files(
        made(tmp_path, permit_pdf=pdf_bytes(), meter_xlsx=office("xlsx"), macros_docx=office("docx", {"word/vbaProject.bin": b"x"}))
    )

    page.locator(".upload-item", has_text="macros.docx").get_by_text("The file contains macros.").wait_for()
    page.locator("#documents").get_by_role("link", name="permit.pdf", exact=True).wait_for()
    page.locator("#documents").get_by_role("link", name="meter.xlsx", exact=True).wait_for()
    assert_accessible(page)
    page.locator(".upload-item", has_text="permit.pdf").get_by_role("link", name="Add particulars").click()
    page.get_by_role("heading", name="permit.pdf").wait_for()
    assert_accessible(page)


def test_a_file_survives_a_cut_and_a_reload(new_page, supplier, owner, tmp_path):
    content = pdf_bytes(bytes(2_500_000))
    page = new_page(user=owner)
    page.goto("/suppliers/documents/")

    # The network goes after the third part.
    sent = []

    def cut(route):
        sent.append(route.request.url)
        return route.continue_() if len(sent) <= 3 else route.abort()

    page.route(PARTS, cut)
    page.get_by_label("Choose files").set_input_files(made(tmp_path, permit_pdf=content))
    page.locator(".upload-state", has_text="Waiting for the connection.").wait_for()
    assert Upload.objects.get().received == 3 * PART_BYTES

    # Another day: the page is opened again, and the network is there.
    page.unroute(PARTS)
    page.reload()

    page.locator("#documents").get_by_role("link", name="permit.pdf", exact=True).wait_for()
    assert supplier.documents.get().sha256 == hashlib.sha256(content).hexdigest()
    assert Upload.objects.count() == 1, "it went on where it stopped"


def test_evidence_is_uploaded_and_chosen_beside_the_question(new_page, supplier, owner, tmp_path):
    create_document(supplier=supplier, title="Water bill of last year", file="documents/bill.pdf")
    assessment = create_assessment(supplier=supplier, status="in_progress")
    page = new_page(user=owner)
    page.goto(f"/assessments/{assessment.pk}/areas/A/")
    question = page.locator("#A-01")

    question.get_by_label("Files for A-01").set_input_files(made(tmp_path, bill_pdf=pdf_bytes()))
    question.locator(".file-item").get_by_role("link", name="bill.pdf").wait_for()

    question.get_by_role("link", name="Use a document uploaded before").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Water bill of last year").check()
    assert_accessible(page)
    dialog.get_by_role("button", name="Attach the chosen ones").click()
    question.locator(".file-item").get_by_role("link", name="Water bill of last year").wait_for()

    question.get_by_role("button", name="Take away bill.pdf").click()
    question.locator(".file-item").get_by_role("link", name="bill.pdf").wait_for(state="detached")
    wait_until(lambda: assessment.answers.get().evidence_count == 1, seconds=10, what="the evidence to be taken away")


def test_without_script_files_go_the_plain_way(new_page, supplier, owner, tmp_path):
    page = new_page(user=owner, javascript=False)
    page.goto("/suppliers/documents/")
    page.get_by_text("Choose files").wait_for(state="hidden")

    page.get_by_role("link", name="Upload a document").click()
    page.get_by_label("File", exact=True).set_input_files(made(tmp_path, permit_pdf=pdf_bytes()))
    page.get_by_role("button", name="Save").click()

    page.get_by_role("heading", name="permit.pdf").wait_for()
    assert supplier.documents.get().original_name == "permit.pdf"


def test_a_new_revision_and_the_page_of_an_answers_evidence_take_files_in_parts_too(new_page, supplier, owner, tmp_path):
    document = create_document(supplier=supplier, title="Permit")
    assessment = create_assessment(supplier=supplier, status="in_progress")
    content = pdf_bytes(bytes(1_500_000))
    page = new_page(user=owner, phone=True)
    page.context.set_default_timeout(60_000)
    page.goto(f"/suppliers/documents/{document.pk}/revise/")
    assert_accessible(page)

    # The network goes after the first part; the page is opened again.
    sent = []
    page.route(PARTS, lambda route: (sent.append(1), route.continue_() if len(sent) == 1 else route.abort())[1])
    page.get_by_label("Choose the file").set_input_files(made(tmp_path, newer_pdf=content))
    page.locator(".upload-state", has_text="Waiting for the connection.").wait_for()
    page.unroute(PARTS)
    page.reload()
    page.wait_for_url("**/edit/")
    assert document.replaced_by.sha256 == hashlib.sha256(content).hexdigest()

    page.goto(f"/assessments/{assessment.pk}/answers/A-01/evidence/")
    page.get_by_label("Upload files").set_input_files(made(tmp_path, one_pdf=pdf_bytes(), two_pdf=pdf_bytes(b"two")))
    page.locator(".file-item", has_text="two.pdf").wait_for()
    page.locator(".file-item", has_text="one.pdf").wait_for()
    assert assessment.answers.get().evidence_count == 2
    assert_accessible(page)
