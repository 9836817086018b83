"""What a browser sent for one question or a whole page, kept: what is right is saved, what is not comes back as it was typed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from accounts.models import User
from assessments import answers, inputs
from assessments.answering import Conflict, Saved, save_answer, upload_evidence
from assessments.inputs import Posted, name_of
from assessments.messages import answer_errors
from assessments.models import Answer
from assessments.presenters import Attempt
from assessments.questions import Question
from suppliers.refusals import FileRefused


Files: TypeAlias = "MultiValueDict[str, UploadedFile[bytes]]"
MINE, THEIRS = "mine", "theirs"


def save_page(
    *, assessment_id: int, questions: Iterable[Question], data: Posted, files: Files, by: User, at: datetime
) -> dict[str, Attempt]:
    """Saves every question of the page that was changed; gives back those that could not be saved as they were typed.

    Raises `NotOpen`.
    """
    attempts = {}
    for question in questions:
        if not inputs.is_posted(question, data):
            continue
        _saved, attempt = save_question(assessment_id=assessment_id, question=question, data=data, by=by, at=at)
        refused = _keep_files(assessment_id, question, files, by, at)
        if refused:
            attempt = attempt or Attempt(typed=inputs.read(question, data))
            attempt.file_errors = refused
        if attempt:
            attempts[question.code] = attempt
    return attempts


def save_question(*, assessment_id: int, question: Question, data: Posted, by: User, at: datetime) -> tuple[Saved | None, Attempt | None]:
    """(what was saved, what was not). Both, when some fields are right and others are not. Raises `NotOpen`."""
    typed = inputs.read(question, data)
    cleaned = answers.clean(question, typed)
    if not cleaned.errors:
        if _is_unchanged(question, cleaned.value, data):
            return None, None
        return _save_or_contest(assessment_id, question, cleaned.value, Attempt(typed), data, by, at)
    attempt = Attempt(typed, errors=answer_errors(cleaned.errors))
    stored = (
        Answer.objects.filter(assessment_id=assessment_id, question=question.code, site=None).values_list("value", flat=True).first() or {}
    )
    value = _with_stored_parts(cleaned.value, cleaned.errors, stored)
    if value == stored:
        return None, attempt
    return _save_or_contest(assessment_id, question, value, attempt, data, by, at)


def _is_unchanged(question: Question, value: Mapping[str, Any], data: Posted) -> bool:
    """What came back is what went out with the page, or the person has chosen what is stored."""
    return inputs.digest(value) == data.get(name_of(question.code, "-was")) or data.get(name_of(question.code, "-choice")) == THEIRS


def _with_stored_parts(value: Mapping[str, Any], paths: Iterable[str], stored: Mapping[str, Any]) -> dict[str, Any]:
    """A field that cannot be read keeps what is stored for it, until it is typed right."""
    wrong = {path.partition(".")[0] for path in paths}
    right = {key: given for key, given in value.items() if key not in wrong}
    return right | {key: given for key, given in stored.items() if key in wrong}


def _save_or_contest(
    assessment_id: int, question: Question, value: Mapping[str, Any], attempt: Attempt, data: Posted, by: User, at: datetime
) -> tuple[Saved | None, Attempt | None]:
    try:
        saved = _save(assessment_id, question, value, data, by, at)
    except Conflict as conflict:
        attempt.conflict, attempt.base = conflict, whole_number(data.get(name_of(question.code, "-base")))
        return None, attempt
    return saved, attempt if attempt.errors else None


def _save(assessment_id: int, question: Question, value: Mapping[str, Any], data: Posted, by: User, at: datetime) -> Saved:
    def save(base: int) -> Saved:
        return save_answer(assessment_id=assessment_id, question=question.code, value=value, note="", base_version=base, by=by, at=at)

    chosen = data.get(name_of(question.code, "-choice")) == MINE
    base = whole_number(data.get(name_of(question.code, "-other" if chosen else "-base")))
    try:
        return save(base)
    except Conflict as conflict:
        # The person's own later save, from another tab or a request that came late: what was typed last counts.
        if conflict.is_own and name_of(question.code, "-strict") not in data:
            return save(conflict.stored.version)
        raise


def _keep_files(assessment_id: int, question: Question, files: Files, by: User, at: datetime) -> list[str]:
    """Attaches what was chosen; gives back why a file was refused."""
    refused = []
    for file in files.getlist(name_of(question.code, "-file")):
        try:
            upload_evidence(assessment_id=assessment_id, question=question.code, file=file, by=by, at=at)
        except FileRefused as error:
            reason = " ".join(error.messages)
            refused.append(_("%(file)s: %(reason)s") % {"file": file.name, "reason": reason})
    return refused


def whole_number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
