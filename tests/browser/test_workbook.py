"""Working outside the browser, as a person does it: down, filled in, up, looked at, decided, saved. And everything taken along."""

from pathlib import Path

from assessments.answering.saving import save_answer
from assessments.models import Answer
from tests.assessments.filling import Workbook
from tests.factories import NOW, create_assessment
from tests.services import assert_accessible


def test_a_workbook_goes_out_and_comes_back_beside_a_colleagues_answer(new_page, supplier, owner, colleague, tmp_path):
    assessment = create_assessment(supplier=supplier)
    page = new_page(user=owner)
    page.goto(f"/assessments/{assessment.pk}/")
    page.get_by_role("link", name="Download or upload").click()
    assert_accessible(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download the workbook").click()
    filled = _filled_in(Path(taken.value.path()).read_bytes(), tmp_path)
    save_answer(assessment_id=assessment.pk, question="A-01", value={"value": "no"}, note="", base_version=0, by=colleague, at=NOW)

    page.get_by_label("Filled-in workbook").set_input_files(filled)
    page.get_by_role("button", name="Upload and compare").click()
    page.get_by_role("heading", name="What the workbook changes").wait_for()
    assert_accessible(page)
    page.get_by_role("radio", name="The workbook").check()
    page.get_by_role("button", name="Save these answers").click()

    page.get_by_text("2 answers are saved from the workbook.").wait_for()
    assert_accessible(page)
    assert dict(Answer.objects.values_list("question", "value")) == {"A-01": {"value": "yes"}, "B-01": {"value": "no"}}


def _filled_in(data: bytes, folder: Path) -> Path:
    workbook = Workbook(data)
    workbook.answer("A ", "A-01__value", "Yes")
    workbook.answer("B ", "B-01__value", "否")
    path = folder / "filled.xlsx"
    path.write_bytes(workbook.data())
    return path


def test_the_page_of_ones_own_data_is_accessible(new_page, supplier, owner):
    page = new_page(user=owner)
    page.goto("/reports/my-data/")
    assert_accessible(page)

    page.get_by_role("button", name="Put my data together").click()

    page.get_by_role("heading", name="Your data is being put together").wait_for()
    assert_accessible(page)
