"""The terms of an agreement: what is typed, what both sides sign, and the hash of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from assessments import canonical
from emissions.coverage import fiscal_year_of
from emissions.models import FactorSet
from pilots.models import Agreement, AgreementTemplate, AppraisalScheme, Milestone
from pilots.trajectory import figure, targets


if TYPE_CHECKING:
    from suppliers.models import Site

SCHEMA = "carbon-pilot-agreement/2"
KILOGRAM = Decimal("0.001")
# A change of one of these makes the yearly targets anew.
MAKES_TARGETS = (
    "starts_on",
    "ends_on",
    "base_year",
    "base_emissions",
    "base_denominator",
    "measure",
    "path",
    "total_reduction",
)


@dataclass(frozen=True)
class Terms:
    """What a draft says, without its yearly targets."""

    title_en: str
    title_zh: str
    starts_on: date
    ends_on: date
    base_year: int
    base_emissions: Decimal
    total_reduction: Decimal
    boundary: str
    template: AgreementTemplate | None = None
    counts_scope1: bool = True
    counts_scope2: bool = True
    scope3_categories: list[int] = field(default_factory=list)
    scope2_method: str = Agreement.Scope2Method.MARKET
    measure: str = Agreement.Measure.ABSOLUTE
    intensity_unit: str = ""
    base_denominator: Decimal | None = None
    path: str = Agreement.Path.LINEAR
    factor_set: FactorSet | None = None
    renewable_share_target: Decimal | None = None
    pue_target: Decimal | None = None
    reporting_cycle: str = Agreement.Cycle.YEAR
    quarter_1: Decimal = Decimal(25)
    quarter_2: Decimal = Decimal(25)
    quarter_3: Decimal = Decimal(25)
    quarter_4: Decimal = Decimal(25)
    verification: str = Agreement.Verification.NONE
    special_terms: str = ""
    recalculation_threshold: Decimal = Decimal(5)
    incentive: str = ""
    remedy: str = ""
    sites: "list[Site]" = field(default_factory=list)

    def changes(self) -> dict[str, Any]:
        """As `change_draft` takes them."""
        return dict(vars(self))

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "sites"}


class YearsDoNotFit(ValueError):
    """The base year does not lie before the first year of the agreement."""


def target_years(agreement: Agreement) -> range:
    """The fiscal years of the supplier that the agreement runs through."""
    start = agreement.supplier.fiscal_year_start
    return range(fiscal_year_of(agreement.starts_on, start), fiscal_year_of(agreement.ends_on, start) + 1)


def made_targets(agreement: Agreement) -> dict[int, Decimal]:
    """From the total reduction and the path; tonnes to the kilogram, never above what follows from the path. Raises `YearsDoNotFit`."""
    years = target_years(agreement)
    if agreement.base_year >= years.start:
        raise YearsDoNotFit(f"base year {agreement.base_year}, first year {years.start}")
    is_intensity = agreement.measure == Agreement.Measure.INTENSITY
    made = targets(
        figure(agreement.base_emissions, agreement.base_denominator if is_intensity else None),
        base_year=agreement.base_year,
        first=years.start,
        last=years.stop - 1,
        total=(agreement.total_reduction or Decimal(0)) / 100,
        path="compounding" if agreement.path == Agreement.Path.COMPOUNDING else "linear",
    )
    return made if is_intensity else {year: value.quantize(KILOGRAM, ROUND_FLOOR) for year, value in made.items()}


def content_of(
    agreement: Agreement,
    *,
    offered_at: datetime,
    targets: Mapping[int, Decimal] | None = None,
    milestones: Iterable[Milestone] | None = None,
    sites: "Iterable[Site] | None" = None,
    amends: str | None = None,
) -> dict[str, Any]:
    """What the signatures are given for, in a fixed form. The time of the offer makes each offer one of its own.

    `amends` is the hash of the terms that these are to replace. Without `targets`, `milestones` or `sites` the stored
    ones are taken.
    """
    supplier, factor_set, template, scheme = agreement.supplier, agreement.factor_set, agreement.template, agreement.scheme
    targets = {each.year: each.emissions for each in agreement.targets.all()} if targets is None else targets
    milestones = agreement.milestones.all() if milestones is None else milestones
    sites = sorted(agreement.sites.all() if sites is None else sites, key=lambda site: site.pk)
    return {
        "schema": SCHEMA,
        "number": agreement.number,
        "offered_at": offered_at.isoformat(),
        "amends": amends,
        "template": {"key": template.key, "version": template.version, "sha256": template.sha256} if template else None,
        "clauses": template.clauses if template else [],
        "special_terms": agreement.special_terms,
        "supplier": {
            "id": supplier.pk,
            "identifier": supplier.identifier,
            "name_zh": supplier.name_zh,
            "name_en": supplier.name_en,
            "fiscal_year_start": supplier.fiscal_year_start,
        },
        "sites": [{"id": site.pk, "name": site.name} for site in sites],
        "title_en": agreement.title_en,
        "title_zh": agreement.title_zh,
        "starts_on": agreement.starts_on.isoformat(),
        "ends_on": agreement.ends_on.isoformat(),
        "base_year": agreement.base_year,
        "base_emissions": _text(agreement.base_emissions),
        "boundary": agreement.boundary,
        "counts_scope1": agreement.counts_scope1,
        "counts_scope2": agreement.counts_scope2,
        "scope3_categories": sorted(agreement.scope3_categories),
        "scope2_method": agreement.scope2_method,
        "measure": agreement.measure,
        "intensity_unit": agreement.intensity_unit,
        "base_denominator": _text(agreement.base_denominator),
        "path": agreement.path,
        "total_reduction": _text(agreement.total_reduction),
        "targets": {str(year): _text(value) for year, value in sorted(targets.items())},
        "reporting_cycle": agreement.reporting_cycle,
        "quarters": [_text(weight) for weight in agreement.quarter_weights],
        "milestones": [{"due_on": each.due_on.isoformat(), "kind": each.kind, "value": _text(each.value)} for each in milestones],
        "factor_set": {"key": factor_set.key, "version": factor_set.version, "sha256": factor_set.sha256} if factor_set else None,
        "renewable_share_target": _text(agreement.renewable_share_target),
        "pue_target": _text(agreement.pue_target),
        "verification": agreement.verification,
        "appraisal": {"version": scheme.version, "weights": {name: _text(weight) for name, weight in scheme.weights.items()}}
        if scheme
        else None,
        "recalculation_threshold": _text(agreement.recalculation_threshold),
        "incentive": agreement.incentive,
        "remedy": agreement.remedy,
    }


def _scheme(scheme: AppraisalScheme) -> dict[str, Any]:
    return {"version": scheme.version, "weights": {name: _text(weight) for name, weight in scheme.weights.items()}}


def _text(value: Decimal | None) -> str | None:
    """Digits without zeros at the end: 12.5 and 12.500 are the same term."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def hash_of(content: dict[str, Any]) -> str:
    return canonical.sha256(content)


