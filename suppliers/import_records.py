"""Public records out of an imported list: whose each one is, what becomes of it, and how it is written.

A record belongs to the supplier that has its Unified Social Credit Code. Where nobody has the code, or there is none, a supplier that
bears or bore the name is shown to a person: a name alone never makes a match. What is known already is updated or left alone; what a
person has decided on is not changed by a list.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from suppliers.import_decide import Decision, Outcome, rejected
from suppliers.import_match import fetch
from suppliers.import_rows import Finding, Row, name_key, repeat
from suppliers.models import HeldRecord, Import, PublicRecord
from suppliers.models.records import REPLY_DAYS


FIELDS = ("kind", "authority", "reference", "decided_on", "description", "legal_basis", "penalty", "fine_cny", "rating", "source_url")
Values = Mapping[str, Any]


# --- what makes a record this record ----------------------------------------------------------------------------------


def fingerprint(values: Values) -> str:
    """By authority and decision number; where it has none, by day, kind and facts."""
    parts = [name_key(values["authority"])]
    if reference := name_key(values.get("reference", "")):
        parts += ["reference", reference]
    else:
        parts += ["facts", values["decided_on"].isoformat(), values["kind"], name_key(values["description"])]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def held_fingerprint(values: Values) -> str:
    """The same record of the same company, as long as it is nobody's."""
    company = values.get("supplier_uscc") or name_key(values.get("supplier_name", ""))
    return hashlib.sha256(orjson.dumps([fingerprint(values), company])).hexdigest()


def flag_repeated(rows: Sequence[Row]) -> None:
    first_of: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if not row.findings:
            repeat(row, [("record", held_fingerprint(row.values))], first_of, column="reference")


# --- whose it is ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    supplier: int
    name: str
    is_former: bool


