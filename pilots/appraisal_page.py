"""An appraisal in words: each part with the figures its share follows from, in the language in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.templatetags.ui import local_number
from pilots.models import Appraisal
from pilots.terms_page import part_labels


@dataclass(frozen=True)
class PartRow:
    label: str
    weight: Decimal
    share: Decimal | None
    state: str
    words: str


def part_rows(appraisal: Appraisal) -> list[PartRow]:
    named = part_labels()
    return [
        PartRow(
            named[part["key"]],
            Decimal(part["weight"]),
            None if part["share"] is None else Decimal(part["share"]),
            part["state"],
            _words(part["key"], part["state"], part["figures"]),
        )
        for part in appraisal.parts
    ]


def _words(key: str, state: str, figures: Mapping[str, str]) -> str:
    if state == "not_agreed":
        return _("None was due.") if key == "actions" else _("No target was agreed on.")
    if state == "missing":
        return _missing(key, figures)
    shown: dict[str, Any] = {name: value if name == "unit" else _shown(key, Decimal(value)) for name, value in figures.items()}
    if key == "reduction":
        return _("Base %(base)s, target %(target)s, actual %(actual)s %(unit)s.") % shown
    if key == "actions":
        return _("%(delivered)s of %(due)s delivered.") % shown
    if key == "data_quality":
        return _quality(shown)
    if key == "pue" and "base" in shown:
        return _("Base %(base)s, target %(target)s, actual %(actual)s.") % shown
    suffix = "%" if key == "renewable_share" else ""
    return _("Target %(target)s, actual %(actual)s.") % {name: f"{value}{suffix}" for name, value in shown.items()}


def _shown(key: str, value: Decimal) -> str:
    """Shares and large figures to one place; a PUE and an intensity with all they have."""
    return local_number(value, 1) if key in ("renewable_share", "data_quality") or value >= 100 else local_number(value)


def _missing(key: str, figures: Mapping[str, str]) -> str:
    if key == "reduction":
        return (
            _("Missing: %(months_covered)s of %(months)s months have complete data. Missing is not zero: there is no score without it.")
            % figures
        )
    return _("Missing: the data of the period do not give it. It is left out of the score, not counted as zero.")


def _quality(shown: Mapping[str, str]) -> str:
    words = {"on_time": _("on time %(value)s%%"), "measured": _("measured %(value)s%%"), "verified": _("verified %(value)s%%")}
    return pgettext("between the items of a list", ", ").join(words[name] % {"value": value} for name, value in shown.items())
