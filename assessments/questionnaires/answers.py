"""What a person typed, checked against a question's fields and cleaned into the value that is stored.

The stored value is a JSON object, field key -> value; a field that is not given is absent:

    yes_no, yes_no_na, single   "yes"                       number    {"amount": "12.5", "unit": "kg"}
    maturity                    "0" to "4"                  percent   "12.5"
    multi                       ["a", "b"] in the order of the questionnaire
    date                        "2026-03-31"                text      "..."
    table                       [{column key -> value}]     note      "..." explains a failed plausibility check

Numbers are kept as typed, in the unit chosen; limits hold in the question's own unit (`amount_in_unit` converts).
A missing field is no error here - answers are saved as they come - and an error never hides the fields that are right.
Errors are keys with parameters; `assessments.questionnaires.messages` says them in the reader's language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from assessments.questionnaires import units, values
from assessments.questionnaires.questions import NOTE, Field, Question, Text
from suppliers import notations


TEXT_LIMIT = 5000
NOTE_LIMIT = 2000
WHOLE_DIGITS, DECIMAL_DIGITS = 18, 10
# Characters: of a number with its separators and spaces, and of what a message repeats.
LONGEST_NUMBER, LONGEST_SHOWN = 50, 40
FIRST_YEAR, LAST_YEAR = 1900, 2200


class AnswerError(NamedTuple):
    """`params` may hold a `Text`, which is said in the reader's language."""

    key: str
    params: Mapping[str, object]


class Cleaned(NamedTuple):
    value: dict[str, Any]
    # Path of what is wrong ("received", "gases.0.amount"; "" for the answer as a whole) -> why.
    errors: dict[str, AnswerError]


class RefusedError(Exception):
    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.error = AnswerError(key, params)


def clean(question: Question, raw: object) -> Cleaned:
    """The value to store, made of the fields that are right, and an error for each that is not."""
    if not isinstance(raw, Mapping):
        return Cleaned({}, {"": AnswerError("unreadable", {})})
    value: dict[str, Any] = {}
    errors: dict[str, AnswerError] = {}
    for field in question.fields:
        if field.type != "file":
            _clean_into(value, errors, field, raw.get(field.key), field.key)
    if question.field(NOTE) is None:
        _clean_note(value, errors, raw.get(NOTE))
    known = {field.key for field in question.fields} | {NOTE}
    errors |= {str(key): AnswerError("unknown_field", {}) for key in raw if key not in known}
    return Cleaned(value, errors)


def amount_in_unit(field: Field, stored: object) -> Decimal | None:
    """A stored number in the unit its question counts in; None when it is not given."""
    amount: Decimal | None = values.reader(field)(stored)
    return amount


def _clean_into(value: dict[str, Any], errors: dict[str, AnswerError], field: Field, raw: object, path: str) -> None:
    if field.type == "table":
        _clean_table(value, errors, field, raw, path)
        return
    try:
        cleaned = _CLEANERS[field.type](field, raw)
    except RefusedError as refused:
        errors[path] = refused.error
    else:
        if cleaned is not None:
            value[field.key] = cleaned


def _clean_note(value: dict[str, Any], errors: dict[str, AnswerError], raw: object) -> None:
    try:
        note = _line_of_text(raw, NOTE_LIMIT)
    except RefusedError as refused:
        errors[NOTE] = refused.error
    else:
        if note:
            value[NOTE] = note


# --- text, choices ------------------------------------------------------------------------------------------------


def _line_of_text(raw: object, limit: int) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise RefusedError("unreadable")
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    # Control characters and lone surrogates come from broken copying; neither can be stored or printed. Marks of direction
    # would turn around what is written after them.
    text = "".join(each for each in text if each in "\n\t" or _is_kept(each)).strip()
    if len(text) > limit:
        raise RefusedError("text_too_long", limit=limit, length=len(text))
    return text or None


def _is_kept(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in notations.DIRECTION_MARKS


def _clean_text(_field: Field, raw: object) -> str | None:
    return _line_of_text(raw, TEXT_LIMIT)


def _clean_choice(field: Field, raw: object) -> str | None:
    if raw is None or raw == "":
        return None
    # A level may come as a number from a spreadsheet or an API client.
    key = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) and field.type == "maturity" else raw
    if not isinstance(key, str) or field.option(key) is None:
        raise RefusedError("not_an_option")
    return key


def _clean_multi(field: Field, raw: object) -> list[str] | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, (list, tuple)):
        raise RefusedError("unreadable")
    if any(not isinstance(key, str) or field.option(key) is None for key in raw):
        raise RefusedError("not_an_option")
    chosen = [option for option in field.options if option.key in raw]
    alone = next((option for option in chosen if option.excludes_others), None)
    if alone and len(chosen) > 1:
        raise RefusedError("excludes_others", option=alone.label)
    return [option.key for option in chosen] or None


# --- numbers ------------------------------------------------------------------------------------------------------


def _number(raw: object) -> Decimal | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, (str, int, Decimal)):
        raise RefusedError("number_unreadable")
    text = str(raw)
    if len(text) > LONGEST_NUMBER:
        raise RefusedError("number_too_long", whole=WHOLE_DIGITS, decimals=DECIMAL_DIGITS)
    try:
        number = notations.number(text)
    except notations.Ambiguous as ambiguous:
        first, second = ambiguous.readings
        raise RefusedError("number_ambiguous", typed=ambiguous.typed, first=first, second=second) from None
    except notations.Unreadable:
        raise RefusedError("number_unreadable") from None
    if number is not None:
        _check_length(number)
    return number


