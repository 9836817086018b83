"""Whether a supplier meets a green standard: standard and facts in, criterion by criterion out. No database, no clock.

One function serves the nightly run, a back-test and the explanation on a page.

**Which score counts.** The newest assessment whose review is closed, with its verified scores. Where no review was ever closed,
the evidenced scores of the newest submitted assessment are shown, so that the supplier sees where it stands; the criterion
"reviewed assessment" is missed then, so they never lead to a label.

**Bad news counts at once, good news once it is reviewed.** A gate is hit when the reviewed assessment *or* a newer submitted one
hits it. A supplier that declares a red rating loses its label the next night; one that declares it lifted waits for the review.

**Levels.** A level is met when every criterion that asks something of it is met. A higher level asks at least what the lower one
asks (`labels.standards` refuses a standard that does not), so the outcome is the highest level met.

**Dates.** Facts are those known when they were read; they are judged on the day `on`. The result holds no count of days, which
would change every night: a missed date is told as the date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, NamedTuple

from labels.dates import add_months


SUSPEND, WARN = "suspend", "warn"
VERIFIED, EVIDENCED = "verified", "evidenced"
NO_END = "no_end"

# What a level asks: a least score, a number of months, or simply that it is so.
Need = Decimal | int | bool


class Needs(dict[str, Need]):
    """Level -> what it asks. Kept for the life of the rules, so that its stored form is made once, not once a supplier."""

    @cached_property
    def json(self) -> dict[str, str | int | bool]:
        return {level: str(need) if isinstance(need, Decimal) else need for level, need in self.items()}


NOT_ASKED = Needs()


class Basis(NamedTuple):
    """The assessment whose scores count."""

    assessment_id: int
    score: str
    total: Decimal | None
    # Area -> score as text; None where the area has no question that counts.
    areas: Mapping[str, str | None]
    # None while its review is not closed.
    closed_on: date | None


class Paper(NamedTuple):
    """A certificate or permit that no newer revision replaced."""

    document_id: int
    kind: str
    valid_from: date | None
    valid_to: date | None
    uploaded_on: date

    def in_date(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or self.valid_to >= on)

    @property
    def end(self) -> date:
        return self.valid_to or date.max


class Overlooked(NamedTuple):
    """A missed criterion that people decided not to count, for a time, up to a level: an exception, or an appeal that was upheld."""

    by: str
    number: int
    level: str


class Facts(NamedTuple):
    """All a standard may look at, about one supplier."""

    category: str
    headcount: str = ""
    state: str = "active"
    basis: Basis | None = None
    # Keys of the gates that are hit -> the assessment that hit them.
    gates: Mapping[str, int] = {}
    # (question, field) -> answer, for the questions a criterion asks about.
    answers: Mapping[tuple[str, str], str] = {}
    papers: Sequence[Paper] = ()
    critical_findings: Sequence[int] = ()
    # (finding, its date, the day it was opened); open ones only.
    major_findings: Sequence[tuple[int, date | None, date]] = ()
    # (record, day of the decision); those a person has upheld.
    violations: Sequence[tuple[int, date]] = ()
    # (agreement, its last day); those in force.
    agreements: Sequence[tuple[int, date]] = ()
    # Criterion -> the decision that overlooks it.
    overlooked: Mapping[str, Overlooked] = {}


class Check(NamedTuple):
    """One criterion, held against the facts. `value`, `what` and `refs` say what was found: never an answer's wording."""

    key: str
    source: str
    value: str | None
    # Level -> what it asks; empty where the criterion does not apply to this supplier.
    need: Needs
    missed: tuple[str, ...]
    what: str = ""
    refs: tuple[int, ...] = ()
    # "exception" or "appeal", where people decided that the miss does not count.
    overlooked: str = ""

    @property
    def applies(self) -> bool:
        return bool(self.need)

    def to_json(self) -> dict[str, Any]:
        line: dict[str, Any] = {"key": self.key, "source": self.source, "value": self.value}
        if self.what:
            line["what"] = self.what
        if self.refs:
            line["refs"] = self.refs
        if self.overlooked:
            line["overlooked"] = self.overlooked
        line["need"] = self.need.json
        line["missed"] = self.missed
        return line

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Check:
        need = Needs({level: Decimal(need) if isinstance(need, str) else need for level, need in line["need"].items()})
        what, refs, overlooked = line.get("what", ""), tuple(line.get("refs", ())), line.get("overlooked", "")
        return cls(line["key"], line["source"], line["value"], need, tuple(line["missed"]), what, refs, overlooked)

    def shortfall(self, level: str) -> Decimal | None:
        """What a score or a figure lacks for a level, or what it has too much."""
        need = self.need.get(level)
        if self.value is None or level not in self.missed or not isinstance(need, Decimal):
            return None
        return abs(need - Decimal(self.value))


class Remedy(NamedTuple):
    """What would meet a missed criterion: a key, and what its words speak of. `labels.wording` puts it into words."""

    key: str
    params: Mapping[str, Any] = {}


