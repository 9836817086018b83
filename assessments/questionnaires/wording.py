"""Answers in words, in the language in use: for pages, mails and documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from assessments.questionnaires.questions import Field, Question, Text


# Units whose stored name is not how people write them. All others are written as they are stored.
_UNITS = {
    # The label says what is counted.
    "count": "",
    "days": _("days"),
    "hours": _("hours"),
    "hours/month": _("hours a month"),
    "hours/person": _("hours a person"),
    "hours/week": _("hours a week"),
    "minutes": _("minutes"),
    "vehicles": _("vehicles"),
    "years": _("years"),
    "m3": "m³",
    "Nm3": "Nm³",
    "thousand m3": _("thousand m³"),
    "10k m3": _("10,000 m³"),
    "thousand CNY": _("thousand CNY"),
    "10k CNY": _("10,000 CNY"),
    "million CNY": _("million CNY"),
    "100m CNY": _("100 million CNY"),
    "kgCO2e": "kg CO₂e",
    "tCO2e": "t CO₂e",
    "ktCO2e": "kt CO₂e",
    "m2": "m²",
}


@dataclass(frozen=True)
class Said:
    """One field's value in words. A table has a header and rows instead of a text."""

    label: str
    text: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


def unit_name(unit: str | None) -> str:
    return str(_UNITS.get(unit, unit)) if unit else ""


def listed(words: Iterable[str]) -> str:
    return pgettext("between the items of a list", ", ").join(words)


def well_formed(field: Field, given: Any) -> Any:
    """The value if it has the shape its field stores, else None: a page must not fail on what a score takes as not given."""
    if field.type == "number":
        return given if isinstance(given, Mapping) else None
    if field.type == "table":
        return [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else None
    if field.type == "multi":
        return [key for key in given if isinstance(key, str)] if isinstance(given, list) else None
    return given if isinstance(given, str) else None


def check_messages(question: Question, keys: Iterable[str]) -> tuple[str, ...]:
    failed = set(keys)
    return tuple(local(check.message) for check in question.checks if check.key in failed)


def describe(question: Question, value: Mapping[str, Any]) -> list[Said]:
    """The fields that are filled in. A question of one field needs no label beside its own text."""
    is_alone = len([field for field in question.fields if field.type != "file"]) == 1
    said = []
    for field in question.fields:
        given = well_formed(field, value.get(field.key))
        if not given or field.type == "file":
            continue
        label = "" if is_alone else local(field.label)
        if field.type == "table":
            said.append(_table(field, given, label))
        else:
            said.append(Said(label, value_text(field, given)))
    return said


def _table(field: Field, given: Iterable[Mapping[str, Any]], label: str) -> Said:
    rows = tuple(tuple(value_text(column, row.get(column.key)) for column in field.columns) for row in given)
    return Said(label, "", tuple(local(column.label) for column in field.columns), rows)


def value_text(field: Field, given: Any) -> str:
    given = well_formed(field, given)
    if not given:
        return ""
    if field.is_year:
        return str(given.get("amount", ""))
    if field.type == "number":
        return f"{grouped(str(given.get('amount', '')))} {unit_name(given.get('unit'))}".strip()
    if field.type == "percent":
        return f"{given}%"
    if field.type == "multi":
        return listed(_option(field, key) for key in given)
    return _option(field, given) if field.options else str(given)


def _option(field: Field, key: str) -> str:
    option = field.option(key)
    if option is None:
        return str(key)
    return f"{key} · {local(option.label)}" if field.type == "maturity" else local(option.label)


def grouped(amount: str) -> str:
    """1234567.50 as 1,234,567.50: the digits stay as they were given."""
    whole, point, rest = amount.partition(".")
    sign = whole[:1] if whole[:1] in "+-" else ""
    digits = whole.removeprefix(sign)
    return f"{sign}{int(digits):,}{point}{rest}" if digits.isascii() and digits.isdigit() else amount
