"""Working outside the browser: what is taken along, filled in by several people, and put together again without anything being lost."""

import html
import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessments.answering.saving import NotOpen, save_answer
from assessments.models import Answer, Assessment, EvidenceUse, WorkbookUpload
from assessments.questionnaires import questionnaire
from assessments.rules import rulesets
from assessments.workbook import evidence, layout, uploads, words
from assessments.workbook.reading import read
from assessments.workbook.writing import Copy, write
from config.paths import BASE_DIR
from runs import engine
from suppliers.models import Site
from suppliers.workbook_opening import WorkbookRefused
from tests.assessments.filling import Workbook
from tests.assessments.small import document, question
from tests.assessments.workbook.support import ALL_VALUES, apply, cleaned, copy_of, save, stored, text_of, upload
from tests.factories import (
    NOW,
    create_answer,
    create_assessment,
    create_campaign,
    create_document,
    create_questionnaire,
    create_site,
    create_supplier,
)
from tests.suppliers.files import pdf_bytes


# --- what is taken along ----------------------------------------------------------------------------------------------


def test_the_workbook_has_a_sheet_for_each_area_in_both_languages(assessment, owner):
    workbook = copy_of(assessment, owner)

    assert [name[:2] for name in workbook.names] == ["说明", "A ", "B ", "B-", "_l", "_p"]
    said = [row[2] for row in workbook.rows("A ")]
    assert "A-01（中文）\nA-01" in said


def test_a_condition_stands_beside_its_question_in_words(assessment, owner):
    row = copy_of(assessment, owner).rows("A ")[layout.HEAD_ROW + 2]

    assert "Only if A-01 is “Yes” and A-02 is one of: “low”, “high”." in str(row[2])


def test_an_unchanged_copy_changes_nothing(assessment, owner):
    for code, value in ALL_VALUES.items():
        save(assessment, code, value, owner)

    found = upload(assessment, copy_of(assessment, owner), owner)

    assert found.changes == {}


def test_every_type_is_read_as_it_was_written(assessment, owner):
    for code, value in ALL_VALUES.items():
        save(assessment, code, value, owner)
    rules = rulesets.questionnaire_of(assessment.campaign.questionnaire_id)

    filled = read(
        copy_of(assessment, owner).data(), assessment=assessment.pk, created=assessment.created_at.isoformat(), questionnaire=rules
    )

    found = {slot.code: cleaned(rules.question(slot.code), each) for slot, each in filled.given.items()}
    assert found == ALL_VALUES


def test_the_download_costs_a_fixed_number_of_queries(assessment, owner, django_assert_num_queries):
    found = Assessment.objects.select_related("campaign", "supplier").get(pk=assessment.pk)
    uploads.copy_of(found, by=owner, at=NOW)

    # Facts, answers, evidence.
    with django_assert_num_queries(3):
        uploads.copy_of(found, by=owner, at=NOW)
    for code, value in ALL_VALUES.items():
        save(assessment, code, value, owner)
    with django_assert_num_queries(3):
        uploads.copy_of(found, by=owner, at=NOW)


def test_a_copy_of_the_whole_questionnaire_keeps_within_what_a_spreadsheet_holds(db):
    path = BASE_DIR / "assessments" / "questionnaires" / "supplier-esg-code-2026.1.yaml"
    whole = questionnaire.read_yaml(path.read_text(encoding="utf-8"))
    copy = Copy(1, "now", whole, whole.questions, {}, {}, text_of("Bamboo"), text_of("2026"), NOW.date(), "Olive", NOW)

    workbook = Workbook(write(copy))

    assert len(workbook.names) == len({name.casefold() for name in workbook.names})
    assert max(map(len, workbook.names)) <= 31
    keys = [row[0] for name in workbook.names[1:-2] for row in workbook.rows(name)[layout.HEAD_ROW :]]
    codes = {str(key).partition("__")[0] for key in keys}
    assert codes == {each.code for each in whole.questions}
    assert len(keys) == len(set(keys))


# --- three ways put together ------------------------------------------------------------------------------------------


