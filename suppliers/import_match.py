"""Finds the supplier an imported row speaks of.

By its supplier number, Unified Social Credit Code, LEI, D-U-N-S number or (country, company number). Failing these, by its name within
the country: a row without identifiers means the one supplier of that name; a row with identifiers that nobody has yet means a
supplier of that name which is known without any, and so learns them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from suppliers.import_rows import Key, name_key, name_keys
from suppliers.problems import Problem


Record = dict[str, Any]

SUPPLIER_FIELDS = (
    "name_zh", "name_en", "reference", "uscc", "lei", "duns", "company_number", "country", "region", "address", "postcode", "category",
    "industry_scheme", "industry_code", "headcount_band", "fiscal_year_start", "website",
)  # fmt: skip
# Once known, these change by a person's hand only: a list that says otherwise may mean another company.
FIXED = ("uscc", "lei", "duns", "company_number")


class Named(NamedTuple):
    pk: int
    country: str
    is_nameless: bool
    """Known by its name only: it has none of the identifiers of FIXED."""


class Register:
    """The suppliers a batch of rows may mean, looked up with a handful of queries however many rows there are."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.records: dict[int, Record] = {}
        self.by_key: dict[Key, int] = {}
        self.by_name: dict[str, list[Named]] = defaultdict(list)
        wanted: dict[str, list[Any]] = defaultdict(list)
        for key in keys:
            wanted[key[0]].append(key[-1])
        for name, values in wanted.items():
            for record in self.load(name, values):
                self.by_key[key_of(record, name)] = record["id"]

    def load(self, column: str, values: list[Any]) -> list[Record]:
        records = fetch("suppliers_supplier", ("id", *SUPPLIER_FIELDS), column, values)
        self.records.update((record["id"], record) for record in records)
        return records

    def load_names(self, countries: set[str], *, nameless_only: bool) -> None:
        """All names in these countries, or in all where one is unknown: which spellings are the same is decided by `name_key`."""
        columns = ("id", "country", "name_zh", "name_en", *FIXED)
        restriction = " AND ".join(f"{name} IS NULL" for name in FIXED) if nameless_only else ""
        records = fetch("suppliers_supplier", columns, *(() if "" in countries else ("country", list(countries))), restriction=restriction)
        for record in records:
            entry = Named(record["id"], record["country"], not any(record[name] for name in FIXED))
            for key in {name_key(record["name_zh"]), name_key(record["name_en"])} - {""}:
                self.by_name[key].append(entry)

    def by_identifiers(self, keys: Iterable[Key]) -> int | None:
        found = {self.by_key[key] for key in keys if key in self.by_key}
        if len(found) > 1:
            raise Problem("identifiers_disagree")
        return found.pop() if found else None

    def by_names(self, keys: Iterable[Key], *, nameless_only: bool) -> int | None:
        """`nameless_only`: the row has identifiers of its own, so only a supplier without any may be the one."""
        found = {
            entry.pk
            for _, country, name in keys
            for entry in self.by_name.get(name, ())
            if entry.country == country or not country
            if entry.is_nameless or not nameless_only
        }
        if len(found) > 1 and not nameless_only:
            raise Problem("name_ambiguous")
        return found.pop() if len(found) == 1 else None

    def complete(self, found: Iterable[int | None]) -> None:
        """Loads what was found by name, where only names are known so far."""
        missing = [pk for pk in found if pk is not None and pk not in self.records]
        if missing:
            self.load("id", missing)


def key_of(record: Mapping[str, Any], name: str) -> Key:
    return (name, record["country"], record[name]) if name == "company_number" else (name, record[name])


def fetch(table: str, columns: Iterable[str], column: str = "", values: list[Any] | None = None, *, restriction: str = "") -> list[Record]:
    """Rows whose `column` is one of `values`: one array parameter, however many values. All names are our own constants."""
    names = tuple(columns)
    conditions = [condition for condition in (f"{column} = ANY(%s)" if column else "", restriction) if condition]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM {table}{where}", [values] if column else [])  # noqa: S608
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Match(NamedTuple):
    pk: int | None
    problem: Problem | None = None


class Wanted(NamedTuple):
    """What a row says about the supplier it means."""

    keys: list[Key]
    values: Mapping[str, Any]
    country: str

    def names(self) -> list[Key]:
        return name_keys(self.values, self.country)


NOBODY = Wanted([], {}, "")


def match_all(wanted: Sequence[Wanted]) -> tuple[Register, list[Match]]:
    """The supplier each row means; `pk` None where there is none."""
    register = Register(key for row in wanted for key in row.keys)
    matches = [attempt(register.by_identifiers, row.keys) for row in wanted]
    # Names are compared only for rows that are not found otherwise, and only with the suppliers they could mean.
    unmatched = [position for position, match in enumerate(matches) if match.pk is None and match.problem is None]
    for nameless_only in (False, True):
        positions = [position for position in unmatched if bool(wanted[position].keys) is nameless_only and wanted[position].values]
        if not positions:
            continue
        register.by_name.clear()
        register.load_names({wanted[position].country for position in positions}, nameless_only=nameless_only)
        for position in positions if register.by_name else ():
            matches[position] = attempt(register.by_names, wanted[position].names(), nameless_only=nameless_only)
    register.complete(match.pk for match in matches)
    return register, matches


def attempt(find: Any, keys: list[Key], **options: bool) -> Match:
    try:
        return Match(find(keys, **options))
    except Problem as problem:
        return Match(None, problem)
