"""Mails about findings: who has to know of a step at once. What is late: `finding_escalation`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments.finding_states import BUYER, STEPS
from assessments.in_charge import in_charge_of, may_read
from assessments.models import Finding, FindingStep


def tell(finding: Finding, step: str, *, reason: str, at: datetime) -> None:
    """The other side hears of it: the supplier's people of what a reviewer did, who is in charge of what the supplier did."""
    people = people_of(finding.supplier_id) if STEPS[step].side == BUYER else in_charge(finding)
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
            for person in people
        ],
    )


def people_of(supplier_id: int) -> Iterable[User]:
    return User.objects.filter(memberships__supplier_id=supplier_id, is_active=True).order_by("pk").distinct()


def in_charge(finding: Finding) -> list[User]:
    """Whoever of the buyer's people acted last on the finding, else who has its assessment."""
    mine = [name for name, step in STEPS.items() if step.side == BUYER]
    acted = FindingStep.objects.filter(finding=finding, kind__in=mine, by__is_active=True).select_related("by")
    last = acted.order_by("-at", "-pk").first()
    return (last and last.by and may_read([last.by], finding.assessment)) or in_charge_of(finding.assessment)


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
