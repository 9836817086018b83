"""The way of a finding: which step leads from where to where, who takes it, and by when the next one is due. No database, no clock.

    open → action planned → plan agreed → action done → closed
      ↑         |  ↑            ↑               |          |
      +-- plan sent back -------+-- sent back --+          |
      +------------------- reopened -----------------------+

Whatever is not at its end can be withdrawn. An agreed plan may be planned anew, and is then agreed anew. The table below is the
whole truth: the verbs (`handling`), the pages, and the trigger that guards the column in the database are read from it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple


OPEN, PLANNED, AGREED, DONE, CLOSED, WITHDRAWN = "open", "action_planned", "plan_agreed", "action_done", "closed", "withdrawn"
UNFINISHED = (OPEN, PLANNED, AGREED, DONE)
ENDED = (CLOSED, WITHDRAWN)

# Who takes a step, and whom a state waits for.
SUPPLIER, BUYER, RULE, CLOCK = "supplier", "buyer", "rule", "clock"


class Step(NamedTuple):
    """`to` is empty where the state stays. A step without `allowed` states begins a finding."""

    name: str
    allowed: tuple[str, ...]
    to: str
    side: str
    needs_reason: bool = False


STEPS = {
    step.name: step
    for step in (
        Step("raised", (), OPEN, BUYER),
        Step("opened_by_rule", (WITHDRAWN,), OPEN, RULE),
        Step("action_planned", (OPEN, PLANNED, AGREED), PLANNED, SUPPLIER),
        Step("plan_agreed", (PLANNED,), AGREED, BUYER),
        Step("plan_sent_back", (PLANNED,), OPEN, BUYER, needs_reason=True),
        Step("action_reported", (AGREED,), DONE, SUPPLIER),
        Step("sent_back", (DONE,), AGREED, BUYER, needs_reason=True),
        Step("closed", (DONE,), CLOSED, BUYER, needs_reason=True),
        Step("withdrawn", UNFINISHED, WITHDRAWN, BUYER, needs_reason=True),
        Step("withdrawn_by_rule", (OPEN,), WITHDRAWN, RULE),
        Step("reopened", ENDED, OPEN, BUYER, needs_reason=True),
        Step("escalated", UNFINISHED, "", CLOCK),
    )
}


def may(name: str, status: str) -> bool:
    return status in STEPS[name].allowed


def moves() -> Iterator[tuple[str, str]]:
    """Every change of the state that some step makes."""
    yield from sorted({(before, step.to) for step in STEPS.values() if step.to for before in step.allowed if before != step.to})


# --- deadlines --------------------------------------------------------------------------------------------------------

# The supplier says what it will do within so many days, the sooner the graver the finding.
PLAN_DAYS = {"critical": 7, "major": 14, "minor": 30}
# The buyer looks at a plan, and at what was done, within these.
AGREE_DAYS, VERIFY_DAYS = 7, 14


def waits_for(status: str) -> str:
    """SUPPLIER or BUYER; empty at the end."""
    return {OPEN: SUPPLIER, PLANNED: BUYER, AGREED: SUPPLIER, DONE: BUYER}.get(status, "")


def next_due(status: str, severity: str, since: date, done_by: date | None) -> date | None:
    """The last day for the next step of a finding that has been in this state `since`; `done_by` is what its plan says."""
    match status:
        case "open":
            return since + timedelta(days=PLAN_DAYS[severity])
        case "action_planned":
            return since + timedelta(days=AGREE_DAYS)
        case "plan_agreed":
            return done_by
        case "action_done":
            return since + timedelta(days=VERIFY_DAYS)
    return None


# Days past the deadline -> level: first those who have to act, then those who answer for them, then the head of the programme.
ESCALATES_AFTER = (1, 8, 22)


def level(days_late: int) -> int:
    """0 while nothing is late, 3 at most."""
    return sum(days_late >= days for days in ESCALATES_AFTER)
