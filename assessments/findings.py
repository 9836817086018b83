"""Findings: opened by the rules or by a reviewer, answered by the supplier, verified and closed by a reviewer.

A finding that a rule opened is withdrawn when its cause is gone and nobody has worked on it yet, and opened again when the cause
comes back. Once the supplier has planned something, or a person has decided, people decide.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from accounts.models import User
from assessments import rulesets, standing
from assessments.models import Assessment, Finding
from assessments.scoring import Hit
from audit import trail


# Only what was submitted counts: a box ticked by mistake while answering opens nothing.
TRIGGERS_COUNT_WHEN = ("submitted", "in_review", "closed")

SEVERITY_OF = {
    "zero_tolerance": Finding.Severity.CRITICAL,
    "critical_finding": Finding.Severity.CRITICAL,
    "major_finding": Finding.Severity.MAJOR,
}
# Stored in English and translated where it is shown.
CAUSE_GONE = gettext_noop("The answer that led to this finding has changed.")


class Hits(NamedTuple):
    """The triggers one assessment has hit."""

    assessment_id: int
    supplier_id: int
    questionnaire_id: int
    triggers: Sequence[Hit]


_RULES_HIT = """
    SELECT * FROM json_to_recordset(%(hits)s) AS hit (
        assessment_id bigint, supplier_id bigint, question text, rule text, severity text, text text, text_zh text
    )
"""

_OPEN = f"""
    INSERT INTO assessments_finding AS old (
        assessment_id, supplier_id, question, rule, severity, text, text_zh, status, action_plan, action_taken, closing_reason, opened_at
    )
    SELECT assessment_id, supplier_id, question, rule, severity, text, text_zh, 'open', '', '', '', %(at)s FROM ({_RULES_HIT}) hit
    ON CONFLICT (assessment_id, rule) WHERE rule <> '' DO UPDATE
    SET status = 'open', closed_at = NULL, closing_reason = '', opened_at = excluded.opened_at
    WHERE old.status = 'withdrawn' AND old.closed_by_id IS NULL
"""  # noqa: S608 - made of the constant above

_WITHDRAW = f"""
    UPDATE assessments_finding finding
    SET status = 'withdrawn', closed_at = %(at)s, closing_reason = %(reason)s
    WHERE finding.assessment_id = ANY(%(assessments)s) AND finding.rule <> '' AND finding.status = 'open'
      AND NOT EXISTS (
          SELECT FROM ({_RULES_HIT}) hit WHERE hit.assessment_id = finding.assessment_id AND hit.rule = finding.rule
      )
"""  # noqa: S608 - made of the constant above


def follow_triggers(assessments: Iterable[Hits], *, at: datetime) -> tuple[int, int]:
    """Make the findings of these assessments follow the rules; says how many were opened and how many withdrawn.

    The caller refreshes the standings.
    """
    known = list(assessments)
    if not known:
        return 0, 0
    hits = [_row(item, hit) for item in known for hit in item.triggers if hit.kind in SEVERITY_OF]
    parameters: dict[str, Any] = {
        "hits": orjson.dumps(hits).decode(),
        "assessments": [item.assessment_id for item in known],
        "reason": CAUSE_GONE,
        "at": at,
    }
    with connection.cursor() as cursor:
        opened = 0
        if hits:
            cursor.execute(_OPEN, parameters)
            opened = cursor.rowcount
        cursor.execute(_WITHDRAW, parameters)
        return opened, cursor.rowcount


def _row(item: Hits, hit: Hit) -> dict[str, Any]:
    text = rulesets.trigger_text(item.questionnaire_id, hit.key)
    return {
        "assessment_id": item.assessment_id,
        "supplier_id": item.supplier_id,
        "question": hit.question,
        "rule": hit.key,
        "severity": SEVERITY_OF[hit.kind],
        "text": text.en or text.zh,
        "text_zh": text.zh,
    }


# --- by people --------------------------------------------------------------------------------------------------------


@transaction.atomic
def raise_finding(*, assessment_id: int, question: str, severity: str, text: str, due_on: date | None, by: User, at: datetime) -> Finding:
    """The finding, or the open one that says the same: a form sent twice at once is one finding."""
    assessment = Assessment.objects.select_for_update(no_key=True).get(pk=assessment_id)
    same = Finding.objects.open().filter(assessment=assessment, question=question, severity=severity, text=text, opened_by=by).first()
    if same is not None:
        return same
    finding = Finding.objects.create(
        assessment=assessment,
        supplier_id=assessment.supplier_id,
        question=question,
        severity=severity,
        text=text,
        due_on=due_on,
        opened_at=at,
        opened_by=by,
    )
    _note("finding.raised", finding, by=by, at=at, severity=severity, question=question)
    return finding


@transaction.atomic
def plan_action(*, finding_id: int, action_plan: str, due_on: date, by: User, at: datetime) -> Finding:
    """The supplier says what it will do, and by when; it may change the plan until the action is done."""
    finding = _locked(finding_id)
    finding.move(allowed=(Finding.Status.OPEN, Finding.Status.ACTION_PLANNED), to=Finding.Status.ACTION_PLANNED)
    finding.action_plan, finding.due_on = action_plan, due_on
    finding.save(update_fields=["status", "action_plan", "due_on"])
    _note("finding.action_planned", finding, by=by, at=at)
    return finding


@transaction.atomic
def report_action(*, finding_id: int, action_taken: str, by: User, at: datetime) -> Finding:
    """The supplier says what was done; a reviewer verifies it."""
    finding = _locked(finding_id)
    finding.move(allowed=(Finding.Status.OPEN, Finding.Status.ACTION_PLANNED), to=Finding.Status.ACTION_DONE)
    finding.action_taken = action_taken
    finding.save(update_fields=["status", "action_taken"])
    _note("finding.action_reported", finding, by=by, at=at)
    return finding


@transaction.atomic
def send_back(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """What was done is not enough: the supplier acts again."""
    finding = _locked(finding_id)
    finding.move(allowed=(Finding.Status.ACTION_DONE,), to=Finding.Status.OPEN)
    finding.closing_reason = reason
    finding.save(update_fields=["status", "closing_reason"])
    _note("finding.sent_back", finding, by=by, at=at, reason=reason)
    return finding


@transaction.atomic
def close(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """A reviewer has verified that it was put right."""
    return _end(finding_id, Finding.Status.CLOSED, "finding.closed", reason=reason, by=by, at=at)


@transaction.atomic
def withdraw(*, finding_id: int, reason: str, by: User, at: datetime) -> Finding:
    """It should not have been opened."""
    return _end(finding_id, Finding.Status.WITHDRAWN, "finding.withdrawn", reason=reason, by=by, at=at)


def _end(finding_id: int, to: str, action: str, *, reason: str, by: User, at: datetime) -> Finding:
    finding = _locked(finding_id)
    finding.move(allowed=(Finding.Status.OPEN, Finding.Status.ACTION_PLANNED, Finding.Status.ACTION_DONE), to=to)
    finding.closed_at, finding.closed_by, finding.closing_reason = at, by, reason
    finding.save(update_fields=["status", "closed_at", "closed_by", "closing_reason"])
    _note(action, finding, by=by, at=at, reason=reason)
    return finding


def _locked(finding_id: int) -> Finding:
    return Finding.objects.select_for_update(no_key=True).get(pk=finding_id)


def _note(action: str, finding: Finding, *, by: User, at: datetime, **detail: str) -> None:
    trail.record(action, actor=by, target=finding, supplier_id=finding.supplier_id, detail=detail, at=at)
    standing.refresh([finding.supplier_id])
