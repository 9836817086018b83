"""`import_suppliers`: an XLSX list through the importer, beside reading the file and one COPY of the same rows. Both are committed.

Ours: what `./script/manage import_suppliers` does: columns recognised, every cell cleaned, check digits verified, compared with the
register, written with a line of account for every row.
The limit: the file read by the same library, and the resulting rows copied into a twin of the table, with its indexes and checks.
"""

from io import BytesIO
from pathlib import Path
from random import Random

import xlsxwriter
from django.db import connection
from django.utils import timezone
from python_calamine import CalamineWorkbook
from stdnum.iso7064 import mod_97_10

from benchmarks.bench import Bench
from benchmarks.measuring import Measured, copied_out, copy_in, in_turns, seconds
from config.demo import world
from suppliers.importing import import_file
from suppliers.models import Import, Supplier


HEADINGS = (
    "Supplier number", "Chinese name", "English name", "Unified Social Credit Code", "LEI", "Country", "Province",
    "Category", "Headcount", "Industry code",
)  # fmt: skip
# Numbers the demo does not use, so that every row is a new supplier.
FIRST_NUMBER = 40_000


def measure(bench: Bench) -> Measured:
    """Each round imports a list of its own: companies the register does not know yet."""
    folder = Path(bench.ground.var)
    lists = [_write_list(folder / f"list-{number}.xlsx", FIRST_NUMBER + number * bench.n, bench.n) for number in range(bench.rounds + 1)]
    columns = _columns()
    # What the COPY writes comes from a first import, which also reads the importer's tables of places and headings.
    rows = _import(lists.pop())[1]

    def copy(number: int) -> float:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE bench_supplier")
        return seconds(lambda: _read_and_copy(lists[number], columns, rows))

    ours, limit = in_turns(bench.rounds, ours=lambda number: _import(lists[number])[0], limit=copy)
    return Measured(ours, limit, bench.n)


def _import(path: Path) -> tuple[float, bytes]:
    """Seconds, and the suppliers it made as COPY writes them."""
    newest = Supplier.objects.order_by("-pk").values_list("pk", flat=True)[0]
    done: list[Import] = []
    taken = seconds(lambda: done.append(import_file(path, Import.Kind.SUPPLIERS, by=None, at=timezone.now())))
    counts = done[0].counts["import"]
    if counts["created"] != sum(counts.values()):
        raise RuntimeError(f"Not every row was new: {counts}")
    return taken, copied_out(f"SELECT {_columns()} FROM suppliers_supplier WHERE id > %s", [newest])  # noqa: S608 - our own columns


def _columns() -> str:
    return ", ".join(str(field.column) for field in Supplier._meta.concrete_fields if not field.generated)


def _read_and_copy(path: Path, columns: str, rows: bytes) -> None:
    CalamineWorkbook.from_filelike(BytesIO(path.read_bytes())).get_sheet_by_index(0).to_python()
    copy_in("bench_supplier", columns, rows)


def _write_list(path: Path, first: int, n: int) -> Path:
    random = Random(first)
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    for number, supplier in enumerate(world.suppliers(random, count=n, areas=()), start=1):
        sheet.write_row(number, 0, _cells(supplier, first + number))
    book.close()
    return path


def _cells(supplier: world.DemoSupplier, number: int) -> tuple[str, ...]:
    chinese = supplier.country == "CN"
    return (
        f"B{number:06d}",
        f"{supplier.name_zh}{number}" if supplier.name_zh else "",
        f"{supplier.name_en} {number}" if supplier.name_en else "",
        world.credit_code(number, world.PROVINCES[supplier.region][0]) if chinese else "",
        "" if chinese else _lei(number),
        supplier.country,
        supplier.region,
        supplier.category,
        supplier.headcount,
        world.INDUSTRY_CODES[supplier.category],
    )


def _lei(number: int) -> str:
    body = f"9845MADE{number:010d}"
    return body + mod_97_10.calc_check_digits(body)
