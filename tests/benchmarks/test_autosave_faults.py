"""What the comparison of acknowledged saves with the database sees. That it is not deceived, test_faults.py stands on."""

import pytest

from benchmarks import autosave_faults
from benchmarks.autosave_clients import Client, Paper, Save


def client_who_saved(*saves: tuple[str, int | None]) -> Client:
    paper = Paper(1, "signatory@example.com", [("A-01", "value")])
    return Client(0, paper, 80, [Save("A-01", mark, 0, attempts=1, version=version) for mark, version in saves])


def compared(monkeypatch, client: Client, rows: list[tuple[int, str]]) -> dict[str, int]:
    monkeypatch.setattr(autosave_faults, "_stored", lambda assessments: {(1, "A-01"): rows})
    proof = autosave_faults.compare([client])
    return {name: getattr(proof, name) for name in autosave_faults.MUST_BE_ZERO if getattr(proof, name)}


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([(1, "first"), (2, "second")], {}),
        ([(1, "first")], {"lost": 1}),
        ([(1, "first"), (2, "second"), (3, "second")], {"doubled": 1, "out_of_order": 1}),
        ([(1, "first"), (1, "first"), (2, "second")], {"doubled": 1, "out_of_order": 3}),
        ([(1, "second"), (2, "first")], {"lost": 2, "out_of_order": 1}),
        ([(1, "first"), (2, "second"), (3, "somebody's")], {"invented": 1, "out_of_order": 1}),
    ],
)
def test_comparison_counts_what_is_not_as_acknowledged(monkeypatch, rows, wrong):
    assert compared(monkeypatch, client_who_saved(("first", 1), ("second", 2)), rows) == wrong


def test_save_nobody_acknowledged_is_counted_and_may_be_there_or_not(monkeypatch):
    assert compared(monkeypatch, client_who_saved(("first", 1), ("second", None)), [(1, "first")]) == {"unanswered": 1}
