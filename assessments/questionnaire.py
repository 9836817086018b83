"""Loading a questionnaire from data (parsed YAML or JSON) and refusing one that cannot be answered or scored.

`load` reports everything that is wrong in one exception, each problem with its path ("questions[3].credit.bands[0].from").
`read_yaml` adds the line of the file. Formats: docs of the questionnaire file, `docs/questionnaire-format.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from assessments import canonical, expressions, names, units
from assessments.expressions import gettext_noop
from assessments.questions import (
    CATEGORIES,
    COLUMN_TYPES,
    CREDIT_KINDS,
    EVIDENCE_RULES,
    FIELD_TYPES,
    NOTE,
    OPTIONS_BY_TYPE,
    SITE_TYPES,
    TRIGGER_KINDS,
    Applies,
    Area,
    Band,
    Check,
    Credit,
    CreditBand,
    Evidence,
    Field,
    Option,
    Question,
    Questionnaire,
    Text,
    Trigger,
)


__all__ = [
    "CATEGORIES",
    "SITE_TYPES",
    "Area",
    "Band",
    "Check",
    "Credit",
    "Field",
    "Option",
    "Problem",
    "Question",
    "Questionnaire",
    "QuestionnaireError",
    "Text",
    "Trigger",
    "load",
    "read_yaml",
]

ROOT = ""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*\Z")
_KEY = re.compile(r"[a-z0-9_]+\Z")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse: an English sentence with parameters, translated by `assessments.messages`."""

    path: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None

    @property
    def reason(self) -> str:
        return self.message % self.params if self.params else self.message

    def __str__(self) -> str:
        where = f"line {self.line}: {self.path}" if self.line else self.path
        return f"{where}: {self.reason}" if where else self.reason


