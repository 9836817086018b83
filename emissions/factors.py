"""Factor sets: loading the ones the product brings, and reading one into memory."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from emissions.factor_checks import problems_of
from emissions.lookup import FactorBook, FactorRow
from emissions.models import Factor, FactorSet


FOLDER = Path(__file__).parent / "factor_sets"
DEFAULT_KEY = "cn-default-ar5"
COLUMNS = (
    "key",
    "name_en",
    "name_zh",
    "scope",
    "subject",
    "region",
    "year",
    "unit",
    "co2_kg_per_unit",
    "ch4_kg_per_unit",
    "n2o_kg_per_unit",
    "ncv_gj_per_unit",
    "checked",
    "source",
    "licence_note",
)


class FactorSetChanged(Exception):
    """A set of this key and version says something else: a changed set needs a new version."""


class FactorSetWrong(ValueError):
    """The files of a new set make no sense; `problems` names each place, all at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NoFactorSet(LookupError):
    """No factor set is loaded."""


def declared_sets(folder: Path = FOLDER) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((folder / "sets.yaml").read_text(encoding="utf-8"))
    return found


def rows_of(declared: dict[str, Any], folder: Path = FOLDER) -> Iterator[dict[str, str]]:
    for name in files_of(declared):
        for row in read_rows(folder / name):
            yield {column: row[column] for column in COLUMNS}


def files_of(declared: dict[str, Any]) -> list[str]:
    return [f"{name}.csv" for name in (*declared["files"], f"gwp-{declared['gwp'].lower()}")]


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content_sha256(declared: dict[str, Any], rows: list[dict[str, str]]) -> str:
    content = {"key": declared["key"], "version": declared["version"], "gwp": declared["gwp"], "factors": rows}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def load_factor_sets(*, at: datetime, folder: Path = FOLDER) -> list[FactorSet]:
    """Loads the sets that are not there yet and returns those it loaded. Raises `FactorSetChanged`, `FactorSetWrong`."""
    known = {(each.key, each.version): each.sha256 for each in FactorSet.objects.all()}
    loaded = []
    _refuse_nonsense([each for each in declared_sets(folder) if (each["key"], each["version"]) not in known], folder)
    for declared in declared_sets(folder):
        rows = list(rows_of(declared, folder))
        sha256 = content_sha256(declared, rows)
        name = (declared["key"], declared["version"])
        if name not in known:
            loaded.append(_load(declared, rows, sha256, at))
        elif known[name] != sha256:
            raise FactorSetChanged(" ".join(name))
    return loaded


def _refuse_nonsense(declared: Iterable[dict[str, Any]], folder: Path) -> None:
    files = dict.fromkeys(name for each in declared for name in files_of(each))
    if problems := [problem for name in files for problem in problems_of(name, read_rows(folder / name))]:
        raise FactorSetWrong(problems)


def _load(declared: dict[str, Any], rows: list[dict[str, str]], sha256: str, at: datetime) -> FactorSet:
    factor_set = FactorSet.objects.create(
        key=declared["key"],
        version=declared["version"],
        title_en=declared["title"]["en"],
        title_zh=declared["title"]["zh"],
        gwp=declared["gwp"],
        published_at=at,
        sha256=sha256,
    )
    Factor.objects.bulk_create([Factor(factor_set=factor_set, **row | {"ncv_gj_per_unit": row["ncv_gj_per_unit"] or None}) for row in rows])
    return factor_set


def default_factor_set() -> FactorSet:
    """The newest version of the default set. Raises `NoFactorSet`."""
    found = FactorSet.objects.filter(key=DEFAULT_KEY).order_by("-published_at", "-pk").first()
    if found is None:
        raise NoFactorSet("load_factor_sets loads the factor sets")
    return found


def book_of(factor_set: FactorSet) -> FactorBook:
    """The set in memory. Sets never change, so it is read once a process; the hash tells sets of different databases apart."""
    return _book(factor_set.pk, factor_set.gwp, factor_set.sha256)


@lru_cache(maxsize=16)
def _book(set_id: int, gwp: str, sha256: str) -> FactorBook:
    columns = ("key", "subject", "region", "year", "unit", "co2_kg_per_unit", "ch4_kg_per_unit", "n2o_kg_per_unit", "ncv_gj_per_unit")
    rows = Factor.objects.filter(factor_set_id=set_id).values_list(*columns)
    return FactorBook.of((FactorRow(*_plain(row)) for row in rows), set_id=set_id, gwp=gwp)


def _plain(row: tuple[Any, ...]) -> Iterator[Any]:
    """Without the zeros that the columns' places add: 0.5153, not 0.515300."""
    for value in row:
        if isinstance(value, Decimal):
            yield value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
        else:
            yield value
