"""A receipt file held against itself, on the command line: no database, no settings, nothing but Python.

    python3 -m assessments.scoring.receipt_checking receipt.json

Exit codes: 0 sound; 1 something does not follow; 2 no receipt that can be read. What is said is English: it is read beside the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from assessments.scoring import receipts
from assessments.scoring.receipts import Difference, ReceiptError


SOUND, DIFFERENT, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="verify_receipt", description="Computes the score of a receipt again from its rules and answers.")
    parser.add_argument("file", type=Path, help="the receipt, as downloaded (JSON)")
    parser.add_argument("--rules-sha256", default="", metavar="HASH", help="the published hash of the rules, to be sure of them too")
    options = parser.parse_args(arguments)
    try:
        text = options.file.read_text(encoding="utf-8-sig")
        code, lines = check(text, rules_sha256=options.rules_sha256.strip().lower())
    except (OSError, UnicodeDecodeError) as error:
        code, lines = UNREADABLE, [f"The file cannot be read: {error}"]
    for line in lines:
        print(f"{options.file}: {line}", file=sys.stdout if code != UNREADABLE else sys.stderr)
    return code


def check(text: str, *, rules_sha256: str = "") -> tuple[int, list[str]]:
    """An exit code, and what there is to say."""
    try:
        receipt = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_number)
        places = dict(_places(text, receipt))
    except json.JSONDecodeError as error:
        return UNREADABLE, [f"line {error.lineno}: this is not JSON: {error.msg}."]
    except ValueError as error:
        return UNREADABLE, [f"This is no receipt: {error}."]
    except RecursionError:
        return UNREADABLE, ["This is no receipt: its parts are nested too deeply."]
    if not isinstance(receipt, dict):
        return UNREADABLE, ["This is no receipt: it holds no named parts."]
    try:
        differences = receipts.verify(receipt)
    except ReceiptError as error:
        changed = receipts.changed_parts(receipt) if receipt.get("schema") == receipts.SCHEMA else []
        return UNREADABLE, [str(error), *(_said(each, places) for each in changed if each.is_changed)]
    if rules_sha256 and receipt["rules_sha256"] != rules_sha256:
        differences.append(Difference("rules_sha256", receipt["rules_sha256"], rules_sha256))
    if differences:
        count = len(differences)
        said = "1 place does not agree:" if count == 1 else f"{count} places do not agree:"
        return DIFFERENT, [said, *(_said(each, places) for each in differences)]
    return SOUND, _summary(receipt)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one key, a reader sees both and a program one: such a file would say two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"“{next(key for key in keys if keys.count(key) > 1)}” stands in it twice")
    return found


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _summary(receipt: dict[str, Any]) -> list[str]:
    result, about = receipt["result"], receipt["questionnaire"]
    numbers = ", ".join(f"{name} {result[name] or '–'}" for name in ("declared", "evidenced", "verified"))
    weights = receipt["rules"].get("weight_set")
    of = f", weights for {about['key']} {weights['of']}" if weights else ""
    return [
        f"sound. All {len(receipt['lines'])} lines and the totals follow from its rules and answers: {numbers}.",
        f"Rules: {about['key']} {about['version']}{of}, SHA-256 {receipt['rules_sha256']}. Compare it with the published one.",
    ]


# --- where it stands in the file ------------------------------------------------------------------------------------------


def _said(difference: Difference, places: dict[str, tuple[int, int]]) -> str:
    path = difference.path
    while path not in places and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    first, last = places[path]
    where = f"lines {first} to {last}" if difference.is_changed and last > first else f"line {first}"
    return f"{where}: {difference}"


def _places(text: str, whole: Any) -> Iterator[tuple[str, tuple[int, int]]]:
    """Path -> first and last line in the file, with the names `receipts` gives to places."""
    breaks = [at for at, each in enumerate(text) if each == "\n"]
    scalar = json.JSONDecoder().raw_decode

    def after_space(at: int) -> int:
        while text[at] in " \t\n\r":
            at += 1
        return at

    def line(at: int) -> int:
        return bisect_right(breaks, at) + 1

    def walk(at: int, value: Any, path: str) -> Generator[tuple[str, tuple[int, int]], None, int]:
        """Gives back the offset behind the value. The text is known to be JSON, and `value` what it says."""
        first = at = after_space(at)
        if not isinstance(value, (dict, list)):
            yield path, (line(first), line(first))
            return scalar(text, at)[1]
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        at += 1
        for key, item in items:
            at = after_space(at)
            if isinstance(value, dict):
                at = after_space(scalar(text, at)[1]) + 1
                inner = f"{path}.{key}" if path else str(key)
            else:
                inner = f"{path}[{receipts.item_name(item, key)}]"
            at = after_space((yield from walk(at, item, inner)))
            # Past a comma; the last one is followed by the bracket that closes.
            at += text[at] == ","
        at = after_space(at)
        yield path, (line(first), line(at))
        return at + 1

    return walk(0, whole, "")


if __name__ == "__main__":
    sys.exit(main())
