"""A new revision of a document, and the open answers that an older one stands behind: shown on its page, changed where a person says so.

What was handed in is left as it was signed; there the newest revision counts for the older one (`suppliers.endings`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, has
from assessments.answering.saving import NotOpen, attach_evidence, detach_evidence
from assessments.models import Assessment, EvidenceUse
from assessments.questionnaires.wording import local
from assessments.rules import rulesets
from suppliers.models import Document
from suppliers.reliance import Section, leans_on_documents


@dataclass(frozen=True)
class OlderUse:
    """An answer that may still change, and the earlier revision behind it."""

    use: EvidenceUse
    text: str
    url: str


@leans_on_documents
def older_uses_section(document: Document, viewer: User, _at: datetime) -> Section | None:
    if document.replaces_id is None or not has(viewer, Permission.ASSESSMENT_ANSWER) or viewer.supplier_id != document.supplier_id:
        return None
    uses = [_shown(use) for use in older_uses(document)]
    return Section("assessments/_renewing.html", {"uses": uses, "document": document}) if uses else None


def older_uses(document: Document) -> list[EvidenceUse]:
    """Of the newest revision: where an earlier one stands behind an answer that may change. Two queries."""
    if Document.objects.filter(replaces=document).exists():
        return []
    replaced = dict(Document.objects.filter(supplier=document.supplier_id, replaces__isnull=False).values_list("pk", "replaces_id"))
    earlier, at = [], document.pk
    while at in replaced:
        at = replaced[at]
        earlier.append(at)
    uses = EvidenceUse.objects.filter(document__in=earlier, answer__assessment__status__in=Assessment.EDITABLE)
    found = uses.select_related("answer__assessment__campaign", "answer__site", "document").order_by(
        "-answer__assessment", "answer__question"
    )
    return [use for use in found if use.answer.assessment.may_answer(use.answer.question)]


def _shown(use: EvidenceUse) -> OlderUse:
    assessment = use.answer.assessment
    question = rulesets.questionnaire_of(assessment.campaign.questionnaire_id).by_code[use.answer.question]
    url = f"{reverse('assessments:area', args=[assessment.pk, question.area])}#{question.code}"
    return OlderUse(use, local(question.text), url)


@transaction.atomic
def renew(*, document: Document, use_ids: Iterable[int], by: User, at: datetime) -> int:
    """Puts the document in the place of its earlier revisions, in the uses that were chosen. How many answers; pressed twice, none.

    An answer that was handed in meanwhile is left as it is.
    """
    wanted, done = set(use_ids), 0
    for use in older_uses(document):
        if use.pk in wanted and _replace(use, document, by, at):
            done += 1
    return done


@transaction.atomic
def take_newest(*, assessment_id: int, use_id: int, by: User, at: datetime) -> bool:
    """The newest revision in the place of an earlier one, behind the one answer. False where there is nothing to do. Raises `NotOpen`."""
    uses = EvidenceUse.objects.filter(pk=use_id, answer__assessment=assessment_id)
    use = uses.select_related("answer", "document").first()
    if use is None:
        return False
    newest = use.document
    while later := Document.objects.filter(replaces=newest).order_by("-pk").first():
        newest = later
    if newest.pk == use.document_id:
        return False
    _put_in_place(use, newest, by, at)
    return True


def _replace(use: EvidenceUse, document: Document, by: User, at: datetime) -> bool:
    try:
        _put_in_place(use, document, by, at)
    except NotOpen:
        return False
    return True


def _put_in_place(use: EvidenceUse, document: Document, by: User, at: datetime) -> None:
    answer = use.answer
    attach_evidence(
        assessment_id=answer.assessment_id, question=answer.question, document_id=document.pk, by=by, at=at, site=answer.site_id
    )
    detach_evidence(assessment_id=answer.assessment_id, use_id=use.pk)
