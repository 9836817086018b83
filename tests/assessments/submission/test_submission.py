"""Checking, signing, submitting; and the results that follow."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Answer, Assessment, EvidenceUse, Signature
from assessments.scores.keeping import keep_scores
from assessments.scoring import receipts
from assessments.submission.submitting import Blocked, content_of, content_sha256, submit_assessment
from audit.models import Event
from tests.factories import (
    NOW,
    PASSWORD,
    SMALL_QUESTIONNAIRE,
    before_handing_in,
    create_answer,
    create_assessment,
    create_campaign,
    create_document,
    create_questionnaire,
    forge_scores,
)


CODE_QUESTION: dict[str, Any] = {
    "code": "B-09",
    "area": "B",
    "topic": {"en": "Code", "zh": "准则"},
    "text": {"en": "Does the company accept the code?", "zh": "贵公司是否接受准则？"},
    "weight": "1",
    "fields": [
        {"key": "accepted", "type": "yes_no", "label": {"en": "Accepted", "zh": "接受"}},
        {"key": "page", "type": "file", "label": {"en": "Signed page", "zh": "签署页"}},
    ],
    "credit": {"kind": "options", "field": "accepted", "credits": {"yes": "1", "no": "0"}},
    "evidence": {"rule": "required", "text": {"en": "Signed page", "zh": "签署页"}, "when": "accepted = yes"},
    "triggers": [
        {
            "kind": "gate",
            "when": "not (accepted = yes)",
            "key": "B-09-not-accepted",
            "text": {"en": "The code is not accepted.", "zh": "未接受准则。"},
        }
    ],
}


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(
        supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire()), status="in_progress", started_at=NOW
    )


@pytest.fixture
def gated(supplier) -> Assessment:
    content = {**SMALL_QUESTIONNAIRE, "questions": [*SMALL_QUESTIONNAIRE["questions"], CODE_QUESTION]}
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))


@pytest.fixture(autouse=True)
def scored_at_once(monkeypatch) -> list[int]:
    """The task as it would be sent to a worker."""
    sent: list[int] = []
    from assessments.tasks import score_assessment

    monkeypatch.setattr(score_assessment, "delay", lambda *, assessment_id: sent.append(assessment_id))
    return sent


def submit(assessment: Assessment, by: Any) -> Signature:
    return submit_assessment(
        assessment_id=assessment.pk, by=by, name="Olive Owner", job_title="General manager", statement="It is true.", at=NOW
    )


def page(name: str, assessment: Assessment) -> str:
    return reverse(f"assessments:{name}", args=[assessment.pk])


def test_signature_keeps_who_what_and_the_hash_of_the_answers(assessment, owner):
    create_answer(assessment=assessment, question="A-01")

    signature = submit(assessment, owner)

    assessment.refresh_from_db()
    assert (assessment.status, assessment.submitted_by, assessment.submitted_at) == ("submitted", owner, NOW)
    assert (signature.name, signature.job_title, signature.statement) == ("Olive Owner", "General manager", "It is true.")
    assert signature.content_sha256 == content_sha256(assessment)


def test_signed_content_names_every_answer_and_the_hashes_of_its_evidence(assessment, owner, supplier):
    answer = create_answer(assessment=assessment, question="A-01")
    document = create_document(supplier=supplier)
    EvidenceUse.objects.create(answer=answer, document=document, added_by=owner, added_at=NOW)

    content = content_of(assessment)

    assert content["answers"] == [{"question": "A-01", "site": None, "value": {"value": "yes"}, "evidence": [document.sha256]}]
    assert content["questionnaire"] == assessment.campaign.questionnaire.sha256


def test_hash_changes_with_any_answer(assessment):
    before = content_sha256(assessment)
    create_answer(assessment=assessment, question="A-01")

    assert content_sha256(assessment) != before


def test_submission_is_in_the_trail_and_in_the_standing(assessment, owner, supplier):
    signature = submit(assessment, owner)

    event = Event.objects.get(action="assessment.submitted")
    assert (event.actor, event.supplier_id, event.detail["sha256"]) == (owner, supplier.pk, signature.content_sha256)
    supplier.standing.refresh_from_db()
    assert supplier.standing.status == "submitted"


def test_scoring_starts_when_the_submission_is_committed(assessment, owner, scored_at_once, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        submit(assessment, owner)
        assert scored_at_once == []

    assert scored_at_once == [assessment.pk]


def test_assessment_is_submitted_once(assessment, owner):
    submit(assessment, owner)

    with pytest.raises(Assessment.IllegalTransition):
        submit(assessment, owner)

    assert Signature.objects.count() == 1


def test_returned_assessment_is_signed_again_and_both_signatures_stay(supplier, owner):
    assessment = create_assessment(supplier=supplier)
    submit(assessment, owner)
    Assessment.objects.get(pk=assessment.pk).return_to_supplier(reason="One bill is missing.", opened=None, due_on=assessment.due_on)

    submit(assessment, owner)

    assert Signature.objects.filter(assessment=assessment).count() == 2


def test_code_must_be_accepted_before_submitting(gated, owner):
    with pytest.raises(Blocked) as unanswered:
        submit(gated, owner)
    answer = create_answer(assessment=gated, question="B-09", value={"accepted": "no"})
    with pytest.raises(Blocked):
        submit(gated, owner)

    answer.value = {"accepted": "yes"}
    answer.save()
    with pytest.raises(Blocked):  # the signed page is missing still
        submit(gated, owner)
    EvidenceUse.objects.create(answer=answer, document=create_document(supplier=gated.supplier), added_at=NOW)

    assert [question.code for question in unanswered.value.questions] == ["B-09"]
    assert submit(gated, owner).pk


def test_unanswered_questions_do_not_block(assessment, owner):
    assert submit(assessment, owner).pk


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def test_check_page_says_what_is_missing_and_what_it_costs(signed_in, assessment):
    create_answer(assessment=assessment, question="A-01")

    response = signed_in.get(page("check", assessment))

    summary = response.context["summary"]
    assert (summary.unanswered, summary.lacking_evidence, summary.lacking_notes) == (2, 1, 0)
    # A-01 is half of area A, which is half of the total; without evidence it earns half its credit.
    assert summary.evidence_costs == pytest.approx(12.5)
    assert "Water bill" in response.text


def test_check_page_shows_the_score_and_what_would_raise_it(signed_in, assessment):
    create_answer(assessment=assessment, question="A-01")

    response = signed_in.get(page("check", assessment))

    outlook = response.context["outlook"]
    # A-01 earns half of area A, B-01 all of area B; each area is half of the total.
    assert (outlook.declared, outlook.evidenced, outlook.cap) == (25, Decimal("12.50"), None)
    gains = [(each.kind, each.code, each.gain) for each in outlook.missing]
    assert gains == [("answers", "B-01", 50), ("answers", "A-02", 25), ("evidence", "A-01", Decimal("12.50"))]
    assert outlook.within_reach == 100
    assert [(part.state, part.start, part.points) for part in outlook.bar] == [
        ("earned", 0, Decimal("12.50")),
        ("evidence", Decimal("12.50"), Decimal("12.50")),
        ("answers", 25, 75),
    ]


def test_sign_page_says_how_much_of_the_evidence_is_attached(signed_in, assessment):
    create_answer(assessment=assessment, question="A-01")

    assert "0% of the evidence asked for is attached." in signed_in.get(page("sign", assessment)).text


def test_outlook_equals_the_score_after_the_submission(signed_in, assessment, owner):
    for code, value in (("A-01", "yes"), ("A-02", "2"), ("B-01", "no")):
        create_answer(assessment=assessment, question=code, value={"value": value})
    outlook = signed_in.get(page("check", assessment)).context["outlook"]

    submit(assessment, owner)
    keep_scores([assessment.pk], at=NOW)

    score = assessment.scores.get()
    assert (outlook.declared, outlook.evidenced) == (score.declared, score.evidenced)


def test_zero_tolerance_is_not_talked_away_by_gains(signed_in, assessment):
    create_answer(assessment=assessment, question="B-01", value={"value": "yes"})

    response = signed_in.get(page("check", assessment))

    assert response.context["outlook"].cap == 30
    assert response.context["outlook"].within_reach <= 30
    assert "the total cannot be above 30" in response.text


def test_check_page_names_what_stands_in_the_way(signed_in, gated):
    response = signed_in.get(page("check", gated))

    assert "Before you can submit" in response.text
    assert page("sign", gated) not in response.text


def test_contributor_reads_who_may_sign_and_cannot(client, assessment, colleague, owner):
    client.force_login(colleague)

    assert "Olive Owner" in client.get(page("check", assessment)).text
    assert client.get(page("sign", assessment)).status_code == 403
    assert client.post(page("sign", assessment)).status_code == 403


def sign(client: Client, assessment: Assessment, **changes: str) -> Any:
    data = {"name": "Olive Owner", "job_title": "General manager", "password": PASSWORD, "agreed": "on", "incomplete": "on"}
    return client.post(page("sign", assessment), data | changes)


def test_signatory_signs_with_name_role_and_password(signed_in, assessment):
    response = sign(signed_in, assessment)

    assert response.url == page("submitted", assessment)
    signature = Signature.objects.get()
    assert signature.job_title == "General manager"
    assert signature.content_sha256 in signed_in.get(response.url).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "This is not the password of your account."),
        ({"agreed": ""}, "This field is required."),
        ({"incomplete": ""}, "This field is required."),
        ({"job_title": ""}, "This field is required."),
    ],
)
def test_signature_that_is_not_complete_is_refused(signed_in, assessment, changes, words):
    response = sign(signed_in, assessment, **changes)

    assert response.status_code == 200
    assert words in response.text
    assert not Signature.objects.exists()


def test_blocked_assessment_cannot_be_signed_past_the_page(signed_in, gated):
    response = sign(signed_in, gated)

    assert response.url == page("check", gated)
    assert not Signature.objects.exists()


def test_signing_twice_leads_to_the_confirmation(signed_in, assessment):
    sign(signed_in, assessment)

    assert sign(signed_in, assessment).url == page("submitted", assessment)
    assert Signature.objects.count() == 1


# --- results ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def scored(assessment, owner) -> Assessment:
    for code, value in (("A-01", "yes"), ("A-02", "2"), ("B-01", "yes")):
        create_answer(assessment=assessment, question=code, value={"value": value})
    submit(assessment, owner)
    keep_scores([assessment.pk], at=NOW)
    return assessment


def test_results_explain_the_score(signed_in, scored):
    response = signed_in.get(page("results", scored))

    assert response.context["score"].declared == 30
    assert [each["code"] for each in response.context["zero_tolerance"]] == ["B-01"]
    assert "Attach evidence: Water bill" in response.text
    assert "<svg" in response.text
    assert not response.context["has_moved_on"]


def test_results_say_when_facts_have_moved_on(signed_in, scored, supplier):
    supplier.category = "logistics"
    supplier.save()

    assert signed_in.get(page("results", scored)).context["has_moved_on"]


def test_results_wait_for_the_score_and_ask_again(signed_in, assessment, owner):
    submit(assessment, owner)

    assert 'hx-trigger="every 3s"' in signed_in.get(page("results", assessment)).text


def test_results_without_an_assessment_lead_to_the_newest(signed_in, client, scored, stranger):
    assert signed_in.get(reverse("assessments:results")).url == page("results", scored)

    client.force_login(stranger)
    assert "No results yet" in client.get(reverse("assessments:results")).text


def test_receipt_computes_the_score_again(signed_in, scored):
    response = signed_in.get(page("receipt", scored))

    receipt = json.loads(response.content)
    assert receipts.verify(receipt) == []
    assert receipt["result"]["declared"] == "30.00"
    assert "attachment" in response["Content-Disposition"]
    assert Event.objects.filter(action="receipt.exported", supplier_id=scored.supplier_id).exists()


def test_receipt_is_of_the_score_as_it_was_stated(signed_in, scored):
    with before_handing_in():
        Answer.objects.filter(assessment=scored, question="B-01").update(value={"value": "no"}, version=2)

    receipt = json.loads(signed_in.get(page("receipt", scored)).content)

    assert receipt["result"]["declared"] == "30.00"
    assert receipt["inputs"]["answers"]["B-01"][0] == {"value": "yes"}


def test_score_that_nobody_can_compute_again_has_no_receipt(signed_in, scored):
    forge_scores(scored.scores, inputs_sha256="0" * 64)

    response = signed_in.get(page("receipt", scored), follow=True)

    assert "can no longer be put together" in response.text
    assert not Event.objects.filter(action="receipt.exported").exists()


def test_look_of_the_buyers_people_at_results_is_recorded(client, scored, reviewer, owner):
    client.force_login(owner)
    client.get(page("results", scored))
    assert not Event.objects.filter(action="assessment.viewed").exists()

    client.force_login(reviewer)
    client.get(page("results", scored))
    assert Event.objects.get(action="assessment.viewed").actor == reviewer


@pytest.mark.parametrize("name", ["results", "receipt"])
def test_stranger_sees_no_results(client, scored, stranger, name):
    client.force_login(stranger)

    assert client.get(page(name, scored)).status_code == 404
