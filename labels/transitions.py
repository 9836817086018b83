"""What may happen to a label, and when. Pure: the day is an argument, so that a test walks through three years in a second.

The ledger is a list of steps; a label is what the steps leave behind (`derive`). `transition` says the next step that the rules
take by themselves. It is asked again after each step until nothing is left to do, so one evaluation may take several: expired,
then awarded anew.

    none, expired ──proposed (an exception, by a person)──▶ proposed ──awarded (by a second one)──▶ awarded
                                                             └──declined──▶ none, expired
    none, expired ──awarded──▶ awarded ──warned──▶ warned ──cleared──▶ awarded
                                  │                  ├──lowered (after grace, a lower level is met)──▶ awarded
                                  │                  └──suspended (after grace)──▶ suspended
                                  ├──raised, renewed──▶ awarded
                                  └──suspended (a gate)──▶ suspended ──reinstated──▶ awarded
    awarded, warned, suspended ──expired (validity over)──▶ expired
    awarded, warned, suspended ──revoked (two people)──▶ revoked ──awarded (after the cooling-off)──▶ awarded
                                                            └──reinstated (an appeal was upheld)──▶ awarded

Renewal due, appealed, appeal upheld, appeal refused, announced and called off are steps that leave the state as it is.

What a person suspended, a person lifts: the rules leave it alone, past the end of validity too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from labels.criteria import Outcome
from labels.dates import add_months, last_day_of_term
from labels.rules import Rules


NONE, PROPOSED, AWARDED, WARNED = "none", "proposed", "awarded", "warned"
SUSPENDED, EXPIRED, REVOKED = "suspended", "expired", "revoked"

# Step -> the states it may be taken from.
ALLOWED: dict[str, frozenset[str]] = {
    "proposed": frozenset({NONE, EXPIRED}),
    "declined": frozenset({PROPOSED}),
    "awarded": frozenset({NONE, PROPOSED, EXPIRED, REVOKED}),
    "raised": frozenset({AWARDED}),
    "warned": frozenset({AWARDED}),
    "cleared": frozenset({WARNED}),
    "lowered": frozenset({WARNED}),
    "suspended": frozenset({AWARDED, WARNED}),
    # A revoked label comes back by an appeal alone: see `apply`.
    "reinstated": frozenset({SUSPENDED, REVOKED}),
    "renewal_due": frozenset({AWARDED, WARNED}),
    "renewed": frozenset({AWARDED}),
    "expired": frozenset({AWARDED, WARNED, SUSPENDED}),
    "revoked": frozenset({AWARDED, WARNED, SUSPENDED}),
    # An appeal is recorded; what comes of it is a step of its own. Time goes on meanwhile, so any state may have followed.
    "appealed": frozenset({AWARDED, WARNED, SUSPENDED, EXPIRED, PROPOSED, REVOKED}),
    "appeal_upheld": frozenset({AWARDED, WARNED, SUSPENDED, EXPIRED, PROPOSED, REVOKED}),
    "appeal_refused": frozenset({AWARDED, WARNED, SUSPENDED, EXPIRED, PROPOSED, REVOKED}),
    # So is what people announce for a later day, and that nothing came of it.
    "announced": frozenset({AWARDED, WARNED, SUSPENDED}),
    "called_off": frozenset({AWARDED, WARNED, SUSPENDED, EXPIRED, PROPOSED, REVOKED}),
}
# "declined" leads back to where the label was: expired where it ever stood, else none.
LEADS_TO = {
    "proposed": PROPOSED,
    "declined": NONE,
    "awarded": AWARDED,
    "raised": AWARDED,
    "warned": WARNED,
    "cleared": AWARDED,
    "lowered": AWARDED,
    "suspended": SUSPENDED,
    "reinstated": AWARDED,
    "renewed": AWARDED,
    "expired": EXPIRED,
    "revoked": REVOKED,
}

# Why the rules took a step.
CRITERIA_MET, CRITERIA_MISSED, GATE_MISSED = "criteria_met", "criteria_missed", "gate_missed"
GRACE_OVER, VALIDITY_OVER, TERM_ENDS = "grace_over", "validity_over", "term_ends"
# Why people did.
EXCEPTION, APPEAL = "exception", "appeal"


class IllegalStep(Exception):
    """The label is not in a state from which this step can be taken."""


class LabelState(NamedTuple):
    """A label as its ledger leaves it."""

    state: str = NONE
    level: str = ""
    standard_id: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    # While warned: the last day of grace. Once revoked: the first day a label may be awarded again.
    until: date | None = None
    # Suspended by a person.
    is_held: bool = False
    # Number and day of the last step.
    number: int = 0
    since: date | None = None
    # The supplier was told that this term nears its end.
    is_due: bool = False


class Step(NamedTuple):
    kind: str
    level: str
    standard_id: int | None
    reason_code: str
    effective_on: date
    valid_from: date | None
    valid_to: date | None
    until: date | None = None
    by_person: bool = False


# --- from steps to the label ------------------------------------------------------------------------------------------


def apply(label: LabelState, step: Step) -> LabelState:
    """The label after the step; raises `IllegalStep`."""
    if label.state not in ALLOWED[step.kind]:
        raise IllegalStep(f"{step.kind} from {label.state}")
    if step.kind == "reinstated" and label.state == REVOKED and step.reason_code != APPEAL:
        raise IllegalStep("reinstated from revoked without an appeal")
    number = label.number + 1
    if step.kind not in LEADS_TO:
        return label._replace(number=number, since=step.effective_on, is_due=label.is_due or step.kind == "renewal_due")
    return LabelState(
        state=EXPIRED if step.kind == "declined" and step.valid_to else LEADS_TO[step.kind],
        level=step.level,
        standard_id=step.standard_id,
        valid_from=step.valid_from,
        valid_to=step.valid_to,
        until=step.until,
        is_held=step.kind == "suspended" and step.by_person,
        number=number,
        since=step.effective_on,
        is_due=label.is_due and step.valid_to == label.valid_to,
    )


def derive(steps: Iterable[Step]) -> LabelState:
    label = LabelState()
    for step in steps:
        label = apply(label, step)
    return label


# --- from criteria to steps ---------------------------------------------------------------------------------------------


def steps(label: LabelState, outcome: Outcome, *, rules: Rules, standard_id: int, on: date) -> Iterator[Step]:
    """All the rules do on this day. On the same day with the same outcome, a second time brings nothing."""
    while step := transition(label, outcome, rules=rules, standard_id=standard_id, on=on):
        yield step
        label = apply(label, step)


def transition(label: LabelState, outcome: Outcome, *, rules: Rules, standard_id: int, on: date) -> Step | None:
    """The next step the rules take, or None."""
    return _Rulebook(label, outcome, rules, standard_id, on).next_step()


class _Rulebook(NamedTuple):
    label: LabelState
    outcome: Outcome
    rules: Rules
    standard_id: int
    on: date

    def next_step(self) -> Step | None:
        label = self.label
        if label.is_held:
            return None
        if label.state in (AWARDED, WARNED, SUSPENDED) and label.valid_to and self.on > label.valid_to:
            # A suspension that a person lifted late ended after that day.
            first_day_without = max(label.valid_to + timedelta(days=1), label.since or label.valid_to)
            return self.step("expired", VALIDITY_OVER, effective_on=first_day_without)
        match label.state:
            case "awarded":
                return self.from_awarded()
            case "warned":
                return self.from_warned()
            case "suspended":
                return self.from_suspended()
            case "revoked" if label.until and self.on < label.until:
                return None
        return self.award("awarded") if self.outcome.level else None

    def from_awarded(self) -> Step | None:
        if self.outcome.suspends:
            return self.step("suspended", GATE_MISSED)
        if self.stands_at < 0:
            return self.step("warned", CRITERIA_MISSED, until=self.on + timedelta(days=self.rules.ledger.grace_days))
        if self.stands_at > 0:
            return self.award("raised")
        if self.label.valid_to and self.on > self.label.valid_to - timedelta(days=self.rules.ledger.renewal_days):
            return self.renew(self.label.valid_to)
        return self.renewal_due()

    def from_warned(self) -> Step | None:
        if self.outcome.suspends:
            return self.step("suspended", GATE_MISSED)
        if self.stands_at >= 0:
            return self.step("cleared", CRITERIA_MET)
        if self.label.until and self.on > self.label.until:
            if self.outcome.level:
                return self.step("lowered", GRACE_OVER, level=self.outcome.level)
            return self.step("suspended", GRACE_OVER)
        return self.renewal_due()

    def renewal_due(self) -> Step | None:
        """Once a term, in good time before the days in which it is renewed or not."""
        valid_to, days = self.label.valid_to, self.rules.ledger.renewal_notice_days
        if self.label.is_due or valid_to is None or self.on <= valid_to - timedelta(days=days):
            return None
        return self.step("renewal_due", TERM_ENDS, until=self.label.until)

    def from_suspended(self) -> Step | None:
        if not self.outcome.level:
            return None
        # Back at its own level, or at the lower one that is met.
        level = self.label.level if self.stands_at >= 0 else self.outcome.level
        return self.step("reinstated", CRITERIA_MET, level=level)

    @property
    def stands_at(self) -> int:
        """Above 0 when a higher level is met than the label says, below 0 when the label's own level is missed."""
        return self.rules.rank(self.outcome.level) - self.rules.rank(self.label.level)

    def step(
        self, kind: str, reason_code: str, *, level: str | None = None, effective_on: date | None = None, until: date | None = None
    ) -> Step:
        label = self.label
        return Step(
            kind,
            label.level if level is None else level,
            self.standard_id,
            reason_code,
            effective_on or self.on,
            label.valid_from,
            label.valid_to,
            until,
        )

    def award(self, kind: str) -> Step:
        valid_to = last_day_of_term(self.on, self.rules.ledger.valid_months)
        return Step(kind, self.outcome.level, self.standard_id, CRITERIA_MET, self.on, self.on, valid_to)

    def renew(self, valid_to: date) -> Step:
        """The new term follows the old one, so that renewing early costs nothing."""
        new_end = add_months(valid_to + timedelta(days=1), self.rules.ledger.valid_months) - timedelta(days=1)
        return Step("renewed", self.label.level, self.standard_id, CRITERIA_MET, self.on, self.on, new_end)
