from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.criteria import Outcome
from labels.dates import add_months
from labels.transitions import ALLOWED, IllegalStep, LabelState, Step, apply, derive, steps
from tests.labels.support import our_rules


LEADER = Outcome("green_leader", (), (), None)
GREEN = Outcome("green", (), (), None)
NOTHING = Outcome("", (), (), None)
GATE = Outcome("", (), ("no_critical_finding",), None)
DAY = timedelta(days=1)
START = date(2026, 1, 1)


class Ledger:
    """A label that is looked at day after day."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @property
    def label(self) -> LabelState:
        return derive(self.steps)

    def look(self, on: date, outcome: Outcome) -> list[str]:
        taken = list(steps(self.label, outcome, rules=our_rules(), standard_id=1, on=on))
        self.steps += taken
        return [step.kind for step in taken]

    def nights(self, first: date, last: date, outcome: Outcome) -> list[tuple[str, date]]:
        """Every night from first to last; what happened when."""
        happened = []
        for number in range((last - first).days + 1):
            on = first + number * DAY
            happened += [(kind, on) for kind in self.look(on, outcome)]
        return happened

    def person(self, kind: str, on: date, *, until: date | None = None) -> None:
        label = self.label
        step = Step(kind, label.level, 1, "by_person", on, label.valid_from, label.valid_to, until, by_person=True)
        apply(label, step)
        self.steps.append(step)


def awarded(outcome: Outcome = GREEN) -> Ledger:
    ledger = Ledger()
    ledger.look(START, outcome)
    return ledger


def test_a_label_is_awarded_for_twelve_months() -> None:
    ledger = awarded()

    assert ledger.label == LabelState("awarded", "green", 1, START, date(2026, 12, 31), None, False, 1, START)


def test_a_supplier_that_misses_the_criteria_gets_no_label() -> None:
    ledger = Ledger()

    assert ledger.look(START, NOTHING) == []
    assert ledger.look(START, GATE) == []


def test_looking_twice_on_one_day_changes_nothing() -> None:
    for outcome in (GREEN, LEADER, NOTHING, GATE):
        ledger = awarded()
        ledger.look(START + 40 * DAY, outcome)
        assert ledger.look(START + 40 * DAY, outcome) == []


def test_a_missed_criterion_warns_first_and_suspends_after_thirty_days_of_grace() -> None:
    ledger = awarded()

    happened = ledger.nights(date(2026, 3, 1), date(2026, 4, 30), NOTHING)

    assert happened == [("warned", date(2026, 3, 1)), ("suspended", date(2026, 4, 1))]
    assert ledger.steps[1].until == date(2026, 3, 31)


def test_what_is_put_right_within_grace_clears_the_warning() -> None:
    ledger = awarded()
    ledger.look(date(2026, 3, 1), NOTHING)

    assert ledger.look(date(2026, 3, 31), GREEN) == ["cleared"]
    assert ledger.label.valid_to == date(2026, 12, 31)


def test_a_gate_suspends_at_once_and_meeting_it_again_reinstates() -> None:
    ledger = awarded()

    assert ledger.look(date(2026, 3, 1), GATE) == ["suspended"]
    assert ledger.look(date(2026, 3, 2), NOTHING) == []
    assert ledger.look(date(2026, 3, 3), GREEN) == ["reinstated"]


def test_a_gate_cuts_the_grace_period_short() -> None:
    ledger = awarded()
    ledger.look(date(2026, 3, 1), NOTHING)

    assert ledger.look(date(2026, 3, 2), GATE) == ["suspended"]


def test_a_better_supplier_is_raised_at_once_for_a_new_year() -> None:
    ledger = awarded()

    assert ledger.look(date(2026, 6, 1), LEADER) == ["raised"]
    assert (ledger.label.level, ledger.label.valid_to) == ("green_leader", date(2027, 5, 31))


def test_a_leader_that_is_only_green_now_is_lowered_after_grace() -> None:
    ledger = awarded(LEADER)

    assert ledger.nights(date(2026, 3, 1), date(2026, 4, 10), GREEN) == [("warned", date(2026, 3, 1)), ("lowered", date(2026, 4, 1))]
    assert (ledger.label.level, ledger.label.valid_to) == ("green", date(2026, 12, 31))


def test_a_suspended_leader_comes_back_at_the_level_it_meets() -> None:
    ledger = awarded(LEADER)
    ledger.look(date(2026, 3, 1), GATE)

    assert ledger.look(date(2026, 3, 5), GREEN) == ["reinstated"]
    assert ledger.label.level == "green"


def test_a_label_is_renewed_in_its_last_thirty_days_and_loses_no_day() -> None:
    ledger = awarded()

    assert ledger.nights(START, date(2027, 1, 5), GREEN) == [("renewal_due", date(2026, 11, 2)), ("renewed", date(2026, 12, 2))]
    assert ledger.label.valid_to == date(2027, 12, 31)


def test_renewal_is_announced_once_a_term_also_while_warned() -> None:
    ledger = awarded()
    ledger.look(date(2026, 10, 20), NOTHING)

    assert ledger.nights(date(2026, 11, 1), date(2026, 11, 10), NOTHING) == [("renewal_due", date(2026, 11, 2))]
    assert ledger.label.until == date(2026, 11, 19), "grace goes on"
    assert ledger.look(date(2026, 11, 15), GREEN) == ["cleared"]
    assert ledger.label.is_due
    assert ledger.look(date(2026, 11, 16), GREEN) == []


def test_a_label_that_is_not_renewed_expires_the_day_after_its_last() -> None:
    ledger = awarded()
    ledger.look(date(2026, 12, 20), NOTHING)

    assert ledger.look(date(2026, 12, 31), NOTHING) == []
    assert ledger.look(date(2027, 1, 1), NOTHING) == ["expired"]
    assert ledger.steps[-1].effective_on == date(2027, 1, 1)


def test_a_label_nobody_looked_at_for_long_expired_on_its_day_and_is_awarded_anew() -> None:
    ledger = awarded()

    assert ledger.look(date(2028, 5, 1), GREEN) == ["expired", "awarded"]
    assert [step.effective_on for step in ledger.steps[1:]] == [date(2027, 1, 1), date(2028, 5, 1)]


def test_what_a_person_suspended_the_rules_leave_alone() -> None:
    ledger = awarded()
    ledger.person("suspended", date(2026, 3, 1))

    assert ledger.nights(date(2026, 3, 2), date(2027, 3, 1), GREEN) == []
    ledger.person("reinstated", date(2027, 3, 1))
    assert ledger.look(date(2027, 3, 1), GREEN) == ["expired", "awarded"]


def test_a_revoked_label_stays_away_until_the_cooling_off_is_over() -> None:
    ledger = awarded()
    ledger.person("revoked", date(2026, 3, 1), until=date(2029, 3, 1))

    assert ledger.nights(date(2029, 2, 1), date(2029, 3, 2), GREEN) == [("awarded", date(2029, 3, 1))]


def test_three_years_of_a_label() -> None:
    ledger = Ledger()
    happened: list[tuple[str, date]] = []
    life = [
        (date(2026, 1, 1), NOTHING),  # first assessment not good enough
        (date(2026, 2, 1), GREEN),
        (date(2026, 8, 1), LEADER),
        (date(2027, 2, 1), GATE),  # a critical finding
        (date(2027, 2, 20), LEADER),
        (date(2027, 10, 1), GREEN),  # a certificate ran out, for longer than grace
        (date(2028, 3, 1), NOTHING),  # the total fell, and came back in time
        (date(2028, 3, 25), GREEN),
        (date(2028, 9, 1), NOTHING),  # it fell for good
    ]
    ends = [first - DAY for first, _ in life[1:]] + [date(2028, 12, 31)]
    for (first, outcome), last in zip(life, ends, strict=True):
        happened += ledger.nights(first, last, outcome)

    assert happened == [
        ("awarded", date(2026, 2, 1)),
        ("raised", date(2026, 8, 1)),
        ("suspended", date(2027, 2, 1)),
        ("reinstated", date(2027, 2, 20)),
        ("renewal_due", date(2027, 6, 2)),
        ("renewed", date(2027, 7, 2)),
        ("warned", date(2027, 10, 1)),
        ("lowered", date(2027, 11, 1)),
        ("warned", date(2028, 3, 1)),
        ("cleared", date(2028, 3, 25)),
        ("renewal_due", date(2028, 6, 2)),
        ("renewed", date(2028, 7, 2)),
        ("warned", date(2028, 9, 1)),
        ("suspended", date(2028, 10, 2)),
    ]
    assert ledger.label.valid_to == date(2029, 7, 31)


@pytest.mark.parametrize("kind", ["renewed", "suspended", "revoked", "cleared", "reinstated", "expired"])
def test_a_label_that_was_never_awarded_allows_none_of_these(kind: str) -> None:
    with pytest.raises(IllegalStep):
        apply(LabelState(), Step(kind, "green", 1, "", START, START, START))


def test_an_appeal_is_recorded_and_changes_nothing() -> None:
    ledger = awarded()
    ledger.look(date(2026, 3, 1), GATE)
    before = ledger.label
    ledger.person("appealed", date(2026, 3, 2))

    assert ledger.label == before._replace(number=before.number + 1, since=date(2026, 3, 2))


days = st.lists(
    st.tuples(
        st.integers(1, 200), st.sampled_from([GREEN, LEADER, NOTHING, GATE]), st.sampled_from(["", "", "", "hold", "lift", "revoke"])
    ),
    max_size=25,
)


@given(days)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_the_ledger_tells_a_lawful_story(life: Iterable[tuple[int, Outcome, str]]) -> None:
    ledger, on = Ledger(), START
    for pause, outcome, person in life:
        on += pause * DAY
        ledger.look(on, outcome)
        assert ledger.look(on, outcome) == []
        act(ledger, person, on)
        ledger.look(on, outcome)
        check(ledger, on, outcome)


def act(ledger: Ledger, person: str, on: date) -> None:
    kind = {"hold": "suspended", "lift": "reinstated", "revoke": "revoked"}.get(person)
    label = ledger.label
    if kind and label.state in ALLOWED[kind] and (kind != "reinstated" or label.is_held):
        ledger.person(kind, on, until=add_months(on, 36) if kind == "revoked" else None)


def check(ledger: Ledger, on: date, outcome: Outcome) -> None:
    label = ledger.label
    assert label.number == len(ledger.steps)
    effective = [step.effective_on for step in ledger.steps]
    assert effective == sorted(effective)
    if label.state in ("awarded", "warned"):
        assert label.valid_from is not None
        assert label.valid_to is not None
        assert label.valid_from <= on <= label.valid_to
        assert not outcome.suspends
    if label.state == "awarded":
        assert our_rules().rank(label.level) <= our_rules().rank(outcome.level)
    for before, after in zip(ledger.steps, ledger.steps[1:], strict=False):
        if before.kind == "revoked":
            assert after.kind == "awarded"
            assert before.until is not None
            assert after.effective_on >= before.until
