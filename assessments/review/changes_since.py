"""What a supplier changed since its assessment was returned: each answer as it was then, beside what it says now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps

from assessments.answering.inputs import answer_key
from assessments.answering.worksheet import Worksheet
from assessments.models import Assessment, EvidenceUse
from assessments.questionnaires.wording import Said, describe
from suppliers.models import Document


@dataclass(frozen=True)
class Change:
    """`before`: what the answer said; None where the answer itself is the same, and only its evidence is not."""

    since: datetime
    before: list[Said] | None
    note: str
    added: list[str]
    removed: list[str]


def newest_return(worksheet: Worksheet) -> dict[str, Change]:
    """Key of an answer -> what changed. One query where there was no return, five where there was."""
    assessment = worksheet.assessment
    newest = assessment.returns.order_by("-at", "-pk").values_list("at", "opened").first()
    if newest is None or assessment.status == Assessment.Status.RETURNED:
        return {}
    since, opened = newest
    was = _values_then(assessment.pk, since)
    added, removed = _evidence_since(assessment.pk, since)
    found = {}
    for question in worksheet.asked:
        if opened is not None and question.code not in opened:
            continue  # it could not change
        for site in (None, *(each.pk for each in worksheet.sites_of(question))):
            key, answer = answer_key(question.code, site), worksheet.answer(question.code, site)
            then, now = was.get(key), answer.value if answer else {}
            if answer and answer.updated_at > since and then is None:
                then = {}  # it was not answered at all
            is_other = then is not None and then != now
            if is_other or key in added or key in removed:
                before = describe(question, then or {}) if is_other else None
                note = str((then or {}).get("note") or "") if is_other else ""
                found[key] = Change(since, before, note, added.get(key, []), removed.get(key, []))
    return found


def _values_then(assessment_id: int, since: datetime) -> dict[str, Mapping[str, Any]]:
    """A history row holds what an answer said until then: of those written later, the first has the value of that moment."""
    history = apps.get_model("assessments", "AnswerEvent")._default_manager
    later = history.filter(assessment=assessment_id, pgh_created_at__gt=since, updated_at__lte=since).order_by("-pgh_id")
    return {answer_key(question, site): value for question, site, value in later.values_list("question", "site", "value")}


def _evidence_since(assessment_id: int, since: datetime) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    added: dict[str, list[str]] = {}
    uses = EvidenceUse.objects.filter(answer__assessment=assessment_id, added_at__gt=since).select_related("answer", "document")
    for use in uses.order_by("added_at", "pk"):
        added.setdefault(answer_key(use.answer.question, use.answer.site_id), []).append(str(use.document))
    history = apps.get_model("assessments", "EvidenceUseEvent")._default_manager
    gone = history.filter(answer__assessment=assessment_id, pgh_label="deleted", pgh_created_at__gt=since, added_at__lte=since)
    rows = list(gone.order_by("pgh_id").values_list("answer__question", "answer__site", "document"))
    documents = Document.objects.in_bulk([document for *_answer, document in rows]) if rows else {}
    removed: dict[str, list[str]] = {}
    for question, site, document in rows:
        removed.setdefault(answer_key(question, site), []).append(str(documents.get(document, document)))
    return added, removed