class Names:
    """Every name a supplier bears or bore, by what two spellings of it have in common. Two queries."""

    def __init__(self) -> None:
        self.by_key: dict[str, list[Candidate]] = defaultdict(list)
        present = fetch("suppliers_supplier", ("id", "name_zh", "name_en"))
        self._called = {each["id"]: str(each["name_zh"] or each["name_en"]) for each in present}
        for each in present:
            self._add(each["id"], (each["name_zh"], each["name_en"]), is_former=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT pgh_obj_id, name_zh, name_en FROM suppliers_supplierevent WHERE pgh_obj_id IS NOT NULL")
            for pk, *names in cursor.fetchall():
                self._add(pk, names, is_former=True)

    def _add(self, pk: int, names: Iterable[str], *, is_former: bool) -> None:
        for key in {name_key(name) for name in names} - {""}:
            known = self.by_key[key]
            if pk in self._called and all(each.supplier != pk for each in known):
                known.append(Candidate(pk, self._called[pk], is_former))


def is_former_name(record: PublicRecord) -> bool:
    """Whether the supplier bore the published name once, and bears another now."""
    bears = {name_key(record.supplier.name_zh), name_key(record.supplier.name_en)}
    published = name_key(record.published_name)
    if not published or published in bears:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT name_zh, name_en FROM suppliers_supplierevent WHERE pgh_obj_id = %s", [record.supplier_id])
        return any(name_key(name) == published for names in cursor.fetchall() for name in names)


# --- what becomes of it -----------------------------------------------------------------------------------------------


def decide(rows: Sequence[Row]) -> list[Decision]:
    """The same number of queries for one row and for two thousand."""
    good = [row.values for row in rows if not row.findings]
    codes = sorted({values["supplier_uscc"] for values in good if "supplier_uscc" in values})
    owners = {each["uscc"]: each["id"] for each in fetch("suppliers_supplier", ("id", "uscc"), "uscc", codes)}
    held = {each.fingerprint: each for each in HeldRecord.objects.filter(fingerprint__in=[held_fingerprint(values) for values in good])}
    settled = [each.record_id for each in held.values() if each.record_id]
    known = PublicRecord.objects.filter(fingerprint__in=[fingerprint(values) for values in good])
    records = {(each.supplier_id, each.fingerprint): each for each in known}
    by_pk = PublicRecord.objects.in_bulk(settled)
    names = Names() if any(values.get("supplier_uscc") not in owners for values in good) else None
    return [_decide(row, owners, held, records, by_pk, names) for row in rows]


def _decide(
    row: Row,
    owners: Mapping[str, int],
    held: Mapping[str, HeldRecord],
    records: Mapping[tuple[int, str], PublicRecord],
    by_pk: Mapping[int, PublicRecord],
    names: Names | None,
) -> Decision:
    if row.findings:
        return rejected(row)
    owner = owners.get(row.values.get("supplier_uscc", ""))
    if owner is not None:
        record = records.get((owner, fingerprint(row.values)))
        return _update(row, record) if record else Decision(row, Outcome.CREATED, values={"supplier_id": owner, **row.values})
    if earlier := held.get(held_fingerprint(row.values)):
        return _update(row, by_pk[earlier.record_id]) if earlier.record_id else Decision(row, Outcome.UNCHANGED)
    found = names.by_key.get(name_key(row.values.get("supplier_name", "")), []) if names else []
    if not found:
        return Decision(row, Outcome.NOT_OURS, findings=[Finding("", "", "not_ours")])
    code = "former_name_known" if all(each.is_former for each in found) else "name_known"
    why = Finding("supplier_name", "", code, {"names": ", ".join(each.name for each in found)})
    return Decision(row, Outcome.HELD, values={"candidates": [vars(each) for each in found], **row.values}, findings=[why])


def _update(row: Row, record: PublicRecord) -> Decision:
    changes = {name: [_plain(getattr(record, name)), row.values[name]] for name in FIELDS if name in row.values}
    changes = {name: [old, new] for name, (old, new) in changes.items() if old != new}
    if changes and not record.is_undecided:
        return rejected(row, Finding("", "", "record_decided", {"fields": ", ".join(changes)}))
    return Decision(row, Outcome.UPDATED if changes else Outcome.UNCHANGED, record.pk, changes=changes)


def _plain(value: Any) -> Any:
    return "" if value is None else value


# --- writing ----------------------------------------------------------------------------------------------------------


def apply(decisions: Sequence[Decision], *, source: Import, at: datetime) -> None:
    by = {outcome: [decision for decision in decisions if decision.outcome == outcome] for outcome in Outcome.values}
    # Another list may bring the same record at the same moment: the one that was first stands.
    PublicRecord.objects.bulk_create(
        [new_record(decision.values, source=source, at=at) for decision in by[Outcome.CREATED]], ignore_conflicts=True, batch_size=500
    )
    HeldRecord.objects.bulk_create(
        [_held(decision.values, source, at) for decision in by[Outcome.HELD]], ignore_conflicts=True, batch_size=500
    )
    for decision in by[Outcome.UPDATED]:
        PublicRecord.objects.filter(pk=decision.pk or 0, status__in=PublicRecord.UNDECIDED).update(
            **{name: new for name, (_old, new) in decision.changes.items()}
        )


def new_record(values: Values, *, source: Import | None, at: datetime) -> PublicRecord:
    return PublicRecord(
        supplier_id=values["supplier_id"],
        published_uscc=values.get("supplier_uscc", ""),
        published_name=values.get("supplier_name", ""),
        fingerprint=fingerprint(values),
        source=source,
        recorded_by_id=source.created_by_id if source else None,
        reply_until=at + timedelta(days=REPLY_DAYS),
        **{name: values[name] for name in FIELDS if name in values},
    )


def _held(values: Values, source: Import, at: datetime) -> HeldRecord:
    return HeldRecord(
        source=source,
        fingerprint=held_fingerprint(values),
        published_name=values["supplier_name"],
        published_uscc=values.get("supplier_uscc", ""),
        values=to_json({name: values[name] for name in (*FIELDS, "supplier_uscc", "supplier_name") if name in values}),
        candidates=values["candidates"],
        created_at=at,
    )


def to_json(values: Values) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in values.items()}


def from_json(values: Values) -> dict[str, Any]:
    found = dict(values) | {"decided_on": date.fromisoformat(values["decided_on"])}
    return found | ({"fine_cny": Decimal(values["fine_cny"])} if "fine_cny" in values else {})
