"""A receipt is checked by whoever holds it, with Python alone, and a changed digit is found on its line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from assessments.scoring import offline_checker, receipt_checking
from assessments.scoring.receipt_checking import DIFFERENT, SOUND, UNREADABLE
from tests.assessments.scoring.test_receipts import Receipt, _digits, _with_one_digit_changed, receipt


ROOT = Path(__file__).resolve().parents[3]


def as_file(built: Receipt) -> str:
    return json.dumps(built, ensure_ascii=False, indent=1)


def check(text: str) -> tuple[int, list[str]]:
    return receipt_checking.check(text)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_a_sound_receipt_is_called_sound_with_its_numbers_and_the_hash_of_its_rules():
    code, (verdict, rules) = check(as_file(receipt()))

    assert code == SOUND
    assert "declared 63.83" in verdict
    assert receipt()["rules_sha256"] in rules


def test_a_changed_digit_of_a_line_is_named_with_its_line_in_the_file():
    changed = receipt()
    changed["lines"][0]["declared"] = "0.85"
    text = as_file(changed)

    code, said = check(text)

    assert code == DIFFERENT
    assert f"line {line_of(text, '0.85')}: lines[A-1].declared: the receipt says '0.85', it computes to '0.75'" in said


def test_an_answer_that_was_changed_is_named_even_where_its_credit_stays_the_same():
    changed = receipt()
    changed["inputs"]["answers"]["B-1"][0]["value"] = "79.98"
    text = as_file(changed)

    said = check(text)[1]

    first = line_of(text, '"B-1": [')
    assert said[1].startswith(f"lines {first} to ")
    assert said[1].endswith("inputs.answers.B-1: changed since the receipt was made")
    assert not any("lines[" in each for each in said)


def test_a_changed_rule_is_named_even_where_the_rules_can_no_longer_be_read():
    changed = receipt()
    changed["rules"]["profiles"]["default"]["A"] = "61"

    code, said = check(as_file(changed))

    assert code == UNREADABLE
    assert any(each.endswith("rules.profiles: changed since the receipt was made") for each in said)


def test_a_changed_seal_is_not_taken_for_a_changed_answer():
    changed = receipt()
    changed["seals"]["inputs.answers.B-1"] = "0" * 16

    said = check(as_file(changed))[1]

    assert "seals.inputs.answers.B-1" in said[1]
    assert "changed since" not in said[1]


def test_every_changed_digit_is_found_on_its_line_or_within_the_lines_named():
    original = receipt()
    before = as_file(original).splitlines()
    for way in _digits(original):
        text = as_file(_with_one_digit_changed(original, way))
        code, said = check(text)
        [changed] = [number for number, (old, new) in enumerate(zip(before, text.splitlines(), strict=True), start=1) if old != new]

        assert code != SOUND, way
        assert way == ("schema",) or any(_names(each, changed) for each in said), (way, changed, said)


def _names(said: str, line: int) -> bool:
    """A code that was changed has no place of its own any more: the list it stood in is named."""
    where = said.partition(":")[0]
    numbers = [int(word) for word in where.split() if word.isdigit()]
    in_range = bool(numbers) and numbers[0] <= line <= numbers[-1]
    return in_range or ".question: the receipt says" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: this is not JSON"),
        ('{"schema":\n nonsense}', "line 2: this is not JSON"),
        ('{"schema": "supplier-esg-receipt/1", "schema": "x"}', "“schema” stands in it twice"),
        ('{"schema": NaN}', "NaN is no number"),
        ("[1, 2]", "holds no named parts"),
        ('{"schema": "supplier-esg-receipt/2"}', "not a score receipt of a kind known here"),
        ('{"schema": "supplier-esg-receipt/1"}', "A part of this receipt is missing"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_receipt_is_refused_with_a_reason(text, said):
    code, found = check(text)

    assert code == UNREADABLE
    assert said in found[0]


def test_other_rules_than_the_published_ones_are_found_by_their_hash():
    code, said = receipt_checking.check(as_file(receipt()), rules_sha256="0" * 64)

    assert code == DIFFERENT
    assert "rules_sha256" in said[1]


# --- without database, settings or packages -------------------------------------------------------------------------------


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(each) for each in command], cwd=cwd, capture_output=True, text=True, check=False, env=environment)


def test_the_single_file_gives_the_same_verdicts_with_python_alone(tmp_path):
    call_command("write_receipt_checker", str(tmp_path / "verify_receipt.py"), verbosity=0)
    changed = receipt()
    changed["lines"][0]["declared"] = "0.85"
    samples = {"sound.json": as_file(receipt()), "changed.json": as_file(changed), "torn.json": as_file(receipt())[:-20]}
    for name, text in samples.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        # -I -S: no environment, no folder of ours, no installed packages.
        done = run(sys.executable, "-I", "-S", "verify_receipt.py", name, cwd=tmp_path)
        code, said = check(text)

        assert done.returncode == code
        assert (done.stdout + done.stderr).splitlines() == [f"{name}: {each}" for each in said]


def test_the_single_file_holds_only_modules_that_need_nothing_but_python():
    assert {"assessments.scoring", "assessments.scoring.receipts", "assessments.scoring.explaining"} <= set(offline_checker.module_names())
    assert "django" not in offline_checker.source()


def test_manage_checks_a_receipt_without_database_and_settings(tmp_path):
    (tmp_path / "receipt.json").write_text(as_file(receipt()), encoding="utf-8")

    # A server's address without its secrets: whatever loads the settings or asks the database fails.
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    done = run(ROOT / "script/manage", "verify_receipt", "receipt.json", cwd=tmp_path, **environment)

    assert (done.returncode, done.stderr) == (SOUND, "")
    assert done.stdout.startswith("receipt.json: sound")


def test_a_missing_file_is_told_from_a_wrong_receipt(tmp_path, capsys):
    assert receipt_checking.main([str(tmp_path / "none.json")]) == UNREADABLE
    assert "cannot be read" in capsys.readouterr().err
