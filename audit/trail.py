"""Writing to the audit trail: one call an event, in the caller's transaction, so that a verb and its event stand or fall together."""

import json
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, models
from django.utils import timezone

from audit.models import Event


# The client's address, set by middleware for the span of a request: services do not know of requests.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)


class Actor(Protocol):
    pk: Any

    @property
    def role(self) -> str: ...


# With every look of the buyer's people, so without a model in between, which would take as long again.
_RECORD = """
    INSERT INTO audit_event (at, action, actor_id, actor_role, supplier_id, target_type, target_id, detail, address)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::inet)
"""
_RECORD_EACH = """
    INSERT INTO audit_event (at, action, actor_id, actor_role, supplier_id, target_type, target_id, detail, address)
    SELECT %s, %s, %s, %s, supplier, '', '', %s::jsonb, %s::inet FROM unnest(%s::bigint[]) supplier
"""


def record(
    action: str,
    *,
    actor: Actor | None = None,
    target: models.Model | None = None,
    supplier_id: int | None = None,
    detail: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Append an event. `action` reads `subject.verb`, for example `assessment.submitted`; `detail` must be JSON."""
    who = (actor.pk, actor.role) if actor else (None, "")
    what = (target._meta.label_lower, str(target.pk)) if target else ("", "")
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [at or timezone.now(), action, *who, supplier_id, *what, json.dumps(detail or {}), client_address.get()])


def record_each(
    action: str,
    *,
    supplier_ids: Iterable[int],
    actor: Actor | None = None,
    detail: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> int:
    """The same event for each of many suppliers, in one statement: an export of the portfolio is a look at every one of them."""
    who = (actor.pk, actor.role) if actor else (None, "")
    with connection.cursor() as cursor:
        parameters = [at or timezone.now(), action, *who, json.dumps(detail or {}), client_address.get(), list(supplier_ids)]
        cursor.execute(_RECORD_EACH, parameters)
        count: int = cursor.rowcount
    return count


@dataclass(frozen=True)
class Step:
    action: str
    target: models.Model
    supplier_id: int | None
    detail: dict[str, Any]


def record_steps(steps: Iterable[Step], *, actor: Actor | None = None, at: datetime | None = None) -> None:
    """An event for each of many things that one verb did, in one statement."""
    Event.objects.bulk_create(
        [
            Event(
                at=at or timezone.now(),
                action=step.action,
                actor_id=actor.pk if actor else None,
                actor_role=actor.role if actor else "",
                supplier_id=step.supplier_id,
                target_type=step.target._meta.label_lower,
                target_id=str(step.target.pk),
                detail=step.detail,
                address=client_address.get(),
            )
            for step in steps
        ],
        batch_size=5000,
    )
