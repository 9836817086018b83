from datetime import date

import pytest

from assessments.findings import states


def test_every_state_can_be_reached_and_none_is_a_dead_end() -> None:
    reached = {step.to for step in states.STEPS.values() if step.to}

    assert reached == {*states.UNFINISHED, *states.ENDED}
    assert all(any(states.may(name, status) for name in states.STEPS) for status in reached)


def test_a_finding_is_closed_only_after_its_plan_was_agreed_and_the_action_shown() -> None:
    """Every way from open to closed, without taking a state twice."""

    def ways(status: str, seen: tuple[str, ...]) -> list[tuple[str, ...]]:
        if status == states.CLOSED:
            return [seen]
        onward = {after for before, after in states.moves() if before == status and after not in seen}
        return [way for after in onward for way in ways(after, (*seen, after))]

    found = ways(states.OPEN, (states.OPEN,))

    assert found
    assert all(way[-3:] == (states.AGREED, states.DONE, states.CLOSED) for way in found)
    assert all(states.PLANNED in way for way in found)


def test_the_supplier_never_agrees_verifies_or_ends() -> None:
    own = {name for name, step in states.STEPS.items() if step.side == states.SUPPLIER}

    assert own == {"action_planned", "action_reported"}


def test_whoever_sends_back_or_ends_says_why() -> None:
    with_reason = {name for name, step in states.STEPS.items() if step.needs_reason}

    assert with_reason == {"plan_sent_back", "sent_back", "closed", "withdrawn", "reopened"}


@pytest.mark.parametrize(
    ("status", "severity", "expected"),
    [
        ("open", "critical", date(2026, 6, 8)),
        ("open", "major", date(2026, 6, 15)),
        ("open", "minor", date(2026, 7, 1)),
        ("action_planned", "critical", date(2026, 6, 8)),
        ("plan_agreed", "minor", date(2026, 9, 30)),
        ("action_done", "major", date(2026, 6, 15)),
        ("closed", "major", None),
        ("withdrawn", "critical", None),
    ],
)
def test_each_state_has_its_deadline(status: str, severity: str, expected: date | None) -> None:
    assert states.next_due(status, severity, date(2026, 6, 1), date(2026, 9, 30)) == expected


@pytest.mark.parametrize(("days", "level"), [(-3, 0), (0, 0), (1, 1), (7, 1), (8, 2), (21, 2), (22, 3), (400, 3)])
def test_the_later_it_is_the_higher_it_goes(days: int, level: int) -> None:
    assert states.level(days) == level


def test_a_state_at_its_end_waits_for_nobody() -> None:
    assert [states.waits_for(status) for status in (*states.UNFINISHED, *states.ENDED)] == [
        "supplier",
        "buyer",
        "supplier",
        "buyer",
        "",
        "",
    ]
