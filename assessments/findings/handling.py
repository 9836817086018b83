"""What people do with a finding: plan, agree, report, verify, send back, withdraw, open again.

Each step locks the finding, asks the table of `states`, and is kept with whatever it was about: the plan as it was proposed,
the documents that were shown. Raises `Finding.IllegalTransition` where somebody was faster, `ReasonMissing`, and what is said with
each verb.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction

from accounts.models import User
from assessments import standing
from assessments.findings import notices
from assessments.findings.states import STEPS
from assessments.models import Finding, FindingAction, FindingEvidence, FindingStep
from audit import trail
from suppliers.models import Document


class ReasonMissing(ValueError):
    """Whoever sends back, verifies, withdraws or opens again says why."""


class NoEvidence(ValueError):
    """Nothing of the supplier's library shows what was done."""


class SameEyes(ValueError):
    """Whoever agreed the plan of a critical finding does not verify it too."""


class Action(NamedTuple):
    what: str
    owner: str
    due_on: date


# --- the supplier -----------------------------------------------------------------------------------------------------


@transaction.atomic
def plan(*, finding_id: int, cause: str, actions: Sequence[Action], by: User, at: datetime) -> Finding:
    """The supplier says why it came to this, and who will do what by when. Until the plan is agreed it may be changed."""
    finding = locked(finding_id)
    finding.actions.all().delete()
    FindingAction.objects.bulk_create(
        [FindingAction(finding=finding, place=place, **action._asdict()) for place, action in enumerate(actions, start=1)]
    )
    detail = {"cause": cause, "actions": [{**action._asdict(), "due_on": action.due_on.isoformat()} for action in actions]}
    return _take(finding, "action_planned", by=by, at=at, detail=detail, cause=cause, agreed_at=None, agreed_by=None)


@transaction.atomic
def report(*, finding_id: int, action_taken: str, documents: Iterable[Document], by: User, at: datetime) -> Finding:
    """The supplier says what was done, and which documents of its library show it. Raises `NoEvidence`."""
    finding = locked(finding_id)
    shown = [document for document in documents if document.supplier_id == finding.supplier_id]
    if not shown:
        raise NoEvidence
    if not finding.may("action_reported"):
        raise Finding.IllegalTransition(finding.status)
    FindingEvidence.objects.bulk_create(
        [FindingEvidence(finding=finding, document=document, added_by=by, added_at=at) for document in shown], ignore_conflicts=True
    )
    detail = {
        "action_taken": action_taken,
        "documents": [{"id": document.pk, "title": str(document), "sha256": document.sha256} for document in shown],
    }
    return _take(finding, "action_reported", by=by, at=at, detail=detail, action_taken=action_taken)


# --- the reviewer -----------------------------------------------------------------------------------------------------


@transaction.atomic
def agree(*, finding_id: int, by: User, at: datetime) -> Finding:
    """The plan is good; from now the last day of its actions counts."""
    finding = locked(finding_id)
    if finding.may("plan_agreed"):
        finding.due_on = max(action.due_on for action in finding.actions.all())
    return _take(finding, "plan_agreed", by=by, at=at, due_on=finding.due_on, agreed_at=at, agreed_by=by)


@transaction.atomic
def send_plan_back(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    return _take(locked(finding_id), "plan_sent_back", by=by, at=at, reason=reason)


@transaction.atomic
def send_back(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """What was done is not enough: the supplier acts again, by the same plan."""
    return _take(locked(finding_id), "sent_back", by=by, at=at, reason=reason)


@transaction.atomic
def close(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """Somebody has looked and it is put right. Raises `SameEyes`."""
    finding = locked(finding_id)
    if is_same_eyes(finding, by):
        raise SameEyes
    return _take(finding, "closed", by=by, at=at, reason=reason, closed_at=at, closed_by=by, closing_reason=reason.strip())


def is_same_eyes(finding: Finding, by: User) -> bool:
    return finding.severity == Finding.Severity.CRITICAL and finding.agreed_by_id == by.pk


@transaction.atomic
def withdraw(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """It should not have been opened."""
    return _take(locked(finding_id), "withdrawn", by=by, at=at, reason=reason, closed_at=at, closed_by=by, closing_reason=reason.strip())


@transaction.atomic
def reopen(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """It was not put right after all, or has come back: the supplier plans again."""
    ended: dict[str, Any] = {
        "closed_at": None,
        "closed_by": None,
        "closing_reason": "",
        "agreed_at": None,
        "agreed_by": None,
        "due_on": None,
    }
    return _take(locked(finding_id), "reopened", by=by, at=at, reason=reason, **ended)


# --- shared -----------------------------------------------------------------------------------------------------------


def locked(finding_id: int) -> Finding:
    """Of two people who decide at once one waits for the other."""
    return Finding.objects.select_for_update(no_key=True).get(pk=finding_id)


def _take(
    finding: Finding, name: str, *, by: User, at: datetime, reason: str = "", detail: dict[str, Any] | None = None, **fields: Any
) -> Finding:
    reason = reason.strip()
    if STEPS[name].needs_reason and not reason:
        raise ReasonMissing
    before = finding.status
    for field, value in fields.items():
        setattr(finding, field, value)
    finding.move(name, at=at)
    finding.save(update_fields=["status", "moved_at", "next_due_on", "escalation", *fields])
    FindingStep.objects.create(
        finding=finding, kind=name, status_before=before, status=finding.status, reason=reason, detail=detail or {}, by=by, at=at
    )
    about = {"reason": reason} if reason else {}
    trail.record(f"finding.{name}", actor=by, target=finding, supplier_id=finding.supplier_id, detail=about, at=at)
    standing.refresh([finding.supplier_id])
    notices.tell(finding, name, reason=reason, at=at)
    return finding
