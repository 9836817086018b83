"""The words of the workbook: everything stands in it in both languages, Chinese first."""

import math
from collections.abc import Mapping
from functools import lru_cache

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from assessments.questionnaires.answers import plain
from assessments.questionnaires.questions import Field, Option, Question, Questionnaire, Text
from assessments.questionnaires.wording import unit_name
from assessments.rules import conditions


CHINESE, ENGLISH = "zh-hans", "en"


@lru_cache(maxsize=512)
def in_both(message: str) -> Text:
    """Of a message marked with `gettext_noop`."""
    said = {}
    for language in (CHINESE, ENGLISH):
        with translation.override(language):
            said[language] = gettext(message)
    return Text(en=said[ENGLISH], zh=said[CHINESE])


def joined(text: Text, between: str = " ") -> str:
    """Chinese and English, once where they are the same or one is missing."""
    return between.join(dict.fromkeys(each for each in (text.zh, text.en) if each))


def both(message: str, between: str = " ") -> str:
    return joined(in_both(message), between)


def condition(question: Question, questionnaire: Questionnaire) -> str:
    """ "Only if …", or nothing."""
    if not question.applies.when:
        return ""
    words = {}
    for language in (CHINESE, ENGLISH):
        with translation.override(language):
            said = conditions.in_words(question.applies.when, question, questionnaire)
            words[language] = gettext("Only if %(condition)s.") % {"condition": said}
    return joined(Text(en=words[ENGLISH], zh=words[CHINESE]), "\n")


def of_site(name: str) -> str:
    return f"{name}\n{both(_('Only where this site differs; leave empty where it is the same.'), chr(10))}"


# --- what is chosen ---------------------------------------------------------------------------------------------------


def option_label(field: Field, option: Option) -> str:
    label = joined(option.label)
    if field.type == "maturity":
        return f"{option.key} · {label}"
    # Two options that say the same would come back as one.
    twins = [other for other in field.options if joined(other.label) == label]
    return label if len(twins) == 1 else f"{label} ({option.key})"


@lru_cache(maxsize=512)
def unit_label(unit: str) -> str:
    with translation.override(CHINESE):
        chinese = unit_name(unit)
    with translation.override(ENGLISH):
        english = unit_name(unit)
    return joined(Text(en=english, zh=chinese)) or unit


CHOSEN = _("Yes")


def chosen_label() -> str:
    return both(CHOSEN)


def option_keys(field: Field) -> Mapping[str, str]:
    """Everything that may stand in a cell for an option, folded -> its key: the whole label, one language of it, the key."""
    found: dict[str, str] = {}
    for option in field.options:
        for words in (option.label.zh, option.label.en):
            found.setdefault(folded(words), option.key)
    # What is exact goes before what one language alone says.
    found |= {folded(option_label(field, option)): option.key for option in field.options}
    found |= {folded(option.key): option.key for option in field.options}
    found.pop("", None)
    return found


def unit_keys(field: Field) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for unit in field.units:
        for language in (CHINESE, ENGLISH):
            with translation.override(language):
                found.setdefault(folded(unit_name(unit)), unit)
        found[folded(unit_label(unit))] = unit
    # Letter case tells units apart (mL, ML): the unit as it is written goes first, unfolded.
    found |= {unit: unit for unit in field.units}
    return found


def height_of(*cells: tuple[str, float]) -> float:
    """Of a row with these texts in columns of these widths, in points: not every program fits rows to their texts when it opens a file."""
    return 4 + 13.5 * max(1, *(sum(_lines(paragraph, width) for paragraph in text.split("\n")) for text, width in cells))


def _lines(text: str, width: float) -> int:
    # A Chinese character is as wide as two letters.
    room = sum(2 if letter > "\u2e7f" else 1.05 for letter in text)
    return max(1, math.ceil(room / (width - 1)))


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


# --- what is expected -------------------------------------------------------------------------------------------------

_EXPECTED: Mapping[str, str] = {
    "maturity": _("Choose from the list."),
    "yes_no": _("Choose from the list."),
    "yes_no_na": _("Choose from the list."),
    "single": _("Choose from the list."),
    "number": _("A number."),
    "percent": _("A percentage, 12.5 or 12.5%."),
    "date": _("A date, year-month-day."),
    "text": _("Text."),
    "table": _("Fill in the rows on the sheet named here."),
}


@lru_cache(maxsize=2048)
def expected(field: Field) -> str:
    if field.type == "multi":
        return both(_("Choose “Yes” for each that applies."))
    words = both(_EXPECTED[field.type])
    if limits := _limits(field):
        words = f"{words} {limits}"
    return words if field.required else f"{words} {both(_('Optional.'))}"


def _limits(field: Field) -> str:
    if field.type not in ("number", "percent"):
        return ""
    unit = "%" if field.type == "percent" else unit_label(field.unit) if field.unit and field.unit != "count" else ""
    low = f"≥ {plain(field.min)} {unit}".strip() if field.min is not None else ""
    high = f"≤ {plain(field.max)} {unit}".strip() if field.max is not None else ""
    return ", ".join(each for each in (low, high) if each)