class Outcome(NamedTuple):
    # The highest level whose criteria are all met, or "".
    level: str
    checks: tuple[Check, ...]
    # Keys of missed criteria whose miss suspends a label at once.
    suspends: tuple[str, ...]
    basis: Basis | None

    def missed(self, level: str) -> tuple[str, ...]:
        return tuple(check.key for check in self.checks if level in check.missed)

    def to_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"criteria": [check.to_json() for check in self.checks]}
        if self.basis:
            closed = self.basis.closed_on
            content["basis"] = {
                "assessment": self.basis.assessment_id,
                "score": self.basis.score,
                "closed_on": closed.isoformat() if closed else None,
            }
        return content


@dataclass(frozen=True, kw_only=True)
class Criterion:
    key: str
    effect: str

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        raise NotImplementedError

    def remedy(self, check: Check) -> Remedy:
        """What the supplier can do; asked for missed criteria only."""
        raise NotImplementedError

    def verdict(self, source: str, value: str | None, needs: Needs, *, met: bool, what: str = "", refs: tuple[int, ...] = ()) -> Check:
        """For criteria that ask the same of every level."""
        return Check(self.key, source, value, needs, () if met else tuple(needs), what, refs)


@dataclass(frozen=True, kw_only=True)
class SupplierState(Criterion):
    allowed: tuple[str, ...] = ("invited", "registered", "active")

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        return self.verdict("register", facts.state, needs, met=facts.state in self.allowed)

    def remedy(self, check: Check) -> Remedy:
        return Remedy("restore_state")


@dataclass(frozen=True, kw_only=True)
class Gate(Criterion):
    """A rule of the questionnaire that bars labels while the answers hit it."""

    gate: str

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        hit = facts.gates.get(self.gate)
        if hit is not None:
            return self.verdict("answers", "hit", needs, met=False, refs=(hit,))
        if facts.basis is None:
            return self.verdict("answers", None, needs, met=False)
        return self.verdict("answers", "clear", needs, met=True, refs=(facts.basis.assessment_id,))

    def remedy(self, check: Check) -> Remedy:
        return Remedy("finish_assessment") if check.value is None else Remedy("clear_gate", {"gate": self.gate})


@dataclass(frozen=True, kw_only=True)
class ReviewAge(Criterion):
    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        closed = facts.basis.closed_on if facts.basis else None
        if closed is None:
            return Check(self.key, "review", None, needs, tuple(needs))
        missed = tuple(level for level, months in needs.items() if add_months(closed, int(months)) < on)
        return Check(self.key, "review", closed.isoformat(), needs, missed, "", (facts.basis.assessment_id,) if facts.basis else ())

    def remedy(self, check: Check) -> Remedy:
        if check.value is None:
            return Remedy("finish_review")
        return Remedy("renew_review", {"closed_on": date.fromisoformat(check.value)})


class ScoreCriterion(Criterion):
    def remedy(self, check: Check) -> Remedy:
        if check.value is None:
            return Remedy("finish_assessment")
        return Remedy("raise_score", {"to": min(need for level, need in check.need.items() if level in check.missed)})


@dataclass(frozen=True, kw_only=True)
class TotalScore(ScoreCriterion):
    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        basis = facts.basis
        if basis is None or basis.total is None:
            return Check(self.key, "score", None, needs, tuple(needs))
        missed = tuple(level for level, least in needs.items() if basis.total < least)
        return Check(self.key, basis.score, str(basis.total), needs, missed)


@dataclass(frozen=True, kw_only=True)
class AreaScore(ScoreCriterion):
    area: str

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        basis = facts.basis
        if basis is None:
            return Check(self.key, "score", None, needs, tuple(needs))
        value = basis.areas.get(self.area)
        if value is None:
            # None of the area's questions is asked of a supplier like this.
            return Check(self.key, basis.score, None, NOT_ASKED, ())
        stated = Decimal(value)
        return Check(self.key, basis.score, value, needs, tuple(level for level, least in needs.items() if stated < least))


@dataclass(frozen=True, kw_only=True)
class Measure(Criterion):
    """A figure of the self-assessment, such as a PUE or a renewable share, held against a limit or a least. A rejected answer is none."""

    question: str
    field: str
    is_limit: bool
    unit: str = ""

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        given = facts.answers.get((self.question, self.field))
        refs = (facts.basis.assessment_id,) if facts.basis else ()
        try:
            figure = Decimal(given) if given is not None else None
        except InvalidOperation:
            figure = None
        if figure is None or not figure.is_finite():
            return self.verdict("answers", None, needs, met=False, refs=refs)
        missed = tuple(level for level, need in needs.items() if (figure > need if self.is_limit else figure < need))
        return Check(self.key, "answers", format(figure, "f"), needs, missed, "", refs)

    def remedy(self, check: Check) -> Remedy:
        if check.value is None:
            return Remedy("give_figure", {"question": self.question})
        needs = [need for level, need in check.need.items() if level in check.missed]
        return Remedy(
            "mend_figure", {"question": self.question, "to": max(needs) if self.is_limit else min(needs), "is_limit": self.is_limit}
        )


