"""The terms of an agreement: what is typed, what both sides sign, and the hash of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assessments import canonical
from emissions.coverage import fiscal_year_of
from emissions.models import FactorSet
from pilots.models import Agreement, Target
from pilots.trajectory import figure, targets


if TYPE_CHECKING:
    from suppliers.models import Site

SCHEMA = "carbon-pilot-agreement/1"
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
    scope2_method: str = Agreement.Scope2Method.MARKET
    measure: str = Agreement.Measure.ABSOLUTE
    intensity_unit: str = ""
    base_denominator: Decimal | None = None
    path: str = Agreement.Path.LINEAR
    factor_set: FactorSet | None = None
    renewable_share_target: Decimal | None = None
    pue_target: Decimal | None = None
    recalculation_threshold: Decimal = Decimal(5)
    incentive: str = ""
    remedy: str = ""
    sites: "list[Site]" = field(default_factory=list)

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "sites"}


class YearsDoNotFit(ValueError):
    """The base year does not lie before the first year of the agreement."""


def target_years(agreement: Agreement) -> range:
    """The fiscal years of the supplier that the agreement runs through."""
    start = agreement.supplier.fiscal_year_start
    return range(fiscal_year_of(agreement.starts_on, start), fiscal_year_of(agreement.ends_on, start) + 1)


def made_targets(agreement: Agreement) -> dict[int, Decimal]:
    """From the total reduction and the path. Raises `YearsDoNotFit`."""
    years = target_years(agreement)
    if agreement.base_year >= years.start:
        raise YearsDoNotFit(f"base year {agreement.base_year}, first year {years.start}")
    return targets(
        figure(agreement.base_emissions, agreement.base_denominator if agreement.measure == Agreement.Measure.INTENSITY else None),
        base_year=agreement.base_year,
        first=years.start,
        last=years.stop - 1,
        total=(agreement.total_reduction or Decimal(0)) / 100,
        path="compounding" if agreement.path == Agreement.Path.COMPOUNDING else "linear",
    )


def content_of(agreement: Agreement, *, offered_at: datetime) -> dict[str, Any]:
    """What the signatures are given for, in a fixed form. The time of the offer makes each offer one of its own."""
    supplier, factor_set = agreement.supplier, agreement.factor_set
    return {
        "schema": SCHEMA,
        "number": agreement.number,
        "offered_at": offered_at.isoformat(),
        "supplier": {
            "id": supplier.pk,
            "identifier": supplier.identifier,
            "name_zh": supplier.name_zh,
            "name_en": supplier.name_en,
            "fiscal_year_start": supplier.fiscal_year_start,
        },
        "sites": [{"id": site.pk, "name": site.name} for site in agreement.sites.order_by("pk")],
        "title_en": agreement.title_en,
        "title_zh": agreement.title_zh,
        "starts_on": agreement.starts_on.isoformat(),
        "ends_on": agreement.ends_on.isoformat(),
        "base_year": agreement.base_year,
        "base_emissions": _text(agreement.base_emissions),
        "boundary": agreement.boundary,
        "scope2_method": agreement.scope2_method,
        "measure": agreement.measure,
        "intensity_unit": agreement.intensity_unit,
        "base_denominator": _text(agreement.base_denominator),
        "path": agreement.path,
        "total_reduction": _text(agreement.total_reduction),
        "targets": {str(year): _text(value) for year, value in _targets_of(agreement).items()},
        "factor_set": {"key": factor_set.key, "version": factor_set.version, "sha256": factor_set.sha256} if factor_set else None,
        "renewable_share_target": _text(agreement.renewable_share_target),
        "pue_target": _text(agreement.pue_target),
        "recalculation_threshold": _text(agreement.recalculation_threshold),
        "incentive": agreement.incentive,
        "remedy": agreement.remedy,
    }


def _targets_of(agreement: Agreement) -> dict[int, Decimal]:
    return dict(Target.objects.filter(agreement=agreement).order_by("year").values_list("year", "emissions"))


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
    if agreement.offered_terms is None or agreement.offered_at is None or hash_of(agreement.offered_terms) != agreement.content_sha256:
        return False
    now = content_of(agreement, offered_at=agreement.offered_at)
    # A company may change its name after the signature; the terms keep the name they were signed under.
    return {**now, "supplier": None} == {**agreement.offered_terms, "supplier": None}
