"""Stored answer values read as what they mean: amounts in the question's unit, option keys, dates.

A value the field cannot read counts as not given (None): `answers.clean` never stores one, and a score must not fail on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from assessments.questionnaires import units
from assessments.questionnaires.questions import NOTE, Field, Question


Read = Callable[[Any], Any]
# Field key -> what its value means.
Typed = Mapping[str, Any]

_WHOLE_LEVELS = {str(level): Decimal(level) for level in range(5)}


def reader(field: Field) -> Read:
    """What a stored value of this field means; None when it is not given."""
    if field.type in ("yes_no", "yes_no_na", "single"):
        return _choice_reader(field)
    if field.type == "maturity":
        return lambda raw: _WHOLE_LEVELS.get(raw) if isinstance(raw, str) else None
    if field.type == "number":
        return _amount_reader(field)
    readers: dict[str, Read] = {
        "percent": decimal,
        "date": _text,
        "text": _text,
        "multi": _multi_reader(field),
        "table": lambda raw: raw if isinstance(raw, list) else None,
        "file": lambda _raw: None,
    }
    return readers[field.type]


def decimal(raw: Any) -> Decimal | None:
    if not isinstance(raw, str):
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _choice_reader(field: Field) -> Read:
    keys = {option.key: option.key for option in field.options}
    return lambda raw: keys.get(raw) if isinstance(raw, str) else None


def _multi_reader(field: Field) -> Read:
    keys = frozenset(option.key for option in field.options)

    def read(raw: Any) -> tuple[str, ...] | None:
        if not isinstance(raw, list):
            return None
        return tuple(key for key in raw if isinstance(key, str) and key in keys) or None

    return read


def _amount_reader(field: Field) -> Read:
    unit = field.unit
    ratios = {other: ratio for other in field.units if unit and (ratio := units.ratio(other, unit))}

    def read(raw: Any) -> Decimal | None:
        try:
            amount, given_in = raw["amount"], raw.get("unit")
            number = Decimal(amount)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None
        # Decimal also takes what is no text of ours: a whole number, a pair.
        if not isinstance(amount, str) or not number.is_finite():
            return None
        if given_in == unit:
            return number
        ratio = ratios.get(given_in) if isinstance(given_in, str) else None
        return None if ratio is None else units.apply(ratio, number)

    return read


def column_total(column: Field) -> Read:
    """The sum of a number column over the rows of a table; None without a single number."""
    read, key = reader(column), column.key

    def total(raw: Any) -> Decimal | None:
        if not isinstance(raw, list):
            return None
        numbers = [n for row in raw if isinstance(row, dict) and (n := read(row.get(key))) is not None]
        return sum_exactly(numbers) if numbers else None

    return total


def sum_exactly(numbers: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = units.EXACT.add(total, number)
    return total


def reading(question: Question) -> Callable[[Mapping[str, Any]], Typed]:
    """A stored answer, each of its fields read once; fields that are not given are absent."""
    readers = [(field.key, reader(field)) for field in question.fields if field.type != "file"]
    if all(key != NOTE for key, _read in readers):
        readers.append((NOTE, _text))

    def read_all(value: Mapping[str, Any]) -> Typed:
        return {key: typed for key, read in readers if (raw := value.get(key)) is not None and (typed := read(raw)) is not None}

    return read_all


def complete(field: Field) -> Callable[[Any], bool]:
    """Whether a field that was read counts as filled in: a table needs its rows, each with every required column."""
    if field.type != "table":
        return lambda typed: typed is not None
    needed = [(column.key, reader(column)) for column in field.columns if column.required]

    def whole(rows: Any) -> bool:
        if rows is None or len(rows) < field.min_rows:
            return False
        return all(isinstance(row, dict) and all(read(row.get(key)) is not None for key, read in needed) for row in rows)

    return whole


def answered(question: Question) -> Callable[[Typed, bool], bool]:
    """Whether all required fields are filled. Files are attachments: they count only where nothing else is asked."""
    fields = [field for field in question.fields if field.type != "file"]
    if not fields:
        return lambda _typed, has_evidence: has_evidence
    required = [field for field in fields if field.required]
    if not required:
        keys = [field.key for field in fields]
        return lambda typed, _has_evidence: any(key in typed for key in keys)
    plain = frozenset(field.key for field in required if field.type != "table")
    tables = [(field.key, complete(field)) for field in required if field.type == "table"]
    if not tables and len(plain) == 1:
        [only] = plain
        return lambda typed, _has_evidence: only in typed
    if not tables:
        return lambda typed, _has_evidence: plain <= typed.keys()
    return lambda typed, _has_evidence: plain <= typed.keys() and all(test(typed.get(key)) for key, test in tables)
