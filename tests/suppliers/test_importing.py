"""Lists of suppliers, from the file to the register."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from suppliers.importing import import_file
from suppliers.models import Import, ImportRow, Supplier
from tests.factories import NOW, create_supplier


UK_EMPLOYERS = Path(__file__).parent.parent / "data" / "uk_employers_2021-22.csv.gz"


def import_text(text: str, kind: str = "suppliers", *, defaults: Mapping[str, str] | None = None, encoding: str = "utf-8", **options: Any) -> Import:
    return import_file(text.encode(encoding), kind, defaults=defaults or {}, by=None, at=NOW, **options)


@pytest.mark.django_db
def test_the_uk_list_imports_whole_and_a_second_time_changes_nothing():
    data = gzip.decompress(UK_EMPLOYERS.read_bytes())
    defaults = {"country": "GB", "category": "by_industry"}

    first = import_file(data, "suppliers", defaults=defaults, by=None, at=NOW)
    second = import_file(data, "suppliers", defaults=defaults, by=None, at=NOW)

    assert sum(first.counts["import"].values()) == 10_465
    print(first.counts, second.counts, list(first.rows.filter(outcome="rejected").values("number","label","problems")))
    assert second.counts["import"]["created"] == second.counts["import"]["updated"] == 0
    assert second.counts["import"]["rejected"] == first.counts["import"]["rejected"]
    assert Supplier.objects.count() == first.counts["import"]["created"]
