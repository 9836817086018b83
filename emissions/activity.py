"""Saving activity data: a site's months of a fiscal year, as people type them into the table."""

from collections.abc import Mapping, Sequence
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


Cell = tuple[date, str, str]


@dataclass(frozen=True)
class Entry:
    """What a cell of the table says. `quantity` None empties it."""

    month: date
    source: str
    substance: str
    quantity: Decimal | None
    unit: str
    is_measured: bool = True
    is_from_periods: bool = False

    @property
    def cell(self) -> Cell:
        return (self.month, self.source, self.substance)


@transaction.atomic
def save_activity(*, site: Site, entries: Sequence[Entry], by: "User | None", at: datetime) -> int:
    """Writes what differs from what is stored, recalculates the inventories it touches, and returns how many cells it wrote."""
    # The same lock as the calculation's: two people saving one site's months come one after the other.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=site.supplier_id)
    months = {entry.month for entry in entries}
    stored = {(r.month, r.source, r.substance): r for r in ActivityRecord.objects.filter(site=site, month__in=months)}
    changed = [entry for entry in entries if _differs(entry, stored.get(entry.cell))]
    _write(site, changed, stored, by, at)
    if changed:
        cells = [[f"{entry.month:%Y-%m}", entry.source, entry.substance] for entry in changed]
        trail.record("activity.saved", actor=by, target=site, supplier_id=supplier.pk, detail={"cells": cells}, at=at)
    for year in sorted({fiscal_year_of(entry.month, supplier.fiscal_year_start) for entry in changed}):
        calculate_inventory(supplier_id=supplier.pk, year=year, by=by, at=at)
    return len(changed)


def _differs(entry: Entry, record: ActivityRecord | None) -> bool:
    if record is None:
        return entry.quantity is not None
    said = (entry.quantity, entry.unit, entry.is_measured, entry.is_from_periods)
    return said != (record.quantity, record.unit, record.is_measured, record.is_from_periods)


def _write(site: Site, entries: Sequence[Entry], stored: Mapping[Cell, ActivityRecord], by: "User | None", at: datetime) -> None:
    """Set by set: one statement for all that is new, one for all that changes, one for all that is emptied."""
    ActivityRecord.objects.filter(pk__in=[stored[e.cell].pk for e in entries if e.quantity is None]).delete()
    rows = []
    for entry in entries:
        if entry.quantity is None:
            continue
        row = stored.get(entry.cell) or ActivityRecord(supplier_id=site.supplier_id, site=site)
        row.month, row.source, row.substance = entry.cell
        row.quantity, row.unit, row.is_measured = entry.quantity, entry.unit, entry.is_measured
        row.is_from_periods, row.reported_by, row.reported_at = entry.is_from_periods, by, at
        rows.append(row)
    ActivityRecord.objects.bulk_create([row for row in rows if row.pk is None])
    columns = ["quantity", "unit", "is_measured", "is_from_periods", "reported_by", "reported_at"]
    ActivityRecord.objects.bulk_update([row for row in rows if row.pk], columns)