@dataclass(frozen=True, kw_only=True)
class Document(Criterion):
    """One of these certificates or permits, in date."""

    any_of: tuple[str, ...]
    # Where the paper has no end of its own: months it counts from its first day.
    months: int | None = None
    # (question, field, answers): asked only of suppliers that answered so.
    asked_when: tuple[str, str, tuple[str, ...]] | None = None

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        if self.asked_when is not None:
            question, field, answers = self.asked_when
            if facts.answers.get((question, field)) not in answers:
                return Check(self.key, "documents", None, NOT_ASKED, ())
        papers = [paper for paper in facts.papers if paper.kind in self.any_of]
        if not papers:
            return self.verdict("documents", None, needs, met=False)
        valid = [paper for paper in papers if self.holds(paper, on)]
        # The one that lasts longest; without one in date, the one that ran out last.
        paper = max(valid or papers, key=lambda one: (self.end(one), one.document_id))
        end = self.end(paper)
        value = NO_END if end == date.max else end.isoformat()
        return self.verdict("documents", value, needs, met=bool(valid), what=paper.kind, refs=(paper.document_id,))

    def remedy(self, check: Check) -> Remedy:
        if check.value is None or check.value == NO_END:
            return Remedy("upload_document", {"kinds": self.any_of})
        return Remedy("renew_document", {"kind": check.what, "ended_on": date.fromisoformat(check.value)})

    def end(self, paper: Paper) -> date:
        if self.months is None:
            return paper.end
        return min(paper.end, add_months(paper.valid_from or paper.uploaded_on, self.months))

    def holds(self, paper: Paper, on: date) -> bool:
        return paper.in_date(on) and self.end(paper) >= on


@dataclass(frozen=True, kw_only=True)
class NoCriticalFinding(Criterion):
    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        found = tuple(facts.critical_findings)
        return self.verdict("findings", str(len(found)), needs, met=not found, refs=found)

    def remedy(self, check: Check) -> Remedy:
        return Remedy("close_findings", {"count": int(check.value or 0)})


@dataclass(frozen=True, kw_only=True)
class MajorsInTime(Criterion):
    # From the day it was opened, where a finding names no date.
    days: int

    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        late = tuple(number for number, due, opened in facts.major_findings if self.is_late(due, opened, on))
        return self.verdict("findings", str(len(late)), needs, met=not late, refs=late)

    def remedy(self, check: Check) -> Remedy:
        return Remedy("close_findings", {"count": int(check.value or 0)})

    def is_late(self, due: date | None, opened: date, on: date) -> bool:
        return due < on if due else (on - opened).days > self.days


@dataclass(frozen=True, kw_only=True)
class NoViolation(Criterion):
    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        if not facts.violations:
            return Check(self.key, "records", "0", needs, ())
        longest = max(int(months) for months in needs.values())
        counted = [(number, day) for number, day in facts.violations if day <= on < add_months(day, longest)]
        missed = tuple(level for level, months in needs.items() if any(on < add_months(day, int(months)) for _, day in counted))
        return Check(self.key, "records", str(len(counted)), needs, missed, "", tuple(number for number, _ in counted))

    def remedy(self, check: Check) -> Remedy:
        return Remedy("answer_records", {"count": int(check.value or 0)})


@dataclass(frozen=True, kw_only=True)
class Pilot(Criterion):
    def check(self, facts: Facts, needs: Needs, on: date) -> Check:
        if not facts.agreements:
            return self.verdict("agreements", None, needs, met=False)
        number, ends = max(facts.agreements, key=lambda agreement: (agreement[1], agreement[0]))
        return self.verdict("agreements", ends.isoformat(), needs, met=True, refs=(number,))

    def remedy(self, check: Check) -> Remedy:
        return Remedy("sign_agreement")


# Criteria as they are asked of one kind of supplier.
Asked = Sequence[tuple[Criterion, Needs]]


def evaluate(asked: Asked, levels: Sequence[str], facts: Facts, on: date) -> Outcome:
    """`levels` ascending. `asked` is `Standard.asked_of(category, headcount)`."""
    checks = tuple(criterion.check(facts, needs, on) for criterion, needs in asked)
    if facts.overlooked:
        checks = tuple(overlook(check, facts.overlooked.get(check.key), levels) for check in checks)
    missed = {level for check in checks for level in check.missed}
    met = ""
    for level in levels:
        if level in missed:
            break
        met = level
    suspends = () if met else gates_missed(asked, checks)
    return Outcome(met, checks, suspends, facts.basis)


def overlook(check: Check, decision: Overlooked | None, levels: Sequence[str]) -> Check:
    if decision is None or decision.level not in levels:
        return check
    spared = levels[: levels.index(decision.level) + 1]
    missed = tuple(level for level in check.missed if level not in spared)
    return check if missed == check.missed else check._replace(missed=missed, overlooked=decision.by)


def gates_missed(asked: Asked, checks: Sequence[Check]) -> tuple[str, ...]:
    return tuple(check.key for (criterion, _), check in zip(asked, checks, strict=True) if check.missed and criterion.effect == SUSPEND)
