"""Writing to the audit trail: one call an event, in the caller's transaction, so that a verb and its event stand or fall together."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

from django.db import models
from django.utils import timezone

from audit.models import Event

# The client's address, set by middleware for the span of a request: services do not know of requests.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)


class Actor(Protocol):
    pk: Any

    @property
    def role(self) -> str: ...


def record(
    action: str,
    *,
    actor: Actor | None = None,
    target: models.Model | None = None,
    supplier_id: int | None = None,
    detail: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Event:
    """Append an event. `action` reads `subject.verb`, for example `assessment.submitted`; `detail` must be JSON."""
    return Event.objects.create(
        at=at or timezone.now(),
        action=action,
        actor_id=actor.pk if actor else None,
        actor_role=actor.role if actor else "",
        supplier_id=supplier_id,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        detail=detail or {},
        address=client_address.get(),
    )
