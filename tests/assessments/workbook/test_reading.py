"""A workbook that was filled in by hand: which cells cannot be read, and which files are refused whole."""

import hypothesis
import pytest
from hypothesis import strategies as st

from assessments.questionnaires import answers, questionnaire
from assessments.workbook import layout, uploads
from assessments.workbook.reading import cell_text, read
from assessments.workbook.writing import Copy, Stored, write
from suppliers.workbook_opening import WorkbookRefused
from tests.assessments.small import document, question
from tests.assessments.workbook.support import ALL, apply, cleaned, copy_of, save, text_of, upload
from tests.factories import NOW, create_assessment, create_questionnaire, create_supplier


# --- cells that cannot be read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        ("A-01__value", "perhaps", "Choose one of the options"),
        ("A-05__value", "1,240", "1240"),
        ("A-05__value", "viel", "Enter a number"),
        ("A-05__value", -1, "at least 0 kWh"),
        ("A-06__value", "120%", "at most 100 %"),
        ("A-07__value", "31.12.26", "Enter a date"),
        ("A-08__value", "x" * 5001, "Shorten this text"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_keeps_none_of_the_others_away(assessment, owner, key, content, message):
    workbook = copy_of(assessment, owner)
    where = workbook.answer("A ", key, content)
    workbook.answer("B ", "B-02__value", "no")

    found = upload(assessment, workbook, owner)
    wrong = [each for merge in uploads.merges_of(found) for each in merge.wrong]
    applied = apply(found, owner)

    assert [each.where for each in wrong] == [where]
    assert message in wrong[0].text
    assert applied.saved == ["B-02"]


def test_a_wrong_cell_of_a_table_is_named_by_its_own_row(assessment, owner):
    """Empty rows above it do not count as rows of the answer, but they do in the file."""
    workbook = copy_of(assessment, owner)
    row = layout.HEAD_ROW + 3
    workbook.put("B-", f"D{row}", "many")

    [merge] = uploads.merges_of(upload(assessment, workbook, owner))

    assert [each.where for each in merge.wrong] == [f"{workbook.named('B-')}!D{row}"]


def test_a_wrong_unit_names_the_cell_of_the_unit(assessment, owner):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-05__value", 12)
    where = workbook.answer("A ", "A-05__value", "hours", column="F")

    [merge] = uploads.merges_of(upload(assessment, workbook, owner))

    assert [each.where for each in merge.wrong] == [where]


@pytest.mark.parametrize("typed", ["１２３", "1,5", "1.234,5", "1 240.5", 1240.5])
def test_a_number_is_read_in_the_notations_of_the_page(assessment, owner, typed):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-05__value", typed)

    assert apply(upload(assessment, workbook, owner), owner).saved == ["A-05"]


def test_a_share_shown_as_a_percentage_is_the_percentage_shown():
    assert cell_text(0.125, is_percentage=True) == "12.5%"
    assert cell_text(12.5) == "12.5"
    assert cell_text(1e-7) == "0.0000001"


def test_the_result_of_a_formula_is_taken_and_marked(assessment, owner):
    workbook = copy_of(assessment, owner)
    row = workbook.row_of("A ", "A-05__value")
    workbook.put("A ", f"E{row}", 1500, formula="500*3")

    found = upload(assessment, workbook, owner)
    [merge] = uploads.merges_of(found)

    assert [change.is_computed for change in merge.changes] == [True]
    assert apply(found, owner).saved == ["A-05"]


def test_a_formula_without_a_result_is_refused_by_its_cell(assessment, owner):
    workbook = copy_of(assessment, owner)
    row = workbook.row_of("A ", "A-05__value")
    workbook.put("A ", f"E{row}", None, formula="500*3")

    [merge] = uploads.merges_of(upload(assessment, workbook, owner))

    assert [each.where for each in merge.wrong] == [f"{workbook.named('A ')}!E{row}"]
    assert merge.changes == ()


# --- files that are refused whole -------------------------------------------------------------------------------------


def test_the_file_of_another_company_is_refused(assessment, owner, stranger):
    other = create_assessment(supplier=create_supplier(), campaign=assessment.campaign)

    with pytest.raises(WorkbookRefused, match="another self-assessment"):
        upload(other, copy_of(assessment, owner), stranger)


def test_a_file_of_another_version_is_refused(assessment, owner):
    workbook = copy_of(assessment, owner)
    other = create_questionnaire(content={**ALL, "version": "2"})
    assessment.campaign.questionnaire = other
    assessment.campaign.save()

    with pytest.raises(WorkbookRefused, match="another version"):
        upload(assessment, workbook, owner)


def test_a_row_that_was_moved_is_refused_by_its_place(assessment, owner):
    workbook = copy_of(assessment, owner)
    row = workbook.row_of("A ", "A-02__value")
    workbook.put("A ", f"A{row}", "A-08__value")

    with pytest.raises(WorkbookRefused, match=f"Row {row} of sheet"):
        upload(assessment, workbook, owner)


def test_a_row_that_was_copied_below_is_refused(assessment, owner):
    workbook = copy_of(assessment, owner)
    path = workbook.path("B ")
    last = len(workbook.rows("B "))
    workbook.change(path, "</sheetData>", f'<row r="{last + 1}"><c r="A{last + 1}" t="str"><v>B-02__value</v></c></row></sheetData>')

    with pytest.raises(WorkbookRefused, match=f"Row {last + 1} of sheet"):
        upload(assessment, workbook, owner)


def test_a_sheet_that_was_renamed_is_refused(assessment, owner):
    workbook = copy_of(assessment, owner)
    name = workbook.named("A ")
    workbook.change("xl/workbook.xml", f'name="{name}"', 'name="Sheet1"')

    with pytest.raises(WorkbookRefused, match="missing or has another name"):
        upload(assessment, workbook, owner)


def test_a_hidden_sheet_that_was_changed_is_refused(assessment, owner):
    save(assessment, "A-08", {"value": "before"}, owner)
    workbook = copy_of(assessment, owner)
    rows = workbook.rows("_portal")
    row = next(number for number, cells in enumerate(rows, start=1) if cells[2] == "A-08")
    workbook.put("_portal", f"D{row}", "7")

    with pytest.raises(WorkbookRefused, match="hidden sheet"):
        upload(assessment, workbook, owner)


def test_versions_that_a_program_turned_into_numbers_are_the_same_versions(assessment, owner):
    workbook = copy_of(assessment, owner)
    for number, cells in enumerate(workbook.rows("_portal"), start=1):
        if cells[2]:
            workbook.put("_portal", f"D{number}", 0)

    assert upload(assessment, workbook, owner).changes == {}


@hypothesis.settings(deadline=None)
@hypothesis.given(st.text(max_size=300))
def test_whatever_text_is_written_comes_back_as_the_same_answer(words_typed: str) -> None:
    whole = questionnaire.load(document(question("A-08", "text")))
    value = answers.clean(whole.question("A-08"), {"value": words_typed}).value
    copy = Copy(
        1, "now", whole, whole.questions, {}, {layout.Slot("A-08"): Stored(value, 1)}, text_of("B"), text_of("2026"), NOW.date(), "O", NOW
    )

    back = read(write(copy), assessment=1, created="now", questionnaire=whole).given[layout.Slot("A-08")]

    assert cleaned(whole.question("A-08"), back) == value