def _check_length(number: Decimal) -> None:
    whole, _, decimals = f"{abs(number):f}".partition(".")
    if len(whole.lstrip("0")) > WHOLE_DIGITS or len(decimals.rstrip("0")) > DECIMAL_DIGITS:
        raise RefusedError("number_too_long", whole=WHOLE_DIGITS, decimals=DECIMAL_DIGITS)


def plain(number: Decimal) -> str:
    """Digits without exponent or padding, the same for equal numbers: "12.5", "0", "1000"."""
    if number == 0:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _check_limits(field: Field, number: Decimal, lowest: Decimal | None, highest: Decimal | None) -> None:
    if lowest is not None and number < lowest:
        raise RefusedError("too_small", limit=_limit(lowest, field))
    if highest is not None and number > highest:
        raise RefusedError("too_large", limit=_limit(highest, field))


def _limit(number: Decimal, field: Field) -> str:
    unit = "%" if field.type == "percent" else field.unit
    return f"{plain(number)} {unit}" if unit else plain(number)


def _clean_number(field: Field, raw: object) -> dict[str, str] | None:
    given: Mapping[str, object] = raw if isinstance(raw, Mapping) else {"amount": raw}
    number = _number(given.get("amount"))
    if number is None:
        return None
    unit = _unit(field, given.get("unit"))
    if unit is None or field.unit is None:
        _check_limits(field, number, field.min, field.max)
        return {"amount": plain(number)}
    _check_limits(field, units.convert(number, unit, field.unit), field.min, field.max)
    return {"amount": plain(number), "unit": unit}


def _unit(field: Field, raw: object) -> str | None:
    if field.unit is None:
        if raw:
            raise RefusedError("unknown_unit", unit=_shown(raw), known="")
        return None
    if not raw:
        if len(field.units) > 1:
            raise RefusedError("unit_missing", known=", ".join(field.units))
        return field.units[0]
    if raw not in field.units:
        raise RefusedError("unknown_unit", unit=_shown(raw), known=", ".join(field.units))
    return str(raw)


def _shown(raw: object) -> str:
    """What was sent, as far as it helps to see it."""
    text = str(raw)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _clean_percent(field: Field, raw: object) -> str | None:
    if isinstance(raw, str):
        raw = raw.strip().removesuffix("%").removesuffix("\uff05")
    number = _number(raw)
    if number is None:
        return None
    lowest = field.min if field.min is not None else Decimal(0)
    highest = field.max if field.max is not None else Decimal(100)
    _check_limits(field, number, lowest, highest)
    return plain(number)


# --- dates --------------------------------------------------------------------------------------------------------


def _clean_date(_field: Field, raw: object) -> str | None:
    if isinstance(raw, date):
        raw = raw.isoformat()[:10]
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if not isinstance(raw, str):
        raise RefusedError("date_unreadable")
    try:
        found = notations.day(raw)
    except notations.Ambiguous as ambiguous:
        first, second = ambiguous.readings
        raise RefusedError("date_ambiguous", typed=ambiguous.typed, first=first, second=second) from None
    except notations.Unreadable:
        raise RefusedError("date_unreadable") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise RefusedError("date_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    return found.isoformat()


# --- tables -------------------------------------------------------------------------------------------------------


def _clean_table(value: dict[str, Any], errors: dict[str, AnswerError], field: Field, raw: object, path: str) -> None:
    """Rows in which nothing is filled in are left out. Cells that are wrong are named by row and column."""
    if raw is None or raw == "":
        return
    if not isinstance(raw, (list, tuple)) or not all(isinstance(row, Mapping) for row in raw):
        errors[path] = AnswerError("unreadable", {})
        return
    if len(raw) > field.max_rows:
        errors[path] = AnswerError("too_many_rows", {"limit": field.max_rows})
        return
    rows = []
    for number, row in enumerate(raw):
        cleaned = clean_row(field, row)
        errors |= {f"{path}.{number}.{key}": error for key, error in cleaned.errors.items()}
        if cleaned.value:
            rows.append(cleaned.value)
    # An empty table says "nothing to report" only where the questionnaire allows no rows and the person sent a table.
    if rows or (field.min_rows == 0 and not raw):
        value[field.key] = rows


def clean_row(field: Field, row: Mapping[str, Any]) -> Cleaned:
    """One row of a table: its cells that are right, and an error for each that is not."""
    value: dict[str, Any] = {}
    errors: dict[str, AnswerError] = {}
    for column in field.columns:
        _clean_into(value, errors, column, row.get(column.key), column.key)
    known = {column.key for column in field.columns}
    errors |= {str(key): AnswerError("unknown_field", {}) for key in row if key not in known}
    return Cleaned(value, errors)


_CLEANERS: Mapping[str, Callable[[Field, object], Any]] = {
    "yes_no": _clean_choice,
    "yes_no_na": _clean_choice,
    "single": _clean_choice,
    "maturity": _clean_choice,
    "multi": _clean_multi,
    "number": _clean_number,
    "percent": _clean_percent,
    "date": _clean_date,
    "text": _clean_text,
}


def in_language(params: Mapping[str, object], language: str) -> dict[str, object]:
    return {key: value.in_language(language) if isinstance(value, Text) else value for key, value in params.items()}
