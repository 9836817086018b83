"""Stored answer values read as what they mean: amounts in the question's unit, option keys, dates.

A value the field cannot read counts as not given (None): `answers.clean` never stores one, and a score must not fail on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from assessments import units
from assessments.questions import Field, Question


Read = Callable[[Any], Any]

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
    ratios: dict[str | None, units.Ratio] = {}
    if field.unit is None:
        ratios[None] = units.Ratio(Decimal(1), Decimal(1))
    else:
        for unit in field.units:
            ratio = units.ratio(unit, field.unit)
            if ratio is not None:
                ratios[unit] = ratio

    def read(raw: Any) -> Decimal | None:
        if not isinstance(raw, dict):
            return None
        amount, ratio = decimal(raw.get("amount")), ratios.get(raw.get("unit"))
        return None if amount is None or ratio is None else units.apply(ratio, amount)

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


def given(field: Field) -> Callable[[Any], bool]:
    """Whether a field counts as filled in. A table needs its rows, each with every required column."""
    if field.type != "table":
        read = reader(field)
        return lambda raw: read(raw) is not None
    needed = [(column.key, given(column)) for column in field.columns if column.required]

    def complete(raw: Any) -> bool:
        if not isinstance(raw, list) or len(raw) < field.min_rows:
            return False
        return all(isinstance(row, dict) and all(test(row.get(key)) for key, test in needed) for row in raw)

    return complete


def answered(question: Question) -> Callable[[Any, bool], bool]:
    """Whether all required fields are filled. Files are attachments: they count only where nothing else is asked."""
    needed = [(field.key, given(field)) for field in question.fields if field.required and field.type != "file"]
    if not needed and all(field.type == "file" for field in question.fields):
        return lambda _value, has_evidence: has_evidence
    if not needed:
        optional = [(field.key, given(field)) for field in question.fields]
        return lambda value, _has_evidence: any(test(value.get(key)) for key, test in optional)
    if len(needed) == 1:
        key, test = needed[0]
        return lambda value, _has_evidence: test(value.get(key))
    return lambda value, _has_evidence: all(test(value.get(key)) for key, test in needed)
