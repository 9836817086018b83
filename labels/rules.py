"""A version of the green standard, read from its data and checked. Pure: no database, no clock.

`parse()` refuses data that does not make sense, with every reason at once; what it returns can be evaluated. The format is told
by example in labels/standards/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from labels.criteria import (
    NOT_ASKED,
    SUSPEND,
    WARN,
    AreaScore,
    Asked,
    Criterion,
    Document,
    Gate,
    MajorsInTime,
    Measure,
    Need,
    Needs,
    NoCriticalFinding,
    NoViolation,
    Pilot,
    ReviewAge,
    SupplierState,
    TotalScore,
)


CATEGORIES = ("media", "events", "services", "engineering", "office_it", "logistics", "cloud_dc")
HEADCOUNTS = ("micro", "small", "medium", "large", "xlarge")
LANGUAGES = ("en", "zh")
LEDGER_NUMBERS = ("valid_months", "renewal_days", "grace_days", "notice_days")
# What versions from before these numbers mean.
LEDGER_DEFAULTS = {"renewal_notice_days": 60, "appeal_days": 30, "appeal_decision_days": 30}


class InvalidStandard(Exception):
    """The data is no green standard; `problems` says why, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class LedgerRules:
    valid_months: int
    renewal_days: int
    grace_days: int
    notice_days: int
    # Before the end of a term: when the supplier is told.
    renewal_notice_days: int
    # To contest a step from the day it was notified; to decide on it from the day it was contested.
    appeal_days: int
    appeal_decision_days: int
    # Ground of a revocation -> years without a label; "default" for any other ground.
    cooling_off_years: Mapping[str, int]

    def cooling_off(self, ground: str) -> int:
        return self.cooling_off_years.get(ground, self.cooling_off_years["default"])


