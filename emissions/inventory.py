"""Inventories of a fiscal year, calculated from activity data: one supplier's as it saves, all of them set by set."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q, Sum

from accounts.copying import copied_into
from emissions.calculation import Activity, Calculation, Ledger, LineSum, Series, calculate_series
from emissions.coverage import BESIDE_EMISSIONS, Coverage, coverage, fiscal_months
from emissions.factors import book_of, default_factor_set
from emissions.intensity import per_million_cny
from emissions.lookup import FactorRow, places_of
from emissions.models import ActivityRecord, FactorSet, Inventory, Scope3Entry
from emissions.units import EXACT
from suppliers.models import Site, Supplier


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

# What follows from the data, and what is written with it.
FOLLOWS = (
    "factor_set",
    "scope1",
    "scope2_location",
    "scope2_market",
    "scope3",
    "electricity_kwh",
    "renewable_kwh",
    "it_energy_kwh",
    "pue",
    "tonnes_per_million_cny",
    "months_covered",
    "lines",
)
WRITTEN = (*FOLLOWS, "reported_by", "created_at")
KWH, PUE, TONNES, SHARE = Decimal("0.01"), Decimal("0.0001"), Decimal("0.000001"), Decimal("0.0001")


# Site, month, source and substance of an activity, by their places: in half the time of asking by name.
_PLACE = itemgetter(*map(Activity._fields.index, ("site_id", "month", "source", "substance")))
# What is alike in all months of a series, and what each of them has of its own.
_ALIKE = ("supplier_id", "site_id", "source", "unit", "substance")
_MONTHLY = ("month", "quantity", "is_measured")
_alike = itemgetter(*range(len(_ALIKE)))
_month = itemgetter(len(_ALIKE))


@dataclass(frozen=True)
class YearOfData:
    """The activity data of a fiscal year with what follows from it."""

    year: int
    factor_set: FactorSet
    series: list[Series]
    calculation: Calculation
    coverage: Coverage

    @cached_property
    def activities(self) -> list[Activity]:
        """One a month, in the order of site, month and source. An inventory that is stored needs none of them."""
        return _activities(self.series)

    @property
    def emits(self) -> bool:
        """Revenue or packaging alone are no inventory."""
        return any(each.source not in BESIDE_EMISSIONS for each in self.series)


def activities_of(supplier_id: int, months: Sequence[date], site_ids: Iterable[int] | None = None) -> list[Activity]:
    """In the order of site, month and source."""
    return _activities(_series_of(supplier_id, months, site_ids))


def _activities(series: Iterable[Series]) -> list[Activity]:
    return sorted((activity for each in series for activity in each.activities), key=_PLACE)


def _series_of(supplier_id: int, months: Sequence[date], site_ids: Iterable[int] | None) -> list[Series]:
    records = ActivityRecord.objects.filter(supplier_id=supplier_id, month__range=(months[0], months[-1]))
    if site_ids is not None:
        records = records.filter(site_id__in=list(site_ids))
    return _series(records).get(supplier_id, [])


def _series(records: "QuerySet[ActivityRecord]") -> dict[int, list[Series]]:
    """By supplier, in the order of site, first month and source. Two queries: the sites, few beside their months, are read apart."""
    alike: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for key, adjacent in groupby(_rows(records.order_by().values_list(*_ALIKE, *_MONTHLY)), _alike):
        alike[key] += adjacent
    sites = Site.objects.filter(pk__in={site_id for _supplier, site_id, *_rest in alike}).values_list("pk", "type", "country", "region")
    places = {pk: (kind, places_of(country, region)) for pk, kind, country, region in sites}
    found: dict[int, list[Series]] = defaultdict(list)
    for (supplier_id, site_id, source, unit, substance), reported in alike.items():
        reported.sort(key=_month)
        for _year, of_year in groupby(reported, lambda row: _month(row).year):
            months = list(zip(*of_year, strict=True))[len(_ALIKE) :]
            found[supplier_id].append(Series(site_id, *places[site_id], source, unit, substance, *months))
    for series in found.values():
        series.sort(key=lambda each: (each.site_id, each.months[0], each.source, each.substance))
    return found


def _rows(asked: "QuerySet[Any, tuple[Any, ...]]") -> list[tuple[Any, ...]]:
    """As the database gives them, at once: a hundred thousand of them pass through nothing else."""
    try:
        statement = asked.query.sql_with_params()
    except EmptyResultSet:  # it can be seen that there are none
        return []
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall())


def year_of_data(
    supplier: Supplier, year: int, *, factor_set: FactorSet | None = None, site_ids: Iterable[int] | None = None
) -> YearOfData:
    """Calculated on the spot: for some sites only, or with another factor set than the stored inventory's."""
    series = _series_of(supplier.pk, fiscal_months(year, supplier.fiscal_year_start), site_ids)
    return _year(supplier, year, series, factor_set or default_factor_set())


def _year(supplier: Supplier, year: int, series: list[Series], factor_set: FactorSet) -> YearOfData:
    months = fiscal_months(year, supplier.fiscal_year_start)
    return YearOfData(year, factor_set, series, calculate_series(series, book_of(factor_set)), coverage(series, months))


# --- storing them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calculated:
    """`inventories` as they stand now, by supplier; how many of them differed from what was stored, and how many are gone."""

    inventories: dict[int, Inventory]
    changed: int
    removed: int


def calculate_inventory(
    *, supplier_id: int, year: int, at: datetime, by: "User | None" = None, factor_set: FactorSet | None = None
) -> Inventory | None:
    """As `calculate_inventories`, for one supplier."""
    found = calculate_inventories(supplier_ids=[supplier_id], year=year, at=at, by=by, factor_set=factor_set)
    return found.inventories.get(supplier_id)


