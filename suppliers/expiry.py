"""Documents that end: who is told, how long ahead, and what the pages show of it.

Every morning each person who can act gets at most one mail, with all documents that came within 120, 90, 60, 30 or 7 days of their
end. What was told stands in `ExpiryWarning`, written with the mail's row in one transaction: a run that is broken off, doubled or
left out for some days neither repeats a warning nor forgets one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Membership, Message, User
from accounts.permissions import ROLE_PERMISSIONS, Permission
from suppliers.models import Document, DocumentQuerySet, ExpiryWarning, Supplier
from suppliers.validity import DAYS_AHEAD, ends_in, validity


FARTHEST = timedelta(days=max(DAYS_AHEAD))
# What ended longer ago than this is no news.
STILL_SHOWN = timedelta(days=365)
SHOWN = 8
# Those who can put a newer revision into the library.
ROLES = [role for role, permissions in ROLE_PERMISSIONS.items() if Permission.PROFILE_EDIT in permissions]


def people_to_warn(on: date) -> Iterable[int]:
    """Active people whose company has a document that ends within the longest warning; once each, whatever they were told."""
    ending = _ending(on).values("supplier")
    hats = Membership.objects.filter(role__in=ROLES, user__is_active=True, supplier__in=ending)
    return hats.order_by("user").values_list("user", flat=True).distinct()


def _ending(on: date) -> DocumentQuerySet:
    documents = Document.objects.current().filter(valid_to__gte=on, valid_to__lte=on + FARTHEST)
    return documents.filter(supplier__state__in=Supplier.IN_BUSINESS)


def days_ahead(valid_to: date, on: date) -> int:
    """The warning that is due: the shortest that is still long enough."""
    return min(days for days in DAYS_AHEAD if days >= (valid_to - on).days)


@transaction.atomic
def warn(user_ids: Sequence[int], *, on: date, at: datetime) -> dict[str, int]:
    """One mail a person and day. Who had a mail today already is told tomorrow."""
    keys = {f"document_expiry:{on}:{user_id}": user_id for user_id in user_ids}
    had = Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    waiting = set(user_ids) - {keys[key] for key in had}
    due = _due(waiting, on)
    people = User.objects.in_bulk(due)
    messages = [
        NewMessage(
            person.email,
            f"document_expiry:{on}:{person.pk}",
            person.language,
            {"expiring_documents": [document.pk for document, _days in due[person.pk]], "day": on.isoformat()},
            person.name,
            due[person.pk][0][0].supplier_id,
        )
        for person in people.values()
    ]
    warnings = [
        ExpiryWarning(document=document, person_id=user_id, valid_to=document.valid_to, days=days, at=at)
        for user_id in people
        for document, days in due[user_id]
        if document.valid_to
    ]
    ExpiryWarning.objects.bulk_create(warnings)
    return {"mails": len(queue_many("document_expiry", messages)), "warnings": len(warnings)}


def _due(user_ids: Iterable[int], on: date) -> dict[int, list[tuple[Document, int]]]:
    """Person -> the documents to tell of, the one that ends first in front. Three queries for any number of people."""
    hats = Membership.objects.filter(user__in=user_ids, user__is_active=True, role__in=ROLES).values_list("user", "supplier").distinct()
    suppliers: dict[int, list[int]] = defaultdict(list)
    for user_id, supplier_id in hats:
        suppliers[supplier_id].append(user_id)
    documents = list(_ending(on).filter(supplier__in=suppliers).order_by("valid_to", "pk"))
    told = ExpiryWarning.objects.filter(document__in=documents, person__in=user_ids)
    known = set(told.values_list("document", "person", "valid_to", "days"))
    due: dict[int, list[tuple[Document, int]]] = defaultdict(list)
    for document in documents:
        if document.valid_to is None:
            continue
        days = days_ahead(document.valid_to, on)
        for user_id in suppliers[document.supplier_id]:
            if (document.pk, user_id, document.valid_to, days) not in known:
                due[user_id].append((document, days))
    return dict(due)


@adds_context("expiring_documents")
def _write(message: Message) -> Mapping[str, Any]:
    """What the templates of `document_expiry` show, in the reader's language."""
    documents = Document.objects.filter(pk__in=message.context["expiring_documents"]).select_related("supplier")
    on = date.fromisoformat(message.context["day"])
    lines = [
        {
            "title": str(document),
            "supplier": document.supplier.name,
            "ends": document.valid_to,
            "ends_in": ends_in(document.valid_to, on),
            "url": absolute_url(document.get_absolute_url()),
        }
        for document in documents.order_by("valid_to", "pk")
        if document.valid_to
    ]
    return {"documents": lines, "page_url": absolute_url(reverse("suppliers:document_list"))}


# --- on pages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    document: Document
    state: str
    words: str


def ending_soon(supplier_id: int | None) -> list[Ending]:
    """What a company should look after: documents that ended or will within the longest warning. One query."""
    on = timezone.localdate()
    documents = Document.objects.current().filter(supplier=supplier_id, valid_to__gte=on - STILL_SHOWN, valid_to__lte=on + FARTHEST)
    return [_as_ending(document, on) for document in documents.order_by("valid_to", "pk")[:SHOWN]]


def _as_ending(document: Document, on: date) -> Ending:
    state, words = validity(document, on)
    if state == "valid" and document.valid_to:
        return Ending(document, "pending", ends_in(document.valid_to, on))
    return Ending(document, state, words)
