"""A supplier's inventory of a fiscal year, calculated from its activity data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum

from emissions.calculation import Activity, Calculation, Ledger, LineSum, calculate
from emissions.coverage import BESIDE_EMISSIONS, Coverage, coverage, fiscal_months
from emissions.factors import book_of, default_factor_set
from emissions.intensity import Per, intensities
from emissions.lookup import places_of
from emissions.models import ActivityRecord, FactorSet, Inventory, Scope3Entry
from emissions.units import EXACT
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User

KWH, PUE, TONNES = Decimal("0.01"), Decimal("0.0001"), Decimal("0.000001")


@dataclass(frozen=True)
class YearOfData:
    """The activity data of a fiscal year with what follows from it."""

    year: int
    factor_set: FactorSet
    activities: list[Activity]
    calculation: Calculation
    coverage: Coverage

    @property
    def emits(self) -> bool:
        """Revenue or packaging alone are no inventory."""
        return any(activity.source not in BESIDE_EMISSIONS for activity in self.activities)


def activities_of(supplier_id: int, months: Sequence[date], site_ids: Iterable[int] | None = None) -> list[Activity]:
    records = ActivityRecord.objects.filter(supplier_id=supplier_id, month__range=(months[0], months[-1]))
    if site_ids is not None:
        records = records.filter(site_id__in=list(site_ids))
    where = ("site_id", "site__type", "site__country", "site__region")
    columns = (*where, "month", "source", "quantity", "unit", "substance", "is_measured")
    places: dict[tuple[str, str], tuple[str, ...]] = {}
    found = []
    for site_id, kind, country, region, *rest in records.order_by("site_id", "month", "source", "substance").values_list(*columns):
        if (country, region) not in places:
            places[country, region] = places_of(country, region)
        found.append(Activity(site_id, kind, places[country, region], *rest))
    return found


def year_of_data(
    supplier: Supplier, year: int, *, factor_set: FactorSet | None = None, site_ids: Iterable[int] | None = None
) -> YearOfData:
    """Calculated on the spot: for some sites only, or with another factor set than the stored inventory's."""
    months = fiscal_months(year, supplier.fiscal_year_start)
    activities = activities_of(supplier.pk, months, site_ids)
    factor_set = factor_set or default_factor_set()
    return YearOfData(year, factor_set, activities, calculate(activities, book_of(factor_set)), coverage(activities, months))


@transaction.atomic
def calculate_inventory(
    *, supplier_id: int, year: int, at: datetime, by: "User | None" = None, factor_set: FactorSet | None = None
) -> Inventory | None:
    """Stores the year's inventory, or takes it back when no activity data are left. Calculating the same data again changes nothing.

    A stored inventory stays with its factor set unless another is named: a newer set must not move a figure that was reported.
    """
    # The supplier's row is the lock: two savings of activity data must not each store what the other has not seen.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    calculated = Inventory.objects.filter(supplier=supplier, year=year, basis=Inventory.Basis.CALCULATED)
    stored = calculated.select_related("factor_set").first()
    data = year_of_data(supplier, year, factor_set=factor_set or (stored.factor_set if stored else None))
    if not data.emits:
        calculated.delete()
        return None
    values = _values(data) | {"scope3": Scope3Entry.objects.filter(supplier=supplier, year=year).aggregate(sum=Sum("tonnes"))["sum"]}
    if stored is None:
        basis = Inventory.Basis.CALCULATED
        return Inventory.objects.create(supplier=supplier, year=year, basis=basis, reported_by=by, created_at=at, **values)
    changed = [name for name, value in values.items() if getattr(stored, name) != value]
    if changed:
        for name in changed:
            setattr(stored, name, values[name])
        stored.reported_by, stored.created_at = by, at
        stored.save(update_fields=[*changed, "reported_by", "created_at"])
    return stored


def _values(data: YearOfData) -> dict[str, Any]:
    calculation = data.calculation
    return {
        "factor_set": data.factor_set,
        "scope1": calculation.total(Ledger.SCOPE1),
        "scope2_location": calculation.total(Ledger.SCOPE2_LOCATION),
        "scope2_market": calculation.total(Ledger.SCOPE2_MARKET),
        "electricity_kwh": _kwh(calculation.electricity_kwh),
        "renewable_kwh": _kwh(_within(calculation.renewable_kwh, calculation.electricity_kwh)),
        "it_energy_kwh": _kwh(calculation.it_energy_kwh),
        "pue": _rounded(calculation.pue, PUE, below=Decimal(10_000)),
        "tonnes_per_million_cny": _rounded(_per_million_cny(data), TONNES, below=Decimal(10**10)),
        "months_covered": len(data.coverage.covered),
        "lines": [line_to_json(line, data.factor_set) for line in calculation.sums],
    }


def _per_million_cny(data: YearOfData) -> Decimal | None:
    found = (each.market for each in intensities(data.activities, data.calculation) if each.per == Per.MILLION_CNY)
    return next(found, None)


def _kwh(value: Decimal | None) -> Decimal | None:
    return _rounded(value, KWH, below=Decimal(10**16))


def _rounded(value: Decimal | None, places: Decimal, *, below: Decimal) -> Decimal | None:
    """None as well where the denominator is as good as nothing, and the quotient no figure."""
    return None if value is None or abs(value) >= below else value.quantize(places, ROUND_HALF_UP, EXACT)


def _within(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return part if part is None or whole is None else min(part, whole)


def line_to_json(line: LineSum, factor_set: FactorSet) -> dict[str, Any]:
    """Everything that the tonnes of a line follow from: with these numbers anyone can calculate them again."""
    factor = line.factor
    return {
        "site": line.site_id,
        "source": line.source,
        "substance": line.substance,
        "ledger": line.ledger.value,
        "months": [f"{month:%Y-%m}" for month in line.months],
        "quantity": _plain(line.quantity),
        "unit": line.unit,
        "factor": factor.key if factor else None,
        "factor_year": factor.year if factor else None,
        "factor_region": factor.region if factor else None,
        "year_note": line.note.value if line.note else None,
        "kg_per_unit": _plain(line.kg_per_unit),
        "gases": {"co2": _plain(factor.co2), "ch4": _plain(factor.ch4), "n2o": _plain(factor.n2o)} if factor else None,
        "gwp": factor_set.gwp,
        "measured": _plain(line.measured.quantize(Decimal("0.0001"), ROUND_HALF_UP)),
        "tonnes": _plain(line.tonnes),
        "trouble": line.trouble.value if line.trouble else None,
    }


def _plain(value: Decimal | None) -> str | None:
    """Digits only, without an exponent or zeros at the end."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
