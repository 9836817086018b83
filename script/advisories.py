"""Compares what we pin with published weaknesses, without a network: the list of them lies beside this file.

    python script/advisories.py                    # part of script/checks.py: fails for a weakness in a pinned version
    python script/advisories.py --refresh ALL.ZIP  # keeps what an archive of OSV says about what we pin

The archive: https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip, one JSON file an advisory. Only what concerns our
packages is kept. An advisory that does not concern us gets a line in `accepted`, with the reason.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version


BASE = Path(__file__).resolve().parent.parent
KEPT = BASE / "script" / "advisories.json"
PINS = ("constraints.txt", "requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;#]+)", re.MULTILINE)
OLD_AFTER_DAYS = 45

Advisory = dict[str, Any]


def pinned(base: Path = BASE) -> dict[str, Version]:
    texts = ((base / name).read_text(encoding="utf-8") for name in PINS)
    return {canonicalize_name(name): Version(version) for text in texts for name, version in PIN.findall(text)}


# --- reading an archive -----------------------------------------------------------------------------------------------


def read_archive(path: Path, packages: Iterable[str]) -> Iterator[Advisory]:
    """What of an archive concerns these packages, in the few fields we need."""
    wanted = set(packages)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield from _concerning(json.loads(archive.read(name)), wanted)


def _concerning(found: Advisory, wanted: set[str]) -> Iterator[Advisory]:
    if found.get("withdrawn"):
        return
    for affected in found.get("affected", []):
        package = affected.get("package", {})
        name = canonicalize_name(package.get("name", ""))
        if package.get("ecosystem") == "PyPI" and name in wanted:
            yield {
                "id": found["id"],
                "aliases": sorted(found.get("aliases", [])),
                "package": name,
                "ranges": [list(_spans(each)) for each in affected.get("ranges", []) if each.get("type") == "ECOSYSTEM"],
                "versions": affected.get("versions", []) if not affected.get("ranges") else [],
                "summary": (found.get("summary") or found.get("details", ""))[:200],
            }


def _spans(given: Advisory) -> Iterator[dict[str, str]]:
    """From `introduced` until before `fixed`, or up to `last_affected`, or for good."""
    span: dict[str, str] = {}
    for event in given.get("events", []):
        if "introduced" in event and span:
            yield span
            span = {}
        span |= event
        if "fixed" in event or "last_affected" in event:
            yield span
            span = {}
    if span:
        yield span


def refresh(path: Path, *, kept: Path = KEPT, today: date) -> int:
    before = json.loads(kept.read_text(encoding="utf-8"))
    found = sorted(read_archive(path, pinned()), key=lambda each: (each["package"], each["id"]))
    content = {"date": today.isoformat(), "whole": True, "accepted": before["accepted"], "advisories": found}
    kept.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(found)


# --- comparing --------------------------------------------------------------------------------------------------------


def concerns(advisory: Advisory, version: Version) -> bool:
    if str(version) in advisory["versions"]:
        return True
    return any(_within(span, version) for spans in advisory["ranges"] for span in spans)


def _within(span: dict[str, str], version: Version) -> bool:
    try:
        first = Version(span.get("introduced", "0"))
        if "fixed" in span:
            return first <= version < Version(span["fixed"])
        return first <= version and ("last_affected" not in span or version <= Version(span["last_affected"]))
    except InvalidVersion:
        return True  # better one too many than one too few


def weaknesses(content: dict[str, Any], pins: dict[str, Version]) -> list[str]:
    return [
        f"{each['package']} {pins[each['package']]}: {each['id']} {' '.join(each['aliases'])} {each['summary']}"
        for each in content["advisories"]
        if each["package"] in pins and each["id"] not in content["accepted"] and concerns(each, pins[each["package"]])
    ]


def warnings(content: dict[str, Any], *, today: date) -> list[str]:
    days = (today - date.fromisoformat(content["date"])).days
    said = []
    if days > OLD_AFTER_DAYS:
        said.append(f"warning: the list of weaknesses is {days} days old; refresh it (script/advisories.py says how)")
    if not content["whole"]:
        said.append("warning: the list of weaknesses is a part of what is published; refresh it (script/advisories.py says how)")
    return said


def main() -> None:
    today = datetime.now(UTC).date()
    match sys.argv[1:]:
        case ["--refresh", archive]:
            print(f"{refresh(Path(archive), today=today)} advisories about what we pin")
        case []:
            content = json.loads(KEPT.read_text(encoding="utf-8"))
            print(*warnings(content, today=today), sep="\n")
            if found := weaknesses(content, pinned()):
                sys.exit("\n".join(found))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
