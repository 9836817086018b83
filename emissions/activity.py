"""Saving activity data: a site's months of a fiscal year, as people type them into the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from emissions.coverage import fiscal_year_of
from emissions.inventory import calculate_inventory
from emissions.models import ActivityRecord
from suppliers.models import Site, Supplier


if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Entry:
    """What a cell of the table says. `quantity` None empties it."""

    month: date
    source: str
    substance: str
    quantity: Decimal | None
    unit: str
    is_measured: bool = True

    @property
    def cell(self) -> tuple[date, str, str]:
        return (self.month, self.source, self.substance)


@transaction.atomic
def save_activity(*, site: Site, entries: Sequence[Entry], by: "User | None", at: datetime) -> int:
    """Writes what differs from what is stored, recalculates the inventories it touches, and returns how many cells it wrote."""
    # The same lock as the calculation's: two people saving one site's months come one after the other.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=site.supplier_id)
    months = {entry.month for entry in entries}
    stored = {(r.month, r.source, r.substance): r for r in ActivityRecord.objects.filter(site=site, month__in=months)}
    changed = [entry for entry in entries if _differs(entry, stored.get(entry.cell))]
    for entry in changed:
        _write(site, entry, stored.get(entry.cell), by, at)
    if changed:
        cells = [[f"{entry.month:%Y-%m}", entry.source, entry.substance] for entry in changed]
        trail.record("activity.saved", actor=by, target=site, supplier_id=supplier.pk, detail={"cells": cells}, at=at)
    for year in sorted({fiscal_year_of(entry.month, supplier.fiscal_year_start) for entry in changed}):
        calculate_inventory(supplier_id=supplier.pk, year=year, by=by, at=at)
    return len(changed)


def _differs(entry: Entry, record: ActivityRecord | None) -> bool:
    if record is None:
        return entry.quantity is not None
    return (entry.quantity, entry.unit, entry.is_measured) != (record.quantity, record.unit, record.is_measured)


def _write(site: Site, entry: Entry, record: ActivityRecord | None, by: "User | None", at: datetime) -> None:
    if entry.quantity is None:
        if record is not None:
            record.delete()
        return
    record = record or ActivityRecord(
        supplier_id=site.supplier_id, site=site, month=entry.month, source=entry.source, substance=entry.substance
    )
    record.quantity, record.unit, record.is_measured = entry.quantity, entry.unit, entry.is_measured
    record.reported_by, record.reported_at = by, at
    record.save()
