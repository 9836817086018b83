from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from assessments.answering.worksheet import open_worksheet
from assessments.evidence.public_facts import facts_beside
from assessments.models import Answer, Assessment, Score, Verdict
from assessments.review import reviewing
from assessments.scores import past
from assessments.scoring import receipts
from audit.models import Event
from suppliers.models import PublicRecord, Supplier
from tests.factories import (
    NOW,
    SMALL_QUESTIONNAIRE,
    attach,
    create_answer,
    create_assessment,
    create_campaign,
    create_document,
    create_questionnaire,
)
from tests.suppliers.files import pdf_bytes


@pytest.fixture
def assessment(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    """In review by `reviewer`, with all three questions answered."""
    found = create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)
    create_answer(assessment=found, question="A-01", value={"value": "no"})
    create_answer(assessment=found, question="A-02", value={"value": "2"})
    create_answer(assessment=found, question="B-01", value={"value": "no"})
    return found


def correct(assessment: Assessment, by: User, question: str = "B-01", value: str = "yes", **more: Any) -> Verdict:
    given: dict[str, Any] = {"outcome": "correct", "reason": "The inspection found one.", "corrected": {"value": value}, "at": NOW}
    return reviewing.decide(assessment_id=assessment.pk, question=question, by=by, **given | more)


def send(client: Client, assessment: Assessment, code: str, **fields: str) -> Any:
    """As the editor's script sends one verdict."""
    sent = {f"{code}__{name.replace('dot_', '.').replace('own_', '-')}": value for name, value in fields.items()}
    return client.post(reverse("assessments:review_decide", args=[assessment.pk, code]), {f"{code}__-base": "0", **sent})


# --- taking back ------------------------------------------------------------------------------------------------------


def test_a_page_that_never_knew_a_verdict_takes_none_back(client: Client, assessment: Assessment, reviewer: User) -> None:
    """It was open in another tab, and its boxes are empty."""
    reviewing.decide(assessment_id=assessment.pk, question="A-01", outcome="accept", reason="", by=reviewer, at=NOW)
    client.force_login(reviewer)

    assert send(client, assessment, "A-01", dot_outcome="").status_code == 200
    assert Verdict.objects.filter(answer__question="A-01").exists()

    send(client, assessment, "A-01", dot_outcome="", own_base="1")
    assert not Verdict.objects.filter(answer__question="A-01").exists()


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_stands_beside_the_answer_and_counts_in_the_verified_score(assessment: Assessment, reviewer: User) -> None:
    correct(assessment, reviewer, question="B-01", value="yes")
    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)

    assessment.refresh_from_db()
    answer = Answer.objects.get(question="B-01")
    assert (answer.value, answer.version) == ({"value": "no"}, 1)
    # A: 0 of 2. B: 5 of 5 as declared, 0 as corrected.
    assert (assessment.declared, assessment.verified) == (Decimal("50.00"), Decimal("0.00"))


def test_a_correction_moves_the_verified_score_alone_and_its_receipt_computes_it(assessment: Assessment, reviewer: User) -> None:
    correct(assessment, reviewer, question="A-01", value="yes")
    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)

    assessment.refresh_from_db()
    # A: "no" is worth 0, "yes" without evidence half. Which questions are asked follows from the answers as given.
    assert (assessment.declared, assessment.verified) == (Decimal("50.00"), Decimal("75.00"))
    receipt = past.receipt_for(Score.objects.select_related("assessment__campaign", "assessment__supplier").get(is_current=True))
    assert receipt["inputs"]["answers"]["A-01"] == [{"value": "no"}, False, ["correct", {"value": "yes"}]]
    assert receipts.verify(receipt) == []


def test_a_receipt_from_before_a_changed_correction_is_found_again(assessment: Assessment, reviewer: User) -> None:
    correct(assessment, reviewer, question="A-01", value="yes")
    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW + timedelta(seconds=1))
    score = Score.objects.select_related("assessment__campaign", "assessment__supplier").get(is_current=True)
    Verdict.objects.update(outcome="accept", reason="", corrected=None, at=NOW + timedelta(hours=1))

    assert past.receipt_for(score)["inputs"]["answers"]["A-01"][2] == ["correct", {"value": "yes"}]


def test_the_supplier_reads_the_corrected_value_and_the_reason_when_the_review_is_closed(
    client: Client, owner: User, assessment: Assessment, reviewer: User
) -> None:
    correct(assessment, reviewer, question="A-01", value="yes", reason="The bill shows a meter.")
    client.force_login(owner)
    area = reverse("assessments:area", args=[assessment.pk, "A"])
    assert "The bill shows a meter." not in client.get(area).text

    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=NOW)

    for page in (area, reverse("assessments:results", args=[assessment.pk]), reverse("assessments:receipt_page", args=[assessment.pk])):
        text = client.get(page).text
        assert "The bill shows a meter." in text
        assert "Corrected" in text


