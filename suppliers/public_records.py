"""Public records: the supplier replies, a person decides, and rows that name a supplier by an old name find their company.

A record that was matched changes nothing. A person upholds it, once the supplier was heard or had its time; from then on the label
looks at it. Points change by a verdict of the review and by nothing else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit import trail
from suppliers import record_notices
from suppliers.import_records import from_json, new_record
from suppliers.models import Document, HeldRecord, PublicRecord, RecordEvidence


Status = PublicRecord.Status


class RightOfReply(ValueError):
    """The supplier has neither replied nor let its time go by."""


class NoReply(ValueError):
    """There is no reply to be satisfied with."""


class ReasonMissing(ValueError):
    """Whoever decides says why."""


class AlreadyMatched(ValueError):
    """Somebody decided on the row in the meantime."""


class NotACandidate(ValueError):
    """A row goes to a supplier that bears or bore its name, or to none."""


@transaction.atomic
def reply(*, record_id: int, answer: str, documents: Iterable[Document], by: User, at: datetime) -> PublicRecord:
    """The supplier says what it has to say, and may add to it until somebody decides; late is better than never."""
    record = locked(record_id)
    if not record.is_undecided:
        raise PublicRecord.IllegalTransition(record.status)
    record.status, record.answer, record.answered_at, record.answered_by = Status.REPLIED, answer, at, by
    record.save(update_fields=["status", "answer", "answered_at", "answered_by"])
    own = [document for document in documents if document.supplier_id == record.supplier_id]
    RecordEvidence.objects.filter(record=record).exclude(document__in=own).delete()
    RecordEvidence.objects.bulk_create(
        [RecordEvidence(record=record, document=document, added_by=by, added_at=at) for document in own], ignore_conflicts=True
    )
    _note("record.answered", record, by=by, at=at, detail={"documents": [document.pk for document in own], "answer": answer})
    return record


@transaction.atomic
def decide(*, record_id: int, outcome: str, reason: str, by: User, at: datetime) -> PublicRecord:
    """Upheld, answered to our satisfaction, or another company's; a later decision replaces it.

    Raises `ReasonMissing`, `RightOfReply` and `NoReply`.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    record = locked(record_id)
    if outcome == Status.UPHELD and not record.may_be_upheld(at):
        raise RightOfReply
    if outcome == Status.ANSWERED and record.answered_at is None:
        raise NoReply
    if outcome not in PublicRecord.DECISIONS:
        raise PublicRecord.IllegalTransition(outcome)
    record.status, record.judgement, record.judged_at, record.judged_by = outcome, reason, at, by
    record.save(update_fields=["status", "judgement", "judged_at", "judged_by"])
    _note("record.decided", record, by=by, at=at, detail={"outcome": outcome, "reason": reason})
    record_notices.tell_of_decision(record)
    return record


def locked(record_id: int) -> PublicRecord:
    # The supplier may press "send" while a person decides, and only one comes first.
    return PublicRecord.objects.select_for_update(of=("self",)).get(pk=record_id)


# --- rows that wait for their company ---------------------------------------------------------------------------------


@transaction.atomic
def match(*, held_id: int, supplier_id: int | None, reason: str, by: User, at: datetime) -> HeldRecord:
    """It is this supplier, or (None) another company altogether. Raises `ReasonMissing`, `AlreadyMatched`, `NotACandidate`."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    held = HeldRecord.objects.select_for_update().get(pk=held_id)
    if held.decided_at is not None:
        raise AlreadyMatched
    if supplier_id is not None:
        if supplier_id not in {candidate["supplier"] for candidate in held.candidates}:
            raise NotACandidate
        held.record = _become(held, supplier_id, by=by, at=at)
    held.decided_at, held.decided_by, held.reason = at, by, reason
    held.save(update_fields=["decided_at", "decided_by", "reason", "record"])
    trail.record(
        "record.matched", actor=by, target=held, supplier_id=supplier_id, detail={"reason": reason, "supplier": supplier_id}, at=at
    )
    return held


def _become(held: HeldRecord, supplier_id: int, *, by: User, at: datetime) -> PublicRecord:
    """The record of this supplier, which may be there by its code already."""
    record = new_record(from_json(held.values) | {"supplier_id": supplier_id}, source=held.source, at=at)
    known = PublicRecord.objects.filter(supplier=supplier_id, fingerprint=record.fingerprint).first()
    if known is not None:
        return known
    record.recorded_by = by
    record.save()
    record_notices.tell_of([record])
    return record


def _note(action: str, record: PublicRecord, *, by: User, at: datetime, detail: dict[str, Any]) -> None:
    trail.record(action, actor=by, target=record, supplier_id=record.supplier_id, detail=detail, at=at)
