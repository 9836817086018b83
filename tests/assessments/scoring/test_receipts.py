"""Receipts: everything needed to compute a score again, and a finger on whatever was changed."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaires import questionnaire
from assessments.scoring import receipts, scorer
from assessments.scoring.receipts import ReceiptError
from assessments.scoring.scorer import ACCEPT, REJECT_EVIDENCE
from tests.assessments.scoring.support import ANSWERS, Case, cases, quickly, said, worked_example
from tests.assessments.small import MEDIA


Receipt = dict[str, Any]

SCHEMA = Path(receipts.__file__).parents[1] / "schemas" / "supplier-esg-receipt-1.json"
FORM = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def receipt() -> Receipt:
    answers = {**ANSWERS, "A-1": said("3", True, REJECT_EVIDENCE), "A-2": said("yes", False, ACCEPT)}
    built = receipts.build(worked_example(), MEDIA, answers, subject={"supplier": "示例公司", "scored_at": "2026-04-01"})
    through_a_file: Receipt = json.loads(json.dumps(built, ensure_ascii=False))
    return through_a_file


def paths_of_differences(changed: Receipt) -> list[str]:
    return [difference.path for difference in receipts.verify(changed)]


@quickly
@given(cases())
def test_recomputing_from_the_receipt_gives_the_same_digits(case: Case) -> None:
    rule_set, facts, answers, reviewed, _ = case
    through_a_file = json.loads(json.dumps(receipts.build(rule_set, facts, answers, reviewed)))

    assert receipts.recompute(through_a_file) == rule_set.score(facts, answers, reviewed)
    assert receipts.verify(through_a_file, rule_set) == []


@quickly
@given(cases())
def test_every_receipt_has_the_published_form(case: Case) -> None:
    rule_set, facts, answers, reviewed, _ = case
    through_a_file = json.loads(json.dumps(receipts.build(rule_set, facts, answers, reviewed)))

    assert [error.message for error in FORM.iter_errors(through_a_file)] == []


def test_published_form_tells_what_is_missing_or_added() -> None:
    shorter, longer = receipt(), receipt()
    del shorter["seals"]
    longer["lines"][0]["bonus"] = "1"

    assert [error.message for error in FORM.iter_errors(shorter)] == ["'seals' is a required property"]
    assert "bonus" in next(FORM.iter_errors(longer)).message


def test_receipt_states_result_lines_and_inputs() -> None:
    built = receipt()

    assert built["schema"] == "supplier-esg-receipt/1"
    assert built["subject"]["supplier"] == "示例公司"
    assert built["result"]["declared"] == "63.83"
    assert built["result"]["areas"]["A"] == {"declared": "70.83", "evidenced": "70.83", "verified": "52.08"}
    assert built["inputs"]["answers"]["A-1"] == [{"value": "3"}, True, "reject_evidence"]
    first, *_, last = built["lines"]
    assert (first["declared"], first["verified"], first["points_possible"]) == ("0.75", "0.375", "30")
    assert last["declared"] == "2/3"
    assert receipts.verify(built) == []


def _digits(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where digits stand in the receipt."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _digits(item, (*way, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _digits(item, (*way, place))
    elif any(each.isdigit() for each in str(value)) and not isinstance(value, bool):
        yield way


def _with_one_digit_changed(original: Receipt, way: tuple[Any, ...]) -> Receipt:
    changed = copy.deepcopy(original)
    place = changed
    for step in way[:-1]:
        place = place[step]
    value = place[way[-1]]
    text = str(value)
    at = next(number for number, each in enumerate(text) if each.isdigit())
    other = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
    place[way[-1]] = int(other) if isinstance(value, int) else other
    return changed


def test_any_changed_digit_is_found() -> None:
    original = receipt()
    for way in _digits(original):
        changed = _with_one_digit_changed(original, way)
        try:
            assert receipts.verify(changed), way
        except ReceiptError:
            # Some digits cannot change without the receipt becoming unreadable: the schema, a limit, a code in a condition.
            assert way[0] in ("schema", "rules"), way


def test_a_changed_line_is_named_by_its_question() -> None:
    changed = receipt()
    changed["lines"][0]["declared"] = "0.85"

    difference, seal = receipts.verify(changed)

    assert seal.path == "sha256"
    assert (difference.path, difference.stated, difference.computed) == ("lines[A-1].declared", "0.85", "0.75")
    assert str(difference) == "lines[A-1].declared: the receipt says '0.85', it computes to '0.75'"


def test_a_changed_answer_shows_in_its_line_the_totals_and_the_hash() -> None:
    changed = receipt()
    changed["inputs"]["answers"]["A-1"][0]["value"] = "4"

    found = paths_of_differences(changed)

    assert {"inputs_sha256", "result.declared", "lines[A-1].declared"} <= set(found)
    assert not any("A-2" in path for path in found)


def test_rules_of_ones_own_making_agree_with_themselves_but_not_with_those_published() -> None:
    original = receipt()
    original["rules"]["questions"][0]["weight"] = "5"
    own_rules = scorer.compile(questionnaire.load(original["rules"], texts=False))
    forged = receipts.build(own_rules, MEDIA, ANSWERS)

    assert receipts.verify(forged) == []
    assert [each.path for each in receipts.verify(forged, worked_example())] == ["questionnaire.sha256", "rules.questions[A-1].weight"]


def test_missing_and_added_lines_are_found() -> None:
    shorter, longer = receipt(), receipt()
    del shorter["lines"][-1]
    longer["result"]["areas"]["Z"] = {"declared": "100.00"}

    assert paths_of_differences(shorter) == ["lines", "sha256"]
    assert paths_of_differences(longer) == ["result.areas.Z", "sha256"]


@pytest.mark.parametrize("part", ["schema", "rules", "inputs"])
def test_a_receipt_without_its_parts_cannot_be_read(part: str) -> None:
    changed = receipt()
    del changed[part]

    with pytest.raises(ReceiptError):
        receipts.verify(changed)


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.sampled_from([*receipt(), "facts", "answers", "reviewed", "sites", "A-1"]), _junk)
def test_whatever_stands_in_a_receipt_it_is_verified_or_refused(key: str, junk: Any) -> None:
    changed = receipt()
    inputs = changed["inputs"]
    holder = next((each for each in (changed, inputs, inputs["facts"], inputs["answers"]) if key in each), changed)
    holder[key] = junk
    try:
        receipts.verify(changed)
        receipts.recompute(changed)
    except ReceiptError:
        assert key not in ("lines", "result", "subject")


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        (Fraction(3, 4), "0.75"),
        (Fraction(1, 3), "1/3"),
        (Fraction(0), "0"),
        (Fraction(1), "1"),
        (Fraction(1, 64), "0.015625"),
        (None, None),
    ],
)
def test_credits_are_written_exactly(credit: Fraction | None, expected: str | None) -> None:
    assert receipts.exact_text(credit) == expected


def test_receipts_are_verified_with_the_standard_library_alone(tmp_path: Path) -> None:
    """No Django, no YAML, no database: Python as it comes reads a receipt and computes it again."""
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt()), encoding="utf-8")
    program = "import json, sys; from assessments.scoring import receipts; print(receipts.verify(json.load(open(sys.argv[1]))))"
    # -S: no installed packages.
    command = [sys.executable, "-S", "-c", program, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[3])

    assert done.stdout.strip() == "[]"


def test_rules_of_a_receipt_hold_no_wording() -> None:
    assert "中文" not in json.dumps(receipt()["rules"], ensure_ascii=False)
