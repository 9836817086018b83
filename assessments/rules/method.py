"""How a questionnaire is scored, in words and tables made from the rules themselves, so that they cannot say anything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from assessments.questionnaires.questions import Band, Question, Questionnaire
from assessments.questionnaires.wording import local, unit_name
from suppliers.models import Category, SiteType


FRAMEWORKS = {"rba": "RBA", "gri": "GRI", "hkex": "HKEX", "ungc": "UNGC", "iso": "ISO", "sa": "SA8000"}


@dataclass(frozen=True)
class ChoiceInWords:
    label: str
    # "0.75", or a word for a choice that takes the question out of the score.
    credit: str


@dataclass(frozen=True)
class QuestionInWords:
    code: str
    topic: str
    text: str
    help: str
    weight: Decimal
    credit: str
    choices: list[ChoiceInWords]
    evidence: str
    evidence_rule: str
    asked_of: list[str]
    effects: list[tuple[str, str]]
    mappings: list[tuple[str, str]]


@dataclass(frozen=True)
class AreaInWords:
    code: str
    title: str
    summary: str
    questions: list[QuestionInWords]

    @property
    def weight(self) -> Decimal:
        return sum((question.weight for question in self.questions), Decimal(0))


@dataclass(frozen=True)
class ProfileInWords:
    label: str
    shares: list[Decimal]


@dataclass(frozen=True)
class BandInWords:
    title: str
    range: str


@dataclass(frozen=True)
class Method:
    areas: list[AreaInWords]
    profiles: list[ProfileInWords]
    bands: list[BandInWords]
    evidence_share: Decimal
    zero_tolerance_cap: Decimal
    zero_tolerance: list[tuple[str, str]]
    # The version of the questionnaire that these rules give other weights to.
    weights_of: str

    @property
    def count(self) -> int:
        return sum(len(area.questions) for area in self.areas)


def describe(questionnaire: Questionnaire) -> Method:
    """In the language in use."""
    return Method(
        areas=[
            AreaInWords(a.code, local(a.title), local(a.summary), [_question(q, questionnaire) for q in questionnaire.in_area(a.code)])
            for a in questionnaire.areas
        ],
        profiles=_profiles(questionnaire),
        bands=_bands(questionnaire.bands),
        evidence_share=questionnaire.evidence_share,
        zero_tolerance_cap=questionnaire.zero_tolerance_cap,
        zero_tolerance=[
            (question.code, local(trigger.text))
            for question in questionnaire.questions
            for trigger in question.triggers
            if trigger.kind == "zero_tolerance"
        ],
        weights_of=questionnaire.weight_set,
    )


def _profiles(questionnaire: Questionnaire) -> list[ProfileInWords]:
    """Each category's shares; categories without a profile of their own share the default one."""
    profiles = questionnaire.profiles
    named = [(key, str(label)) for key, label in Category.choices if key in profiles]
    if len(named) < len(Category.choices):
        named.append(("default", pgettext("suppliers", "All others") if named else pgettext("suppliers", "All")))
    return [ProfileInWords(label, [profiles[key][area.code] for area in questionnaire.areas]) for key, label in named]


def _bands(bands: tuple[Band, ...]) -> list[BandInWords]:
    ends: list[Band | None] = [*bands[1:], None]
    return [BandInWords(local(band.title), _range(band, following)) for band, following in zip(bands, ends, strict=True)]


def _range(band: Band, following: Band | None) -> str:
    if following is None:
        return _("%(start)s to 100") % {"start": band.starts_at}
    return _("%(start)s to under %(end)s") % {"start": band.starts_at, "end": following.starts_at}


def _question(question: Question, questionnaire: Questionnaire) -> QuestionInWords:
    return QuestionInWords(
        code=question.code,
        topic=local(question.topic),
        text=local(question.text),
        help=local(question.help),
        weight=question.weight if question.credit.kind != "none" else Decimal(0),
        credit=_credit(question),
        choices=_choices(question),
        evidence=local(question.evidence.text),
        evidence_rule=_evidence_rule(question, questionnaire),
        asked_of=_asked_of(question),
        effects=[(_EFFECTS[trigger.kind](), local(trigger.text)) for trigger in question.triggers],
        mappings=[(FRAMEWORKS.get(name, name.upper()), ", ".join(clauses)) for name, clauses in question.mappings.items() if clauses],
    )


_EFFECTS = {
    "zero_tolerance": lambda: _("Zero tolerance"),
    "gate": lambda: _("Bars the label"),
    "critical_finding": lambda: _("Critical finding"),
    "major_finding": lambda: _("Major finding"),
}


def _credit(question: Question) -> str:
    credit = question.credit
    if credit.kind == "maturity":
        return _("Level 0 to 4, divided by 4.")
    if credit.kind == "options":
        return _("By the answer chosen.")
    if credit.kind == "checklist":
        if credit.full:
            return _("Number of points chosen divided by %(full)s, at most 1.") % {"full": credit.full}
        return _("Sum of the credits of the points chosen, at most 1.")
    if credit.kind in ("bands", "ratio_bands"):
        return _bands_in_words(question)
    if credit.kind == "disclosure":
        return _("All figures given and consistent or explained: 1; some given: 0.5.")
    return _("Collected, not scored.")


def _bands_in_words(question: Question) -> str:
    credit = question.credit
    if credit.kind == "bands":
        field = question.field(credit.field)
        unit = "%" if field and field.type == "percent" else unit_name(field.unit) if field else ""
        what = _("By the amount")
    else:
        top, bottom = question.field(credit.numerator), question.field(credit.denominator)
        unit = ""
        what = _("By “%(top)s” divided by “%(bottom)s”") % {
            "top": local(top.label) if top else credit.numerator,
            "bottom": local(bottom.label) if bottom else credit.denominator,
        }
    steps = _("; ").join(
        _("from %(start)s: %(credit)s") % {"start": f"{band.starts_at} {unit}".strip(), "credit": band.credit} for band in credit.bands
    )
    return _("%(what)s: %(steps)s.") % {"what": what, "steps": steps}


def _choices(question: Question) -> list[ChoiceInWords]:
    credit = question.credit
    field = question.field(credit.field) if credit.field else None
    if field is None or credit.kind not in ("options", "checklist"):
        return []
    return [ChoiceInWords(local(option.label), _worth(credit.credits, option.key, credit.full)) for option in field.options]


def _worth(worths: Mapping[str, Decimal | None], key: str, full: int | None) -> str:
    worth = worths.get(key)
    if worth is None:
        return _("does not count")
    return "" if full else str(worth)


def _evidence_rule(question: Question, questionnaire: Questionnaire) -> str:
    evidence = question.evidence
    if evidence.rule == "none":
        return ""
    if evidence.rule == "optional":
        return _("Evidence welcome; it does not change the score.")
    share = evidence.share if evidence.share is not None else questionnaire.evidence_share
    return _("Evidence required; without it the answer earns %(share)s of its credit.") % {"share": share}


def _asked_of(question: Question) -> list[str]:
    applies, found = question.applies, []
    if applies.categories is not None:
        labels: dict[str, str] = {key: str(label) for key, label in Category.choices}
        found.append(_("Categories: %(names)s") % {"names": _(", ").join(labels.get(key, key) for key in applies.categories)})
    if applies.site_types is not None:
        kinds: dict[str, str] = {key: str(label) for key, label in SiteType.choices}
        found.append(_("Sites: %(names)s") % {"names": _(", ").join(kinds.get(key, key) for key in applies.site_types)})
    if applies.when:
        found.append(_("When: %(condition)s") % {"condition": applies.when})
    return found