def test_what_only_the_file_changed_is_saved(assessment, owner):
    save(assessment, "A-08", {"value": "before"}, owner)
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "Yes")
    workbook.answer("A ", "A-05__value", 1240.5)
    workbook.answer("A ", "A-05__value", "MWh", column="F")
    workbook.answer("A ", "A-04__value=repair", words.chosen_label())
    workbook.answer("A ", "A-08__value", "after")
    workbook.put("B-", f"C{layout.HEAD_ROW + 2}", "r410a（中文） r410a")
    workbook.put("B-", f"D{layout.HEAD_ROW + 2}", 3)

    found = upload(assessment, workbook, owner)
    applied = apply(found, owner)

    assert applied.saved == ["A-01", "A-04", "A-05", "A-08", "B-01"]
    assert stored(assessment, "A-01") == {"value": "yes"}
    assert stored(assessment, "A-04") == {"value": ["repair"]}
    assert stored(assessment, "A-05") == {"value": {"amount": "1240.5", "unit": "MWh"}}
    assert stored(assessment, "A-08") == {"value": "after"}
    assert stored(assessment, "B-01") == {"value": [{"gas": "r410a", "amount": {"amount": "3", "unit": "kg"}}]}


def test_nothing_is_saved_before_a_person_says_so(assessment, owner):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "yes")

    upload(assessment, workbook, owner)

    assert not Answer.objects.filter(assessment=assessment).exists()


def test_what_somebody_else_saved_meanwhile_stays(assessment, owner, colleague):
    save(assessment, "A-01", {"value": "yes"}, owner)
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "mine")
    save(assessment, "A-01", {"value": "no"}, colleague, base=1)

    applied = apply(upload(assessment, workbook, owner), owner)

    assert applied.saved == ["A-08"]
    assert stored(assessment, "A-01") == {"value": "no"}


def test_several_copies_put_together_field_by_field(assessment, owner, colleague):
    """The note of one, the answer of the other: no choice is needed."""
    save(assessment, "A-08", {"value": "before"}, owner)
    one, other = copy_of(assessment, owner), copy_of(assessment, colleague)
    one.answer("A ", "A-08__value", "after")
    other.answer("A ", "A-08__value", "a note", column="H")

    apply(upload(assessment, one, owner), owner)
    second = upload(assessment, other, colleague)

    assert not uploads.merges_of(second)[0].is_conflict
    apply(second, colleague)
    assert stored(assessment, "A-08") == {"value": "after", "note": "a note"}


def test_the_same_change_on_both_sides_is_nothing_to_do(assessment, owner, colleague):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-05__value", "1,240.50")
    save(assessment, "A-05", {"value": {"amount": "1240.5", "unit": "kWh"}}, colleague)

    assert uploads.merges_of(upload(assessment, workbook, owner)) == []


@pytest.mark.parametrize(("choice", "stands"), [("file", "mine"), ("now", "theirs"), ("", "theirs")])
def test_a_true_conflict_shows_three_values_and_asks_for_one(assessment, owner, colleague, choice, stands):
    save(assessment, "A-08", {"value": "before"}, owner)
    workbook = copy_of(assessment, owner)
    where = workbook.answer("A ", "A-08__value", "mine")
    save(assessment, "A-08", {"value": "theirs"}, colleague, base=1)
    found = upload(assessment, workbook, owner)

    [merge] = uploads.merges_of(found)
    [change] = merge.changes
    applied = apply(found, owner, A_08=choice)

    assert merge.is_conflict
    assert [side[0].text for side in (change.before, change.given, change.now)] == ["before", "mine", "theirs"]
    assert (change.where, merge.now.by) == (where, "Colin Colleague")
    assert applied.open == ([] if choice else ["A-08"])
    assert stored(assessment, "A-08") == {"value": stands}


def test_a_save_between_the_look_and_the_click_is_never_overwritten(assessment, owner, colleague):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "mine")
    found = upload(assessment, workbook, owner)
    seen = {"A-08": uploads.merges_of(found)[0].now.version}
    save(assessment, "A-08", {"value": "theirs"}, colleague)

    applied = uploads.apply(upload_id=found.pk, seen=seen, choices={"A-08": "file"}, by=owner, at=NOW)

    assert (applied.saved, applied.moved) == ([], ["A-08"])
    assert stored(assessment, "A-08") == {"value": "theirs"}
    assert uploads.merges_of(found)[0].is_conflict


def test_saving_twice_saves_once(assessment, owner):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "mine")
    found = upload(assessment, workbook, owner)

    apply(found, owner)
    again = uploads.apply(upload_id=found.pk, seen={"A-08": 0}, choices={}, by=owner, at=NOW)

    assert again.saved == []
    assert Answer.objects.get(assessment=assessment, question="A-08").version == 1


def test_an_emptied_cell_empties_the_answer_and_its_earlier_value_stays(assessment, owner):
    save(assessment, "A-08", {"value": "before", "note": "kept"}, owner)
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", None)

    apply(upload(assessment, workbook, owner), owner)

    assert stored(assessment, "A-08") == {"note": "kept"}


