"""What a browser sent for one question or a whole page, kept: what is right is saved, what is not comes back as it was typed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.answering import inputs
from assessments.answering.inputs import Posted, answer_key, name_of
from assessments.answering.saving import Conflict, Saved, save_answer, upload_evidence
from assessments.editor.presenters import Attempt
from assessments.models import Answer
from assessments.questionnaires import answers
from assessments.questionnaires.messages import answer_errors
from assessments.questionnaires.questions import Question
from suppliers.refusals import FileRefused


Files: TypeAlias = "MultiValueDict[str, UploadedFile[bytes]]"
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Sheet:
    """One answer that a browser sent: to which question, for which site, and by whom."""

    assessment_id: int
    question: Question
    site: int | None
    data: Posted
    by: User
    at: datetime

    def sent(self, name: str) -> str | None:
        """One of our own inputs beside the fields."""
        return self.data.get(name_of(answer_key(self.question.code, self.site), name))


def save_page(
    *, assessment_id: int, asked: Iterable[tuple[Question, int | None]], data: Posted, files: Files, by: User, at: datetime
) -> dict[str, Attempt]:
    """Saves every answer of the page that was changed; gives back, by its key, what could not be saved as it was typed.

    `asked` are the questions of the page, each for all sites (None) and for single sites. Raises `NotOpen`.
    """
    attempts = {}
    for question, site in asked:
        if not inputs.is_posted(question, data, site):
            continue
        _saved, attempt = save_question(assessment_id=assessment_id, question=question, site=site, data=data, by=by, at=at)
        refused = _keep_files(assessment_id, question, site, files, by, at)
        if refused:
            attempt = attempt or Attempt(typed=inputs.read(question, data, site))
            attempt.file_errors = refused
        if attempt:
            attempts[answer_key(question.code, site)] = attempt
    return attempts


def save_question(
    *, assessment_id: int, question: Question, data: Posted, by: User, at: datetime, site: int | None = None
) -> tuple[Saved | None, Attempt | None]:
    """(what was saved, what was not). Both, when some fields are right and others are not. Raises `NotOpen`."""
    sheet = Sheet(assessment_id, question, site, data, by, at)
    typed = {} if data.get("same") == answer_key(question.code, site) else inputs.read(question, data, site)
    cleaned = answers.clean(question, typed)
    if not cleaned.errors:
        if _is_unchanged(sheet, cleaned.value):
            return None, None
        return _save_or_contest(sheet, cleaned.value, Attempt(typed))
    attempt = Attempt(typed, errors=answer_errors(cleaned.errors))
    rows = Answer.objects.filter(assessment_id=assessment_id, question=question.code, site=site)
    stored = rows.values_list("value", flat=True).first()
    value = _with_stored_parts(cleaned.value, cleaned.errors, stored or {})
    if not value and stored is None:
        return None, attempt  # nothing was there and nothing can be read
    return _save_or_contest(sheet, value, attempt)


def _is_unchanged(sheet: Sheet, value: Mapping[str, Any]) -> bool:
    """What came back is what went out with the page, or the person has chosen what is stored."""
    return inputs.digest(value) == sheet.sent("-was") or sheet.sent("-choice") == THEIRS


def _with_stored_parts(value: Mapping[str, Any], paths: Iterable[str], stored: Mapping[str, Any]) -> dict[str, Any]:
    """A field that cannot be read keeps what is stored for it, until it is typed right."""
    wrong = {path.partition(".")[0] for path in paths}
    right = {key: given for key, given in value.items() if key not in wrong}
    return right | {key: given for key, given in stored.items() if key in wrong}


def _save_or_contest(sheet: Sheet, value: Mapping[str, Any], attempt: Attempt) -> tuple[Saved | None, Attempt | None]:
    try:
        saved = _save(sheet, value)
    except Conflict as conflict:
        attempt.conflict, attempt.base = conflict, whole_number(sheet.sent("-base"))
        return None, attempt
    return saved, attempt if attempt.errors else None


def _save(sheet: Sheet, value: Mapping[str, Any]) -> Saved:
    def save(base: int) -> Saved:
        return save_answer(
            assessment_id=sheet.assessment_id,
            question=sheet.question.code,
            site=sheet.site,
            value=value,
            note="",
            base_version=base,
            by=sheet.by,
            at=sheet.at,
        )

    base = whole_number(sheet.sent("-other" if sheet.sent("-choice") == MINE else "-base"))
    try:
        return save(base)
    except Conflict as conflict:
        # The person's own later save, from another tab or a request that came late: what was typed last counts.
        if conflict.is_own and sheet.sent("-strict") is None:
            return save(conflict.stored.version)
        raise


def _keep_files(assessment_id: int, question: Question, site: int | None, files: Files, by: User, at: datetime) -> list[str]:
    """Attaches what was chosen; gives back why a file was refused."""
    refused = []
    for file in files.getlist(name_of(answer_key(question.code, site), "-file")):
        try:
            upload_evidence(assessment_id=assessment_id, question=question.code, site=site, file=file, by=by, at=at)
        except FileRefused as error:
            reason = " ".join(error.messages)
            refused.append(_("%(file)s: %(reason)s") % {"file": file.name, "reason": reason})
    return refused


def whole_number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
