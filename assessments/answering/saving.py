"""Answering a question: saving, putting evidence behind it, bringing an earlier value back.

A save is one statement. It is refused when the assessment is no longer open, and when the answer has moved on since the
person read it: nothing is overwritten in silence. What was overwritten knowingly stays in the history.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.apps import apps
from django.core.files import File
from django.db import transaction

from accounts.models import User
from accounts.prepared import run_prepared
from assessments import standing
from assessments.models import Answer, Assessment, EvidenceUse
from assessments.questionnaires.questions import NOTE
from suppliers import documents
from suppliers.models import Document


class NotOpen(Exception):
    """The assessment was submitted, closed or has lapsed, or it was returned with other questions open: this answer does not change."""


@dataclass(frozen=True)
class Saved:
    """`changed` is False when the stored answer already said exactly this, as after a repeated request."""

    version: int
    at: datetime
    by: str
    value: Mapping[str, Any]
    has_evidence: bool
    changed: bool


class Conflict(Exception):
    """The answer was changed since the person read it. `is_own`: by the same person, in another tab or an earlier request.
    `is_kept`: this very save had arrived before, and what it saved was replaced since."""

    def __init__(self, stored: Answer, *, is_own: bool, is_kept: bool = False) -> None:
        super().__init__(stored.question)
        self.stored = stored
        self.is_own = is_own
        self.is_kept = is_kept


class Paper(NamedTuple):
    """What never changes about an assessment: whose it is, and which questionnaire it answers."""

    supplier_id: int
    questionnaire_id: int


@lru_cache(maxsize=20_000)
def paper_of(assessment_id: int) -> Paper:
    """Remembered by the process: a save, the portal's most frequent request, asks no question whose answer is known."""
    return Paper(*Assessment.objects.values_list("supplier_id", "campaign__questionnaire_id").get(pk=assessment_id))


# The key-share lock lets savers pass each other, and lets none pass a submission, which locks the row for update: after
# waiting, the condition on the status is looked at again. A row without a change comes back empty, like a refused one.
_SAVE = """
    WITH door AS (
        SELECT id, status, supplier_id FROM assessments_assessment
        WHERE id = %(assessment)s::bigint AND status IN ('not_started', 'in_progress', 'returned')
          AND (opened_questions IS NULL OR opened_questions ? %(question)s::text)
        FOR KEY SHARE
    )
    INSERT INTO assessments_answer AS stored
        (assessment_id, question, site_id, value, note, version, evidence_count, updated_by_id, updated_at)
    SELECT id, %(question)s, %(site)s::bigint, %(value)s::jsonb, %(note)s::text, 1, 0, %(by)s::bigint, %(at)s::timestamptz FROM door
    ON CONFLICT (assessment_id, question, site_id) DO UPDATE
    SET value = excluded.value, note = excluded.note, version = stored.version + 1,
        updated_by_id = excluded.updated_by_id, updated_at = excluded.updated_at, carried_from_id = NULL
    WHERE stored.version = %(base)s::integer AND stored.value <> excluded.value
    RETURNING stored.version, stored.evidence_count, (SELECT status FROM door), (SELECT supplier_id FROM door)
"""


def save_answer(
    *,
    assessment_id: int,
    question: str,
    value: Mapping[str, Any],
    note: str,
    base_version: int,
    by: User,
    at: datetime,
    site: int | None = None,
) -> Saved:
    """Store a cleaned value. `base_version` is the version the person saw, 0 for an empty question.

    The note is kept inside the value, where the scoring rules look for it, and beside it for lists.
    Raises `Conflict` when the answer has moved on and says something else now, `NotOpen` after submission. The same save
    sent twice counts once.
    """
    whole = {**value, NOTE: note} if note else value
    parameters = {
        "assessment": assessment_id,
        "question": question,
        "site": site,
        "value": json.dumps(whole, ensure_ascii=False),
        "note": whole.get(NOTE, ""),
        "by": by.pk,
        "at": at,
        "base": base_version,
    }
    rows = run_prepared(_SAVE, parameters)
    if not rows:
        return _why_not_saved(assessment_id, question, whole, base_version, by, site)
    [(version, evidence_count, status, supplier_id)] = rows
    if status == Assessment.Status.NOT_STARTED:
        # Should the process die between the two, the next save of anybody does it.
        begin(assessment_id=assessment_id, supplier_id=supplier_id, at=at)
    return Saved(version, at, by.name, whole, evidence_count > 0, changed=True)


def _why_not_saved(assessment_id: int, question: str, value: Mapping[str, Any], base: int, by: User, site: int | None) -> Saved:
    answers = Answer.objects.select_related("updated_by").filter(assessment_id=assessment_id, question=question, site=site)
    stored = answers.first()
    # First, so that a save whose acknowledgement was lost is acknowledged even when the assessment was handed in meanwhile.
    if stored and stored.value == value:
        return Saved(stored.version, stored.updated_at, str(stored.updated_by or ""), value, stored.evidence_count > 0, changed=False)
    if not stored or not Assessment.objects.filter(pk=assessment_id).open_for(question).exists():
        raise NotOpen(assessment_id)
    raise Conflict(stored, is_own=stored.updated_by_id == by.pk, is_kept=_was_saved(stored, value, base, by))


