"""What a supplier agrees to show on the public page of its label."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from labels.models import Publication


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def agree(*, supplier_id: int, choices: Mapping[str, bool], by: "User", at: datetime) -> Publication:
    """Each answer replaces the one before; the history keeps both."""
    shown = {name: bool(choices.get(name)) for name in Publication.CHOICES}
    agreed, _made = Publication.objects.update_or_create(supplier_id=supplier_id, defaults={**shown, "agreed_by": by, "agreed_at": at})
    detail = {"shows": [name for name, is_shown in shown.items() if is_shown]}
    trail.record("label.publication_agreed", actor=by, target=agreed, supplier_id=supplier_id, detail=detail, at=at)
    return agreed
