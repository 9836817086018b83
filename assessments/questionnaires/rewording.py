"""Two wordings of one question: what changed, and what of an answer to the old one may stand under the new one. No database.

Figures of a year (numbers, percentages, dates, tables with any of them) are that year's: they never become another year's answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from assessments.questionnaires import answers
from assessments.questionnaires.questions import NOTE, Field, Option, Question, Text


FIGURES = ("number", "percent", "date")
# A Latin word or number, one Chinese character, a run of spaces, or a single other sign.
_WORDS = re.compile(r"[^\W_\u3000-\u9fff\uf900-\ufaff]+|\s+|.", re.DOTALL)


class Piece(NamedTuple):
    text: str
    is_changed: bool


def is_figure(field: Field) -> bool:
    return field.type in FIGURES or any(is_figure(column) for column in field.columns)


def asks_figures(question: Question) -> bool:
    return any(is_figure(field) for field in question.fields)


def is_same(old: Question, new: Question) -> bool:
    """Whether both ask the same in both languages. How an answer is scored does not matter here."""
    return old is new or _asked(old) == _asked(new)


def _asked(question: Question) -> tuple[Any, ...]:
    return (_plain(question.text), question.per_site, tuple(map(_shape, question.fields)))


def _shape(field: Field) -> tuple[Any, ...]:
    options = tuple((option.key, _plain(option.label), option.excludes_others) for option in field.options)
    limits = (field.min, field.max, field.unit, field.min_rows, field.max_rows)
    return (field.key, field.type, _plain(field.label), field.required, options, limits, tuple(map(_shape, field.columns)))


def _plain(text: Text) -> tuple[str, str]:
    return " ".join(text.en.split()), " ".join(text.zh.split())


def compare(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, with the words marked that the other one does not have in this place."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    first: list[Piece] = []
    second: list[Piece] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        for pieces, words in ((first, before[a:b]), (second, after[c:d])):
            if words:
                pieces.append(Piece("".join(words), kind != "equal"))
    return first, second


class Change(NamedTuple):
    """What else differs: `key` is "added", "dropped", "renamed" or "remade", of a field or (with `option`) of an option of it."""

    key: str
    field: Text
    option: Text | None = None
    before: Text | None = None


def changes(old: Question, new: Question) -> Iterator[Change]:
    before, after = ({field.key: field for field in question.fields} for question in (old, new))
    for key in before.keys() - after.keys():
        yield Change("dropped", before[key].label)
    for key, field in after.items():
        if key not in before:
            yield Change("added", field.label)
            continue
        # A field without a label of its own goes by the question's text, which is compared as such.
        is_labelled = (before[key].label, field.label) != (old.text, new.text)
        if is_labelled and _plain(before[key].label) != _plain(field.label):
            yield Change("renamed", field.label, before=before[key].label)
        yield from _field_changes(before[key], field)


def _field_changes(old: Field, new: Field) -> Iterator[Change]:
    if (old.type, old.unit, old.min, old.max, old.required, old.columns) != (
        new.type,
        new.unit,
        new.min,
        new.max,
        new.required,
        new.columns,
    ):
        yield Change("remade", new.label)
    yield from _option_changes(new, {each.key: each for each in old.options}, {each.key: each for each in new.options})


def _option_changes(field: Field, before: Mapping[str, Option], after: Mapping[str, Option]) -> Iterator[Change]:
    for key, option in before.items():
        if key not in after:
            yield Change("dropped", field.label, option.label)
        elif _plain(option.label) != _plain(after[key].label):
            yield Change("renamed", field.label, after[key].label, before=option.label)
    for key, option in after.items():
        if key not in before:
            yield Change("added", field.label, option.label)


def carried(question: Question, value: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of an earlier value may be taken over as an answer to `question`: all but figures. None when it does not fit.

    The note goes along when nothing stays behind: else it may well speak of the figures.
    """
    figures = {field.key for field in question.fields if is_figure(field)}
    kept = {key: given for key, given in value.items() if key not in figures and key != NOTE}
    if not kept:
        return None
    if not figures and value.get(NOTE):
        kept[NOTE] = value[NOTE]
    cleaned = answers.clean(question, kept)
    return None if cleaned.errors or cleaned.value != kept else cleaned.value