def is_as_offered(agreement: Agreement) -> bool:
    """Whether the stored terms have the hash that was signed, and the agreement still says what they say."""
    offered = agreement.offered_terms
    if offered is None or agreement.offered_at is None or hash_of(offered) != agreement.content_sha256:
        return False
    now = content_of(agreement, offered_at=agreement.offered_at, amends=offered.get("amends"))
    # Terms of an earlier schema say less. A company may change its name after the signature; the terms keep the one they were signed under.
    return all(now.get(name) == value for name, value in offered.items() if name not in ("schema", "supplier"))


PLAIN = (
    "boundary", "counts_scope1", "counts_scope2", "scope3_categories", "scope2_method", "measure", "intensity_unit", "path",
    "base_year", "reporting_cycle", "verification", "incentive", "remedy", "special_terms", "title_en", "title_zh",
)  # fmt: skip
DECIMALS = ("base_emissions", "base_denominator", "total_reduction", "renewable_share_target", "pue_target", "recalculation_threshold")


def columns_from(content: Mapping[str, Any]) -> dict[str, Any]:
    """The agreement's columns as the content has them; sites, targets and milestones are rows of their own."""
    factor_set = content["factor_set"]
    quarters = {f"quarter_{number}": Decimal(weight) for number, weight in enumerate(content["quarters"], start=1)}
    return {
        **{name: content[name] for name in PLAIN},
        **{name: None if content[name] is None else Decimal(content[name]) for name in DECIMALS},
        **quarters,
        "starts_on": date.fromisoformat(content["starts_on"]),
        "ends_on": date.fromisoformat(content["ends_on"]),
        "factor_set": FactorSet.objects.get(key=factor_set["key"], version=factor_set["version"]) if factor_set else None,
    }


def targets_from(content: Mapping[str, Any]) -> dict[int, Decimal]:
    return {int(year): Decimal(value) for year, value in content["targets"].items()}