def test_the_audit_report_shows_the_answer_and_the_correction(assessment: Assessment, reviewer: User, staff: User) -> None:
    from reports import audit_pdf

    correct(assessment, reviewer, question="A-01", value="yes")
    shown = Assessment.objects.select_related("campaign", "supplier", "reviewer", "closed_by", "submitted_by").get(pk=assessment.pk)

    html = audit_pdf.as_html(audit_pdf.gather(shown, by=staff))

    assert "Corrected by the reviewer to" in html
    assert "The inspection found one." in html


@pytest.mark.parametrize("corrected", [{}, {"value": "no"}])
def test_a_correction_says_something_else_than_the_answer(assessment: Assessment, reviewer: User, corrected: dict[str, Any]) -> None:
    with pytest.raises(reviewing.NothingCorrected):
        correct(assessment, reviewer, corrected=corrected)


def test_the_database_holds_a_corrected_value_with_a_correction_and_with_nothing_else(assessment: Assessment, reviewer: User) -> None:
    correct(assessment, reviewer)

    for change in ({"corrected": None}, {"outcome": "accept"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Verdict.objects.update(**change)


# --- saving -----------------------------------------------------------------------------------------------------------


def test_a_verdict_is_saved_as_the_script_sends_it_and_the_figures_come_back(
    client: Client, reviewer: User, assessment: Assessment
) -> None:
    client.force_login(reviewer)

    answer = send(client, assessment, "B-01", dot_outcome="accept").json()

    assert Verdict.objects.get().outcome == "accept"
    assert (answer["version"], answer["left"], answer["questions"]["B-01"]["answered"]) == (1, {"A": 1, "B": 0}, True)
    assert "Verified so far" in answer["figures"]


def test_what_is_not_finished_is_said_without_scolding_and_nothing_is_saved(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)

    without_reason = send(client, assessment, "B-01", dot_outcome="reject_answer", dot_reason=" \u200b")
    not_corrected = send(client, assessment, "B-01", dot_outcome="correct", dot_reason="Seen on site.", value="no")
    not_readable = send(client, assessment, "B-01", dot_outcome="correct", dot_reason="Seen on site.", value="perhaps")
    unknown = send(client, assessment, "B-01", dot_outcome="praise")

    assert [each.status_code for each in (without_reason, not_corrected, not_readable, unknown)] == [422] * 4
    assert without_reason.json()["errors"] == {"B-01__.reason": "Please say why: the supplier reads it."}
    assert [each.json()["is_unfinished"] for each in (without_reason, not_corrected, not_readable, unknown)] == [True, True, False, False]
    assert not Verdict.objects.exists()


def test_a_correction_is_typed_into_the_fields_of_the_question(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)

    response = send(client, assessment, "B-01", dot_outcome="correct", dot_reason="Seen on site.", value="yes")

    assert response.status_code == 200
    assert Verdict.objects.get().corrected == {"value": "yes"}
    assert 'value="yes" id="B-01__value-yes" checked' in client.get(reverse("assessments:review_area", args=[assessment.pk, "B"])).text


def test_a_save_that_comes_late_does_not_undo_a_later_one(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)
    send(client, assessment, "B-01", dot_outcome="accept")
    send(client, assessment, "B-01", dot_outcome="query", dot_reason="Who looked?", own_base="1")

    again = send(client, assessment, "B-01", dot_outcome="accept")

    assert again.status_code == 409
    assert again.json()["is_kept"]
    assert ["B-01__.outcome", "query"] in again.json()["pairs"]
    assert Verdict.objects.get().outcome == "query"


def test_the_same_verdict_sent_twice_is_given_once(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)

    for _ in range(2):
        assert send(client, assessment, "B-01", dot_outcome="accept").json()["version"] == 1


def test_a_verdict_is_taken_back(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)
    send(client, assessment, "B-01", dot_outcome="accept")

    answer = send(client, assessment, "B-01", own_base="1").json()

    assert not Verdict.objects.exists()
    assert (answer["version"], answer["left"]["B"]) == (0, 1)


def test_whoever_has_lost_the_review_is_told_so_and_another_persons_words_are_refused(
    client: Client, reviewer: User, staff: User, assessment: Assessment
) -> None:
    client.force_login(staff)
    lost = send(client, assessment, "B-01", dot_outcome="accept")
    client.force_login(reviewer)
    url = reverse("assessments:review_decide", args=[assessment.pk, "B-01"])
    others = client.post(url, {"B-01__.outcome": "accept"}, headers={"X-Person": str(staff.pk)})

    assert (lost.status_code, "Rita Reviewer" in lost.json()["closed"]) == (409, True)
    assert others.status_code == 403
    assert client.post(reverse("assessments:review_decide", args=[assessment.pk, "Z-99"]), {}).status_code == 404


def test_without_script_the_whole_page_is_saved_and_what_is_wrong_comes_back(
    client: Client, reviewer: User, assessment: Assessment
) -> None:
    client.force_login(reviewer)
    url = reverse("assessments:review_area", args=[assessment.pk, "B"])

    wrong = client.post(url, {"B-01__-base": "0", "B-01__.outcome": "reject_answer", "B-01__.reason": "", "save": "1"})
    right = client.post(url, {"B-01__-base": "0", "B-01__.outcome": "reject_answer", "B-01__.reason": "Not so.", "finish": "1"})

    assert wrong.status_code == 422
    assert "Please say why" in wrong.text
    assert 'value="reject_answer" id="B-01__.outcome-reject_answer" checked' in wrong.text
    assert right.url == reverse("assessments:review_finish", args=[assessment.pk])
    assert Verdict.objects.get().reason == "Not so."


# --- the rest of an area ----------------------------------------------------------------------------------------------


def test_only_answers_that_need_no_look_of_their_own_are_accepted_in_one_step(client: Client, reviewer: User, supplier: Supplier) -> None:
    found = create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=reviewer, reviewer=reviewer)
    create_answer(assessment=found, question="A-01", value={"value": "yes"})
    create_answer(assessment=found, question="A-02", value={"value": "2"})
    create_answer(assessment=found, question="B-01", value={"value": "yes"})
    client.force_login(reviewer)
    url = reverse("assessments:review_accept_rest", args=[found.pk, "A"])

    page = client.get(url)
    client.post(url, {"answer": ["A-01", "A-02", "B-01"]})
    client.post(reverse("assessments:review_accept_rest", args=[found.pk, "B"]), {"answer": ["B-01"]})

    assert "Evidence is asked for and missing." in page.text
    # A-01 lacks its evidence, and B-01 meets a zero-tolerance rule.
    assert list(Verdict.objects.values_list("answer__question", "outcome")) == [("A-02", "accept")]


def test_what_was_not_shown_is_not_accepted(client: Client, reviewer: User, assessment: Assessment) -> None:
    client.force_login(reviewer)

    client.post(reverse("assessments:review_accept_rest", args=[assessment.pk, "B"]))

    assert not Verdict.objects.exists()


# --- beside the answer ------------------------------------------------------------------------------------------------


def test_evidence_is_shown_in_a_frame_that_can_do_nothing(client: Client, reviewer: User, assessment: Assessment) -> None:
    document = create_document(supplier=assessment.supplier)
    document.file.save("permit.pdf", ContentFile(pdf_bytes()))
    attach(answer=Answer.objects.get(question="A-01"), document=document)
    client.force_login(reviewer)
    frame = reverse("suppliers:document_preview", args=[document.pk])

    page = client.get(reverse("assessments:review_area", args=[assessment.pk, "A"]))
    preview = client.get(frame)
    picture = client.get(reverse("suppliers:document_page", args=[document.pk, 1]))

    assert f'src="{frame}"' in page.text
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "sandbox allow-same-origin" in preview["Content-Security-Policy"]
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "Page 1 of 1" in preview.text
    assert (picture["Content-Type"], picture.content[8:12]) == ("image/webp", b"WEBP")
    assert client.get(reverse("suppliers:document_page", args=[document.pk, 2])).status_code == 404
    # Turning pages is one look.
    assert Event.objects.filter(action="document.viewed", target_id=str(document.pk)).count() == 1


def test_a_file_that_cannot_be_drawn_says_so(client: Client, reviewer: User, assessment: Assessment) -> None:
    document = create_document(supplier=assessment.supplier)
    document.file.save("broken.pdf", ContentFile(b"%PDF-1.7\nbroken"))
    client.force_login(reviewer)

    preview = client.get(reverse("suppliers:document_preview", args=[document.pk]))

    assert preview.status_code == 200
    assert "cannot be shown here" in preview.text


def test_public_facts_stand_beside_the_claims_they_speak_about(client: Client, reviewer: User, owner: User) -> None:
    content = {**SMALL_QUESTIONNAIRE, "questions": [{**each} for each in SMALL_QUESTIONNAIRE["questions"]]}
    content["questions"][0]["mappings"] = {"gri": ["2-27"], "iso": ["14001:4.4"]}
    campaign = create_campaign(questionnaire=create_questionnaire(content=content))
    found = create_assessment(campaign=campaign, status="in_review", submitted_at=NOW, submitted_by=owner, reviewer=reviewer)
    create_answer(assessment=found, question="A-01", value={"value": "yes"})
    client.force_login(reviewer)
    page = reverse("assessments:review_area", args=[found.pk, "A"])

    def facts() -> list[tuple[str, str]]:
        return [(fact.source, fact.text) for card in client.get(page).context["desk"].cards for fact in card.facts]

    assert facts() == [
        ("Public records", "No violation is on record."),
        ("ISO 14001 certificate", "None is in the supplier's library."),
    ]
    PublicRecord.objects.create(supplier=found.supplier, authority="EPB Ningbo", decided_on=NOW.date(), description="Foul water.")
    create_document(supplier=found.supplier, kind="iso_14001", number="C-7", valid_to=timezone.localdate() - timedelta(days=1))
    assert [source for source, _text in facts()] == ["EPB Ningbo", "ISO 14001 certificate"]
    assert "C-7" in facts()[1][1]
    assert "Expired" in facts()[1][1]


@pytest.mark.parametrize(
    ("fields", "tone", "state"),
    [
        ({}, "warning", "Waiting for the supplier's reply"),
        ({"status": "upheld"}, "bad", "Upheld"),
        ({"status": "upheld", "kind": "credit_rating", "rating": "black"}, "bad", "Upheld"),
        ({"status": "upheld", "kind": "credit_rating", "rating": "blue"}, "neutral", "Upheld"),
        ({"status": "answered", "answer": "Not us.", "answered_at": NOW}, "neutral", "Answered to our satisfaction"),
    ],
)
def test_a_record_weighs_what_became_of_it(
    supplier: Supplier, owner: User, reviewer: User, fields: dict[str, Any], tone: str, state: str
) -> None:
    content = {**SMALL_QUESTIONNAIRE, "questions": [{**each} for each in SMALL_QUESTIONNAIRE["questions"]]}
    content["questions"][0]["mappings"] = {"gri": ["2-27"]}
    campaign = create_campaign(questionnaire=create_questionnaire(content=content))
    worksheet = open_worksheet(create_assessment(supplier=supplier, campaign=campaign))
    judged = {"judged_at": NOW, "judged_by": reviewer, "judgement": "So."} if fields else {}
    common: dict[str, Any] = {"supplier": supplier, "decided_on": NOW.date(), "description": "Foul water."}
    common["reply_until"] = NOW - timedelta(days=1)
    answered = {"answered_by": owner} if "answer" in fields else {}
    PublicRecord.objects.create(authority="EPB Ningbo", **common, **judged, **answered, **fields)
    PublicRecord.objects.create(
        authority="EPB Suzhou", status="wrong_match", judged_at=NOW, judged_by=reviewer, judgement="Another company.", **common
    )

    [fact] = facts_beside(worksheet, worksheet.rules.questionnaire.questions, today=NOW.date()).by_question["A-01"]

    assert (fact.source, fact.tone) == ("EPB Ningbo", tone)
    assert fact.text.endswith(f" · {state}")


def test_last_years_answer_stands_beside_this_years(client: Client, reviewer: User, supplier: Supplier, owner: User) -> None:
    questionnaire = create_campaign().questionnaire
    before, now = (
        create_assessment(
            supplier=supplier,
            campaign=create_campaign(questionnaire=questionnaire, cycle=cycle),
            status=status,
            submitted_at=NOW,
            submitted_by=owner,
            reviewer=reviewer,
            closed_at=NOW if status == "closed" else None,
            closed_by=reviewer if status == "closed" else None,
        )
        for cycle, status in ((2025, "closed"), (2026, "in_review"))
    )
    create_answer(assessment=before, question="A-02", value={"value": "4"})
    create_answer(assessment=now, question="A-01", value={"value": "yes"})
    create_answer(assessment=now, question="A-02", value={"value": "1"})
    client.force_login(reviewer)

    text = client.get(reverse("assessments:review_area", args=[now.pk, "A"])).text

    assert "FY2025" in text


def test_the_workbench_costs_the_same_for_few_and_many_answers(
    client: Client, reviewer: User, owner: User, assessment: Assessment, django_assert_num_queries: Any
) -> None:
    few = create_assessment(status="submitted", submitted_at=NOW, submitted_by=owner, campaign=assessment.campaign)
    for question in ("A-01", "A-02", "B-01"):
        reviewing.decide(assessment_id=assessment.pk, question=question, outcome="accept", reason="", by=reviewer, at=NOW)
    client.force_login(reviewer)
    client.get(reverse("assessments:review_area", args=[assessment.pk, "A"]))

    # session, user, assessment, facts, answers, evidence, score, findings, signature, the earlier year, certificates, public records,
    # messages, the newest return, request, assignment, event
    with django_assert_num_queries(17):
        client.get(reverse("assessments:review_area", args=[few.pk, "A"]))
    # and the people of verdicts, and whether a second review is awaited
    with django_assert_num_queries(19):
        client.get(reverse("assessments:review_area", args=[assessment.pk, "A"]))