class QuestionnaireError(ValueError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def load(data: Any, *, texts: bool = True) -> Questionnaire:
    """Raises QuestionnaireError with every problem found. `texts=False` is for rules without wording, as in receipts."""
    problems: list[Problem] = []
    root = _Node(_plain(data), ROOT, problems, texts)
    questionnaire = _questionnaire(root)
    # References are only worth checking in a document whose parts could be read.
    if not problems:
        _check_whole(questionnaire, problems)
    if problems:
        raise QuestionnaireError(problems)
    return questionnaire


def read_yaml(source: str) -> Questionnaire:
    """Load from YAML text; problems carry the line they are on."""
    import yaml

    try:
        data = yaml.safe_load(source)
        lines = _lines(yaml.compose(source, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        message = gettext_noop("This is not readable YAML: %(detail)s.")
        raise QuestionnaireError([Problem(ROOT, message, {"detail": error.problem}, line)]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = gettext_noop("This is not readable YAML: %(detail)s.")
        raise QuestionnaireError([Problem(ROOT, message, {"detail": error})]) from error
    try:
        return load(data)
    except QuestionnaireError as error:
        raise QuestionnaireError([replace(p, line=_nearest(p.path, lines)) for p in error.problems]) from None


def _lines(node: Any) -> dict[str, int]:
    """Path -> line of every value in a composed YAML document."""
    found: dict[str, int] = {}
    pending = [(node, ROOT)] if node is not None else []
    while pending:
        node, path = pending.pop()
        found.setdefault(path, node.start_mark.line + 1)
        if node.id == "mapping":
            for key, value in node.value:
                inner = f"{path}.{key.value}" if path else str(key.value)
                found[inner] = key.start_mark.line + 1
                pending.append((value, inner))
        elif node.id == "sequence":
            pending.extend((item, f"{path}[{place}]") for place, item in enumerate(node.value))
    return found


def _nearest(path: str, lines: Mapping[str, int]) -> int | None:
    while path not in lines and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)


def _plain(value: Any) -> Any:
    """The document as JSON would hold it. YAML 1.1 reads the words yes and no as booleans where a key or option stands."""
    if isinstance(value, Mapping):
        return {_word(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float)) else str(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


# --- a reader that goes on after a problem ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Node:
    value: Any
    path: str
    problems: list[Problem]
    texts: bool

    def complain(self, message: str, **params: object) -> None:
        self.problems.append(Problem(self.path, message, params))

    def at(self, key: str) -> _Node:
        path = f"{self.path}.{key}" if self.path else key
        value = self.value.get(key) if isinstance(self.value, Mapping) else None
        return _Node(value, path, self.problems, self.texts)

    @property
    def missing(self) -> bool:
        return self.value is None

    def has(self, key: str) -> bool:
        return isinstance(self.value, Mapping) and key in self.value

    def only(self, *keys: str) -> None:
        """This is a mapping with no other keys than these: a misspelt key would silently lose a rule."""
        if not isinstance(self.value, Mapping):
            self.complain(gettext_noop("A group of named values is needed here."))
            return
        for key in self.value:
            if key not in keys:
                self.at(key).complain(gettext_noop("Unknown key; known here: %(known)s."), known=", ".join(keys))

    def items(self, required: bool = False) -> list[_Node]:
        if self.missing or not isinstance(self.value, list):
            if required or not self.missing:
                self.complain(gettext_noop("A list is needed here."))
            return []
        if required and not self.value:
            self.complain(gettext_noop("The list is empty."))
        return [_Node(item, f"{self.path}[{n}]", self.problems, self.texts) for n, item in enumerate(self.value)]

    def string(self, default: str | None = None) -> str:
        if self.missing and default is not None:
            return default
        if not isinstance(self.value, str) or not self.value.strip():
            self.complain(gettext_noop("A text in quotes is needed here."))
            return default or ""
        return self.value.strip()

    def key(self) -> str:
        value = _word(self.value) if isinstance(self.value, bool) else self.value
        if not isinstance(value, str) or not _KEY.match(value):
            self.complain(gettext_noop("A key of lower-case letters, digits and underscores is needed here."))
            return ""
        return value

    def choice(self, allowed: Iterable[str], default: str | None = None) -> str:
        if self.missing and default is not None:
            return default
        allowed = tuple(allowed)
        if self.value not in allowed:
            self.complain(gettext_noop("“%(value)s” is not one of: %(allowed)s."), value=self.value, allowed=", ".join(allowed))
            return default if default is not None else allowed[0]
        return str(self.value)

    def choices(self, allowed: Iterable[str]) -> tuple[str, ...] | None:
        return None if self.missing else tuple(item.choice(allowed) for item in self.items(required=True))

    def number(self, default: Decimal | None = None, low: str | None = None, high: str | None = None) -> Decimal:
        number = self.optional_number()
        if number is None:
            if default is None and self.missing:
                self.complain(gettext_noop("A number is needed here."))
            return default if default is not None else Decimal(0)
        if (low is not None and number < Decimal(low)) or (high is not None and number > Decimal(high)):
            self.complain(gettext_noop("%(number)s is not between %(low)s and %(high)s."), number=number, low=low, high=high)
        return number

    def optional_number(self) -> Decimal | None:
        if self.missing:
            return None
        value = self.value
        # A float has already lost the digits its author wrote; a whole number has not.
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            try:
                number = Decimal(value)
            except InvalidOperation:
                number = Decimal("NaN")
            if number.is_finite() and abs(number) < Decimal("1e18") and len(number.as_tuple().digits) <= 28:
                return number
        self.complain(gettext_noop('“%(value)s” is not a number in quotes, such as "0.5".'), value=value)
        return None

    def count(self, default: int, low: int = 0, high: int = 10_000) -> int:
        value = self.value
        if self.missing:
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.complain(gettext_noop("A whole number from %(low)s to %(high)s is needed here."), low=low, high=high)
            return default
        return value

    def flag(self, default: bool) -> bool:
        if self.missing:
            return default
        if not isinstance(self.value, bool):
            self.complain(gettext_noop("true or false is needed here."))
            return default
        return self.value

    def text(self, required: bool = True) -> Text:
        if not self.texts:
            return Text("", "")
        if self.missing:
            if required:
                self.complain(gettext_noop("A text in English (en) or Chinese (zh) is needed here."))
            return Text("", "")
        self.only("en", "zh")
        text = Text(self.at("en").string(""), self.at("zh").string(""))
        if required and not text:
            self.complain(gettext_noop("A text in English (en) or Chinese (zh) is needed here."))
        return text


# --- the parts ----------------------------------------------------------------------------------------------------


def _questionnaire(root: _Node) -> Questionnaire:
    root.only(
        "key",
        "version",
        "title",
        "areas",
        "profiles",
        "bands",
        "evidence_share",
        "zero_tolerance_cap",
        "questions",
    )
    areas = tuple(_area(item) for item in root.at("areas").items(required=True))
    _unique(root.at("areas"), [area.code for area in areas])
    questions = tuple(_question(item, areas) for item in root.at("questions").items(required=True))
    _unique(root.at("questions"), [question.code for question in questions])
    _unique(root.at("questions"), [trigger.key for question in questions for trigger in question.triggers if trigger.key])
    document = root.value if isinstance(root.value, Mapping) else {}
    return Questionnaire(
        key=root.at("key").string(),
        version=root.at("version").string(),
        title=root.at("title").text(),
        areas=areas,
        profiles=_profiles(root.at("profiles"), areas),
        bands=_bands(root.at("bands")),
        evidence_share=root.at("evidence_share").number(Decimal("0.5"), "0", "1"),
        zero_tolerance_cap=root.at("zero_tolerance_cap").number(_HUNDRED, "0", "100"),
        questions=questions,
        document=document,
        sha256="" if root.problems else canonical.sha256(document),
        by_code={question.code: question for question in questions},
    )


def _unique(node: _Node, keys: Sequence[str]) -> None:
    for key in sorted({key for key in keys if key and keys.count(key) > 1}):
        node.complain(gettext_noop("“%(key)s” appears more than once."), key=key)


def _code(node: _Node) -> str:
    code = node.string()
    if code and not _CODE.match(code):
        node.complain(gettext_noop("A code starts with a letter and holds letters, digits, hyphens and underscores."))
    return code


def _area(node: _Node) -> Area:
    node.only("code", "title", "summary")
    return Area(_code(node.at("code")), node.at("title").text(), node.at("summary").text(required=False))


def _profiles(node: _Node, areas: tuple[Area, ...]) -> dict[str, dict[str, Decimal]]:
    node.only("default", *CATEGORIES)
    if not node.has("default"):
        node.complain(gettext_noop("A profile named “default” is needed."))
    codes = [area.code for area in areas]
    profiles = {}
    for category in node.value if isinstance(node.value, Mapping) else ():
        profile = node.at(category)
        profile.only(*codes)
        shares = {code: profile.at(code).number(Decimal(0), "0", "100") for code in codes}
        total = sum(shares.values(), Decimal(0))
        if total != _HUNDRED:
            profile.complain(gettext_noop("The shares add up to %(total)s, not to 100."), total=total)
        profiles[category] = shares
    return profiles


def _bands(node: _Node) -> tuple[Band, ...]:
    bands = []
    for item in node.items(required=True):
        item.only("key", "from", "title")
        bands.append(Band(item.at("key").key(), item.at("from").number(None, "0", "100"), item.at("title").text()))
    _unique(node, [band.key for band in bands])
    _rising(node, [band.starts_at for band in bands])
    if bands and bands[0].starts_at != 0:
        node.complain(gettext_noop("The first band starts at %(start)s, not at 0."), start=bands[0].starts_at)
    return tuple(bands)


def _rising(node: _Node, starts: Sequence[Decimal]) -> None:
    if any(later <= earlier for earlier, later in pairwise(starts)):
        node.complain(gettext_noop("The bands do not start one above the other."))


def _question(node: _Node, areas: tuple[Area, ...]) -> Question:
    node.only(
        "code",
        "area",
        "topic",
        "text",
        "help",
        "reviewer_note",
        "weight",
        "per_site",
        "fields",
        "credit",
        "checks",
        "evidence",
        "applies",
        "triggers",
        "mappings",
    )
    text = node.at("text").text()
    items = node.at("fields").items(required=True)
    fields = tuple(_field(item, alone=len(items) == 1, question=text) for item in items)
    _unique(node.at("fields"), [field.key for field in fields])
    credit = _credit(node.at("credit"), fields)
    return Question(
        code=_code(node.at("code")),
        area=node.at("area").choice([area.code for area in areas] or [""]),
        topic=node.at("topic").text(required=False),
        text=text,
        help=node.at("help").text(required=False),
        weight=node.at("weight").number(Decimal(0) if credit.kind == "none" else Decimal(1), "0", "1000"),
        per_site=node.at("per_site").flag(False),
        fields=fields,
        credit=credit,
        checks=tuple(_check(item) for item in node.at("checks").items()),
        evidence=_evidence(node.at("evidence")),
        applies=_applies(node.at("applies")),
        triggers=tuple(_trigger(item) for item in node.at("triggers").items()),
        mappings=_mappings(node.at("mappings")),
        reviewer_note=node.at("reviewer_note").text(required=False),
    )


_FIELD_KEYS = ("key", "type", "label", "required", "options", "unit", "units", "min", "max")


def _field(node: _Node, alone: bool, question: Text, types: tuple[str, ...] = FIELD_TYPES) -> Field:
    node.only(*_FIELD_KEYS, *(("columns", "min_rows", "max_rows") if "table" in types else ()))
    kind = node.at("type").choice(types)
    label = node.at("label").text(required=not alone)
    key = node.at("key").key()
    field = Field(
        key=key,
        type=kind,
        label=label or (question if alone else label),
        required=node.at("required").flag(True),
        options=_options(node.at("options"), kind),
        unit=_unit(node.at("unit")),
        units=_units(node),
        min=node.at("min").optional_number(),
        max=node.at("max").optional_number(),
        columns=_columns(node.at("columns"), kind),
        min_rows=node.at("min_rows").count(1),
        max_rows=node.at("max_rows").count(200, low=1),
    )
    if key == NOTE and kind != "text":
        node.at("key").complain(gettext_noop("The key “note” is kept for the supplier's explanation."))
    if field.min is not None and field.max is not None and field.min > field.max:
        node.complain(gettext_noop("The smallest value is above the largest."))
    if kind == "table" and field.min_rows > field.max_rows:
        node.complain(gettext_noop("The smallest value is above the largest."))
    for name in ("unit", "units"):
        if node.has(name) and kind != "number":
            node.at(name).complain(gettext_noop("Only a number has a unit."))
    return field


def _unit(node: _Node) -> str | None:
    return None if node.missing else node.string()


def _units(node: _Node) -> tuple[str, ...]:
    unit, listed = _unit(node.at("unit")), node.at("units").items()
    if unit is None:
        if listed:
            node.at("units").complain(gettext_noop("Units need a unit to count in."))
        return ()
    found = []
    for item in listed:
        found.append(item.string())
        if units.ratio(found[-1], unit) is None:
            item.complain(gettext_noop("%(unit)s does not convert to %(to)s."), unit=found[-1], to=unit)
    _unique(node.at("units"), found)
    return tuple(found) or (unit,)


def _columns(node: _Node, kind: str) -> tuple[Field, ...]:
    if kind != "table":
        if not node.missing:
            node.complain(gettext_noop("Only a table has columns."))
        return ()
    empty = Text("", "")
    columns = tuple(_field(item, False, empty, COLUMN_TYPES) for item in node.items(required=True))
    _unique(node, [column.key for column in columns])
    return columns


def _options(node: _Node, kind: str) -> tuple[Option, ...]:
    if kind not in ("single", "multi"):
        if not node.missing:
            node.complain(gettext_noop("The options of this type are fixed."))
        return OPTIONS_BY_TYPE.get(kind, ())
    options = tuple(_option(item) for item in node.items(required=True))
    _unique(node, [option.key for option in options])
    return options


def _option(node: _Node) -> Option:
    node.only("key", "label", "credit", "excludes_others")
    credit = node.at("credit")
    return Option(
        key=node.at("key").key(),
        label=node.at("label").text(),
        credit=None if credit.value == "na" or credit.missing else credit.number(None, "0", "1"),
        drops_out=credit.value == "na",
        excludes_others=node.at("excludes_others").flag(False),
    )


# --- credit -------------------------------------------------------------------------------------------------------

_CREDIT_KEYS = {
    "maturity": ("field",),
    "options": ("field", "credits"),
    "checklist": ("field", "full"),
    "bands": ("field", "bands"),
    "ratio_bands": ("numerator", "denominator", "when_zero", "bands"),
    "disclosure": (),
    "none": (),
}
_FIELD_TYPES_OF_CREDIT = {
    "maturity": ("maturity",),
    "options": ("yes_no", "yes_no_na", "single"),
    "checklist": ("multi",),
    "bands": ("number", "percent"),
    "ratio_bands": ("number", "percent"),
}


def _credit(node: _Node, fields: tuple[Field, ...]) -> Credit:
    if node.missing:
        node.complain(gettext_noop("It must be said how an answer is credited."))
        return Credit("none")
    kind = node.at("kind").choice(CREDIT_KINDS)
    node.only("kind", *_CREDIT_KEYS[kind])
    if kind in ("disclosure", "none"):
        return Credit(kind)
    if kind == "ratio_bands":
        return Credit(
            kind,
            numerator=_credited_field(node.at("numerator"), kind, fields),
            denominator=_credited_field(node.at("denominator"), kind, fields),
            when_zero=node.at("when_zero").number(Decimal(0), "0", "1"),
            bands=_credit_bands(node.at("bands"), None),
        )
    key = _credited_field(node.at("field"), kind, fields)
    field = next((item for item in fields if item.key == key), None)
    if field is None or kind == "maturity":
        return Credit(kind, field=key)
    if kind == "options":
        return Credit(kind, field=key, credits=_option_credits(node.at("credits"), field))
    if kind == "checklist":
        return Credit(kind, field=key, full=_full(node.at("full"), field), credits=_checklist_credits(field))
    return Credit(kind, field=key, bands=_credit_bands(node.at("bands"), field.min))


def _credited_field(node: _Node, kind: str, fields: tuple[Field, ...]) -> str:
    key = node.string("" if kind == "ratio_bands" else "value")
    allowed = _FIELD_TYPES_OF_CREDIT[kind]
    suitable = [field.key for field in fields if field.type in allowed]
    if node.missing and key not in suitable and len(suitable) == 1:
        return suitable[0]
    if key not in suitable:
        node.complain(
            gettext_noop("“%(field)s” is not a field of this question of type %(types)s."),
            field=key,
            types=", ".join(allowed),
        )
    return key


def _option_credits(node: _Node, field: Field) -> dict[str, Decimal | None]:
    defaults: dict[str, Decimal | None] = {"yes": Decimal(1), "no": Decimal(0), "na": None}
    given = node.value if isinstance(node.value, Mapping) else {}
    if not node.missing:
        node.only(*(option.key for option in field.options))
    found: dict[str, Decimal | None] = {}
    for option in field.options:
        if option.key in given:
            value = node.at(option.key)
            found[option.key] = None if value.value == "na" else value.number(None, "0", "1")
        elif option.drops_out:
            found[option.key] = None
        elif option.credit is not None:
            found[option.key] = option.credit
        elif not given and field.type in ("yes_no", "yes_no_na"):
            found[option.key] = defaults[option.key]
        else:
            node.complain(gettext_noop("Option “%(option)s” has no credit."), option=option.key)
    return found


def _full(node: _Node, field: Field) -> int | None:
    if node.missing:
        for option in field.options:
            if option.credit is None and not option.excludes_others:
                node.complain(gettext_noop("Option “%(option)s” has no credit."), option=option.key)
        return None
    full = node.count(1, low=1)
    countable = sum(1 for option in field.options if not option.excludes_others)
    if full > countable:
        node.complain(gettext_noop("Full credit needs %(full)s options, but there are %(count)s."), full=full, count=countable)
    return full


def _checklist_credits(field: Field) -> dict[str, Decimal | None]:
    """What one chosen option adds. "None of these" adds nothing; it may say that the question does not apply."""
    return {
        option.key: None if option.drops_out else Decimal(0) if option.excludes_others else option.credit or Decimal(0)
        for option in field.options
    }


def _credit_bands(node: _Node, smallest: Decimal | None) -> tuple[CreditBand, ...]:
    bands = []
    for item in node.items(required=True):
        item.only("from", "credit")
        bands.append(CreditBand(item.at("from").number(), item.at("credit").number(None, "0", "1")))
    _rising(node, [band.starts_at for band in bands])
    lowest = smallest if smallest is not None else Decimal(0)
    if bands and bands[0].starts_at > lowest:
        node.complain(gettext_noop("Values from %(low)s up to %(start)s fall into no band."), low=lowest, start=bands[0].starts_at)
    return tuple(bands)


# --- what surrounds an answer -------------------------------------------------------------------------------------


def _check(node: _Node) -> Check:
    node.only("key", "ok_when", "message")
    return Check(node.at("key").key(), node.at("ok_when").string(), node.at("message").text())


def _evidence(node: _Node) -> Evidence:
    if node.missing:
        return Evidence()
    node.only("rule", "text", "share", "when")
    share = node.at("share")
    return Evidence(
        rule=node.at("rule").choice(EVIDENCE_RULES),
        text=node.at("text").text(required=False),
        share=None if share.missing else share.number(None, "0", "1"),
        when=node.at("when").string(""),
    )


def _applies(node: _Node) -> Applies:
    if node.missing:
        return Applies()
    node.only("categories", "site_types", "when")
    return Applies(node.at("categories").choices(CATEGORIES), node.at("site_types").choices(SITE_TYPES), node.at("when").string(""))


def _trigger(node: _Node) -> Trigger:
    node.only("kind", "when", "key", "text")
    return Trigger(
        kind=node.at("kind").choice(TRIGGER_KINDS),
        when=node.at("when").string(),
        key=_code(node.at("key")),
        text=node.at("text").text(),
    )


def _mappings(node: _Node) -> dict[str, tuple[str, ...]]:
    if node.missing:
        return {}
    if not isinstance(node.value, Mapping):
        node.complain(gettext_noop("A group of named values is needed here."))
        return {}
    return {str(name): tuple(str(item.value) for item in node.at(name).items()) for name in node.value}


# --- the whole ----------------------------------------------------------------------------------------------------


def _check_whole(questionnaire: Questionnaire, problems: list[Problem]) -> None:
    used = {question.area for question in questionnaire.questions}
    for number, area in enumerate(questionnaire.areas):
        if area.code not in used:
            problems.append(Problem(f"areas[{number}]", gettext_noop("This area has no question.")))
    depends: dict[str, tuple[str, ...]] = {}
    for number, question in enumerate(questionnaire.questions):
        path = f"questions[{number}]"
        depends[question.code] = _check_expressions(questionnaire, question, path, problems)
    _check_cycles(questionnaire, depends, problems)
    if not problems:
        _check_reachable(questionnaire, depends, problems)


def _check_expressions(questionnaire: Questionnaire, question: Question, path: str, problems: list[Problem]) -> tuple[str, ...]:
    def bound(source: str, where: str, own: bool = True) -> tuple[str, ...]:
        try:
            scope = names.scope(questionnaire.by_code, question, own)
            return expressions.bind(expressions.parse(source), scope).questions
        except expressions.ExpressionError as error:
            problems.append(Problem(f"{path}.{where}", error.message, error.params))
            return ()

    for n, check in enumerate(question.checks):
        bound(check.ok_when, f"checks[{n}].ok_when")
    if question.evidence.when:
        bound(question.evidence.when, "evidence.when")
    for n, trigger in enumerate(question.triggers):
        bound(trigger.when, f"triggers[{n}].when")
    return bound(question.applies.when, "applies.when", own=False) if question.applies.when else ()


def _check_cycles(questionnaire: Questionnaire, depends: Mapping[str, tuple[str, ...]], problems: list[Problem]) -> None:
    settled: set[str] = set()
    remaining = list(depends)
    while ready := [code for code in remaining if settled.issuperset(depends[code])]:
        settled.update(ready)
        remaining = [code for code in remaining if code not in settled]
    if remaining:
        number = next(n for n, question in enumerate(questionnaire.questions) if question.code == remaining[0])
        problems.append(
            Problem(
                f"questions[{number}].applies.when",
                gettext_noop("These conditions wait for each other: %(codes)s."),
                {"codes": ", ".join(remaining)},
            )
        )


def _check_reachable(questionnaire: Questionnaire, depends: Mapping[str, tuple[str, ...]], problems: list[Problem]) -> None:
    """A condition on questions that are never asked of the same suppliers can never hold."""
    for number, question in enumerate(questionnaire.questions):
        if not depends[question.code]:
            continue
        others = [questionnaire.by_code[code] for code in depends[question.code]]
        mine = set(question.applies.categories or CATEGORIES)
        if any(mine & set(other.applies.categories or CATEGORIES) for other in others):
            continue
        scope = names.scope(questionnaire.by_code, question, own=False)
        bound = expressions.bind(expressions.parse(question.applies.when), scope)
        if not bound.test(names.State({})):
            problems.append(
                Problem(
                    f"questions[{number}].applies.when",
                    gettext_noop("This question is never asked: no category is asked both it and %(codes)s."),
                    {"codes": ", ".join(depends[question.code])},
                )
            )
