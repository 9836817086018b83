"""The table of OWASP ASVS requirements is whole, and what it names is there. (Files it names: tests/test_documents.py.)"""

import re
from collections import Counter

from config.paths import BASE_DIR


ROW = re.compile(r"^\| (\d+)\.(\d+)\.(\d+) \| ([12]) \| ([^|]+) \| (yes|partly|no|n/a) \| ([^|]+) \| ([^|]*) ?\|$", re.MULTILINE)
# What the standard asks for at its first two levels.
ASKED = {"1": 70, "2": 183}


def rows() -> list[tuple[str, ...]]:
    return ROW.findall((BASE_DIR / "docs" / "asvs.md").read_text(encoding="utf-8"))


def test_each_requirement_of_both_levels_has_its_row() -> None:
    numbers = [tuple(int(part) for part in row[:3]) for row in rows()]

    assert numbers == sorted(set(numbers))
    assert Counter(row[3] for row in rows()) == ASKED


def test_what_is_met_names_what_shows_it() -> None:
    shown = {".".join(row[:3]): re.findall(r"`(tests/[\w/]+\.py)`", row[7]) for row in rows() if row[5] == "yes"}

    assert {number for number, tests in shown.items() if not tests} == set()
    assert [test for tests in shown.values() for test in tests if not (BASE_DIR / test).is_file()] == []


def test_the_summary_counts_what_the_table_says() -> None:
    counted = Counter(row[5] for row in rows())
    summary = (BASE_DIR / "SECURITY.md").read_text(encoding="utf-8")

    assert f"{counted['yes']} are met, {counted['partly']} in part, {counted['no']} are not" in summary
    assert f"{counted['n/a']} concern what is not used here" in summary
