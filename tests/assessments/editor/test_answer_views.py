"""Saving one answer from the page, its evidence and its earlier values, over HTTP."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessments.models import Answer, Assessment, EvidenceUse
from tests.factories import NOW, SMALL_QUESTIONNAIRE, create_assessment, create_campaign, create_document, create_questionnaire
from tests.suppliers.files import pdf_bytes


TABLE_QUESTION: dict[str, Any] = {
    "code": "B-02",
    "area": "B",
    "topic": {"en": "Gases", "zh": "气体"},
    "text": {"en": "Which gases were topped up?", "zh": "补充了哪些气体？"},
    "weight": "1",
    "fields": [
        {"key": "total", "type": "number", "unit": "kg", "units": ["kg", "t"], "min": "0", "label": {"en": "Total", "zh": "合计"}},
        {
            "key": "gases",
            "type": "table",
            "required": False,
            "max_rows": 3,
            "label": {"en": "By gas", "zh": "明细"},
            "columns": [
                {"key": "gas", "type": "text", "label": {"en": "Gas", "zh": "气体"}},
                {"key": "quantity", "type": "number", "unit": "kg", "label": {"en": "Quantity", "zh": "数量"}},
            ],
        },
    ],
    "credit": {"kind": "disclosure"},
    "checks": [
        {
            "key": "adds_up",
            "ok_when": "total = gases.quantity",
            "message": {"en": "The rows do not add up.", "zh": "合计不符。"},
        }
    ],
}


@pytest.fixture
def assessment(supplier) -> Assessment:
    content = {**SMALL_QUESTIONNAIRE, "questions": [*SMALL_QUESTIONNAIRE["questions"], TABLE_QUESTION]}
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def url(name: str, assessment: Assessment, code: str = "A-01") -> str:
    return reverse(f"assessments:{name}", args=[assessment.pk, code])


def send(client: Client, assessment: Assessment, code: str, data: dict[str, Any], *, base: int = 0) -> Any:
    return client.post(url("save_answer", assessment, code), {f"{code}__-base": base, f"{code}__-strict": "1", **data})


def test_answer_is_saved_and_the_page_told_what_changed(signed_in, assessment):
    response = send(signed_in, assessment, "A-01", {"A-01__value": "yes"})

    body = response.json()
    assert response.status_code == 200
    assert body["version"] == 1
    assert body["by"] == "Olive Owner"
    assert body["questions"]["A-01"] == {"hidden": False, "answered": True, "lacks_evidence": True, "checks": []}
    assert Answer.objects.get(assessment=assessment).value == {"value": "yes"}


def test_condition_shows_and_hides_another_question_at_once(signed_in, assessment):
    shown = send(signed_in, assessment, "A-01", {"A-01__value": "yes"}).json()["questions"]["A-02"]["hidden"]
    hidden = send(signed_in, assessment, "A-01", {"A-01__value": "no"}, base=1).json()["questions"]["A-02"]["hidden"]

    assert (shown, hidden) == (False, True)


def test_hidden_answer_is_kept(signed_in, assessment):
    send(signed_in, assessment, "A-01", {"A-01__value": "yes"})
    send(signed_in, assessment, "A-02", {"A-02__value": "3"})
    send(signed_in, assessment, "A-01", {"A-01__value": "no"}, base=1)

    body = send(signed_in, assessment, "A-01", {"A-01__value": "yes"}, base=2).json()

    assert body["questions"]["A-02"]["answered"]
    assert Answer.objects.get(assessment=assessment, question="A-02").value == {"value": "3"}


def test_emptied_answer_is_saved_as_empty(signed_in, assessment):
    send(signed_in, assessment, "A-01", {"A-01__value": "yes"})

    body = send(signed_in, assessment, "A-01", {}, base=1).json()

    assert body["version"] == 2
    assert not body["questions"]["A-01"]["answered"]
    assert Answer.objects.get(assessment=assessment).value == {}


def test_unreadable_field_is_refused_beside_it_and_the_others_are_saved(signed_in, assessment):
    data = {
        "B-02__total__amount": "12",
        "B-02__total__unit": "kg",
        "B-02__gases__0__gas": "R-32",
        "B-02__gases__0__quantity__amount": "twelve",
    }
    response = send(signed_in, assessment, "B-02", data)

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["B-02__gases__0__quantity"]
    assert Answer.objects.get(assessment=assessment).value == {"total": {"amount": "12", "unit": "kg"}}


def test_unreadable_field_keeps_what_was_stored_for_it(signed_in, assessment):
    send(signed_in, assessment, "B-02", {"B-02__total__amount": "12", "B-02__total__unit": "kg"})

    response = send(signed_in, assessment, "B-02", {"B-02__total__amount": "1,500", "B-02__total__unit": "kg"}, base=1)

    assert response.status_code == 422
    assert Answer.objects.get(assessment=assessment).value == {"total": {"amount": "12", "unit": "kg"}}


def test_nothing_is_stored_when_nothing_can_be_read(signed_in, assessment):
    response = send(signed_in, assessment, "A-01", {"A-01__value": "perhaps"})

    assert response.status_code == 422
    assert not Answer.objects.filter(assessment=assessment).exists()


def test_empty_rows_of_a_table_are_left_out_and_errors_count_the_others(signed_in, assessment):
    data = {
        "B-02__total__amount": "7",
        "B-02__total__unit": "kg",
        "B-02__gases__0__gas": "",
        "B-02__gases__1__gas": "R-32",
        "B-02__gases__1__quantity__amount": "5",
        "B-02__gases__2__gas": "SF6",
        "B-02__gases__2__quantity__amount": "2",
    }
    body = send(signed_in, assessment, "B-02", data).json()

    assert body["questions"]["B-02"]["checks"] == []
    assert [row["gas"] for row in Answer.objects.get(assessment=assessment).value["gases"]] == ["R-32", "SF6"]


def test_failed_plausibility_check_asks_for_a_note_and_does_not_block(signed_in, assessment):
    data = {
        "B-02__total__amount": "7",
        "B-02__total__unit": "kg",
        "B-02__gases__0__gas": "R-32",
        "B-02__gases__0__quantity__amount": "5",
        "B-02__note": "Two kilograms were not attributed.",
    }
    response = send(signed_in, assessment, "B-02", data)

    assert response.status_code == 200
    assert response.json()["questions"]["B-02"]["checks"] == ["The rows do not add up."]
    assert Answer.objects.get(assessment=assessment).note == "Two kilograms were not attributed."


def test_somebody_elses_newer_answer_comes_back_as_a_conflict_with_both_sides(signed_in, assessment, colleague):
    other = Client()
    other.force_login(colleague)
    send(other, assessment, "A-01", {"A-01__value": "no"})

    response = send(signed_in, assessment, "A-01", {"A-01__value": "yes"})

    body = response.json()
    assert response.status_code == 409
    assert body["version"] == 1
    assert body["pairs"] == [["A-01__value", "no"], ["A-01__note", ""]]
    assert "Colin Colleague" in body["html"]
    assert Answer.objects.get(assessment=assessment).value == {"value": "no"}


def test_ones_own_newer_answer_from_another_place_is_not_overwritten_in_silence_either(signed_in, assessment):
    send(signed_in, assessment, "A-01", {"A-01__value": "no"})

    response = send(signed_in, assessment, "A-01", {"A-01__value": "yes"})

    assert response.status_code == 409
    assert "You saved this yourself in another place" in response.json()["html"]
    assert Answer.objects.get(assessment=assessment).value == {"value": "no"}


def test_save_that_arrived_and_was_replaced_since_is_told_apart_from_a_conflict(signed_in, assessment, colleague):
    other = Client()
    other.force_login(colleague)
    send(signed_in, assessment, "A-01", {"A-01__value": "yes"})
    send(other, assessment, "A-01", {"A-01__value": "no"}, base=1)

    replayed = send(signed_in, assessment, "A-01", {"A-01__value": "yes"}).json()
    contested = send(signed_in, assessment, "A-01", {"A-01__value": "yes"}, base=1).json()

    assert (replayed["is_kept"], replayed["version"], replayed["pairs"][0]) == (True, 2, ["A-01__value", "no"])
    assert contested["is_kept"] is False
    assert Answer.objects.get(assessment=assessment).version == 2


def test_what_one_person_wrote_is_not_saved_as_anothers(signed_in, assessment, colleague):
    data = {"A-01__-base": 0, "A-01__value": "yes"}

    response = signed_in.post(url("save_answer", assessment), data, headers={"X-Person": str(colleague.pk)})

    assert response.status_code == 403
    assert not Answer.objects.exists()


def test_partly_readable_answer_sent_twice_names_its_version_again(signed_in, assessment):
    data = {"B-02__total__amount": "12", "B-02__total__unit": "kg", "B-02__gases__0__quantity__amount": "twelve"}

    first, second = send(signed_in, assessment, "B-02", data), send(signed_in, assessment, "B-02", data)

    assert (first.status_code, second.status_code) == (422, 422)
    assert first.json()["version"] == second.json()["version"] == 1


def test_save_whose_answer_was_lost_is_acknowledged_after_the_submission_too(signed_in, assessment, owner):
    send(signed_in, assessment, "A-01", {"A-01__value": "yes"})
    Assessment.objects.filter(pk=assessment.pk).update(status="submitted", submitted_at=NOW, submitted_by=owner)

    assert send(signed_in, assessment, "A-01", {"A-01__value": "yes"}).json()["version"] == 1
    assert "closed" in send(signed_in, assessment, "A-01", {"A-01__value": "no"}, base=1).json()


def test_repeated_request_is_acknowledged_again(signed_in, assessment):
    first = send(signed_in, assessment, "A-01", {"A-01__value": "yes"})
    second = send(signed_in, assessment, "A-01", {"A-01__value": "yes"})

    assert first.json()["version"] == second.json()["version"] == 1


def test_answer_after_submission_is_refused_with_a_reason(signed_in, supplier, owner):
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)

    response = send(signed_in, assessment, "A-01", {"A-01__value": "yes"})

    assert response.status_code == 409
    assert "not open" in response.json()["closed"]


def test_stranger_meets_no_assessment_and_reviewer_may_not_answer(client, assessment, stranger, reviewer):
    client.force_login(stranger)
    assert send(client, assessment, "A-01", {"A-01__value": "yes"}).status_code == 404
    client.force_login(reviewer)
    assert send(client, assessment, "A-01", {"A-01__value": "yes"}).status_code == 403
    assert not Answer.objects.exists()


def test_question_of_another_questionnaire_is_not_found(signed_in, assessment):
    assert send(signed_in, assessment, "Z-99", {"Z-99__value": "yes"}).status_code == 404


@pytest.mark.parametrize("junk", ["\x00", "\u202eyes", "𝟙", "NaN", "1e400", "-", "١٢"])
def test_junk_in_a_number_is_a_message_and_no_fault(signed_in, assessment, junk):
    response = send(signed_in, assessment, "B-02", {"B-02__total__amount": junk, "B-02__total__unit": "kg"})

    assert response.status_code in (200, 422)


def test_table_longer_than_allowed_is_refused_not_cut(signed_in, assessment):
    data = {f"B-02__gases__{number}__gas": "R-32" for number in range(9)}

    response = send(signed_in, assessment, "B-02", data)

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["B-02__gases"]


def test_save_of_a_plain_answer_costs_three_queries(signed_in, assessment, django_assert_num_queries):
    send(signed_in, assessment, "B-01", {"B-01__value": "yes"})

    # session, person with membership, the save with its lock and its history
    with django_assert_num_queries(3):
        send(signed_in, assessment, "B-01", {"B-01__value": "no"}, base=1)


# --- evidence ---------------------------------------------------------------------------------------------------------


def pdf(name: str = "bill.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf_bytes(name.encode()), "application/pdf")


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_several_files_are_uploaded_at_once_and_a_bad_one_is_named(signed_in, assessment):
    files = [pdf("bill.pdf"), pdf("meter.pdf"), SimpleUploadedFile("tool.exe", b"MZ")]

    response = signed_in.post(url("evidence", assessment), {"file": files}, headers={"X-Requested-With": "fetch"})

    assert response.status_code == 422
    assert "tool.exe" in response.json()["html"]
    assert EvidenceUse.objects.filter(answer__assessment=assessment).count() == 2


def test_page_of_the_evidence_works_without_script(signed_in, assessment, supplier):
    document = create_document(supplier=supplier, title="Water bill 2025", file="documents/x.pdf")

    page = signed_in.get(url("evidence", assessment))
    response = signed_in.post(url("evidence", assessment), {"document": document.pk})

    assert "Water bill 2025" in page.text
    assert response.status_code == 302
    assert EvidenceUse.objects.get().document == document


def test_evidence_is_taken_away(signed_in, assessment):
    signed_in.post(url("evidence", assessment), {"file": pdf()})

    signed_in.post(url("evidence", assessment), {"remove": EvidenceUse.objects.get().pk})

    assert not EvidenceUse.objects.exists()


def test_strangers_document_is_not_found(signed_in, assessment, stranger):
    document = create_document(supplier=stranger.active_membership.supplier)

    assert signed_in.post(url("evidence", assessment), {"document": document.pk}).status_code == 404


# --- earlier values ---------------------------------------------------------------------------------------------------


def test_earlier_values_are_listed_and_brought_back(signed_in, assessment):
    send(signed_in, assessment, "A-01", {"A-01__value": "yes"})
    send(signed_in, assessment, "A-01", {"A-01__value": "no"}, base=1)

    page = signed_in.get(url("history", assessment))
    response = signed_in.post(url("restore", assessment), {"version": "1"})

    assert "Version 2" in page.text
    assert "Version 1" in page.text
    assert response.status_code == 302
    assert Answer.objects.get(assessment=assessment).value == {"value": "yes"}
    assert Answer.objects.get(assessment=assessment).version == 3


def test_stranger_sees_no_history(client, assessment, stranger):
    client.force_login(stranger)

    assert client.get(url("history", assessment)).status_code == 404
