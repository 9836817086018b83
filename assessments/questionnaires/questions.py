"""What a questionnaire is made of: frozen, typed, without a rule of its own. `questionnaire.load` makes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


CATEGORIES = ("media", "events", "services", "engineering", "office_it", "logistics", "cloud_dc")
SITE_TYPES = ("factory", "warehouse", "data_centre", "construction_site", "fleet", "office", "venue")
# By people employed: under 10, 10 to 49, 50 to 249, 250 to 999, 1000 and more. In this order.
HEADCOUNT_BANDS = ("micro", "small", "medium", "large", "xlarge")

FIELD_TYPES = (
    "maturity",
    "yes_no",
    "yes_no_na",
    "single",
    "multi",
    "number",
    "percent",
    "date",
    "text",
    "table",
    "file",
)
COLUMN_TYPES = tuple(kind for kind in FIELD_TYPES if kind not in ("table", "file"))
CREDIT_KINDS = ("maturity", "options", "checklist", "bands", "ratio_bands", "disclosure", "none")
EVIDENCE_RULES = ("required", "optional", "none")
TRIGGER_KINDS = ("zero_tolerance", "gate", "critical_finding", "major_finding")

# The key under which an answer keeps the note that explains a failed plausibility check.
NOTE = "note"


@dataclass(frozen=True, slots=True)
class Text:
    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The text in the language of a code like "zh-hans" or "en-gb"; the other one where it is missing."""
        return (self.zh or self.en) if language.lower().startswith("zh") else (self.en or self.zh)

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    label: Text
    credit: Decimal | None = None
    # Choosing this option takes the question out of the score ("not required here").
    drops_out: bool = False
    excludes_others: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    type: str
    label: Text
    required: bool = True
    options: tuple[Option, ...] = ()
    unit: str | None = None
    units: tuple[str, ...] = ()
    min: Decimal | None = None
    max: Decimal | None = None
    columns: tuple[Field, ...] = ()
    min_rows: int = 1
    max_rows: int = 200

    @property
    def is_year(self) -> bool:
        """A number between years and without a unit names a year; it is not an amount."""
        bounds = (self.min, self.max)
        return self.type == "number" and not self.unit and all(bound is not None and 1900 <= bound <= 2100 for bound in bounds)

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True, slots=True)
class CreditBand:
    starts_at: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Credit:
    kind: str
    field: str = ""
    # Option key -> credit; None takes the question out of the score.
    credits: Mapping[str, Decimal | None] = dataclasses.field(default_factory=dict)
    full: int | None = None
    bands: tuple[CreditBand, ...] = ()
    numerator: str = ""
    denominator: str = ""
    when_zero: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Check:
    key: str
    ok_when: str
    message: Text


@dataclass(frozen=True, slots=True)
class Evidence:
    rule: str = "none"
    text: Text = Text("", "")
    share: Decimal | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Applies:
    # None means all.
    categories: tuple[str, ...] | None = None
    site_types: tuple[str, ...] | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    kind: str
    when: str
    key: str
    text: Text


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    area: str
    topic: Text
    text: Text
    help: Text
    weight: Decimal
    per_site: bool
    fields: tuple[Field, ...]
    credit: Credit
    checks: tuple[Check, ...] = ()
    evidence: Evidence = Evidence()
    applies: Applies = Applies()
    triggers: tuple[Trigger, ...] = ()
    mappings: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    # What the answer itself cannot decide, told to reviewers and not to suppliers.
    reviewer_note: Text = Text("", "")

    def field(self, key: str) -> Field | None:
        return next((item for item in self.fields if item.key == key), None)


@dataclass(frozen=True, slots=True)
class Area:
    code: str
    title: Text
    summary: Text


@dataclass(frozen=True, slots=True)
class Band:
    """A named stretch of the scale: from `starts_at` up to the next band; the last one includes 100."""

    key: str
    starts_at: Decimal
    title: Text


@dataclass(frozen=True, slots=True)
class Questionnaire:
    key: str
    version: str
    # The version of the questionnaire these rules give other weights to; empty for a questionnaire with its own.
    weight_set: str
    title: Text
    areas: tuple[Area, ...]
    # Supplier category (or "default") -> area -> share of the total in per cent.
    profiles: Mapping[str, Mapping[str, Decimal]]
    bands: tuple[Band, ...]
    evidence_share: Decimal
    zero_tolerance_cap: Decimal
    questions: tuple[Question, ...]
    # The document it was loaded from, as plain JSON: load(document) gives the same questionnaire again.
    document: Mapping[str, Any]
    sha256: str
    by_code: Mapping[str, Question] = dataclasses.field(repr=False, compare=False, default_factory=dict)

    def question(self, code: str) -> Question:
        return self.by_code[code]

    def area(self, code: str) -> Area:
        return next(area for area in self.areas if area.code == code)

    def in_area(self, code: str) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.area == code)

    def profile(self, category: str) -> Mapping[str, Decimal]:
        return self.profiles.get(category) or self.profiles["default"]


YES_NO = (Option("yes", Text("Yes", "是")), Option("no", Text("No", "否")))
NOT_APPLICABLE = Option("na", Text("Not applicable", "不适用"), drops_out=True)
MATURITY = (
    Option("0", Text("None", "没有"), Decimal(0)),
    Option("1", Text("Informal", "非正式做法"), Decimal("0.25")),
    Option("2", Text("Documented", "已形成文件"), Decimal("0.5")),
    Option("3", Text("Implemented, with records", "已实施并有记录"), Decimal("0.75")),
    Option("4", Text("Measured, reviewed and improved", "已量化、评审并持续改进"), Decimal(1)),
)
OPTIONS_BY_TYPE: Mapping[str, tuple[Option, ...]] = {
    "yes_no": YES_NO,
    "yes_no_na": (*YES_NO, NOT_APPLICABLE),
    "maturity": MATURITY,
}
