"""Finished documents by their content: made once, found again as long as they would say the same."""

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile

from accounts.models import User
from assessments.models import Assessment
from reports.audit_pdf import AuditDocument, audit_document
from reports.exporting import PRINTABLE
from reports.models import IssuedDocument
from runs.registry import GiveUp


def issue_audit_pdf(*, assessment_id: int, language: str, by: User, at: datetime) -> IssuedDocument:
    """The audit PDF of an assessment that `by` may see, as it stands now."""
    people = ("supplier", "campaign", "submitted_by", "reviewer", "closed_by")
    assessment = Assessment.objects.visible_to(by).select_related(*people).filter(pk=assessment_id).first()
    if assessment is None:
        raise GiveUp("The person who asked may not see this assessment any more.")
    if assessment.status not in PRINTABLE:
        raise GiveUp("The assessment went back to the supplier: there is nothing to print until it is handed in again.")
    document = audit_document(assessment, language=language, by=by)
    key = hashlib.sha256(f"{document.key} {by.pk}".encode()).hexdigest()
    found = IssuedDocument.objects.filter(key=key).first()
    return found if found and found.has_file() else _issue(document, key, assessment, language, by, at)


def _issue(document: AuditDocument, key: str, assessment: Assessment, language: str, by: User, at: datetime) -> IssuedDocument:
    pdf = document.pdf(at)
    issued, _created = IssuedDocument.objects.update_or_create(
        key=key,
        defaults={
            "supplier": assessment.supplier,
            "language": language,
            "sha256": hashlib.sha256(pdf).hexdigest(),
            "size": len(pdf),
            "made_by": by,
            "made_at": at,
        },
    )
    name = f"issued/{key[:2]}/{key}.pdf"
    # What a worker left behind that died before it could say so.
    issued.file.storage.delete(name)
    issued.file.name = issued.file.storage.save(name, ContentFile(pdf))
    issued.save(update_fields=["file"])
    return issued
