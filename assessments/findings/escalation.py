"""Findings whose next step is late: told to those who have to act, then to those who answer for them, then to the ESG staff.

Every morning each overdue finding is brought to the level its lateness calls for (`states.level`), with a step for it. A step of
the finding sets it back to none. Each person gets one mail a day with all that was escalated for it; what was told stands in the
finding itself, written with the mail in one transaction, so that a run that is broken off or doubled repeats nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments.findings.notices import Concerned, concerned_by
from assessments.findings.states import BUYER, level
from assessments.models import Finding, FindingStep
from audit import trail


TOLD_OF = 50


def to_escalate(on: date) -> Iterable[int]:
    """Late findings that may not be at their level yet."""
    late = Finding.objects.overdue(on).filter(escalation__lt=3)
    return late.order_by("pk").values_list("pk", flat=True)


@transaction.atomic
def escalate(finding_ids: Sequence[int], *, on: date, at: datetime) -> dict[str, int]:
    late = Finding.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=finding_ids).overdue(on)
    risen = [finding for finding in late.select_related("assessment__reviewer").order_by("pk") if _rises(finding, on)]
    FindingStep.objects.bulk_create(
        [
            FindingStep(
                finding=finding,
                kind="escalated",
                status_before=finding.status,
                status=finding.status,
                detail={"level": finding.escalation, "due_on": str(finding.next_due_on)},
                at=at,
            )
            for finding in risen
        ]
    )
    Finding.objects.bulk_update(risen, ["escalation"], batch_size=500)
    steps = (trail.Step("finding.escalated", finding, finding.supplier_id, {"level": finding.escalation}) for finding in risen)
    trail.record_steps(steps, at=at)
    return {"escalated": len(risen), "mails": _tell(risen, on)}


def _rises(finding: Finding, on: date) -> bool:
    """Sets the level, and says whether it is a higher one."""
    if finding.next_due_on is None:
        return False
    before, finding.escalation = finding.escalation, max(finding.escalation, level((on - finding.next_due_on).days))
    return finding.escalation > before


def _tell(findings: Sequence[Finding], on: date) -> int:
    concerned = concerned_by(findings)
    acts_for = {person.pk: finding.supplier_id for finding in findings for person in concerned.supplier[finding.pk]}
    told: dict[User, list[int]] = defaultdict(list)
    for finding in findings:
        for person in _people(finding, concerned):
            told[person].append(finding.pk)
    messages = [
        NewMessage(
            person.email,
            # A chunk of the run is done once: its first finding names it.
            f"findings_overdue:{on}:{mine[0]}:{person.pk}",
            person.language,
            {"overdue_findings": mine[:TOLD_OF], "count": len(mine), "day": on.isoformat()},
            person.name,
            acts_for.get(person.pk),
        )
        for person, mine in sorted(told.items(), key=lambda each: each[0].pk)
    ]
    return len(queue_many("findings_overdue", messages))


def _people(finding: Finding, concerned: Concerned) -> set[User]:
    """Level 1: whose turn it is. Level 2: also who is in charge of it at the buyer. Level 3: also the ESG staff."""
    in_charge, readers = concerned.buyer[finding.pk], concerned.readers
    people = set(in_charge if finding.waits_for == BUYER else concerned.supplier[finding.pk])
    if finding.escalation >= 2:
        people |= set(in_charge)
    return people | set(readers.may_read(readers.staff, finding.assessment) if finding.escalation >= 3 else ())


@adds_context("overdue_findings")
def _write(message: Message) -> Mapping[str, Any]:
    """What the templates of `findings_overdue` show, in the reader's language."""
    on = date.fromisoformat(message.context["day"])
    findings = Finding.objects.filter(pk__in=message.context["overdue_findings"]).select_related("supplier")
    lines = [
        {
            "text": finding.local_text,
            "question": finding.question,
            "supplier": finding.supplier.name,
            "severity": finding.get_severity_display(),
            "due_on": finding.next_due_on,
            "days": (on - finding.next_due_on).days if finding.next_due_on else 0,
            "url": absolute_url(finding.get_absolute_url()),
        }
        for finding in findings.order_by("next_due_on", "pk")
    ]
    return {"findings": lines, "page_url": absolute_url(f"{reverse('assessments:finding_list')}?state=overdue")}
