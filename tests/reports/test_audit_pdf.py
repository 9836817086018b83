"""The audit report: complete, equal to what is stored, and of one state of the database."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Answer, Assessment, Verdict
from assessments.review.reviewing import return_to_supplier
from assessments.scoring import receipts
from privacy.policy import policy
from privacy.retention import dispose
from reports import audit_pdf, exporting, signing
from reports.models import Export, IssuedDocument
from runs import engine
from tests.factories import NOW, before_handing_in, create_assessment
from tests.pilots.support import active
from tests.pilots.support import report as report_year
from tests.reports.support import add_one_of_everything, closed_assessment, content_of, fetch, full_assessment, opened, printed, text_of


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def assessment(reviewer: User, owner: User, staff: User) -> Assessment:
    return full_assessment(reviewer, owner, staff)


def exported(assessment: Assessment, by: User, language: str = "en") -> Export:
    export = exporting.request_audit_pdf(assessment_id=assessment.pk, language=language, why={"purpose": "audit"}, by=by, at=NOW)
    engine.work_off(export.run_id)  # type: ignore[arg-type]  # its run was just started
    export.refresh_from_db()
    return export


def test_a_report_tells_everything_there_is_to_tell(assessment: Assessment, staff: User, owner: User) -> None:
    agreement = active(assessment.supplier, staff, owner)
    report_year(agreement, 2024, 900, by=owner)
    document = assessment.answers.get(question="A-01").evidence.get().document

    text = text_of(printed(assessment, staff))

    for said in (
        *("Bamboo Bridge Ltd", "竹桥有限公司", "Self-assessment 2026", "Mill on the river", "Contents", "Confidential"),
        *("Do you meter your water?", "Water bill 0", document.sha256, "2031-03-04"),
        *("Evidence rejected", "The bill is of another site.", "Which site is bill 0 of?", "Bill 0 is of the mill."),
        *("No meter at gate 0", "The gate is new.", "Fit a meter", "Mei Lin", "Raised by a reviewer"),
        *("FY2025", "37.50", "55.25", "Proposed in a test"),
        *("Calculated from activity data", "31.8", agreement.number, "On track"),
        *("Rita Reviewer", "Olive Owner", "Steve Staff", "2026-06-01 09:00 UTC"),
        *("Receipt of the score", "Signatures and seals", "The portal made this key itself."),
    ):
        assert said in text, said


def test_the_printed_score_is_the_one_on_the_screen(client: Client, assessment: Assessment, staff: User) -> None:
    assessment = fetch(assessment)
    client.force_login(staff)
    page = client.get(reverse("reports:supplier", args=[assessment.supplier_id])).content.decode()

    text = text_of(printed(assessment, staff))

    assert f"SCORE declared={assessment.declared} evidenced={assessment.evidenced} verified={assessment.verified}" in text
    assert f"{assessment.verified:.1f}" in page


def test_a_report_costs_the_same_number_of_queries_for_one_and_for_many(
    assessment: Assessment, reviewer: User, owner: User, staff: User, django_assert_num_queries: Any
) -> None:
    def with_agreements(count: int) -> None:
        for _number in range(count):
            report_year(active(assessment.supplier, staff, owner), 2024, 900, by=owner)

    with_agreements(1)
    audit_pdf.gather(assessment, by=staff)  # reads what is kept for the process
    with django_assert_num_queries(28, exact=False) as before:
        audit_pdf.gather(fetch(assessment), by=staff)
    for _number in range(5):
        add_one_of_everything(assessment, reviewer, owner)
    with_agreements(3)

    with django_assert_num_queries(len(before)):
        audit_pdf.gather(fetch(assessment), by=staff)


def test_a_report_in_both_languages_says_everything_twice(assessment: Assessment, staff: User) -> None:
    pdf = printed(assessment, staff, "both")

    text = text_of(pdf)
    assert "Do you meter your water?" in text
    assert "贵公司是否计量用水" in text.replace(" ", "")
    with opened(pdf) as document, document.open_outline() as outline:
        assert [str(item.title) for item in outline.root] == ["竹桥有限公司", "Bamboo Bridge Ltd"]


def test_a_report_before_the_end_of_the_review_is_a_draft_and_says_so(reviewer: User, owner: User, staff: User) -> None:
    draft = closed_assessment(reviewer, owner, status="in_review", closed_at=None, closed_by=None)

    text = text_of(content_of(exported(draft, staff)))

    assert "DRAFT" in text
    assert "the review is not closed (In review)" in text
    assert "DRAFT" not in text_of(printed(closed_assessment(reviewer, owner), staff))


@pytest.mark.parametrize("status", ["not_started", "in_progress", "returned"])
def test_what_a_supplier_still_works_on_is_not_printed(client: Client, staff: User, status: str) -> None:
    assessment = create_assessment(status=status)
    client.force_login(staff)

    client.post(reverse("reports:audit_pdf", args=[assessment.pk]), {"language": "en", "purpose": "audit"})

    assert not Export.objects.exists()


def test_a_review_sent_back_before_the_worker_came_ends_with_a_clear_word(reviewer: User, owner: User, staff: User) -> None:
    assessment = closed_assessment(reviewer, owner, status="in_review", closed_at=None, closed_by=None)
    export = exporting.request_audit_pdf(assessment_id=assessment.pk, language="en", why={"purpose": "audit"}, by=staff, at=NOW)
    Verdict.objects.create(answer=assessment.answers.get(question="A-01"), outcome="query", reason="Which meter?", by=reviewer, at=NOW)
    return_to_supplier(assessment_id=assessment.pk, reason="One question.", by=reviewer, at=NOW)

    run = engine.work_off(export.run_id)  # type: ignore[arg-type]  # its run was just started

    assert run.status == "failed"
    assert "went back to the supplier" in run.chunks.get().error


# --- data -------------------------------------------------------------------------------------------------------------


def test_answers_and_receipt_travel_inside_the_report(assessment: Assessment, staff: User) -> None:
    with opened(printed(assessment, staff)) as document:
        files = {name: document.attachments[name].get_file().read_bytes() for name in document.attachments}

    assert set(files) == {"answers.json", "receipt.json"}
    receipt, answers = json.loads(files["receipt.json"]), json.loads(files["answers.json"])
    assert receipts.verify(receipt) == []
    assert Decimal(receipt["result"]["verified"]) == fetch(assessment).verified
    [water] = [answer for answer in answers["answers"] if answer["question"] == "A-01"]
    assert water["value"] == {"value": "yes"}
    assert water["evidence"][0]["valid_to"] == "2031-03-04"
    assert water["verdict"]["reason"] == "The bill is of another site."
    assert [message["from"] for message in water["talk"]] == ["buyer", "supplier"]


def test_the_enclosed_receipt_is_the_one_the_portal_hands_out(client: Client, assessment: Assessment, staff: User) -> None:
    client.force_login(staff)
    response = client.get(reverse("assessments:receipt", args=[assessment.pk]))

    with opened(printed(assessment, staff)) as document:
        enclosed = json.loads(document.attachments["receipt.json"].get_file().read_bytes())

    assert enclosed == json.loads(response.content)


# --- one state --------------------------------------------------------------------------------------------------------


def test_an_assessment_that_changes_while_it_is_printed_is_printed_as_it_was(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, reviewer: User, owner: User, staff: User
) -> None:
    assessment = closed_assessment(reviewer, owner)
    open_dossier = audit_pdf.open_dossier

    def and_meanwhile(found: Assessment) -> Any:
        """On a connection of its own, somebody changes an answer after the first query."""
        thread = Thread(target=change_the_answer)
        thread.start()
        thread.join()
        return open_dossier(found)

    def change_the_answer() -> None:
        with before_handing_in():
            Answer.objects.filter(question="A-01").update(value={"value": "no"})
        connection.close()

    monkeypatch.setattr(audit_pdf, "open_dossier", and_meanwhile)

    export = exported(assessment, staff)

    with opened(content_of(export)) as document:
        answers = json.loads(document.attachments["answers.json"].get_file().read_bytes())
    assert {answer["question"]: answer["value"] for answer in answers["answers"]}["A-01"] == {"value": "yes"}
    assert Answer.objects.get(question="A-01").value == {"value": "no"}


# --- printed once -----------------------------------------------------------------------------------------------------


def test_what_would_say_the_same_is_not_printed_again(
    assessment: Assessment, staff: User, auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    printings: list[str] = []
    signed_pdf = signing.signed_pdf
    monkeypatch.setattr(signing, "signed_pdf", lambda html, **rest: printings.append(html) or signed_pdf(html, **rest))

    first, second = exported(assessment, staff), exported(assessment, staff)
    assert content_of(first) == content_of(second)
    assert len(printings) == 1

    exported(assessment, staff, "zh-hans")
    exported(assessment, auditor)
    with before_handing_in():
        Answer.objects.filter(question="A-01").update(note="Read on 1 May.")
    assert "Read on 1 May." in text_of(content_of(exported(assessment, staff)))
    assert len(printings) == 4


def test_a_document_whose_file_is_gone_is_printed_again(assessment: Assessment, staff: User) -> None:
    exported(assessment, staff)
    issued = IssuedDocument.objects.get()
    issued.file.storage.delete(issued.file.name)  # type: ignore[arg-type]

    export = exported(assessment, staff)

    assert content_of(export) == IssuedDocument.objects.get().content()


def test_finished_documents_are_kept_for_thirty_days(assessment: Assessment, staff: User) -> None:
    exported(assessment, staff)

    made_at = IssuedDocument.objects.get().made_at

    [rule] = policy().entries["reports.IssuedDocument"].rules
    assert dispose(rule, at=made_at + timedelta(days=30)) == 0
    assert dispose(rule, at=made_at + timedelta(days=30, seconds=1)) == 1
    assert not IssuedDocument.objects.exists()
    assert content_of(Export.objects.get())


def test_only_maker_and_auditors_find_an_issued_document(assessment: Assessment, staff: User, reviewer: User, auditor: User) -> None:
    exported(assessment, staff)

    assert [IssuedDocument.objects.visible_to(person).count() for person in (staff, auditor, reviewer)] == [1, 1, 0]