def test_after_the_submission_nothing_is_saved(assessment, owner):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "late")
    found = upload(assessment, workbook, owner)
    Assessment.objects.filter(pk=assessment.pk).update(status="submitted", submitted_at=NOW, submitted_by=owner)

    with pytest.raises(NotOpen):
        apply(found, owner)
    assert not Answer.objects.filter(assessment=assessment).exists()
    assessment.refresh_from_db()
    with pytest.raises(NotOpen):
        upload(assessment, workbook, owner)


def test_after_a_return_the_file_changes_only_what_was_opened(client: Client, assessment, owner):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "Yes")
    workbook.answer("A ", "A-08__value", "new words")
    Assessment.objects.filter(pk=assessment.pk).update(status="returned", opened_questions=["A-08"])
    assessment.refresh_from_db()
    found = upload(assessment, workbook, owner)
    client.force_login(owner)

    page = client.get(found.get_absolute_url()).text
    applied = apply(found, owner)

    assert "the workbook changes nothing about them: A-01" in page
    assert applied.saved == ["A-08"]
    assert list(Answer.objects.filter(assessment=assessment).values_list("question", flat=True)) == ["A-08"]


def test_an_upload_dies_whole(assessment, owner, monkeypatch):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "yes")
    workbook.answer("A ", "A-08__value", "mine")
    found = upload(assessment, workbook, owner)
    saves = []

    def die_at_the_second(**save: Any) -> Any:
        saves.append(save)
        if len(saves) == 2:
            raise OSError("the machine is gone")
        return save_answer(**save)

    monkeypatch.setattr(uploads, "save_answer", die_at_the_second)
    with pytest.raises(OSError, match="gone"):
        apply(found, owner)

    assert not Answer.objects.filter(assessment=assessment).exists()


# --- pages ------------------------------------------------------------------------------------------------------------


def send(client: Client, assessment: Assessment, data: bytes, **files: Any) -> Any:
    file = SimpleUploadedFile("copy.xlsx", data)
    return client.post(reverse("assessments:workbooks", args=[assessment.pk]), {"workbook": file, **files})


def test_a_workbook_goes_through_the_pages_and_its_answers_are_saved(client: Client, assessment, owner):
    client.force_login(owner)
    taken = client.get(reverse("assessments:workbook_copy", args=[assessment.pk]))
    workbook = Workbook(taken.content)
    where = workbook.answer("A ", "A-08__value", "filled in on a train")

    looked = client.get(send(client, assessment, workbook.data()).url)
    found = WorkbookUpload.objects.get()
    saved = client.post(
        reverse("assessments:workbook_save", args=[assessment.pk, found.pk]), {"seen": json.dumps({"A-08": 0})}, follow=True
    )

    assert taken["Content-Disposition"].startswith("attachment")
    assert "filled in on a train" in looked.text
    assert where in looked.text
    assert stored(assessment, "A-08") == {"value": "filled in on a train"}
    assert "1 answer is saved from the workbook." in saved.text


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"])
def test_a_file_that_is_no_workbook_is_refused_beside_its_field(client: Client, assessment, owner, data):
    client.force_login(owner)

    response = send(client, assessment, data)

    assert response.status_code == 200
    assert "field-error" in response.text
    assert not WorkbookUpload.objects.exists()


def test_the_page_of_an_upload_costs_the_same_for_one_change_and_for_many(client: Client, assessment, owner, django_assert_max_num_queries):
    client.force_login(owner)
    one, many = copy_of(assessment, owner), copy_of(assessment, owner)
    one.answer("A ", "A-08__value", "mine")
    for key in ("A-01__value", "A-02__value", "B-02__value"):
        many.answer(key[:1] + " ", key, "low" if key.startswith("A-02") else "no")
    counts = []
    for workbook in (one, many):
        found = upload(assessment, workbook, owner)
        with django_assert_max_num_queries(20) as captured:
            client.get(found.get_absolute_url())
        counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("seen", ["", "[]", "{", '{"A-08": "x"}', "9" * 5000])
def test_a_form_that_was_tampered_with_saves_nothing_and_says_so(client: Client, assessment, owner, seen):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "mine")
    found = upload(assessment, workbook, owner)
    client.force_login(owner)

    response = client.post(reverse("assessments:workbook_save", args=[assessment.pk, found.pk]), {"seen": seen}, follow=True)

    assert response.status_code == 200
    assert "Please look again" in response.text
    assert not Answer.objects.filter(assessment=assessment).exists()


def test_an_upload_can_be_discarded_until_it_is_saved(client: Client, assessment, owner):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "mine")
    found = upload(assessment, workbook, owner)
    client.force_login(owner)

    client.post(reverse("assessments:workbook_discard", args=[assessment.pk, found.pk]))

    assert not WorkbookUpload.objects.exists()
    assert not Answer.objects.filter(assessment=assessment).exists()


