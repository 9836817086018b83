"""Scope 3 by category, as the supplier reports it: one value a category and year, with method and explanation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from emissions.inventory import calculate_inventory
from emissions.models import Scope3Entry
from suppliers.models import Document, Supplier


if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class CategoryValue:
    """`tonnes` None empties the category: not reported, which is not zero."""

    category: int
    tonnes: Decimal | None
    method: str = ""
    explanation: str = ""
    evidence: Document | None = None


@transaction.atomic
def save_scope3(*, supplier: Supplier, year: int, values: Sequence[CategoryValue], by: "User", at: datetime) -> int:
    """Writes what differs from what is stored and returns how many categories it wrote."""
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
    stored = {entry.category: entry for entry in Scope3Entry.objects.filter(supplier=supplier, year=year)}
    changed = [value for value in values if _differs(value, stored.get(value.category))]
    for value in changed:
        _write(supplier, year, value, stored.get(value.category), by, at)
    if changed:
        detail = {"year": year, "categories": [value.category for value in changed]}
        trail.record("scope3.saved", actor=by, target=supplier, supplier_id=supplier.pk, detail=detail, at=at)
        calculate_inventory(supplier_id=supplier.pk, year=year, by=by, at=at)
    return len(changed)


def _differs(value: CategoryValue, entry: Scope3Entry | None) -> bool:
    if entry is None:
        return value.tonnes is not None
    said = (value.tonnes, value.method, value.explanation, value.evidence.pk if value.evidence else None)
    return said != (entry.tonnes, entry.method, entry.explanation, entry.evidence_id)


def _write(supplier: Supplier, year: int, value: CategoryValue, entry: Scope3Entry | None, by: "User", at: datetime) -> None:
    if value.tonnes is None:
        if entry is not None:
            entry.delete()
        return
    entry = entry or Scope3Entry(supplier=supplier, year=year, category=value.category)
    entry.tonnes, entry.method, entry.explanation, entry.evidence = value.tonnes, value.method, value.explanation, value.evidence
    entry.reported_by, entry.reported_at = by, at
    entry.save()
