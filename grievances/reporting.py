"""The side of whoever reports: a report, the code of it, what is written afterwards. Nothing here knows who that is, and nothing of it
goes into the audit trail, which others read."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from grievances.codes import code_for, hash_of, hashes_of
from grievances.models import Case, CaseMessage
from grievances.periods import months_after
from grievances.sealing import seal


FEEDBACK_WITHIN_MONTHS = 3


@transaction.atomic
def report(*, content: Mapping[str, str], number: UUID, language: str, at: datetime) -> tuple[Case, str]:
    """The case and its code, which is shown now and never again. The same form sent twice is one case."""
    code = code_for(number)
    case, _is_new = Case.objects.get_or_create(
        code_sha256=hash_of(code),
        defaults={
            "report": seal(dict(content)),
            "language": language,
            "received_at": at,
            "acknowledge_by": at + Case.ACKNOWLEDGE_WITHIN,
            "feedback_by": months_after(at, FEEDBACK_WITHIN_MONTHS),
        },
    )
    return case, code


def find(code: str) -> Case | None:
    return Case.objects.filter(code_sha256__in=hashes_of(code)).first()


def write(*, case: Case, text: str, once: UUID, at: datetime) -> None:
    """From the person who reported. A closed case takes no more; a new report can name it."""
    if not case.is_open:
        raise Case.IllegalTransition(case.state)
    CaseMessage.objects.get_or_create(case=case, once=once, defaults={"text": seal(text), "at": at})
