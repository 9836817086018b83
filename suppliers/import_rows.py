"""Turns the rows of a table into cleaned values with the problems found on the way, and finds rows that repeat each other.

Pure: no database. What staff must know about it is in docs/import.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from suppliers import cells, identifiers, industries, places
from suppliers.columns import Column, by_name, known_headings, positions
from suppliers.models import Import
from suppliers.problems import Problem
from suppliers.tables import Line, Table


IDENTIFIERS = ("reference", "uscc", "lei", "duns")
# Staff may ask for the category to be read from the industry code instead of naming one.
BY_INDUSTRY = "by_industry"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with one cell. `name` is our column, `column` the heading in the file; both "" when it is about the row."""

    name: str
    column: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"field": self.name, "column": self.column, "code": self.code, "params": self.params}


@dataclass(slots=True)
class Row:
    """`values` holds what the file says, cleaned; a column that is blank is not in it."""

    number: int
    label: str
    values: dict[str, Any]
    findings: list[Finding]


class Cleaning:
    """How the rows of one import are read: which column stands where, and what stands for a missing value."""

    def __init__(self, kind: str, headings: Sequence[str], mapping: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        self.kind = kind
        self.mapping = mapping
        self.positions = positions(headings, mapping)
        self.columns: dict[str, Column] = by_name(kind)
        self.by_industry = defaults.get("category") == BY_INDUSTRY
        self.defaults = clean_defaults(kind, defaults)
        self.seen: dict[str, dict[str, Any]] = {name: {} for name in self.positions}

    def rows(self, lines: Iterable[Line]) -> list[Row]:
        finish = {Import.Kind.SUPPLIERS: finish_supplier, Import.Kind.RECORDS: finish_record}.get(Import.Kind(self.kind), finish_owned)
        rows = []
        for line in lines:
            row = self.row(line)
            finish(self, row)
            rows.append(row)
        return rows

    def row(self, line: Line) -> Row:
        row, line_cells = Row(line.number, "", {}, []), line.cells
        width = len(line_cells)
        for name, position in self.positions.items():
            raw = line_cells[position] if position < width else ""
            if not raw:
                continue
            value = self.value(name, raw)
            if isinstance(value, Problem):
                self.note(row, name, value)
            elif value != "":
                row.values[name] = value
        return row

    def value(self, name: str, raw: str) -> Any:
        """The cleaned value, "" for a blank, or the problem; each distinct text of a column is cleaned once."""
        seen = self.seen[name]
        if raw in seen:
            return seen[raw]
        try:
            text = cells.plain(raw)
            value = self.columns[name].clean(text) if text else ""
        except Problem as problem:
            value = problem
        seen[raw] = value
        return value

    def note(self, row: Row, name: str, problem: Problem) -> None:
        row.findings.append(Finding(name, self.mapping.get(name, ""), problem.code, problem.params))


def clean_defaults(kind: str, defaults: Mapping[str, str]) -> dict[str, Any]:
    """Raises `Problem` for a default that could not stand in a cell."""
    typed = {name: text for name, text in defaults.items() if text and not (name == "category" and text == BY_INDUSTRY)}
    known = by_name(kind)
    values = {name: known[name].clean(text) for name, text in typed.items() if name in known}
    if "region" in values and "country" in values:
        values["region"] = places.clean_region(values["region"], values["country"])
    return values


# --- what needs the whole row -----------------------------------------------------------------------------------------


def finish_supplier(cleaning: Cleaning, row: Row) -> None:
    values = row.values
    split_name(values)
    row.label = str(values.get("name_zh") or values.get("name_en") or values.get("reference") or values.get("uscc") or "")[:300]
    country = country_of(cleaning, row, "country", "uscc")
    if country:
        clean_national(cleaning, row, "company_number", country)
        clean_place(cleaning, row, country)
    if cleaning.by_industry and "category" not in values:
        values["category"] = industries.category_of(str(values.get("industry_code", "")))


def finish_owned(cleaning: Cleaning, row: Row) -> None:
    values = row.values
    row.label = str(values.get("name") or values.get("email") or "")[:300]
    country = country_of(cleaning, row, "supplier_country", "supplier_uscc")
    if country:
        clean_national(cleaning, row, "supplier_company_number", country)
    if place := values.get("country") or cleaning.defaults.get("country"):
        clean_place(cleaning, row, place)


# A rating says in a word what a violation says in a sentence.
RATED = {"green": "绿", "blue": "蓝", "yellow": "黄", "red": "红", "black": "黑"}


def finish_record(cleaning: Cleaning, row: Row) -> None:
    values = row.values
    row.label = str(values.get("supplier_name") or values.get("supplier_uscc") or "")[:300]
    for name, default in cleaning.defaults.items():
        values.setdefault(name, default)
    if rating := values.get("rating"):
        values.setdefault("kind", "credit_rating")
        values.setdefault("description", f"环境信用评价：{RATED[rating]}牌")
    values.setdefault("kind", "other")
    broken = {finding.name for finding in row.findings}
    wanted = ["authority", "decided_on", "description", *(["rating"] if values["kind"] == "credit_rating" else [])]
    for name in wanted:
        if name not in values and name not in broken:
            cleaning.note(row, name, Problem("required"))
    if rating and values["kind"] != "credit_rating":
        cleaning.note(row, "rating", Problem("rating_without_kind"))
    if not row.label and not broken & {"supplier_uscc", "supplier_name"}:
        cleaning.note(row, "supplier_uscc", Problem("company_missing"))


def split_name(values: dict[str, Any]) -> None:
    """A column that is just called "name" holds Chinese names or others."""
    if name := values.pop("name", ""):
        values.setdefault("name_zh" if cells.CHINESE.search(name) else "name_en", name)


def country_of(cleaning: Cleaning, row: Row, country: str, uscc: str) -> str:
    """The row's country: its own, the one its social credit code implies, or the default."""
    own = row.values.get(country)
    if uscc not in row.values:
        return str(own or cleaning.defaults.get(country) or "")
    if own and own != "CN":
        cleaning.note(row, uscc, Problem("uscc_country", country=own))
    row.values.setdefault(country, "CN")
    return str(row.values[country])


def clean_national(cleaning: Cleaning, row: Row, name: str, country: str) -> None:
    if (number := row.values.get(name)) is None:
        return
    try:
        row.values[name] = identifiers.clean_company_number(number, country)
    except Problem as problem:
        del row.values[name]
        cleaning.note(row, name, problem)


@cache
def region_of(text: str, country: str) -> str | Problem:
    try:
        return places.clean_region(text, country)
    except Problem as problem:
        return problem


def clean_place(cleaning: Cleaning, row: Row, country: str) -> None:
    if (text := row.values.get("region")) is None:
        return
    region = region_of(text, country)
    if isinstance(region, Problem):
        del row.values["region"]
        cleaning.note(row, "region", region)
    else:
        row.values["region"] = region


# --- rows against each other ------------------------------------------------------------------------------------------

Key = tuple[Any, ...]


def name_key(name: str) -> str:
    """What two spellings of a company's name have in common: letter case, width and punctuation do not count."""
    return places.key(name)


def identifier_keys(values: Mapping[str, Any], country: str) -> list[Key]:
    keys: list[Key] = [(name, values[name]) for name in IDENTIFIERS if name in values]
    if "company_number" in values and country:
        keys.append(("company_number", country, values["company_number"]))
    return keys


def name_keys(values: Mapping[str, Any], country: str) -> list[Key]:
    names = {name_key(values[name]) for name in ("name_zh", "name_en") if values.get(name)}
    return [("name", country, name) for name in sorted(names) if name]


def flag_repeated_suppliers(rows: Sequence[Row], defaults: Mapping[str, Any]) -> None:
    """The first row with an identifier counts; later ones are refused with its number. A row that has a name only repeats any
    row with this name, wherever it stands: which company it means could otherwise change from one import to the next."""
    identified: list[tuple[Row, str]] = []
    nameless: list[tuple[Row, str]] = []
    first_of: dict[Key, int] = {}
    for row in rows:
        country = str(row.values.get("country") or defaults.get("country") or "")
        keys = identifier_keys(row.values, country)
        repeat(row, keys, first_of)
        (identified if keys else nameless).append((row, country))
    if not nameless:
        return
    named: dict[Key, int] = {}
    for row, country in identified:
        for key in name_keys(row.values, country):
            named.setdefault(key, row.number)
    for row, country in nameless:
        repeat(row, name_keys(row.values, country), named)


def repeat(row: Row, keys: Iterable[Key], first_of: dict[Key, int], column: str = "") -> None:
    for key in keys:
        first = first_of.setdefault(key, row.number)
        if first != row.number and not any(finding.code == "duplicate" for finding in row.findings):
            name = column or ("" if key[0] == "name" else str(key[0]))
            row.findings.append(Finding(name, "", "duplicate", {"row": first}))


# --- the table --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A table split into its heading and its rows."""

    headings: list[str]
    lines: list[Line]
    form: str


def split(table: Table, kind: str) -> Sheet:
    at = table.heading_at(known_headings(kind))
    headings = [" ".join(cell.split()) for cell in table.lines[at].cells]
    return Sheet(headings, table.lines[at + 1 :], table.form)


def sample(sheet: Sheet, size: int = 5) -> Iterator[list[str]]:
    return (line.cells for line in sheet.lines[:size])
