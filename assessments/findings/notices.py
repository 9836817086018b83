"""Mails about findings: who has to know of a step at once. What is late: `escalation`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Membership, Message, User
from assessments.findings.states import BUYER, STEPS
from assessments.models import Finding, FindingStep
from assessments.reviewers.in_charge import Readers


def tell(finding: Finding, step: str, *, reason: str, at: datetime) -> None:
    """The other side hears of it: the supplier's people of what a reviewer did, who is in charge of what the supplier did."""
    concerned = concerned_by([finding])
    people = concerned.supplier[finding.pk] if STEPS[step].side == BUYER else concerned.buyer[finding.pk]
    queue_many(
        "finding_moved",
        [
            NewMessage(
                email=person.email,
                dedupe_key=f"finding_moved:{finding.pk}:{step}:{at:%Y%m%d%H%M%S}:{person.pk}",
                language=person.language,
                context={"moved_finding": finding.pk, "step": step, "reason": reason},
                name=person.name,
                supplier_id=finding.supplier_id,
            )
            for person in sorted(people, key=lambda each: each.pk)
        ],
    )


@dataclass
class Concerned:
    """Who is written to about each of several findings, on either side; as many statements for a thousand as for one."""

    supplier: Mapping[int, set[User]]
    buyer: Mapping[int, list[User]]
    readers: Readers


def concerned_by(findings: Sequence[Finding]) -> Concerned:
    """By finding. Of the buyer's people whoever acted last on it, else who has its assessment."""
    readers = Readers(finding.assessment for finding in findings)
    ours = [name for name, step in STEPS.items() if step.side == BUYER]
    acted = FindingStep.objects.filter(finding__in=findings, kind__in=ours, by__is_active=True).select_related("by")
    last = {step.finding_id: step.by for step in acted.order_by("finding", "-at", "-pk").distinct("finding") if step.by}
    people: dict[int, set[User]] = defaultdict(set)
    hats = Membership.objects.filter(supplier__in={finding.supplier_id for finding in findings}, user__is_active=True)
    for hat in hats.select_related("user"):
        people[hat.supplier_id or 0].add(hat.user)
    return Concerned(
        {finding.pk: people[finding.supplier_id] for finding in findings},
        {finding.pk: _in_charge(finding, last.get(finding.pk), readers) for finding in findings},
        readers,
    )


def _in_charge(finding: Finding, last: User | None, readers: Readers) -> list[User]:
    return (readers.may_read([last], finding.assessment) if last else []) or readers.in_charge_of(finding.assessment)


@adds_context("moved_finding")
def _write(message: Message) -> Mapping[str, Any]:
    """What the templates of `finding_moved` show, in the reader's language."""
    finding = Finding.objects.select_related("supplier").get(pk=message.context["moved_finding"])
    step = message.context["step"]
    return {
        "step_title": FindingStep.Kind(step).label,
        "finding_text": finding.local_text,
        "question": finding.question,
        "supplier_name": finding.supplier.name,
        "next_due_on": finding.next_due_on,
        "page_url": absolute_url(finding.get_absolute_url()),
    }
