"""Mails to the label committee: that a proposal waits for a second person, or an appeal for somebody who did not decide before."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Membership, Message, User
from accounts.permissions import Permission, holders_of
from labels.grounds import ground_title
from labels.independence import decided_before
from labels.models import Appeal, Proposal
from suppliers.models import Interest


def tell_of_proposal(proposal: Proposal) -> int:
    """Everybody who could be the second person."""
    people = [person for person in _committee(proposal.supplier_id) if person.pk != proposal.proposed_by_id]
    return _queue("label_proposal", {"label_proposal": proposal.pk}, people, proposal.pk)


def tell_of_appeal(appeal: Appeal) -> int:
    people = [person for person in _committee(appeal.supplier_id) if not decided_before(person, appeal)]
    return _queue("label_appeal", {"label_appeal": appeal.pk}, people, appeal.pk)


def _committee(supplier_id: int) -> Iterable[User]:
    """Who decides about labels, without those who have an interest in the supplier or act for it."""
    deciding = User.objects.filter(is_active=True, memberships__role__in=holders_of(Permission.LABEL_DECIDE))
    interested = Interest.objects.in_force().filter(supplier=supplier_id).values("user")
    acting = Membership.objects.filter(supplier=supplier_id).values("user")
    return deciding.exclude(pk__in=interested).exclude(pk__in=acting).distinct().order_by("pk")


def _queue(kind: str, context: dict[str, Any], people: Iterable[User], number: int) -> int:
    return len(
        queue_many(kind, [NewMessage(each.email, f"{kind}:{number}:{each.pk}", each.language, context, each.name) for each in people])
    )


@adds_context("label_proposal")
def _write_proposal(message: Message) -> Mapping[str, Any]:
    """What the templates show, in the reader's language."""
    proposal = Proposal.objects.select_related("supplier", "proposed_by").get(pk=message.context["label_proposal"])
    return {
        "supplier_name": proposal.supplier.name,
        "step_title": proposal.get_kind_display(),
        "ground": ground_title(proposal.reason_code),
        "reason": proposal.reason,
        "proposed_by": proposal.proposed_by.name,
        "page_url": absolute_url(proposal.get_absolute_url()),
    }


@adds_context("label_appeal")
def _write_appeal(message: Message) -> Mapping[str, Any]:
    appeal = Appeal.objects.select_related("supplier", "event").get(pk=message.context["label_appeal"])
    return {
        "supplier_name": appeal.supplier.name,
        "step_title": appeal.event.get_kind_display(),
        "due_on": appeal.due_on,
        "page_url": absolute_url(appeal.get_absolute_url()),
    }
