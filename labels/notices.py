"""Mails about steps of the ledger: to the people of the supplier, and to those who buy for a unit that uses it.

Each person gets one mail with everything that happened since the last one. Who tells of a step first writes that it was told, in the same
transaction as the mails: two workers never tell twice, and a step whose mails could not be queued waits for the next time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import BUYER_ROLES, Membership, Message, User
from labels import explaining
from labels.models import LabelEvent, UnitWatch
from suppliers.models import Interest, Supplier


# What is older is no news: steps that were taken over from elsewhere, or while mail was switched off.
NEWS = timedelta(days=3)
AT_ONCE = 2_000
SHOWN = 30
# Steps after which a supplier does not count as labelled, or counts for less.
LOSSES = ("suspended", "expired", "revoked", "lowered")

_CLAIM = """
    INSERT INTO labels_notice (event_id, told_at)
    SELECT step.id, %s FROM labels_labelevent step
    WHERE NOT EXISTS (SELECT FROM labels_notice told WHERE told.event_id = step.id)
    ORDER BY step.id LIMIT %s
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
"""


@transaction.atomic
def tell(*, at: datetime, limit: int = AT_ONCE) -> dict[str, int]:
    """How many steps were told of, and by how many mails."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [at, limit])
        claimed = [row[0] for row in cursor.fetchall()]
    news = list(LabelEvent.objects.filter(pk__in=claimed, at__gte=at - NEWS).order_by("pk").values_list("pk", "supplier_id"))
    steps: dict[int, list[int]] = defaultdict(list)
    for pk, supplier_id in news:
        steps[supplier_id].append(pk)
    mails = [*_to_suppliers(steps), *_to_buyers(steps)]
    queued = len(queue_many("label_steps", mails))
    return {"steps": len(claimed), "mails": queued}


def _to_suppliers(steps: Mapping[int, list[int]]) -> Iterable[NewMessage]:
    hats = Membership.objects.filter(supplier__in=steps, user__is_active=True).select_related("user").order_by("pk")
    for hat in hats:
        if hat.supplier_id is not None:
            yield _mail(hat.user, steps[hat.supplier_id], supplier_id=hat.supplier_id)


def _to_buyers(steps: Mapping[int, list[int]]) -> Iterable[NewMessage]:
    """One mail a person, however many units and suppliers."""
    used = Supplier.objects.filter(pk__in=steps, units__watches__isnull=False).values_list("units", "pk").distinct()
    by_unit: dict[int, set[int]] = defaultdict(set)
    for unit, supplier_id in used:
        by_unit[unit].add(supplier_id)
    hats = UnitWatch.objects.filter(unit__in=by_unit, user__is_active=True, user__memberships__role__in=BUYER_ROLES)
    theirs: dict[int, set[int]] = defaultdict(set)
    for user_id, unit in hats.values_list("user", "unit"):
        theirs[user_id] |= by_unit[unit]
    interested = Interest.objects.people_by_supplier(steps)
    for person in User.objects.filter(pk__in=theirs).order_by("pk"):
        open_to = [supplier_id for supplier_id in theirs[person.pk] if person.pk not in interested[supplier_id]]
        if open_to:
            yield _mail(person, sorted(pk for supplier_id in open_to for pk in steps[supplier_id]), supplier_id=None)


def _mail(person: User, steps: list[int], *, supplier_id: int | None) -> NewMessage:
    context = {"label_steps": steps, "is_buyer": supplier_id is None}
    key = f"label_steps:{supplier_id or 'buyer'}:{steps[-1]}:{person.pk}"
    return NewMessage(person.email, key, person.language, context, person.name, supplier_id)


@adds_context("label_steps")
def _write(message: Message) -> Mapping[str, Any]:
    """What the templates of `label_steps` show, in the reader's language. To buyers, losses come first."""
    chosen = LabelEvent.objects.filter(pk__in=message.context["label_steps"])
    events = list(chosen.select_related("supplier", "standard", "actor", "second_actor").order_by("pk"))
    is_buyer = message.context["is_buyer"]
    if is_buyer:
        events.sort(key=lambda event: (event.kind not in LOSSES, event.pk))
    told = explaining.happenings_for_supplier(events)
    lines = [_line(event, one) for event, one in zip(events, told, strict=True)]
    page = reverse("labels:units") if is_buyer else reverse("labels:mine")
    return {
        "steps": lines[:SHOWN],
        "more": max(0, len(lines) - SHOWN),
        "losses": sum(line["is_loss"] for line in lines),
        "page_url": absolute_url(page),
    }


def _line(event: LabelEvent, one: explaining.Happening) -> dict[str, Any]:
    return {
        "supplier": event.supplier.name,
        "title": one.title,
        "detail": one.detail,
        "url": absolute_url(one.url),
        "is_loss": event.kind in LOSSES,
    }
