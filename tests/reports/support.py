"""An assessment with something of everything an audit report tells of."""

import io
from datetime import date, timedelta
from typing import Any

import pikepdf
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from assessments.models import Assessment, Finding, FindingAction, FindingStep, QueryMessage, Verdict
from assessments.scores.keeping import keep_scores
from emissions.models import Inventory
from labels.models import LabelEvent
from reports import audit_pdf
from reports.models import Export
from tests.factories import NOW, attach, create_answer, create_assessment, create_campaign, create_document, create_site


PEOPLE = ("supplier", "campaign", "submitted_by", "reviewer", "closed_by")


def closed_assessment(reviewer: User, owner: User, **fields: Any) -> Assessment:
    supplier = owner.active_membership.supplier  # type: ignore[union-attr]
    closed = {"status": "closed", "submitted_at": NOW, "submitted_by": owner, "reviewer": reviewer, "closed_at": NOW, "closed_by": reviewer}
    assessment = create_assessment(supplier=supplier, **closed | fields)
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    return fetch(assessment)


def fetch(assessment: Assessment) -> Assessment:
    return Assessment.objects.select_related(*PEOPLE).get(pk=assessment.pk)


def full_assessment(reviewer: User, owner: User, staff: User) -> Assessment:
    """Last year's cycle, evidence, verdicts, a talk, a finding, a label and an inventory."""
    assessment = closed_assessment(reviewer, owner)
    supplier = assessment.supplier
    create_site(supplier=supplier, name="Mill on the river")
    last = create_campaign(questionnaire=assessment.campaign.questionnaire, cycle=2025)
    earlier = {"A": {"declared": "50.00", "evidenced": "40.00", "verified": "37.50"}}
    create_assessment(
        supplier=supplier,
        campaign=last,
        submitted_at=NOW - timedelta(days=365),
        submitted_by=owner,
        status="submitted",
        evidenced="55.25",
        declared="60.00",
        area_scores=earlier,
    )
    add_one_of_everything(assessment, reviewer, owner)
    LabelEvent.objects.create(
        supplier=supplier,
        kind="proposed",
        number=1,
        at=NOW,
        notice_on=NOW.date(),
        effective_on=NOW.date(),
        reason="Proposed in a test",
        actor=staff,
    )
    keep_scores([assessment.pk], at=NOW)
    return fetch(assessment)


def add_one_of_everything(assessment: Assessment, reviewer: User, owner: User) -> None:
    """Once more with each call, and always another."""
    answer = assessment.answers.get(question="A-01", site=None)
    number = answer.evidence.count()
    document = create_document(supplier=assessment.supplier, title=f"Water bill {number}", valid_from=NOW.date(), valid_to=date(2031, 3, 4))
    attach(answer=answer, document=document)
    verdict = {"outcome": "reject_evidence", "reason": "The bill is of another site.", "by": reviewer, "at": NOW}
    Verdict.objects.update_or_create(answer=answer, defaults=verdict)
    for text, by in ((f"Which site is bill {number} of?", reviewer), (f"Bill {number} is of the mill.", owner)):
        QueryMessage.objects.create(assessment=assessment, question="A-01", text=text, is_from_buyer=by is reviewer, by=by, at=NOW)
    finding = Finding.objects.create(
        supplier=assessment.supplier,
        assessment=assessment,
        question="A-01",
        severity="major",
        text=f"No meter at gate {number}",
        cause="The gate is new.",
        opened_at=NOW,
        opened_by=reviewer,
    )
    FindingAction.objects.create(finding=finding, place=1, what="Fit a meter", owner="Mei Lin", due_on=date(2026, 9, 30))
    FindingStep.objects.create(finding=finding, kind="raised", status="open", by=reviewer, at=NOW)
    Inventory.objects.create(
        supplier=assessment.supplier,
        year=2025 - number,
        basis="calculated",
        scope1="12.5",
        scope2_location="40.25",
        scope2_market="31.75",
        created_at=NOW,
    )


def printed(assessment: Assessment, by: User, language: str = "en") -> bytes:
    return audit_pdf.audit_pdf(assessment, language=language, by=by, at=NOW)


def fetched(client: Client, address: str) -> bytes:
    return client.get(address).getvalue()


def content_of(export: Export) -> bytes:
    with export.file.open("rb") as file:
        return bytes(file.read())


def text_of(pdf: bytes) -> str:
    """Of all pages; a line may be broken anywhere."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))