@dataclass(frozen=True)
class Rule:
    """A criterion, of whom it is asked, and what each level asks."""

    criterion: Criterion
    title: Mapping[str, str]
    categories: tuple[str, ...]
    # Level -> category -> need. A level that is not named asks nothing.
    needs: Mapping[str, Mapping[str, Need]]
    # Level -> headcount bands the level spares.
    spares: Mapping[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        return self.criterion.key

    def needs_of(self, category: str, headcount: str) -> Needs:
        if category not in self.categories:
            return NOT_ASKED
        asking = (level for level in self.needs if headcount not in self.spares.get(level, ()))
        return Needs({level: self.needs[level][category] for level in asking})


class Rules:
    """What a published standard asks. Made once a version and kept: see `labels.standards.rules_of`."""

    def __init__(
        self,
        *,
        key: str,
        version: str,
        title: Mapping[str, str],
        summary: Mapping[str, str],
        questionnaire: str,
        ledger: LedgerRules,
        levels: Sequence[Mapping[str, Any]],
        rules: Sequence[Rule],
    ) -> None:
        self.key, self.version, self.title, self.summary = key, version, title, summary
        self.questionnaire, self.ledger = questionnaire, ledger
        self.level_texts = {level["key"]: level for level in levels}
        self.levels = tuple(self.level_texts)
        self.rules = tuple(rules)
        self.rule_of = {rule.key: rule for rule in rules}
        self.asked_of = lru_cache(maxsize=None)(self._asked_of)

    def _asked_of(self, category: str, headcount: str) -> Asked:
        asked = ((rule.criterion, rule.needs_of(category, headcount)) for rule in self.rules)
        return tuple((criterion, needs) for criterion, needs in asked if needs)

    def rank(self, level: str) -> int:
        """0 for no level."""
        return self.levels.index(level) + 1 if level in self.levels else 0

    @property
    def areas(self) -> list[str]:
        return [rule.criterion.area for rule in self.rules if isinstance(rule.criterion, AreaScore)]

    @property
    def gates(self) -> list[str]:
        return [rule.criterion.gate for rule in self.rules if isinstance(rule.criterion, Gate)]

    @property
    def paper_kinds(self) -> list[str]:
        kinds = (kind for rule in self.rules if isinstance(rule.criterion, Document) for kind in rule.criterion.any_of)
        return sorted(set(kinds))

    @property
    def questions(self) -> list[tuple[str, str]]:
        """(question, field) of the answers a standard looks at: figures, and what decides whether a criterion is asked."""
        criteria = [rule.criterion for rule in self.rules]
        conditions = {one.asked_when[:2] for one in criteria if isinstance(one, Document) and one.asked_when}
        return sorted(conditions | set(self.figures))

    @property
    def figures(self) -> list[tuple[str, str]]:
        return sorted({(one.question, one.field) for rule in self.rules if isinstance(one := rule.criterion, Measure)})


# --- reading --------------------------------------------------------------------------------------------------------------


def parse(content: Mapping[str, Any], *, paper_kinds: Iterable[str]) -> Rules:
    """Raises `InvalidStandard`. `paper_kinds` are the kinds of certificates the portal knows."""
    return _Reader(content, set(paper_kinds)).read()


class _Reader:
    def __init__(self, content: Mapping[str, Any], paper_kinds: set[str]) -> None:
        self.content, self.paper_kinds = content, paper_kinds
        self.problems: list[str] = []
        self.levels: list[str] = []

    def read(self) -> Rules:
        key, version = self.text(self.content, "key", "the standard"), self.text(self.content, "version", "the standard")
        title, summary = self.texts(self.content, "title", "the standard"), self.texts(self.content, "summary", "the standard")
        questionnaire = self.text(self.content, "questionnaire", "the standard")
        levels = self.read_levels()
        ledger = self.read_ledger()
        rules = [rule for line in self.lines("criteria") if (rule := self.read_rule(line)) is not None]
        self.once([rule.key for rule in rules], "criterion")
        if not rules and not self.problems:
            self.tell(_("The standard has no criteria."))
        if self.problems or ledger is None:
            raise InvalidStandard(self.problems)
        return Rules(
            key=key,
            version=version,
            title=title,
            summary=summary,
            questionnaire=questionnaire,
            ledger=ledger,
            levels=levels,
            rules=rules,
        )

    # Small pieces

    def tell(self, text: str, **params: object) -> None:
        self.problems.append(text % params)

    def lines(self, name: str) -> list[Mapping[str, Any]]:
        value = self.content.get(name)
        if not isinstance(value, list) or not all(isinstance(line, Mapping) for line in value):
            self.tell(_("%(name)s should be a list of mappings."), name=name)
            return []
        return value

    def text(self, line: Mapping[str, Any], name: str, where: str) -> str:
        value = line.get(name)
        if not isinstance(value, str) or not value.strip():
            self.tell(_("%(where)s: %(name)s is missing or no text."), where=where, name=name)
            return ""
        return value

    def texts(self, line: Mapping[str, Any], name: str, where: str) -> dict[str, str]:
        value = line.get(name)
        if not isinstance(value, Mapping) or set(value) != set(LANGUAGES) or not all(isinstance(t, str) and t for t in value.values()):
            self.tell(_("%(where)s: %(name)s should have a text in English (en) and in Chinese (zh)."), where=where, name=name)
            return {"en": "", "zh": ""}
        return dict(value)

    def whole(self, line: Mapping[str, Any], name: str, where: str) -> int:
        value = line.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.tell(_("%(where)s: %(name)s should be a whole number."), where=where, name=name)
            return 0
        return value

    def known(self, values: Iterable[Any], allowed: Iterable[str], what: str, where: str) -> tuple[str, ...]:
        values, allowed = list(values), set(allowed)
        for value in values:
            if value not in allowed:
                self.tell(_("%(where)s: unknown %(what)s '%(value)s'."), where=where, what=what, value=value)
        return tuple(value for value in values if value in allowed)

    def once(self, keys: Sequence[str], what: str) -> None:
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            self.tell(_("The %(what)s '%(key)s' occurs twice."), what=what, key=key)

    # The parts

    def read_levels(self) -> list[Mapping[str, Any]]:
        levels = self.lines("levels")
        for level in levels:
            where = _("level '%(key)s'") % {"key": level.get("key")}
            self.texts(level, "title", where)
            self.texts(level, "summary", where)
        self.levels = [self.text(level, "key", "a level") for level in levels]
        self.once(self.levels, "level")
        if not self.levels:
            self.tell(_("The standard has no levels."))
        return levels

    def read_ledger(self) -> LedgerRules | None:
        ledger = self.content.get("ledger")
        if not isinstance(ledger, Mapping):
            self.tell(_("ledger should be a mapping."))
            return None
        numbers = {name: self.whole(ledger, name, "ledger") for name in LEDGER_NUMBERS}
        numbers |= {name: self.whole(ledger, name, "ledger") if name in ledger else days for name, days in LEDGER_DEFAULTS.items()}
        if not numbers["valid_months"]:
            self.tell(_("ledger: a label must be valid for at least a month."))
        if not numbers["notice_days"]:
            self.tell(_("ledger: a standard needs a notice period."))
        years = ledger.get("cooling_off_years")
        if not isinstance(years, Mapping) or "default" not in years:
            self.tell(_("ledger: cooling_off_years should name years for default."))
            return None
        return LedgerRules(**numbers, cooling_off_years={ground: self.whole(years, ground, "cooling_off_years") for ground in years})

    def read_rule(self, line: Mapping[str, Any]) -> Rule | None:
        key = self.text(line, "key", "a criterion")
        where = _("criterion '%(key)s'") % {"key": key}
        kind = line.get("kind")
        if kind not in KINDS:
            self.tell(_("%(where)s: unknown kind '%(kind)s'; known are %(kinds)s."), where=where, kind=kind, kinds=", ".join(KINDS))
            return None
        effect = line.get("effect")
        if effect not in (SUSPEND, WARN):
            self.tell(_("%(where)s: effect should be suspend or warn."), where=where)
            return None
        make, read_need = KINDS[kind]
        title = self.texts(line, "title", where)
        categories = self.known(line.get("categories", CATEGORIES), CATEGORIES, "category", where)
        spares = {level: self.known(bands, HEADCOUNTS, "headcount", where) for level, bands in (line.get("not_asked_of") or {}).items()}
        self.known(spares, self.levels, "level", where)
        needs = self.read_needs(line, read_need, categories, where)
        rule = Rule(make(self, line, key, effect, where), title, categories, needs, spares)
        self.check_levels(rule, where)
        return rule

    def read_needs(
        self, line: Mapping[str, Any], read: Callable[[Any], Need], categories: Sequence[str], where: str
    ) -> dict[str, dict[str, Need]]:
        given = line.get("need")
        if not isinstance(given, Mapping) or not given:
            self.tell(_("%(where)s: need should say what each level asks."), where=where)
            return {}
        self.known(given, self.levels, "level", where)
        needs: dict[str, dict[str, Need]] = {}
        for level in self.levels:
            if level in given:
                needs[level] = self.read_need(given[level], read, categories, where)
        return needs

    def read_need(self, value: Any, read: Callable[[Any], Need], categories: Sequence[str], where: str) -> dict[str, Need]:
        by_category = value if isinstance(value, Mapping) else {"default": value}
        self.known((name for name in by_category if name != "default"), CATEGORIES, "category", where)
        needs: dict[str, Need] = {}
        for category in categories:
            asked = by_category.get(category, by_category.get("default"))
            try:
                needs[category] = read(asked)
            except (ValueError, InvalidOperation, TypeError):
                self.tell(
                    _("%(where)s: '%(asked)s' is nothing %(category)s suppliers could be asked."),
                    where=where,
                    asked=asked,
                    category=category,
                )
        return needs

    def check_levels(self, rule: Rule, where: str) -> None:
        """A higher level asks at least what the lower one asks, and a gate is the same for all."""
        for lower, higher in zip(self.levels, self.levels[1:], strict=False):
            asked, more = rule.needs.get(lower, {}), rule.needs.get(higher, {})
            for category, need in asked.items():
                if category not in more or weaker(rule.criterion, more[category], need):
                    self.tell(
                        _("%(where)s: %(higher)s asks less of %(category)s suppliers than %(lower)s."),
                        where=where,
                        higher=higher,
                        lower=lower,
                        category=category,
                    )
            if set(rule.spares.get(higher, ())) - set(rule.spares.get(lower, ())):
                self.tell(_("%(where)s: %(higher)s spares suppliers that %(lower)s does not."), where=where, higher=higher, lower=lower)
        if rule.criterion.effect == SUSPEND and (rule.spares or len(rule.needs) < len(self.levels)):
            self.tell(_("%(where)s: a criterion that suspends should be asked of every level alike."), where=where)


def weaker(criterion: Criterion, need: Need, than: Need) -> bool:
    # A review may be old, so more months ask less; a record is looked back on, so more months ask more. A limit that is higher asks less.
    more_asks_less = isinstance(criterion, ReviewAge) or (isinstance(criterion, Measure) and criterion.is_limit)
    return need > than if more_asks_less else need < than


# --- the kinds of criteria --------------------------------------------------------------------------------------------------

Make = Callable[[_Reader, Mapping[str, Any], str, str, str], Criterion]


def _plain(cls: Callable[..., Criterion]) -> Make:
    return lambda reader, line, key, effect, where: cls(key=key, effect=effect)


def _gate(reader: _Reader, line: Mapping[str, Any], key: str, effect: str, where: str) -> Criterion:
    return Gate(key=key, effect=effect, gate=reader.text(line, "gate", where))


def _area(reader: _Reader, line: Mapping[str, Any], key: str, effect: str, where: str) -> Criterion:
    return AreaScore(key=key, effect=effect, area=reader.text(line, "area", where))


def _majors(reader: _Reader, line: Mapping[str, Any], key: str, effect: str, where: str) -> Criterion:
    return MajorsInTime(key=key, effect=effect, days=reader.whole(line, "days", where))


def _document(reader: _Reader, line: Mapping[str, Any], key: str, effect: str, where: str) -> Criterion:
    any_of = line.get("any_of")
    if not isinstance(any_of, list) or not any_of:
        reader.tell(_("%(where)s: any_of should list the certificates that count."), where=where)
        any_of = []
    kinds = reader.known(any_of, reader.paper_kinds, "certificate", where)
    condition = line.get("asked_when")
    asked_when = None
    if condition is not None:
        answers = tuple(condition.get("in", ()))
        asked_when = (reader.text(condition, "question", where), reader.text(condition, "field", where), answers)
    months = reader.whole(line, "months", where) if "months" in line else None
    return Document(key=key, effect=effect, any_of=kinds, months=months, asked_when=asked_when)


def _measure(reader: _Reader, line: Mapping[str, Any], key: str, effect: str, where: str) -> Criterion:
    bound = line.get("bound")
    if bound not in ("at_most", "at_least"):
        reader.tell(_("%(where)s: bound should be at_most or at_least."), where=where)
    question, field = reader.text(line, "question", where), reader.text(line, "field", where)
    unit = line.get("unit", "")
    return Measure(key=key, effect=effect, question=question, field=field, is_limit=bound == "at_most", unit=str(unit))


def _read_true(value: Any) -> Need:
    if value is not True:
        raise ValueError(value)
    return True


def _read_points(value: Any) -> Need:
    if not isinstance(value, str):
        raise TypeError(value)
    points = Decimal(value)
    if not 0 <= points <= 100:
        raise ValueError(value)
    return points


def _read_figure(value: Any) -> Need:
    if not isinstance(value, str):
        raise TypeError(value)
    figure = Decimal(value)
    if not figure.is_finite() or figure < 0:
        raise ValueError(value)
    return figure


def _read_months(value: Any) -> Need:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(value)
    return value


KINDS: dict[str, tuple[Make, Callable[[Any], Need]]] = {
    "supplier_state": (_plain(SupplierState), _read_true),
    "gate": (_gate, _read_true),
    "document": (_document, _read_true),
    "measure": (_measure, _read_figure),
    "no_critical_finding": (_plain(NoCriticalFinding), _read_true),
    "review_age": (_plain(ReviewAge), _read_months),
    "total_score": (_plain(TotalScore), _read_points),
    "area_score": (_area, _read_points),
    "majors_in_time": (_majors, _read_true),
    "no_violation": (_plain(NoViolation), _read_months),
    "pilot": (_plain(Pilot), _read_true),
}
