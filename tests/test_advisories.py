"""Published weaknesses are found in what we pin, from a list that lies in the repository."""

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

from script.advisories import KEPT, concerns, pinned, refresh, warnings, weaknesses


TODAY = date(2026, 11, 28)


def osv(number: str, package: str, *events: dict[str, str], ecosystem: str = "PyPI", **fields: object) -> dict[str, object]:
    ranges = [{"type": "ECOSYSTEM", "events": [*events]}] if events else []
    affected = {"package": {"name": package, "ecosystem": ecosystem}, "ranges": ranges, "versions": fields.pop("versions", [])}
    return {"id": number, "aliases": ["CVE-2026-1"], "summary": "Bad", "affected": [affected], **fields}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The list after it was refreshed from an archive with a bit of everything."""
    archive, kept = tmp_path / "all.zip", tmp_path / "advisories.json"
    published = [
        osv("ONE", "Django", {"introduced": "0"}, {"fixed": "4.2.1"}, {"introduced": "5.0"}, {"fixed": "99"}),
        osv("TWO", "pillow", {"introduced": "0"}, {"last_affected": "1.0"}),
        osv("THREE", "celery", versions=["0.0.1", str(pinned()["celery"])]),
        osv("FOUR", "Django", {"introduced": "0"}, ecosystem="npm"),
        osv("FIVE", "Django", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"),
        osv("SIX", "somebody-elses", {"introduced": "0"}),
    ]
    with zipfile.ZipFile(archive, "w") as file:
        for each in published:
            file.writestr(f"{each['id']}.json", json.dumps(each))
    kept.write_text(json.dumps({"date": "2020-01-01", "whole": False, "accepted": {"THREE": "not used"}, "advisories": []}))
    refresh(archive, kept=kept, today=TODAY)
    return kept


def test_an_archive_is_cut_down_to_what_we_pin(kept: Path) -> None:
    content = json.loads(kept.read_text())

    assert [each["id"] for each in content["advisories"]] == ["THREE", "ONE", "TWO"]
    assert (content["date"], content["whole"]) == ("2026-11-28", True)


def test_a_weakness_in_a_pinned_version_is_named_unless_it_was_accepted(kept: Path) -> None:
    content = json.loads(kept.read_text())

    assert [line.split(":")[0] for line in weaknesses(content, pinned())] == [f"django {pinned()['django']}"]
    assert weaknesses(content | {"accepted": {"ONE": "not used", "THREE": "not used"}}, pinned()) == []


@pytest.mark.parametrize(
    ("version", "is_concerned"), [("4.2", True), ("4.2.1", False), ("4.9", False), ("5.0", True), ("98.9", True), ("99", False)]
)
def test_a_version_is_concerned_from_where_it_began_until_before_it_was_mended(kept: Path, version: str, is_concerned: bool) -> None:
    one = next(each for each in json.loads(kept.read_text())["advisories"] if each["id"] == "ONE")

    assert concerns(one, Version(version)) is is_concerned


def test_an_old_list_and_half_a_list_are_said_to_be_so() -> None:
    assert len(warnings({"date": "2026-01-01", "whole": False}, today=TODAY)) == 2
    assert warnings({"date": "2026-11-01", "whole": True}, today=TODAY) == []


def test_nothing_we_pin_has_a_weakness_we_know_of() -> None:
    content = json.loads(KEPT.read_text(encoding="utf-8"))

    assert all(reason for reason in content["accepted"].values())
    assert weaknesses(content, pinned()) == []
