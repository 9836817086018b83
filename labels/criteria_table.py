"""A standard as a table of what each level asks of one category."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from labels.criteria import SUSPEND, AreaScore, Document, Measure
from labels.explaining import in_language, level_title, listed, need_words
from labels.rules import Rule, Rules
from suppliers.models import HeadcountBand


@dataclass(frozen=True)
class Level:
    key: str
    title: str
    summary: str


@dataclass(frozen=True)
class Cell:
    """What a level asks; an empty need asks nothing."""

    level: str
    need: str
    spares: str


@dataclass(frozen=True)
class Row:
    title: str
    condition: str
    cells: list[Cell]


@dataclass(frozen=True)
class Group:
    title: str
    hint: str
    rows: list[Row]


def levels_of(rules: Rules) -> list[Level]:
    return [Level(key, level_title(rules, key), in_language(rules.level_texts[key]["summary"])) for key in rules.levels]


def summary_of(rules: Rules) -> str:
    return in_language(rules.summary)


def groups_of(rules: Rules, category: str) -> list[Group]:
    asked = [rule for rule in rules.rules if category in rule.categories]
    gates = [rule for rule in asked if rule.criterion.effect == SUSPEND]
    others = [rule for rule in asked if rule not in gates]
    papers = [rule for rule in others if isinstance(rule.criterion, Document)]
    results = [rule for rule in others if rule not in papers]
    grace = _("Missed, they lead to a warning and, after %(days)s days, to suspension or to the lower level.")
    return [
        Group(_("Conditions that allow no delay"), _("Missed, they suspend a label at once."), _rows(rules, gates, category)),
        Group(_("Results and record"), grace % {"days": rules.ledger.grace_days}, _rows(rules, results, category)),
        Group(_("Green qualifications of the category"), _("A document in date, on file in the portal."), _rows(rules, papers, category)),
    ]


def _rows(rules: Rules, chosen: Sequence[Rule], category: str) -> list[Row]:
    return [
        Row(in_language(rule.title), _condition(rule), [_cell(rule, level, category) for level in rules.levels])
        for rule in chosen
        if any(category in needs for needs in rule.needs.values())
    ]


def _cell(rule: Rule, level: str, category: str) -> Cell:
    need = rule.needs.get(level, {}).get(category)
    spared = [HeadcountBand(band).label for band in rule.spares.get(level, ())]
    spares = _("not asked of companies with this headcount: %(people)s") % {"people": listed(spared)} if spared else ""
    return Cell(level, "" if need is None else need_words(rule.criterion, need), spares)


def _condition(rule: Rule) -> str:
    match rule.criterion:
        case Document(asked_when=(question, _field, _answers)):
            return _("Asked where the answer to question %(question)s says that a site needs one.") % {"question": question}
        case Measure(question=question):
            return _("The figure of question %(question)s, as reviewed.") % {"question": question}
        case AreaScore():
            return _("Asked where questions of this area are asked of the supplier.")
        case _:
            return ""
