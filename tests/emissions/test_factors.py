import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.utils import DatabaseError
from django.utils import timezone

from emissions import factors
from emissions.factor_checks import problems_of
from emissions.factors import FOLDER, FactorSetChanged, NoFactorSet, book_of, default_factor_set, load_factor_sets
from emissions.management.commands import load_factor_sets as load_factor_sets_command
from emissions.models import Factor, FactorSet
from tests.factories import NOW


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The shipped sets as a version that no database holds."""
    folder = shutil.copytree(FOLDER, tmp_path / "sets")
    file = folder / "sets.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("2026.1", "2099.1"), encoding="utf-8")
    return folder


def test_without_a_set_the_default_says_what_to_do(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "DEFAULT_KEY", "no-such-set")

    with pytest.raises(NoFactorSet):
        default_factor_set()


def test_loading_twice_loads_once(db: None, newer: Path, capsys: Any) -> None:
    load_factor_sets(at=NOW)

    first = load_factor_sets(at=NOW, folder=newer)
    second = load_factor_sets(at=NOW, folder=newer)
    call_command("load_factor_sets")

    assert [each.key for each in first] == ["cn-default-ar5", "cn-default-ar6", "ipcc-2006-ar5", "ipcc-2006-ar6"]
    assert second == []
    assert "All factor sets are loaded." in capsys.readouterr().out


def test_a_newer_version_becomes_the_default_and_the_old_one_stays(db: None, newer: Path) -> None:
    load_factor_sets(at=NOW)
    load_factor_sets(at=timezone.now(), folder=newer)

    assert default_factor_set().version == "2099.1"
    assert FactorSet.objects.filter(key="cn-default-ar5").count() == 2


def test_a_changed_set_needs_a_new_version(db: None, newer: Path) -> None:
    load_factor_sets(at=NOW, folder=newer)
    before = FactorSet.objects.count()
    file = newer / "grid-cn-mee.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("0.5306", "0.5307"), encoding="utf-8")

    with pytest.raises(FactorSetChanged):
        load_factor_sets(at=NOW, folder=newer)
    assert FactorSet.objects.count() == before


def test_a_factor_without_a_year_and_whatever_else_is_wrong_is_told_at_once_by_its_line(
    db: None, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = newer / "grid-cn-mee.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(",2021,kWh,", ",,kWh,")
    lines[2] = lines[2].replace(",kWh,0", ",furlong,-0")
    file.write_text("\n".join([*lines, lines[3]]), encoding="utf-8")
    monkeypatch.setattr(load_factor_sets_command, "load_factor_sets", partial(load_factor_sets, folder=newer))

    with pytest.raises(CommandError) as refused:
        call_command("load_factor_sets")

    said = str(refused.value)
    assert "grid-cn-mee.csv line 2 (cn.grid.national.2021): no year" in said
    assert "grid-cn-mee.csv line 3 (cn.grid.national.2022): unknown unit “furlong”" in said
    assert "co2_kg_per_unit -0.5366 is below zero" in said
    assert "this key is used twice" in said
    assert not FactorSet.objects.filter(version="2099.1").exists()


def test_every_shipped_file_passes_the_check() -> None:
    assert [problem for each in factors.declared_sets() for name in factors.files_of(each) for problem in problems(name)] == []


def problems(name: str) -> list[str]:
    return problems_of(name, factors.read_rows(FOLDER / name))


@pytest.mark.parametrize("statement", ["UPDATE emissions_factor SET year = 1", "DELETE FROM emissions_factorset"])
def test_the_application_cannot_change_a_published_factor(db: None, statement: str) -> None:
    from django.db import connection, transaction

    load_factor_sets(at=NOW)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_book_holds_what_the_files_say(db: None) -> None:
    load_factor_sets(at=NOW)
    book = book_of(default_factor_set())

    assert str(book.rows["cn.guideline.diesel"].co2) == "3145.1225"
    assert str(book.rows["cn.grid.national.2023"].co2) == "0.5306"
    assert len(book.rows) == Factor.objects.filter(factor_set=default_factor_set()).count()
