"""Decides what becomes of each imported row: created, updated, left alone or rejected, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suppliers import identifiers, places
from suppliers.import_match import FIXED, NOBODY, SUPPLIER_FIELDS, Match, Record, Register, Wanted, fetch, match_all
from suppliers.import_rows import Finding, Key, Row, identifier_keys, name_key, repeat
from suppliers.models import Import, ImportRow
from suppliers.problems import Problem


Outcome = ImportRow.Outcome
Values = Mapping[str, Any]

SITE_FIELDS = ("reference", "name", "type", "country", "region", "address", "headcount", "closed_on")
CONTACT_FIELDS = ("name", "email", "phone", "job_title", "language", "is_primary")


@dataclass(slots=True)
class Decision:
    """`pk` is the record the row changes, `values` what a new record is made of, `changes` field -> [before, after]."""

    row: Row
    outcome: str
    pk: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def rejected(row: Row, *findings: Finding) -> Decision:
    return Decision(row, Outcome.REJECTED, findings=[*row.findings, *findings])


def finding(name: str, problem: Problem) -> Finding:
    return Finding(name, "", problem.code, problem.params)


def changed(record: Record, values: Values, defaults: Values, fields: Sequence[str]) -> dict[str, list[Any]]:
    """A blank cell changes nothing; a default fills only what nobody has filled yet."""
    wanted = {name: value for name, value in defaults.items() if record.get(name) in (None, "")} | dict(values)
    return {name: [record[name], wanted[name]] for name in fields if name in wanted and wanted[name] != record[name]}


def update(row: Row, record: Record, changes: dict[str, list[Any]]) -> Decision:
    return Decision(row, Outcome.UPDATED if changes else Outcome.UNCHANGED, record["id"], changes=changes)


# --- suppliers --------------------------------------------------------------------------------------------------------


def decide_suppliers(rows: Sequence[Row], defaults: Values) -> list[Decision]:
    wanted = [NOBODY if row.findings else supplier_wanted(row.values, defaults) for row in rows]
    register, matches = match_all(wanted)
    return [decide_supplier(row, match, register, defaults) for row, match in zip(rows, matches, strict=True)]


def supplier_wanted(values: Values, defaults: Values) -> Wanted:
    country = str(values.get("country") or defaults.get("country") or "")
    return Wanted(identifier_keys(values, country), values, country)


def decide_supplier(row: Row, match: Match, register: Register, defaults: Values) -> Decision:
    if row.findings:
        return rejected(row)
    if match.problem:
        return rejected(row, finding("", match.problem))
    if match.pk is None:
        return create_supplier(row, defaults)
    record = register.records[match.pk]
    try:
        values = localised(row.values, record["country"])
        refuse_conflicts(values, record)
    except Conflict as conflict:
        return rejected(row, finding(conflict.name, conflict.problem))
    return update(row, record, changed(record, values, defaults, SUPPLIER_FIELDS))


def create_supplier(row: Row, defaults: Values) -> Decision:
    values = {**defaults, **row.values}
    missing = [Finding(name, "", code) for name, code in (("country", "country_missing"), ("category", "required")) if not values.get(name)]
    if not (values.get("name_zh") or values.get("name_en")):
        missing.append(Finding("name", "", "required"))
    return rejected(row, *missing) if missing else Decision(row, Outcome.CREATED, values=values)


class Conflict(Exception):
    def __init__(self, name: str, problem: Problem) -> None:
        super().__init__(name)
        self.name = name
        self.problem = problem


def localised(values: Values, country: str, number: str = "company_number") -> dict[str, Any]:
    """What depends on the country, where only the record says which it is. Doing it twice changes nothing."""
    done = dict(values)
    place = str(done.get("country") or country)
    for name, clean in ((number, identifiers.clean_company_number), ("region", places.clean_region)):
        if name in done:
            try:
                done[name] = clean(done[name], place)
            except Problem as problem:
                raise Conflict(name, problem) from problem
    return done


def refuse_conflicts(values: Values, record: Record) -> None:
    for name in FIXED:
        if record[name] and values.get(name, record[name]) != record[name]:
            raise Conflict(name, Problem("identifier_conflict", existing=record[name]))


# --- sites and contacts -----------------------------------------------------------------------------------------------


def owner_wanted(values: Values, defaults: Values) -> Wanted:
    own = {name.removeprefix("supplier_"): value for name, value in values.items() if name.startswith("supplier_")}
    country = str(own.get("country") or defaults.get("supplier_country") or "")
    keys = identifier_keys(own, country)
    # An identifier, even one nobody has, is more exact than a name: the name is asked only where there is none.
    return Wanted(keys, {} if keys or not own.get("name") else {"name_en": own["name"]}, country)


def find_owners(rows: Sequence[Row], defaults: Values) -> tuple[list[int | None], Register]:
    """The supplier of each row; rows whose supplier is not found get a finding."""
    wanted = [owner_wanted(row.values, defaults) for row in rows]
    register, matches = match_all(wanted)
    for row, owner, match in zip(rows, wanted, matches, strict=True):
        if match.pk is None:
            problem = match.problem or Problem("supplier_unknown" if owner.keys or owner.values else "supplier_missing")
            row.findings.append(finding(f"supplier_{owner.keys[0][0]}" if owner.keys else "supplier_name", problem))
    return [match.pk for match in matches], register


def flag_repeated_owned(rows: Sequence[Row], owners: Sequence[int | None], kind: str) -> None:
    first_of: dict[Key, int] = {}
    first_primary: dict[int, int] = {}
    for row, owner in zip(rows, owners, strict=True):
        if owner is None:
            continue
        repeat(row, owned_keys(row.values, owner, kind), first_of, column="email" if kind == Import.Kind.CONTACTS else "name")
        if row.values.get("is_primary") and (first := first_primary.setdefault(owner, row.number)) != row.number:
            row.findings.append(Finding("is_primary", "", "primary_twice", {"row": first}))


def owned_keys(values: Values, owner: int, kind: str) -> list[Key]:
    if kind == Import.Kind.CONTACTS:
        return [("email", owner, values["email"])] if "email" in values else []
    keys: list[Key] = [("name", owner, name_key(values["name"]))] if "name" in values else []
    return [("reference", owner, values["reference"]), *keys] if "reference" in values else keys


def decide_sites(rows: Sequence[Row], owners: Sequence[int | None], defaults: Values) -> list[Decision]:
    records = fetch("suppliers_site", ("id", "supplier_id", *SITE_FIELDS), "supplier_id", sorted({owner for owner in owners if owner}))
    by_key: dict[Key, Record] = {}
    for record in records:
        by_key["name", record["supplier_id"], name_key(record["name"])] = record
        if record["reference"]:
            by_key["reference", record["supplier_id"], record["reference"]] = record
    return [decide_site(row, owner, by_key, defaults) for row, owner in zip(rows, owners, strict=True)]


def decide_site(row: Row, owner: int | None, by_key: Mapping[Key, Record], defaults: Values) -> Decision:
    if row.findings or owner is None:
        return rejected(row)
    record = next((by_key[key] for key in owned_keys(row.values, owner, Import.Kind.SITES) if key in by_key), None)
    if record is None:
        return create_owned(row, owner, defaults, SITE_FIELDS, ("name", "type", "country"))
    try:
        values = localised(row.values, record["country"])
    except Conflict as conflict:
        return rejected(row, finding(conflict.name, conflict.problem))
    return update(row, record, changed(record, values, defaults, SITE_FIELDS))


def decide_contacts(rows: Sequence[Row], owners: Sequence[int | None], defaults: Values, register: Register) -> list[Decision]:
    ids = sorted({owner for owner in owners if owner})
    records = fetch("suppliers_contact", ("id", "supplier_id", *CONTACT_FIELDS), "supplier_id", ids)
    by_key = {("email", record["supplier_id"], record["email"].lower()): record for record in records}
    # The first contact of a supplier that has none is its first contact, unless the file names another.
    with_primary = {record["supplier_id"] for record in records if record["is_primary"]}
    with_primary |= {owner for row, owner in zip(rows, owners, strict=True) if owner and row.values.get("is_primary")}
    decisions = []
    for row, owner in zip(rows, owners, strict=True):
        decision = decide_contact(row, owner, by_key, defaults, register)
        if decision.outcome == Outcome.CREATED and owner is not None and owner not in with_primary:
            decision.values.setdefault("is_primary", True)
            with_primary.add(owner)
        decisions.append(decision)
    return decisions


def decide_contact(row: Row, owner: int | None, by_key: Mapping[Key, Record], defaults: Values, register: Register) -> Decision:
    if row.findings or owner is None:
        return rejected(row)
    if "email" not in row.values:
        return rejected(row, Finding("email", "", "required"))
    record = by_key.get(("email", owner, row.values["email"]))
    if record is not None:
        # Stored addresses may be in other letters: that is no change.
        values = {name: value for name, value in row.values.items() if name != "email"}
        return update(row, record, changed(record, values, {}, CONTACT_FIELDS))
    chinese = register.records[owner]["country"] in ("CN", "HK", "MO", "TW")
    return create_owned(row, owner, {"language": "zh-hans" if chinese else "en"} | dict(defaults), CONTACT_FIELDS, ("name", "email"))


def create_owned(row: Row, owner: int, defaults: Values, fields: Sequence[str], required: Sequence[str]) -> Decision:
    values = {name: value for name, value in {**defaults, **row.values}.items() if name in fields}
    missing = [Finding(name, "", "required") for name in required if not values.get(name)]
    return rejected(row, *missing) if missing else Decision(row, Outcome.CREATED, values={"supplier_id": owner, **values})
