"""The parts of a questionnaire document, read into frozen parts. References between them are checked by `questionnaire`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from assessments import canonical
from assessments.questionnaires import units
from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.questions import (
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
from assessments.questionnaires.reading import Node


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*\Z")
_HUNDRED = Decimal(100)
# As long as the columns that hold them: of versions, of answers, of findings.
LONGEST_KEY, LONGEST_VERSION, LONGEST_TITLE = 60, 20, 200
LONGEST_CODE, LONGEST_TRIGGER = 40, 80


def read_questionnaire(root: Node) -> Questionnaire:
    root.only(
        "key",
        "version",
        "weight_set",
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
        key=root.at("key").string(longest=LONGEST_KEY),
        version=root.at("version").string(longest=LONGEST_VERSION),
        weight_set=_weight_set(root.at("weight_set")),
        title=root.at("title").text(longest=LONGEST_TITLE),
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


def _weight_set(node: Node) -> str:
    """The version whose weights these rules replace. Only `weighting.apply` writes it."""
    if node.missing:
        return ""
    node.only("of", "sha256")
    node.at("sha256").string()
    return node.at("of").string()


def _unique(node: Node, keys: Sequence[str]) -> None:
    for key in sorted({key for key in keys if key and keys.count(key) > 1}):
        node.complain(gettext_noop("“%(key)s” appears more than once."), key=key)


def _code(node: Node, *, longest: int = LONGEST_CODE) -> str:
    code = node.string(longest=longest)
    if code and not _CODE.match(code):
        node.complain(gettext_noop("A code starts with a letter and holds letters, digits, hyphens and underscores."))
    return code


def _area(node: Node) -> Area:
    node.only("code", "title", "summary")
    return Area(_code(node.at("code")), node.at("title").text(), node.at("summary").text(required=False))


def _profiles(node: Node, areas: tuple[Area, ...]) -> dict[str, dict[str, Decimal]]:
    node.only("default", *CATEGORIES)
    if not node.has("default"):
        node.complain(gettext_noop("A profile named “default” is needed."))
    codes = [area.code for area in areas]
    return {category: node.at(category).shares(codes) for category in (node.value if isinstance(node.value, Mapping) else ())}


def _bands(node: Node) -> tuple[Band, ...]:
    bands = []
    for item in node.items(required=True):
        item.only("key", "from", "title")
        bands.append(Band(item.at("key").key(), item.at("from").number(None, "0", "100"), item.at("title").text()))
    _unique(node, [band.key for band in bands])
    _rising(node, [band.starts_at for band in bands])
    if bands and bands[0].starts_at != 0:
        node.complain(gettext_noop("The first band starts at %(start)s, not at 0."), start=bands[0].starts_at)
    return tuple(bands)


def _rising(node: Node, starts: Sequence[Decimal]) -> None:
    if any(later <= earlier for earlier, later in pairwise(starts)):
        node.complain(gettext_noop("The bands do not start one above the other."))


def _question(node: Node, areas: tuple[Area, ...]) -> Question:
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
    per_site = node.at("per_site").flag(False)
    if per_site and fields and all(field.type == "file" for field in fields):
        node.at("per_site").complain(
            gettext_noop("A site answers with words or figures: a question of files alone cannot be asked per site.")
        )
    return Question(
        code=_code(node.at("code")),
        area=node.at("area").choice([area.code for area in areas] or [""]),
        topic=node.at("topic").text(required=False),
        text=text,
        help=node.at("help").text(required=False),
        weight=node.at("weight").number(Decimal(0) if credit.kind == "none" else Decimal(1), "0", "1000"),
        per_site=per_site,
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


def _field(node: Node, alone: bool, question: Text, types: tuple[str, ...] = FIELD_TYPES) -> Field:
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


def _unit(node: Node) -> str | None:
    return None if node.missing else node.string()


def _units(node: Node) -> tuple[str, ...]:
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


def _columns(node: Node, kind: str) -> tuple[Field, ...]:
    if kind != "table":
        if not node.missing:
            node.complain(gettext_noop("Only a table has columns."))
        return ()
    empty = Text("", "")
    columns = tuple(_field(item, False, empty, COLUMN_TYPES) for item in node.items(required=True))
    _unique(node, [column.key for column in columns])
    return columns


def _options(node: Node, kind: str) -> tuple[Option, ...]:
    if kind not in ("single", "multi"):
        if not node.missing:
            node.complain(gettext_noop("The options of this type are fixed."))
        return OPTIONS_BY_TYPE.get(kind, ())
    options = tuple(_option(item) for item in node.items(required=True))
    _unique(node, [option.key for option in options])
    return options


def _option(node: Node) -> Option:
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


def _credit(node: Node, fields: tuple[Field, ...]) -> Credit:
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


def _credited_field(node: Node, kind: str, fields: tuple[Field, ...]) -> str:
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


def _option_credits(node: Node, field: Field) -> dict[str, Decimal | None]:
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


def _full(node: Node, field: Field) -> int | None:
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


def _credit_bands(node: Node, smallest: Decimal | None) -> tuple[CreditBand, ...]:
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


def _check(node: Node) -> Check:
    node.only("key", "ok_when", "message")
    return Check(node.at("key").key(), node.at("ok_when").string(), node.at("message").text())


def _evidence(node: Node) -> Evidence:
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


def _applies(node: Node) -> Applies:
    if node.missing:
        return Applies()
    node.only("categories", "site_types", "when")
    return Applies(node.at("categories").choices(CATEGORIES), node.at("site_types").choices(SITE_TYPES), node.at("when").string(""))


def _trigger(node: Node) -> Trigger:
    node.only("kind", "when", "key", "text")
    return Trigger(
        kind=node.at("kind").choice(TRIGGER_KINDS),
        when=node.at("when").string(),
        key=_code(node.at("key"), longest=LONGEST_TRIGGER),
        text=node.at("text").text(),
    )


def _mappings(node: Node) -> dict[str, tuple[str, ...]]:
    if node.missing:
        return {}
    if not isinstance(node.value, Mapping):
        node.complain(gettext_noop("A group of named values is needed here."))
        return {}
    return {str(name): tuple(str(item.value) for item in node.at(name).items()) for name in node.value}
