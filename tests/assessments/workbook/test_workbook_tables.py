"""Two copies that fill in different rows of a table, or other cells of a row: nothing is lost, and only what is contested is asked."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.models import Assessment
from assessments.questionnaires import questionnaire
from assessments.questionnaires.questions import Field
from assessments.workbook import layout, uploads
from assessments.workbook.tables import put_together
from tests.assessments.filling import Workbook
from tests.assessments.small import document, option, question, text
from tests.assessments.workbook.support import apply, copy_of, save, stored, upload
from tests.factories import create_assessment, create_campaign, create_questionnaire


COLUMNS = [
    {"key": "gas", "type": "single", "label": text("gas"), "options": [option(each) for each in ("r22", "r32", "r410a", "other")]},
    {"key": "amount", "type": "number", "label": text("amount"), "unit": "kg", "units": ["kg", "t"], "min": "0"},
    {"key": "remark", "type": "text", "label": text("remark"), "required": False},
]
CONTENT = document(question("B-01", "table", area="B", columns=COLUMNS, min_rows=0, max_rows=6))
TABLE: Field = questionnaire.load(CONTENT).question("B-01").fields[0]


def row(gas: str, amount: str, remark: str = "") -> dict[str, Any]:
    return {"gas": gas, "amount": {"amount": amount, "unit": "kg"}, **({"remark": remark} if remark else {})}


R22, R32, R410A = row("r22", "1"), row("r32", "2"), row("r410a", "3")


@pytest.mark.parametrize(
    ("base", "file", "now", "result"),
    [
        ([], [R22], [R32], [R32, R22]),
        ([], [R22, R32], [R32], [R32, R22]),
        ([R22], [R22, R32], [R22, R410A], [R22, R410A, R32]),
        ([R22, R32], [row("r22", "9"), R32], [R22, row("r32", "8")], [row("r22", "9"), row("r32", "8")]),
        # Cells of one row, each side another.
        ([R22], [row("r22", "9")], [row("r22", "1", "cold store")], [row("r22", "9", "cold store")]),
        ([], [row("r22", "1", "cold store")], [R22], [row("r22", "1", "cold store")]),
        # Rows that went, and rows that moved up.
        ([R22, R32], [R32], [R22, R32, R410A], [R32, R410A]),
        ([R22, R32], [R22, R32, R410A], [R32], [R32, R410A]),
        ([R22, R32], [R32], [R22], []),
        ([R22, R32], [R32], [R22, row("r32", "8")], [row("r32", "8")]),
    ],
)
def test_what_is_not_contested_is_put_together(base: Any, file: Any, now: Any, result: Any) -> None:
    together = put_together(TABLE, base, file, now)

    assert (together.clashes, together.taken, together.kept) == ((), result, result)


@pytest.mark.parametrize(
    ("base", "file", "now", "taken", "kept"),
    [
        ([R22], [row("r22", "9")], [row("r22", "8")], [row("r22", "9")], [row("r22", "8")]),
        # The rest of the row is put together whatever is chosen.
        ([R22], [row("r22", "9", "store")], [row("r22", "8")], [row("r22", "9", "store")], [row("r22", "8", "store")]),
        # One took the row away, the other changed it.
        ([R22], [], [row("r22", "8")], [], [row("r22", "8")]),
        ([R22], [row("r22", "9")], [], [row("r22", "9")], []),
        # Both added the same gas.
        ([], [R22], [row("r22", "8")], [R22], [row("r22", "8")]),
        # A row that is about something else now is not mixed with what it was.
        ([R22], [row("r22", "9")], [R32], [row("r22", "9")], [R32]),
    ],
)
def test_what_both_changed_differently_is_a_conflict(base: Any, file: Any, now: Any, taken: Any, kept: Any) -> None:
    together = put_together(TABLE, base, file, now)

    assert len(together.clashes) == 1
    assert (together.taken, together.kept) == (taken, kept)


rows = st.lists(st.builds(row, st.sampled_from(["r22", "r32", "other"]), st.sampled_from("123"), st.sampled_from(["", "a"])), max_size=4)


def counted(side: list[Any]) -> list[str]:
    return sorted(map(str, side))


@settings(deadline=None)
@given(rows, rows, rows)
def test_nothing_is_lost_in_silence(base: list[Any], file: list[Any], now: list[Any]) -> None:
    """What only one side changed is what comes out, and a row both sides have, and know by its name, is there whatever is chosen."""
    assert counted(put_together(TABLE, base, file, base).taken) == counted(file)
    assert put_together(TABLE, base, base, now).taken == now
    assert put_together(TABLE, base, now, now).clashes == ()
    together = put_together(TABLE, base, file, now)
    if not together.clashes:
        assert together.taken == together.kept
    for each in file:
        # Several rows about one gas are told apart by nothing but their place, and put together cell by cell.
        if each in now and all([other["gas"] for other in side].count(each["gas"]) <= 1 for side in (base, file, now)):
            assert each in together.taken


# --- through the file -------------------------------------------------------------------------------------------------


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=CONTENT)))


def fill(workbook: Workbook, number: int, gas: str | None, amount: object, remark: str | None = None) -> str:
    """Fills in a row of the table, by its number from 0; gives back the cell of the amount."""
    line = layout.HEAD_ROW + 1 + number
    for column, content in (("C", gas), ("D", amount), ("E", "kg"), ("F", remark)):
        workbook.put("B-", f"{column}{line}", content)
    return f"{workbook.named('B-')}!D{line}"


def test_two_copies_that_fill_in_different_rows_are_put_together(assessment, owner, colleague):
    one, other = copy_of(assessment, owner), copy_of(assessment, colleague)
    fill(one, 0, "r22", 1)
    fill(other, 0, "r32", 2)
    fill(other, 3, "r410a", 3)
    apply(upload(assessment, one, owner), owner)

    found = upload(assessment, other, colleague)
    [merge] = uploads.merges_of(found)
    [change] = merge.changes
    applied = apply(found, colleague)

    assert not merge.is_conflict
    assert [each[0] for each in change.together[0].rows] == ["r22", "r32", "r410a"]
    assert applied.saved == ["B-01"]
    assert stored(assessment, "B-01") == {"value": [R22, R32, R410A]}
    assert uploads.merges_of(found) == []


@pytest.mark.parametrize(("choice", "amount"), [("file", "9"), ("now", "8")])
def test_only_the_contested_row_is_asked_about(assessment, owner, colleague, choice, amount):
    save(assessment, "B-01", {"value": [R22, R32]}, owner)
    workbook = copy_of(assessment, owner)
    where = fill(workbook, 1, "r32", 9)
    fill(workbook, 2, "r410a", 3)
    save(assessment, "B-01", {"value": [row("r22", "7"), row("r32", "8")]}, colleague, base=1)

    found = upload(assessment, workbook, owner)
    [change] = uploads.merges_of(found)[0].changes
    apply(found, owner, B_01=choice)

    # Only the row in question, three ways, by its cell.
    assert [len(side[0].rows) for side in (change.before, change.given, change.now)] == [1, 1, 1]
    assert change.where.split("!")[1][1:] == where.split("!")[1][1:]
    assert stored(assessment, "B-01") == {"value": [row("r22", "7"), row("r32", amount), R410A]}


def test_a_wrong_cell_keeps_its_row_away_and_no_other(assessment, owner):
    save(assessment, "B-01", {"value": [R22, R32]}, owner)
    workbook = copy_of(assessment, owner)
    where = fill(workbook, 1, "r32", "many")
    fill(workbook, 2, "r410a", 3)
    fill(workbook, 3, "other", "some")

    found = upload(assessment, workbook, owner)
    [merge] = uploads.merges_of(found)
    apply(found, owner)

    assert [each.where for each in merge.wrong] == [where, where.replace("D5", "D7")]
    assert stored(assessment, "B-01") == {"value": [R22, R32, R410A]}


def test_more_rows_than_a_table_has_are_said_and_change_nothing(assessment, owner, colleague):
    workbook = copy_of(assessment, owner)
    for number in range(4):
        fill(workbook, number, "other", number, f"mine {number}")
    theirs = [row("r22", str(number), f"theirs {number}") for number in range(3)]
    save(assessment, "B-01", {"value": theirs}, colleague)

    found = upload(assessment, workbook, owner)
    [merge] = uploads.merges_of(found)

    assert "more than 6 rows" in merge.wrong[0].text
    assert apply(found, owner).saved == []
    assert stored(assessment, "B-01") == {"value": theirs}
