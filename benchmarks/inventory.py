"""`inventory`: from a year's activity data to stored inventories, beside one COPY out of the rows and one COPY in of the results.

Ours: a run of `calculate_inventories` through the run engine on two worker processes, from the moment it is asked for until it is closed:
rows read, factors found, totals, intensities and every line of every inventory calculated and written. The inventories are taken away
before each round, so that each is written anew.
The limit: the columns that inventories are calculated from, read whole; the inventories written into their own table.
"""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from benchmarks.bench import Bench
from benchmarks.measuring import Measured, copied_out, copy_in, in_turns, run_seconds, seconds
from benchmarks.processes import logs, workers
from config.demo.copying import copy_text
from emissions.coverage import fiscal_months
from emissions.models import ActivityRecord, Inventory
from emissions.sources import UNITS, Source
from runs import engine
from suppliers.models import Site, Supplier


MOST_SUPPLIERS = 1_000
# Before any year of the demo.
YEAR = 2019
SOURCES = (
    Source.ELECTRICITY,
    Source.RENEWABLE_ELECTRICITY,
    Source.HEAT,
    Source.NATURAL_GAS,
    Source.DIESEL,
    Source.PETROL,
    Source.LPG,
    Source.IT_ENERGY,
    Source.REVENUE,
    Source.PRODUCTION,
)
_ROWS = """
    SELECT supplier_id, site_id, month, source, quantity, unit, substance, is_measured
    FROM emissions_activityrecord WHERE supplier_id = ANY(%s) AND month BETWEEN %s AND %s
"""
_COLUMNS = (
    "supplier_id, year, basis, factor_set_id, scope1, scope2_location, scope2_market, scope3, electricity_kwh, renewable_kwh, "
    "it_energy_kwh, pue, tonnes_per_million_cny, months_covered, lines, reported_by_id, created_at"
)
_INVENTORIES = f"SELECT {_COLUMNS} FROM emissions_inventory WHERE year = {YEAR}"  # noqa: S608 - constants


def measure(bench: Bench) -> Measured:
    ids = _report(MOST_SUPPLIERS)
    made = Inventory.objects.filter(year=YEAR)
    environment = bench.ground.environment(bench.database)
    with workers(environment, log=logs() / "worker.log") as server, server.followed() as memory:
        _calculate(len(ids))
        inventories = copied_out(_INVENTORIES)

        def calculate(number: int) -> float:
            made.delete()
            return _calculate(len(ids))

        def copy(number: int) -> float:
            made.delete()
            return seconds(lambda: _copy(ids, inventories))

        ours, limit = in_turns(bench.rounds, ours=calculate, limit=copy)
    return Measured(ours, limit, len(ids), {"worker_peak_mb": memory.peak, "worker_growth_mb": memory.growth})


def _report(most: int) -> list[int]:
    """A year of activity data at one site of each supplier, twelve months of every source; returns the suppliers."""
    sites = dict(Site.objects.filter(supplier__in=Supplier.objects.in_business()).order_by("supplier", "-pk").values_list("supplier", "pk"))
    at = datetime(YEAR + 1, 1, 31, tzinfo=UTC).isoformat()
    columns = ("supplier_id", "site_id", "month", "source", "substance", "quantity", "unit", "is_measured", "reported_at")
    chosen = dict(sorted(sites.items())[:most])
    Supplier.objects.filter(pk__in=chosen).exclude(fiscal_year_start=1).update(fiscal_year_start=1)
    copy_text(
        ActivityRecord._meta.db_table,
        columns,
        (
            f"{supplier}\t{site}\t{month}\t{source}\t\t{_quantity(supplier, number)}\t{UNITS[source][0]}\tt\t{at}\n"
            for supplier, site in chosen.items()
            for number, source in enumerate(SOURCES)
            for month in fiscal_months(YEAR, 1)
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) emissions_activityrecord")
    return list(chosen)


def _quantity(supplier: int, number: int) -> Decimal:
    """No two suppliers alike, and less renewable electricity than electricity."""
    return Decimal(supplier % 977 + 20) * (10 - number) / 8


def _copy(ids: list[int], inventories: bytes) -> None:
    months = fiscal_months(YEAR, 1)
    copied_out(_ROWS, [ids, months[0], months[-1]])
    copy_in("emissions_inventory", _COLUMNS, inventories)


def _calculate(n: int) -> float:
    return run_seconds(engine.start("calculate_inventories", parameters={"year": YEAR}, by=None, at=timezone.now()), "changed", n)
