"""What is wrong with a file of factors, line by line. Pure: for whoever writes a set, before anything of it is stored."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from emissions.units import SPELLINGS


# Factors without these cannot be looked up, or cannot be answered for.
GIVEN = ("key", "name_en", "name_zh", "scope", "subject", "region", "source")
AMOUNTS = ("co2_kg_per_unit", "ch4_kg_per_unit", "n2o_kg_per_unit")
CHECKED = ("verified", "secondary", "derived", "unverified")
YEARS = range(1990, 2101)


def problems_of(file: str, rows: Iterable[Mapping[str, str | None]]) -> list[str]:
    """ "grid-cn-mee.csv line 7 (cn.grid.2023): no year". The heading is line 1."""
    found: list[str] = []
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        key = row.get("key") or ""
        wrong = list(_problems_of_row(row))
        if key in seen:
            wrong.append("this key is used twice")
        seen.add(key)
        found += [f"{file} line {line} ({key or 'no key'}): {problem}" for problem in wrong]
    return found


def _problems_of_row(row: Mapping[str, str | None]) -> Iterator[str]:
    yield from (f"no {name}" for name in GIVEN if not row.get(name))
    year = row.get("year") or ""
    if not year:
        yield "no year: a factor is looked up by its year"
    elif not year.isdecimal() or int(year) not in YEARS:
        yield f"“{year}” is no year"
    if (unit := row.get("unit")) not in SPELLINGS:
        yield f"unknown unit “{unit or ''}”"
    for name in AMOUNTS:
        yield from _problems_of_amount(name, row.get(name) or "")
    if calorific := row.get("ncv_gj_per_unit"):
        yield from _problems_of_amount("ncv_gj_per_unit", calorific)
    if row.get("checked") not in CHECKED:
        yield f"checked is one of {', '.join(CHECKED)}"


def _problems_of_amount(name: str, text: str) -> Iterator[str]:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        yield f"{name} “{text}” is no number"
        return
    if not amount.is_finite() or amount < 0:
        yield f"{name} {text} is below zero or no quantity"