def test_documents_named_in_the_workbook_are_listed(client: Client, assessment, owner):
    create_document(supplier=assessment.supplier, original_name="bill.pdf", file="documents/x.pdf")
    create_answer(assessment=assessment, question="A-01")
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "bill.pdf; lost.pdf", column="I")
    found = upload(assessment, workbook, owner)
    client.force_login(owner)

    page = client.get(found.get_absolute_url()).text

    assert "from your documents" in page
    assert "lost.pdf" in page


# --- evidence ---------------------------------------------------------------------------------------------------------


PDF = pdf_bytes()


@pytest.fixture
def own_media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def zip_of(**files: bytes) -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return SimpleUploadedFile("evidence.zip", packed.getvalue())


def test_files_named_in_the_workbook_are_attached_from_the_zip(client: Client, assessment, owner, own_media):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "yes")
    workbook.answer("A ", "A-01__value", "Bill.pdf\nfake.pdf\nlost.pdf", column="I")
    client.force_login(owner)

    page = client.get(send(client, assessment, workbook.data(), evidence=zip_of(bill_pdf=PDF, fake_pdf=b"<html>", spare_pdf=PDF)).url).text
    found = WorkbookUpload.objects.get()
    client.post(reverse("assessments:workbook_save", args=[assessment.pk, found.pk]), {"seen": json.dumps({"A-01": 0})})
    found.refresh_from_db()
    assert found.run is not None
    engine.work_off(found.run.pk)

    assert all(name in page for name in ("Bill.pdf", "lost.pdf", "spare.pdf"))
    assert list(EvidenceUse.objects.values_list("answer__question", "document__original_name")) == [("A-01", "bill.pdf")]
    assert Answer.objects.get(assessment=assessment, question="A-01").value == {"value": "yes"}
    found.refresh_from_db()
    [(name, reason)] = found.refused
    assert name == "fake.pdf"
    assert reason
    after = client.get(found.get_absolute_url()).text
    assert reason in html.unescape(after)


def test_attaching_twice_attaches_once(client: Client, assessment, owner, own_media):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-01__value", "bill.pdf", column="I")
    client.force_login(owner)
    send(client, assessment, workbook.data(), evidence=zip_of(bill_pdf=PDF))
    found = WorkbookUpload.objects.get()

    run = evidence.begin(upload_id=found.pk, by=owner, at=NOW)
    assert run is not None
    assert evidence.begin(upload_id=found.pk, by=owner, at=NOW) is None
    engine.work_off(run.pk)

    assert evidence.begin(upload_id=found.pk, by=owner, at=NOW) is None
    assert EvidenceUse.objects.count() == 1


def test_a_zip_that_is_refused_keeps_nothing_of_the_workbook(client: Client, assessment, owner, own_media):
    workbook = copy_of(assessment, owner)
    workbook.answer("A ", "A-08__value", "mine")
    client.force_login(owner)

    response = send(client, assessment, workbook.data(), evidence=SimpleUploadedFile("evidence.zip", b"no zip"))

    assert "This is not a ZIP file" in response.text
    assert not WorkbookUpload.objects.exists()


# --- sites ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def of_sites(supplier) -> Assessment:
    """One question about sites, a company with two of them."""
    for name in ("Plant", "Office"):
        create_site(supplier=supplier, name=name)
    content = document(question("A-01", per_site=True), question("A-02"))
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))


def test_each_site_has_a_row_for_what_differs_there(of_sites, owner):
    plant = Site.objects.get(name="Plant")
    workbook = copy_of(of_sites, owner)
    workbook.answer("A ", "A-01__value", "yes")
    workbook.answer("A ", f"A-01@{plant.pk}__value", "no")

    applied = apply(upload(of_sites, workbook, owner), owner)

    assert applied.saved == ["A-01", f"A-01@{plant.pk}"]
    assert dict(Answer.objects.values_list("site__name", "value")) == {None: {"value": "yes"}, "Plant": {"value": "no"}}
    assert upload(of_sites, copy_of(of_sites, owner), owner).changes == {}


def test_the_answer_of_a_foreign_site_is_not_read(of_sites, owner):
    """A site that is not the company's has no row; one that was written in changes the structure."""
    foreign = create_site(supplier=create_supplier())
    workbook = copy_of(of_sites, owner)
    row = workbook.row_of("A ", "A-02__value")
    workbook.put("A ", f"A{row}", f"A-01@{foreign.pk}__value")

    with pytest.raises(WorkbookRefused, match="not the one that was there"):
        upload(of_sites, workbook, owner)
