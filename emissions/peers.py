"""Where a supplier stands among those of its category: quartiles of calculated full years. Fewer than five others: nothing is said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import quantiles
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import NullIf

from accounts.scope import system
from emissions.models import Inventory
from suppliers.models import Supplier


LEAST_PEERS = 5


class Measure(StrEnum):
    PER_MILLION_CNY = "tonnes_per_million_cny"
    PUE = "pue"
    RENEWABLE_SHARE = "renewable_share"


@dataclass(frozen=True)
class Standing:
    """`own` between the quartiles of the others; shares are 0 to 1. For a renewable share more is better, for the others less."""

    measure: Measure
    own: Decimal
    lower_quartile: Decimal
    median: Decimal
    upper_quartile: Decimal
    peers: int


def standings(supplier: Supplier, year: int) -> list[Standing]:
    """One query, whatever the number of peers."""
    with system():  # the peers are other suppliers; what leaves here are quartiles of five and more
        full_years = list(_full_years(supplier, year))
    return [found for measure in Measure if (found := _standing(measure, supplier.pk, full_years)) is not None]


def _standing(measure: Measure, supplier_id: int, full_years: Sequence[Mapping[str, Any]]) -> Standing | None:
    own: Decimal | None = next((row[measure] for row in full_years if row["supplier_id"] == supplier_id), None)
    others: list[Decimal] = [row[measure] for row in full_years if row["supplier_id"] != supplier_id and row[measure] is not None]
    if own is None or len(others) < LEAST_PEERS:
        return None
    lower, middle, upper = quantiles(others, n=4, method="inclusive")
    return Standing(measure, own, lower, middle, upper, len(others))


def _full_years(supplier: Supplier, year: int) -> Iterable[Mapping[str, Any]]:
    share = F("renewable_kwh") / NullIf(F("electricity_kwh"), Value(Decimal(0)))
    found = Inventory.objects.filter(supplier__category=supplier.category, year=year, basis=Inventory.Basis.CALCULATED, months_covered=12)
    rows: Iterable[Mapping[str, Any]] = found.annotate(renewable_share=share).order_by("pk").values("supplier_id", *map(str, Measure))
    return rows
