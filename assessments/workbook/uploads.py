"""A copy to take away, and what comes back: kept as it was read, shown beside what was saved meanwhile, saved when a person says so."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from assessments.answering.saving import Conflict, NotOpen, save_answer
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment, EvidenceUse, WorkbookUpload
from assessments.questionnaires.questions import Questionnaire, Text
from assessments.rules import rulesets
from assessments.workbook.layout import Slot, slot_of
from assessments.workbook.merging import Merge, Now, differs, merge
from assessments.workbook.reading import Filled, Given, read
from assessments.workbook.writing import Copy, Stored, write
from audit import trail
from suppliers.inspection import safe_name


# --- taking a copy along ----------------------------------------------------------------------------------------------


def copy_of(assessment: Assessment, *, by: User, at: datetime) -> bytes:
    """The workbook. A fixed number of queries. `assessment` comes with its campaign and supplier."""
    worksheet = open_worksheet(assessment)
    questionnaire = worksheet.rules.questionnaire
    questions = [question for area in questionnaire.areas for question in worksheet.candidates_in(area.code)]
    evidence = worksheet.evidence()
    answers = {}
    for answer in (*worksheet.answers.values(), *(each for by_site in worksheet.answers_of_sites.values() for each in by_site.values())):
        slot = Slot(answer.question, answer.site_id)
        answers[slot] = Stored(answer.value, answer.version, tuple(use.document.original_name for use in evidence.get(str(slot), ())))
    campaign, supplier = assessment.campaign, assessment.supplier
    return write(
        Copy(
            assessment=assessment.pk,
            created=assessment.created_at.isoformat(),
            questionnaire=questionnaire,
            questions=questions,
            sites={each.code: {site.pk: site.name for site in worksheet.sites_of(each)} for each in questions},
            answers=answers,
            company=Text(en=supplier.name_en, zh=supplier.name_zh),
            title=Text(en=campaign.title_en, zh=campaign.title_zh),
            due_on=assessment.due_on,
            by=by.name,
            at=at,
        )
    )


# --- bringing it back -------------------------------------------------------------------------------------------------


def keep(*, assessment: Assessment, data: bytes, name: str, by: User, at: datetime) -> WorkbookUpload:
    """Reads the file and keeps what it changes; no answer changes yet. Raises `WorkbookRefused` and `NotOpen`."""
    if not assessment.is_editable:
        raise NotOpen(assessment.pk)
    questionnaire = rulesets.questionnaire_of(assessment.campaign.questionnaire_id)
    filled = read(data, assessment=assessment.pk, created=assessment.created_at.isoformat(), questionnaire=questionnaire)
    return WorkbookUpload.objects.create(
        assessment=assessment,
        name=safe_name(name),
        sha256=hashlib.sha256(data).hexdigest(),
        downloaded_at=datetime.fromisoformat(filled.downloaded_at),
        downloaded_by=filled.downloaded_by[:150],
        changes=_changes(assessment.pk, filled, questionnaire),
        uploaded_by=by,
        uploaded_at=at,
    )


def _changes(assessment_id: int, filled: Filled, questionnaire: Questionnaire) -> dict[str, Any]:
    """Only what is not as it was at the download: the rest never matters again."""
    bases = values_at(assessment_id, {slot: given.base for slot, given in filled.given.items()})
    return {
        str(slot): {**asdict(given), "was": bases[slot]}
        for slot, given in filled.given.items()
        if given.evidence or differs(questionnaire.question(slot.code), given, bases[slot])
    }


def values_at(assessment_id: int, versions: Mapping[Slot, int]) -> dict[Slot, Mapping[str, Any]]:
    """What each answer said in a version of it: from the answers, and from their history where they have changed since. Two queries."""
    found: dict[Slot, Mapping[str, Any]] = {}
    for question, site, version, value in Answer.objects.filter(assessment=assessment_id).values_list(
        "question", "site", "version", "value"
    ):
        if versions.get(Slot(question, site)) == version:
            found[Slot(question, site)] = value
    missing = {slot: version for slot, version in versions.items() if version and slot not in found}
    if missing:
        history = apps.get_model("assessments", "AnswerEvent")._default_manager.filter(assessment=assessment_id)
        past = history.filter(question__in={slot.code for slot in missing}, version__in=set(missing.values()))
        for question, site, version, value in past.values_list("question", "site", "version", "value"):
            if missing.get(Slot(question, site)) == version:
                found[Slot(question, site)] = value
    return {slot: found.get(slot, {}) for slot in versions}


def merges_of(upload: WorkbookUpload) -> list[Merge]:
    """What the file changes, in the order of the questionnaire, beside the answers as they stand. `upload` comes with its campaign."""
    questionnaire = rulesets.questionnaire_of(upload.assessment.campaign.questionnaire_id)
    standing = _standing(upload.assessment_id, upload.changes)
    found = []
    for slot, change in sorted_changes(upload, questionnaire):
        given = Given(**{key: value for key, value in change.items() if key != "was"})
        result = merge(questionnaire.question(slot.code), slot, given, change["was"], standing.get(slot, Now()))
        if result.changes or result.wrong:
            found.append(result)
    return found


def sorted_changes(upload: WorkbookUpload, questionnaire: Questionnaire) -> list[tuple[Slot, dict[str, Any]]]:
    places = {question.code: number for number, question in enumerate(questionnaire.questions)}
    changes = [(slot_of(text), change) for text, change in upload.changes.items()]
    return sorted(changes, key=lambda pair: (places[pair[0].code], pair[0].site or 0))


def _standing(assessment_id: int, slots: Iterable[str]) -> dict[Slot, Now]:
    codes = {slot_of(text).code for text in slots}
    answers = Answer.objects.filter(assessment=assessment_id, question__in=codes).annotate(author=F("updated_by__name"))
    rows = answers.values_list("question", "site", "value", "version", "author", "updated_at")
    return {Slot(question, site): Now(value, version, author or "", at) for question, site, value, version, author, at in rows}


# --- saving -----------------------------------------------------------------------------------------------------------

FILE, NOW = "file", "now"


@dataclass(frozen=True)
class Applied:
    saved: list[str]
    # Changed by somebody between the look and the click: to be looked at again.
    moved: list[str]
    # Conflicts without a choice.
    open: list[str]


@transaction.atomic
def apply(*, upload_id: int, seen: Mapping[str, int], choices: Mapping[str, str], by: User, at: datetime) -> Applied:
    """Saves what the file changes: all of it, or nothing when the process dies. `seen` holds the version of each answer that was shown.

    An answer that moved on since is left alone, and so is a conflict nobody decided. Twice the same saves once. Raises `NotOpen`.
    """
    # Locked: two people may press the button at once.
    upload = WorkbookUpload.objects.select_for_update(of=("self",), no_key=True).select_related("assessment__campaign").get(pk=upload_id)
    applied = Applied([], [], [])
    # In one order everywhere, so that two uploads saved at once wait for each other instead of locking each other out.
    for each in sorted(merges_of(upload), key=lambda found: (found.slot.code, found.slot.site or 0)):
        _save_one(each, upload, seen, choices, applied, by, at)
    if not applied.saved and not upload.assessment.is_editable:
        raise NotOpen(upload.assessment_id)
    upload.outcome = {**upload.outcome, "saved": list(dict.fromkeys([*upload.saved, *applied.saved]))}
    upload.applied_by, upload.applied_at = by, at
    upload.save(update_fields=["outcome", "applied_by", "applied_at"])
    trail.record(
        "workbook.saved",
        actor=by,
        target=upload.assessment,
        supplier_id=upload.assessment.supplier_id,
        detail={"workbook": upload.pk, "sha256": upload.sha256, "answers": len(applied.saved)},
        at=at,
    )
    return applied


def _save_one(
    found: Merge, upload: WorkbookUpload, seen: Mapping[str, int], choices: Mapping[str, str], applied: Applied, by: User, at: datetime
) -> None:
    slot, choice = str(found.slot), choices.get(str(found.slot), "")
    if not found.changes or is_locked(found.slot, upload):
        return
    if seen.get(slot) != found.now.version:
        applied.moved.append(slot)
        return
    if found.is_conflict and choice not in (FILE, NOW):
        applied.open.append(slot)
        return
    value = found.value(take_file=choice == FILE)
    if value == found.now.value:
        return
    try:
        save_answer(
            assessment_id=upload.assessment_id,
            question=found.slot.code,
            site=found.slot.site,
            value=value,
            note="",
            base_version=found.now.version,
            by=by,
            at=at,
        )
    except Conflict:
        applied.moved.append(slot)
    else:
        applied.saved.append(slot)


def is_locked(slot: Slot, upload: WorkbookUpload) -> bool:
    """The assessment is open, but was returned with other questions: this one stays as it was handed in."""
    return upload.assessment.is_editable and not upload.assessment.may_answer(slot.code)


def discard(*, upload: WorkbookUpload) -> None:
    """A look that led to nothing leaves nothing; what was saved from it stays in the answers' history."""
    if upload.files:
        upload.files.delete(save=False)
    upload.delete()


def evidence_names(assessment_id: int) -> dict[Slot, set[str]]:
    """Names of the files attached to each answer."""
    found: dict[Slot, set[str]] = {}
    uses = EvidenceUse.objects.filter(Q(answer__assessment=assessment_id))
    for code, site, name in uses.values_list("answer__question", "answer__site", "document__original_name"):
        found.setdefault(Slot(code, site), set()).add(name)
    return found
