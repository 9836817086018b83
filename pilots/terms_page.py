"""The terms of an agreement in words, read from the very content that is hashed: for pages and for paper alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts.templatetags.ui import local_number
from emissions.models import Scope3Entry
from pilots.models import Agreement, Milestone
from pilots.trajectory import Path, reduction_words, yearly_rate


@dataclass(frozen=True)
class Row:
    label: str
    text: str


@dataclass(frozen=True)
class TargetRow:
    year: str
    target: str
    # Empty where the agreement is not followed by the quarter, and for an intensity, which is the same in each quarter.
    quarters: list[str]


@dataclass(frozen=True)
class Clause:
    title: str
    text: str


@dataclass(frozen=True)
class TermsPage:
    rows: list[Row]
    unit: str
    # Of the figures in this unit, where they are shown and not agreed on.
    places: int
    targets: list[TargetRow]
    milestones: list[Row]
    clauses: list[Clause]

    @property
    def has_quarters(self) -> bool:
        return any(row.quarters for row in self.targets)


def terms_page(content: Mapping[str, Any], *, is_exact: bool = False) -> TermsPage:
    """In the language in use. A paper, and whatever says what changed, has each figure to its last digit."""
    places = places_of(content)
    shown = None if is_exact else places
    targets, milestones = list(_targets(content, shown)), list(_milestones(content))
    return TermsPage(list(_rows(content, is_exact=is_exact)), unit_of(content), places, targets, milestones, list(_clauses(content)))


def places_of(content: Mapping[str, Any]) -> int:
    return Agreement.FIGURE_PLACES[Agreement.Measure(content["measure"])]


def unit_of(content: Mapping[str, Any]) -> str:
    return f"tCO₂e / {content['intensity_unit']}" if content["measure"] == Agreement.Measure.INTENSITY else "tCO₂e"


def _rows(content: Mapping[str, Any], *, is_exact: bool) -> Iterator[Row]:
    supplier = content["supplier"]
    yield Row(_("Supplier"), f"{_in_use(supplier['name_en'], supplier['name_zh'])} {supplier['identifier']}")
    yield Row(_("Term of the agreement"), f"{_day(content['starts_on'])} – {_day(content['ends_on'])}")
    if template := content.get("template"):
        yield Row(_("Template"), f"{template['key']} {template['version']}")
    yield Row(_("Sites"), ", ".join(site["name"] for site in content["sites"]) or _("all sites"))
    yield Row(_("Boundary"), content["boundary"])
    yield Row(pgettext("agreement", "What counts"), scopes_in_words(content))
    yield Row(_("Base year"), _base(content, None if is_exact else 1))
    yield Row(_("Measure"), str(Agreement.Measure(content["measure"]).label))
    yield Row(_("Total reduction"), f"{content['total_reduction'] or '–'} %")
    yield Row(_("Path"), _path(content))
    if content["renewable_share_target"] is not None:
        yield Row(_("Renewable share target"), f"{content['renewable_share_target']} %")
    if content["pue_target"] is not None:
        yield Row(_("PUE target"), content["pue_target"])
    if cycle := content.get("reporting_cycle"):
        yield Row(_("Reporting and appraisal"), str(Agreement.Cycle(cycle).label))
    if verification := content.get("verification"):
        yield Row(_("Verification"), str(Agreement.Verification(verification).label))
    if scheme := content.get("appraisal"):
        yield Row(_("Appraisal weights"), _weights(scheme))
    yield Row(_("Recalculation threshold"), f"{content['recalculation_threshold']} %")
    if factor_set := content["factor_set"]:
        yield Row(_("Factor set"), f"{factor_set['key']} {factor_set['version']}")
    labels = {"incentive": _("Incentive"), "remedy": _("Remedy when off track"), "special_terms": _("Special terms")}
    for name, label in labels.items():
        if content.get(name):
            yield Row(label, content[name])


def scopes_in_words(content: Mapping[str, Any]) -> str:
    """Terms of the first schema counted scope 1 and scope 2."""
    method = str(Agreement.Scope2Method(content["scope2_method"]).label)
    parts = [_("scope 1")] if content.get("counts_scope1", True) else []
    if content.get("counts_scope2", True):
        parts.append(_("scope 2, %(method)s") % {"method": method})
    labels = dict(Scope3Entry.Category.choices)
    parts += [_("scope 3 category %(number)s: %(label)s") % {"number": n, "label": labels[n]} for n in content.get("scope3_categories", [])]
    return "; ".join(parts)


def _weights(scheme: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{label} {scheme['weights'][name]} %" for name, label in part_labels().items())
    return _("version %(version)s: %(parts)s") % {"version": scheme["version"], "parts": parts}


def part_labels() -> dict[str, str]:
    return {
        "reduction": _("Reduction against the trajectory"),
        "renewable_share": _("Renewable share"),
        "pue": "PUE",
        "data_quality": _("Data quality"),
        "actions": _("Actions delivered"),
    }


def _base(content: Mapping[str, Any], places: int | None) -> str:
    text = f"{content['base_year']}: {local_number(content['base_emissions'], places)} tCO₂e"
    if content["measure"] != Agreement.Measure.INTENSITY:
        return text
    return f"{text} ÷ {local_number(content['base_denominator'], places)} {content['intensity_unit']}"


def _path(content: Mapping[str, Any]) -> str:
    """With its yearly rate: the two paths differ."""
    text = str(Agreement.Path(content["path"]).label)
    if not content["total_reduction"] or not content["targets"]:
        return text
    years = max(int(year) for year in content["targets"]) - content["base_year"]
    path: Path = "compounding" if content["path"] == Agreement.Path.COMPOUNDING else "linear"
    rate = yearly_rate(Decimal(content["total_reduction"]) / 100, years=years, path=path)
    words = reduction_words(path) % {"rate": local_number(rate * 100, 2)}
    return f"{text} ({words})"


def _targets(content: Mapping[str, Any], places: int | None) -> Iterator[TargetRow]:
    by_quarter = content.get("reporting_cycle") == Agreement.Cycle.QUARTER and content["measure"] == Agreement.Measure.ABSOLUTE
    weights: Sequence[str] = content.get("quarters", []) if by_quarter else []
    for year, target in sorted(content["targets"].items()):
        shares = [local_number(Decimal(target) * Decimal(weight) / 100, 1) for weight in weights]
        yield TargetRow(year, local_number(target, places), shares)


def _milestones(content: Mapping[str, Any]) -> Iterator[Row]:
    for each in content.get("milestones", []):
        yield Row(_day(each["due_on"]), f"{Milestone.Kind(each['kind']).label}: {local_number(Decimal(each['value']).normalize())}")


def _clauses(content: Mapping[str, Any]) -> Iterator[Clause]:
    language = "zh" if _is_chinese() else "en"
    for each in content.get("clauses", []):
        yield Clause(each["title"][language], each["text"][language])


def _in_use(english: str, chinese: str) -> str:
    return (chinese or english) if _is_chinese() else (english or chinese)


def _is_chinese() -> bool:
    return (get_language() or "en").startswith("zh")


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT")