def _was_saved(stored: Answer, value: Mapping[str, Any], base: int, by: User) -> bool:
    """A save over version n is version n + 1 of the history, whatever came after."""
    history = apps.get_model("assessments", "AnswerEvent")._default_manager
    return bool(history.filter(pgh_obj=stored, version=base + 1, value=value, updated_by=by).exists())


@transaction.atomic
def begin(*, assessment_id: int, supplier_id: int, at: datetime) -> None:
    """The first answer, or the first piece of evidence, puts an assessment in progress."""
    waiting = Assessment.objects.filter(pk=assessment_id, status=Assessment.Status.NOT_STARTED)
    if waiting.update(status=Assessment.Status.IN_PROGRESS, started_at=at):
        standing.refresh([supplier_id])


# --- evidence ---------------------------------------------------------------------------------------------------------


def upload_evidence(
    *, assessment_id: int, question: str, file: "File[bytes]", by: User, at: datetime, site: int | None = None
) -> EvidenceUse:
    """Keep the file among the supplier's documents and attach it. Raises `FileRefused` and `NotOpen`."""
    assessment = Assessment.objects.select_related("supplier").get(pk=assessment_id)
    if not assessment.may_answer(question):
        raise NotOpen(assessment_id)
    document = documents.store(supplier=assessment.supplier, file=file, by=by, at=at)
    return attach_evidence(assessment_id=assessment_id, question=question, document_id=document.pk, by=by, at=at, site=site)


@transaction.atomic
def attach_evidence(*, assessment_id: int, question: str, document_id: int, by: User, at: datetime, site: int | None = None) -> EvidenceUse:
    """Attaching the same document twice attaches it once. Raises `Document.DoesNotExist` for another supplier's document."""
    assessment = _lock_open(assessment_id, question)
    document = Document.objects.get(pk=document_id, supplier_id=assessment.supplier_id)
    # Version 0: evidence may come before the answer, and the first save of the answer is its first version all the same.
    blank = Answer(assessment_id=assessment_id, question=question, site_id=site, version=0, updated_by=by, updated_at=at)
    Answer.objects.bulk_create([blank], ignore_conflicts=True)
    answer = Answer.objects.get(assessment_id=assessment_id, question=question, site=site)
    use, _is_new = EvidenceUse.objects.get_or_create(answer=answer, document=document, defaults={"added_by": by, "added_at": at})
    if assessment.status == Assessment.Status.NOT_STARTED:
        begin(assessment_id=assessment_id, supplier_id=assessment.supplier_id, at=at)
    return use


@transaction.atomic
def detach_evidence(*, assessment_id: int, use_id: int) -> None:
    """The document stays in the supplier's library. Detaching what is not attached any more changes nothing."""
    use = EvidenceUse.objects.filter(pk=use_id, answer__assessment_id=assessment_id).select_related("answer").first()
    if use is not None:
        _lock_open(assessment_id, use.answer.question)
        use.delete()


def _lock_open(assessment_id: int, question: str) -> Assessment:
    """As long as the transaction runs, the assessment cannot be submitted."""
    assessment = Assessment.objects.select_for_update(no_key=True).get(pk=assessment_id)
    if not assessment.may_answer(question):
        raise NotOpen(assessment_id)
    return assessment


# --- earlier values ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Earlier:
    """One version of an answer, as it was saved."""

    version: int
    value: Mapping[str, Any]
    note: str
    by: str
    at: datetime
    is_current: bool


def versions_of(answer: Answer) -> list[Earlier]:
    """All versions, the current one first."""
    history = apps.get_model("assessments", "AnswerEvent")._default_manager
    past = history.filter(pgh_obj=answer).select_related("updated_by").order_by("-pgh_id")
    versions = {answer.version: _earlier(answer, is_current=True)}
    for event in past:
        # A change of the evidence leaves a history row of the same version.
        versions.setdefault(event.version, _earlier(event, is_current=False))
    return sorted((each for each in versions.values() if each.version), key=lambda each: -each.version)


def _earlier(row: Any, *, is_current: bool) -> Earlier:
    return Earlier(row.version, row.value, row.note, str(row.updated_by or ""), row.updated_at, is_current)


def restore_version(*, answer: Answer, version: int, by: User, at: datetime) -> Saved:
    """Save an earlier value again, as a new version. Raises `LookupError` when there is no such version."""
    earlier = next((each for each in versions_of(answer) if each.version == version), None)
    if earlier is None:
        raise LookupError(version)
    return save_answer(
        assessment_id=answer.assessment_id,
        question=answer.question,
        value=earlier.value,
        note=earlier.note,
        base_version=answer.version,
        by=by,
        at=at,
        site=answer.site_id,
    )
