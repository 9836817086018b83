"""What suppliers are told of a coming version of the green standard: by one mail a person, and on the page of their label."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from labels import facts, standards
from labels.dates import ledger_day
from labels.evaluation import decide
from labels.explaining import in_language, level_title
from labels.models import Standard
from suppliers.models import Supplier


@dataclass(frozen=True)
class Coming:
    """`level`: what the supplier would meet by it as things are, in words; empty for none."""

    standard: Standard
    level: str


def coming_for(supplier_id: int, *, at: datetime) -> Coming | None:
    standard = Standard.objects.coming(ledger_day(at))
    if standard is None:
        return None
    rules = standards.rules_of(standard)
    standing = next(facts.read(rules, supplier_ids=[supplier_id], on=ledger_day(at), at=at), None)
    level = decide(rules, standing.facts, ledger_day(at)).level if standing else ""
    return Coming(standard, level_title(rules, level) if level else "")


def suppliers_concerned() -> QuerySet[Supplier, int]:
    """Those the standard may ask something of: everybody who may have a label."""
    taking_part = Supplier.objects.exclude(state=Supplier.State.OFFBOARDED)
    return taking_part.order_by("pk").values_list("pk", flat=True)


def tell(standard_id: int, supplier_ids: Sequence[int]) -> int:
    """One mail to each person of these suppliers, also who works for several; how many were queued. Telling again queues none."""
    people = User.objects.filter(memberships__supplier__in=supplier_ids, is_active=True).distinct().order_by("pk")
    context = {"coming_standard": standard_id}
    messages = [NewMessage(each.email, f"standard_announced:{standard_id}:{each.pk}", each.language, context, each.name) for each in people]
    return len(queue_many("standard_announced", messages))


@adds_context("coming_standard")
def _write(message: Message) -> dict[str, Any]:
    """What the templates show, in the reader's language."""
    standard = Standard.objects.get(pk=message.context["coming_standard"])
    rules = standards.rules_of(standard)
    return {
        "title": str(standard),
        "in_force_from": standard.in_force_from,
        "summary": in_language(rules.summary),
        "grace_days": rules.ledger.grace_days,
        "page_url": absolute_url(reverse("labels:standard", args=[standard.pk])),
    }
