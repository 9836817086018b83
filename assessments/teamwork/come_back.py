""" "I don't know yet": questions somebody wants to come back to.

A mark is set and taken off by hand. An answer saved after it settles it too: nothing is written for that, so that saving an answer
costs no more than it did.
"""

from collections.abc import Mapping
from datetime import datetime

from accounts.models import User
from assessments.answering.worksheet import Worksheet
from assessments.models import ComeBack


def mark(*, assessment_id: int, question: str, by: User, at: datetime) -> None:
    """Marking again counts from now: a question that was answered since is open once more."""
    ComeBack.objects.update_or_create(assessment_id=assessment_id, question=question, defaults={"marked_by": by, "marked_at": at})


def take_off(*, assessment_id: int, question: str) -> None:
    ComeBack.objects.filter(assessment=assessment_id, question=question).delete()


def waiting(worksheet: Worksheet, marks: Mapping[str, datetime]) -> list[str]:
    """Codes of the questions to come back to, in the order of the questionnaire. `marks`: question -> when it was marked."""
    return [each.code for each in worksheet.asked if each.code in marks and not _is_settled(worksheet, each.code, marks[each.code])]


def _is_settled(worksheet: Worksheet, code: str, marked_at: datetime) -> bool:
    return worksheet.is_answered(code) and worksheet.answers[code].updated_at > marked_at
