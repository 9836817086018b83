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


class MonthOfPeriods(ValueError):
    """A month that is calculated from metered periods is changed by changing those."""


def save_activity(*, site: Site, entries: Sequence[Entry], by: "User | None", at: datetime) -> int:
    """Writes what differs from what is stored, recalculates the inventories it touches, and returns how many cells it wrote.

    Raises `MonthOfPeriods` when an entry that comes from no period would change a month that does.
    """
    return save_activities(supplier_id=site.supplier_id, by_site={site: entries}, by=by, at=at)


@transaction.atomic
def save_activities(*, supplier_id: int, by_site: Mapping[Site, Sequence[Entry]], by: "User | None", at: datetime) -> int:
    """As `save_activity`, for several sites of one supplier: each inventory is calculated once, after all of them."""
    # The same lock as the calculation's: two people saving one site's months come one after the other.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    months: set[date] = set()
    count = 0
    for site, entries in by_site.items():
        changed = _save_site(site, entries, by, at)
        count += len(changed)
        months |= {entry.month for entry in changed}
    for year in sorted({fiscal_year_of(month, supplier.fiscal_year_start) for month in months}):
        calculate_inventory(supplier_id=supplier.pk, year=year, by=by, at=at)
    return count


def _save_site(site: Site, entries: Sequence[Entry], by: "User | None", at: datetime) -> list[Entry]:
    months = {entry.month for entry in entries}
    stored = {(r.month, r.source, r.substance): r for r in ActivityRecord.objects.filter(site=site, month__in=months)}
    changed = [entry for entry in entries if _differs(entry, stored.get(entry.cell))]
    if any(not entry.is_from_periods and (was := stored.get(entry.cell)) and was.is_from_periods for entry in changed):
        raise MonthOfPeriods
    _write(site, changed, stored, by, at)
    if changed:
        cells = [[f"{entry.month:%Y-%m}", entry.source, entry.substance] for entry in changed]
        trail.record("activity.saved", actor=by, target=site, supplier_id=site.supplier_id, detail={"cells": cells}, at=at)
    return changed


def _differs(entry: Entry, record: ActivityRecord | None) -> bool:
    if record is None:
        return entry.quantity is not None
    said = (entry.quantity, entry.unit, entry.is_measured, entry.is_from_periods)
    return said != (record.quantity, record.unit, record.is_measured, record.is_from_periods)


def _write(site: Site, entries: Sequence[Entry], stored: Mapping[Cell, ActivityRecord], by: "User | None", at: datetime) -> None:
    """Set by set: one statement for all that is new, one for all that changes, one for all that is emptied."""
    ActivityRecord.objects.filter(pk__in=[stored[e.cell].pk for e in entries if e.quantity is None]).delete()
    new, changed = [], []
    for entry in entries:
        if entry.quantity is None:
            continue
        row = stored.get(entry.cell)
        if row is None:
            row = ActivityRecord(supplier_id=site.supplier_id, site=site)
            new.append(row)
        else:
            changed.append(row)
        row.month, row.source, row.substance = entry.cell
        row.quantity, row.unit, row.is_measured = entry.quantity, entry.unit, entry.is_measured
        row.is_from_periods, row.reported_by, row.reported_at = entry.is_from_periods, by, at
    ActivityRecord.objects.bulk_create(new)
    columns = ["quantity", "unit", "is_measured", "is_from_periods", "reported_by", "reported_at"]
    ActivityRecord.objects.bulk_update(changed, columns)
