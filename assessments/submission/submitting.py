"""Signing and submitting an assessment: the hash of what is signed, and the step after which no answer changes."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from assessments import canonical, standing
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment, EvidenceUse, Signature
from assessments.questionnaires.questions import Question
from assessments.submission import returning
from audit import trail


STATEMENT = _(
    "On behalf of the company I declare that the answers and the evidence in this self-assessment are true and complete to the "
    "best of my knowledge, that I have asked the people responsible, and that the buyer may check them."
)


class Blocked(Exception):
    """Questions stand in the way: what they ask for comes first."""

    def __init__(self, questions: list[Question]) -> None:
        super().__init__(", ".join(question.code for question in questions))
        self.questions = questions


def content_of(assessment: Assessment) -> dict[str, Any]:
    """What a signature is given for: every stored answer with the hashes of its evidence, in a fixed order."""
    evidence: dict[int, list[str]] = {}
    for answer_id, sha256 in EvidenceUse.objects.filter(answer__assessment=assessment).values_list("answer_id", "document__sha256"):
        evidence.setdefault(answer_id, []).append(sha256)
    answers = Answer.objects.filter(assessment=assessment).order_by("question", "site_id")
    return {
        "schema": "supplier-esg-answers/1",
        "assessment": assessment.pk,
        "supplier": assessment.supplier_id,
        "questionnaire": assessment.campaign.questionnaire.sha256,
        "answers": [
            {"question": a.question, "site": a.site_id, "value": a.value, "evidence": sorted(evidence.get(a.pk, []))} for a in answers
        ],
    }


def content_sha256(assessment: Assessment) -> str:
    return canonical.sha256(content_of(assessment))


@transaction.atomic
def submit_assessment(*, assessment_id: int, by: User, name: str, job_title: str, statement: str, at: datetime) -> Signature:
    """Sign the answers as they stand and hand them in. Raises `Blocked` and `Assessment.IllegalTransition`."""
    # Lock the row: answers being saved now come first or not at all, and of two people who press Submit only one may win.
    locked = Assessment.objects.select_for_update(of=("self",)).select_related("campaign__questionnaire", "supplier", "reviewer")
    assessment = locked.get(pk=assessment_id)
    if not assessment.is_editable:
        raise Assessment.IllegalTransition(assessment.status)
    if blocking := open_worksheet(assessment).closed_gates:
        raise Blocked(blocking)
    assessment.submit(by=by, at=at)
    content = canonical.encode(content_of(assessment))
    signature = Signature.objects.create(
        assessment=assessment,
        signed_by=by,
        name=name,
        job_title=job_title,
        statement=statement,
        content_sha256=hashlib.sha256(content).hexdigest(),
        content=content.decode(),
        signed_at=at,
    )
    trail.record(
        "assessment.submitted",
        actor=by,
        target=assessment,
        supplier_id=assessment.supplier_id,
        detail={"sha256": signature.content_sha256, "name": name, "job_title": job_title},
        at=at,
    )
    returning.note_answered(assessment, by=by, at=at)
    standing.refresh([assessment.supplier_id])
    # Robust: with the broker away the submission stands, and the runs of the night score it and find it a reviewer.
    transaction.on_commit(lambda: _start_scoring(assessment_id), robust=True)
    transaction.on_commit(lambda: _find_reviewer(assessment_id), robust=True)
    return signature


def _start_scoring(assessment_id: int) -> None:
    from assessments.tasks import score_assessment

    score_assessment.delay(assessment_id=assessment_id)


def _find_reviewer(assessment_id: int) -> None:
    from assessments.tasks import assign_review

    assign_review.delay(assessment_id=assessment_id)