@transaction.atomic
def calculate_inventories(
    *, supplier_ids: Collection[int], year: int, at: datetime, by: "User | None" = None, factor_set: FactorSet | None = None
) -> Calculated:
    """Stores the year's inventories, or takes back those without activity data. Calculating the same data again changes nothing.

    A stored inventory stays with its factor set unless another is named: a newer set must not move a figure that was reported.
    The number of statements does not depend on how many suppliers there are.
    """
    # The suppliers' rows are the lock: two savings of activity data must not each store what the other has not seen.
    suppliers = list(Supplier.objects.select_for_update(no_key=True).filter(pk__in=supplier_ids).order_by("pk"))
    calculated = Inventory.objects.filter(supplier__in=supplier_ids, year=year, basis=Inventory.Basis.CALCULATED)
    stored = {inventory.supplier_id: inventory for inventory in calculated.select_related("factor_set")}
    series = _series(_records_of_year(suppliers, year))
    scope3 = _scope3_of(supplier_ids, year)
    newest = factor_set or default_factor_set()
    inventories, new, changed, removed = {}, [], [], []
    for supplier in suppliers:
        was = stored.get(supplier.pk)
        used = factor_set or (was.factor_set if was and was.factor_set else newest)
        data = _year(supplier, year, series.get(supplier.pk, []), used)
        if not data.emits:
            removed += [was.pk] if was else []
            continue
        now = _inventory(supplier, data, scope3.get(supplier.pk), by=by, at=at)
        if was is None:
            new.append(now)
        elif _differs(was, now):
            now.pk = was.pk
            changed.append(now)
        else:
            now = was
        inventories[supplier.pk] = now
    if removed:
        calculated.filter(pk__in=removed).delete()
    _copy_in(new)
    Inventory.objects.bulk_update(changed, WRITTEN)
    return Calculated(inventories, len(new) + len(changed), len(removed))


def _copy_in(inventories: Sequence[Inventory]) -> None:
    """COPY, because an INSERT of as many lines of JSON spends its time escaping them."""
    if not inventories:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('emissions_inventory', 'id')) FROM generate_series(1, %s)", [len(inventories)]
        )
        for inventory, (pk,) in zip(inventories, cursor.fetchall(), strict=True):
            inventory.pk = pk
    names = [field.attname for field in Inventory._meta.concrete_fields if field.name != "lines"]
    values = attrgetter(*names)
    with copied_into("emissions_inventory", [*names, "lines"]) as copy:
        for inventory in inventories:
            copy.write_row([*values(inventory), orjson.dumps(inventory.lines).decode()])
    for inventory in inventories:
        inventory._state.adding = False


def _records_of_year(suppliers: Iterable[Supplier], year: int) -> "QuerySet[ActivityRecord]":
    """Fiscal years begin in at most twelve months: a range of months for each beginning."""
    by_start: dict[int, list[int]] = defaultdict(list)
    for supplier in suppliers:
        by_start[supplier.fiscal_year_start].append(supplier.pk)
    within = Q(pk__in=[])
    for start, ids in by_start.items():
        months = fiscal_months(year, start)
        within |= Q(supplier_id__in=ids, month__range=(months[0], months[-1]))
    return ActivityRecord.objects.filter(within)


def _scope3_of(supplier_ids: Collection[int], year: int) -> dict[int, Decimal]:
    entries = Scope3Entry.objects.filter(supplier__in=supplier_ids, year=year).order_by()
    return dict(entries.values_list("supplier_id").annotate(sum=Sum("tonnes")))


def _differs(was: Inventory, now: Inventory) -> bool:
    return any(getattr(was, name) != getattr(now, name) for name in FOLLOWS)


def _inventory(supplier: Supplier, data: YearOfData, scope3: Decimal | None, *, by: "User | None", at: datetime) -> Inventory:
    made = {"basis": Inventory.Basis.CALCULATED, "reported_by": by, "created_at": at}
    return Inventory(supplier=supplier, year=data.year, scope3=scope3, **made, **_values(data))


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
    revenue = [activity for each in data.series if each.source == "revenue" for activity in each.activities]
    found = per_million_cny(revenue, data.calculation)
    return found.market if found else None


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
        "months": [_written(month) for month in line.months],
        "quantity": _plain(line.quantity),
        "unit": line.unit,
        "factor": factor.key if factor else None,
        "factor_year": factor.year if factor else None,
        "factor_region": factor.region if factor else None,
        "year_note": line.note.value if line.note else None,
        "kg_per_unit": _known(line.kg_per_unit),
        "gases": _gases(factor) if factor else None,
        "gwp": factor_set.gwp,
        "measured": _known(line.measured.quantize(SHARE, ROUND_HALF_UP)),
        "tonnes": _plain(line.tonnes),
        "trouble": line.trouble.value if line.trouble else None,
    }


# What comes up in line after line.


@lru_cache(maxsize=1_000)
def _gases(factor: FactorRow) -> dict[str, str | None]:
    return {"co2": _plain(factor.co2), "ch4": _plain(factor.ch4), "n2o": _plain(factor.n2o)}


@lru_cache(maxsize=1_000)
def _known(value: Decimal | None) -> str | None:
    return _plain(value)


@lru_cache(maxsize=1_000)
def _written(month: date) -> str:
    return f"{month:%Y-%m}"


def _plain(value: Decimal | None) -> str | None:
    """Digits only, without an exponent or zeros at the end."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
