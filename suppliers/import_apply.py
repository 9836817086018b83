"""Writes decisions to the database: new records by COPY, changes by one UPDATE for each set of changed columns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction

from accounts.copying import copied_into
from suppliers.import_decide import CONTACT_FIELDS, SITE_FIELDS, Decision, Outcome
from suppliers.import_match import SUPPLIER_FIELDS
from suppliers.import_rows import Finding
from suppliers.models import Import, ImportRow, Supplier


TABLES = {Import.Kind.SUPPLIERS: "suppliers_supplier", Import.Kind.SITES: "suppliers_site", Import.Kind.CONTACTS: "suppliers_contact"}
# Of what type a column is, where it is not text.
TYPES = {"fiscal_year_start": "smallint", "headcount": "integer", "closed_on": "date", "is_primary": "boolean"}
NULLABLE = frozenset({"reference", "uscc", "lei", "duns", "company_number", "headcount", "closed_on"})
BLANK: dict[str, Any] = {"fiscal_year_start": 1, "is_primary": False}


def apply(kind: str, decisions: Sequence[Decision], *, at: datetime) -> None:
    """All or nothing, inside the caller's transaction. Raises IntegrityError when the register contradicts a decision."""
    with transaction.atomic():
        created = [decision.values for decision in decisions if decision.outcome == Outcome.CREATED]
        updated = [decision for decision in decisions if decision.outcome == Outcome.UPDATED]
        if kind == Import.Kind.CONTACTS:
            make_room_for_primaries(created, updated)
        if created:
            create(kind, created, at)
        for columns, group in by_changed_columns(updated).items():
            change(kind, columns, group, at)


def apply_one_by_one(kind: str, decisions: Sequence[Decision], *, at: datetime) -> None:
    """The slow way, for a batch in which some row contradicts the register: that row is rejected, the others go in."""
    for decision in decisions:
        try:
            apply(kind, [decision], at=at)
        except IntegrityError:
            decision.outcome = Outcome.REJECTED
            decision.findings = [Finding("", "", "row_refused")]


def create(kind: str, records: Sequence[dict[str, Any]], at: datetime) -> None:
    if kind == Import.Kind.SUPPLIERS:
        extra: dict[str, Any] = {"state": Supplier.State.INVITED.value, "created_at": at, "updated_at": at}
        columns: tuple[str, ...] = SUPPLIER_FIELDS
    else:
        extra = {}
        columns = ("supplier_id", *(SITE_FIELDS if kind == Import.Kind.SITES else CONTACT_FIELDS))
    constants = tuple(extra.values())
    blanks = {name: None if name in NULLABLE else BLANK.get(name, "") for name in columns}
    if kind == Import.Kind.SITES:
        blanks["reference"] = ""  # of a site it is text, of a supplier a unique number or nothing
    rows = ((*(record.get(name, blank) for name, blank in blanks.items()), *constants) for record in records)
    copy_in(TABLES[Import.Kind(kind)], (*columns, *extra), rows)


def copy_in(table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    with copied_into(table, list(columns)) as copy:
        for row in rows:
            copy.write_row(row)


def by_changed_columns(decisions: Iterable[Decision]) -> dict[tuple[str, ...], list[Decision]]:
    """Only the columns that change are written, so that somebody's edit of another column at the same time survives."""
    groups: dict[tuple[str, ...], list[Decision]] = defaultdict(list)
    for decision in decisions:
        groups[tuple(sorted(decision.changes))].append(decision)
    return groups


def change(kind: str, columns: tuple[str, ...], decisions: Sequence[Decision], at: datetime) -> None:
    table = TABLES[Import.Kind(kind)]
    settings = [f"{name} = new.{name}" for name in columns]
    values: list[list[Any]] = [[decision.pk for decision in decisions]]
    values += [[decision.changes[name][1] for decision in decisions] for name in columns]
    arrays = ["%s::bigint[]", *(f"%s::{TYPES.get(name, 'text')}[]" for name in columns)]
    params: list[Any] = list(values)
    if kind == Import.Kind.SUPPLIERS:
        settings.append("updated_at = %s")
        params.insert(0, at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS old SET {', '.join(settings)} "  # noqa: S608 - the names are our own constants
            f"FROM unnest({', '.join(arrays)}) AS new (id, {', '.join(columns)}) WHERE old.id = new.id",
            params,
        )


def make_room_for_primaries(created: Iterable[dict[str, Any]], updated: Iterable[Decision]) -> None:
    """A supplier has one first contact: the one in office steps back before the next is written."""
    owners = [record["supplier_id"] for record in created if record.get("is_primary")]
    promoted = [decision.pk for decision in updated if decision.changes.get("is_primary", [False, False])[1]]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE suppliers_contact SET is_primary = false WHERE is_primary AND "
            "(supplier_id = ANY(%s::bigint[]) OR supplier_id IN (SELECT supplier_id FROM suppliers_contact WHERE id = ANY(%s::bigint[])))",
            [owners, promoted],
        )


def keep_rows(source: Import, decisions: Sequence[Decision], *, is_dry_run: bool) -> None:
    """What became of each row. Rows left alone are counted, not kept."""
    numbers = [decision.row.number for decision in decisions]
    if numbers:
        # A dry run that was overtaken may have written these rows in its last moment, as it read them.
        ImportRow.objects.filter(source=source, is_dry_run=is_dry_run, number__range=(min(numbers), max(numbers))).delete()
    kept = [decision for decision in decisions if decision.outcome != Outcome.UNCHANGED]
    copy_in(
        "suppliers_importrow",
        ("source_id", "is_dry_run", "number", "outcome", "label", "problems", "changes"),
        (
            (
                source.pk,
                is_dry_run,
                decision.row.number,
                str(decision.outcome),
                decision.row.label,
                orjson.dumps([found.as_json() for found in decision.findings]).decode(),
                orjson.dumps(decision.changes, default=str).decode(),
            )
            for decision in kept
        ),
    )
