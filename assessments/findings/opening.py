"""Findings: opened by the rules, by a reviewer, or from a public record. What happens to them then: `handling`.

A finding that a rule opened is withdrawn when its cause is gone and nobody has worked on it yet, and opened again when the cause
comes back. Once the supplier has planned something, or a person has decided, people decide.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from assessments import standing
from assessments.findings import notices, states
from assessments.models import Assessment, Finding, FindingStep, Verdict
from assessments.rules import rulesets
from assessments.scoring.scorer import GATE, ZERO_TOLERANCE, Hit
from audit import trail


# Only what was submitted counts: a box ticked by mistake while answering opens nothing.
TRIGGERS_COUNT_WHEN = ("submitted", "in_review", "closed")

SEVERITY_OF = {
    ZERO_TOLERANCE: Finding.Severity.CRITICAL,
    "critical_finding": Finding.Severity.CRITICAL,
    "major_finding": Finding.Severity.MAJOR,
    GATE: Finding.Severity.MAJOR,
}
ORIGIN_OF = {ZERO_TOLERANCE: Finding.Origin.ZERO_TOLERANCE, GATE: Finding.Origin.GATE}
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
        assessment_id bigint, supplier_id bigint, question text, origin text, rule text, severity text, text text, text_zh text,
        next_due_on date
    )
"""

_OPEN = f"""
    WITH opened AS (
        INSERT INTO assessments_finding AS old (
            assessment_id, supplier_id, question, origin, rule, severity, text, text_zh, status, cause, action_taken, closing_reason,
            opened_at, moved_at, next_due_on, escalation
        )
        SELECT assessment_id, supplier_id, question, origin, rule, severity, text, text_zh, 'open', '', '', '',
            %(at)s, %(at)s, next_due_on, 0
        FROM ({_RULES_HIT}) hit
        ON CONFLICT (assessment_id, rule) WHERE rule <> '' DO UPDATE
        SET status = 'open', closed_at = NULL, closing_reason = '', opened_at = excluded.opened_at, moved_at = excluded.moved_at,
            next_due_on = excluded.next_due_on, escalation = 0
        WHERE old.status = 'withdrawn' AND old.closed_by_id IS NULL
        RETURNING id, xmax = 0 AS is_new
    )
    INSERT INTO assessments_findingstep (finding_id, kind, status_before, status, reason, detail, at)
    SELECT id, 'opened_by_rule', CASE WHEN is_new THEN '' ELSE 'withdrawn' END, 'open', '', '{{}}', %(at)s FROM opened
"""  # noqa: S608 - made of the constant above

_WITHDRAW = f"""
    WITH gone AS (
        UPDATE assessments_finding finding
        SET status = 'withdrawn', closed_at = %(at)s, closing_reason = %(reason)s, moved_at = %(at)s, next_due_on = NULL, escalation = 0
        WHERE finding.assessment_id = ANY(%(assessments)s) AND finding.rule <> '' AND finding.status = 'open'
          AND NOT EXISTS (
              SELECT FROM ({_RULES_HIT}) hit WHERE hit.assessment_id = finding.assessment_id AND hit.rule = finding.rule
          )
          AND NOT EXISTS (SELECT FROM assessments_findingstep step WHERE step.finding_id = finding.id AND step.by_id IS NOT NULL)
        RETURNING id
    )
    INSERT INTO assessments_findingstep (finding_id, kind, status_before, status, reason, detail, at)
    SELECT id, 'withdrawn_by_rule', 'open', 'withdrawn', %(reason)s, '{{}}', %(at)s FROM gone
"""  # noqa: S608 - made of the constant above


def follow_triggers(assessments: Iterable[Hits], *, at: datetime) -> tuple[int, int]:
    """Make the findings of these assessments follow the rules; says how many were opened and how many withdrawn.

    The caller refreshes the standings.
    """
    known = list(assessments)
    if not known:
        return 0, 0
    hits = [_row(item, hit, at) for item in known for hit in _to_follow(item.triggers)]
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


def _to_follow(triggers: Sequence[Hit]) -> Iterable[Hit]:
    """Of a gate, a finding only where the same answer opens none of its own: one thing to put right is one finding."""
    found_anyway = {hit.question for hit in triggers if hit.kind in SEVERITY_OF and hit.kind != GATE}
    return (hit for hit in triggers if hit.kind in SEVERITY_OF and (hit.kind != GATE or hit.question not in found_anyway))


def _row(item: Hits, hit: Hit, at: datetime) -> dict[str, Any]:
    text = rulesets.trigger_text(item.questionnaire_id, hit.key)
    severity = SEVERITY_OF[hit.kind]
    return {
        "assessment_id": item.assessment_id,
        "supplier_id": item.supplier_id,
        "question": hit.question,
        "origin": ORIGIN_OF.get(hit.kind, Finding.Origin.RULE),
        "rule": hit.key,
        "severity": severity,
        "text": text.en or text.zh,
        "text_zh": text.zh,
        "next_due_on": states.next_due(states.OPEN, severity, timezone.localdate(at), None),
    }


# --- by people --------------------------------------------------------------------------------------------------------


@transaction.atomic
def raise_finding(
    *,
    assessment_id: int,
    question: str,
    severity: str,
    text: str,
    due_on: date | None,
    by: User,
    at: datetime,
    record_id: int | None = None,
) -> Finding:
    """The finding, or the open one that says the same: a form sent twice at once is one finding."""
    assessment = Assessment.objects.select_for_update(no_key=True).get(pk=assessment_id)
    same = Finding.objects.open().filter(assessment=assessment, question=question, severity=severity, text=text, opened_by=by).first()
    if same is not None:
        return same
    verdict = _objection(assessment, question)
    finding = Finding.objects.create(
        assessment=assessment,
        supplier_id=assessment.supplier_id,
        question=question,
        origin=_origin(record_id, verdict),
        record_id=record_id,
        severity=severity,
        text=text,
        due_on=due_on,
        opened_at=at,
        opened_by=by,
        moved_at=at,
        next_due_on=states.next_due(states.OPEN, severity, timezone.localdate(at), due_on),
    )
    detail = {"outcome": verdict.outcome, "reason": verdict.reason} if verdict else {}
    FindingStep.objects.create(finding=finding, kind="raised", status=finding.status, by=by, at=at, detail=detail)
    trail.record(
        "finding.raised",
        actor=by,
        target=finding,
        supplier_id=finding.supplier_id,
        detail={"severity": severity, "question": question},
        at=at,
    )
    standing.refresh([finding.supplier_id])
    notices.tell(finding, "raised", reason="", at=at)
    return finding


def _objection(assessment: Assessment, question: str) -> Verdict | None:
    """What a reviewer has against the answer, if anything."""
    given = Verdict.objects.filter(answer__assessment=assessment, answer__question=question)
    return given.exclude(outcome=Verdict.Outcome.ACCEPT).order_by("-at", "-pk").first()


def _origin(record_id: int | None, verdict: Verdict | None) -> str:
    if record_id is not None:
        return Finding.Origin.RECORD
    return Finding.Origin.VERDICT if verdict else Finding.Origin.HAND
