"""The score of one assessment: rules, facts, answers and verdicts in; numbers and reasons out. No database, no clock.

One function serves the page, the what-if, the back-test, the nightly run and the offline check of a receipt.

**Credit.** Each question asked gets a credit from 0 to 1 by its rule. Unanswered is 0. An answer that says "not applicable"
takes its question out of numerator and denominator; so does a question that is not asked.

**Three numbers**, each 0 to 100 with two decimals:

- *declared*: answers as given. Evidence and verdicts are ignored.
- *evidenced*: where the rule requires evidence for the answer given and none is attached, the credit is multiplied by the
  question's evidence share (or the questionnaire's). Evidence that is optional changes nothing.
- *verified*: as evidenced, and the reviewer's verdicts on top:
  - `accept`: counts as evidenced;
  - `reject_evidence`: counts as if no evidence were attached;
  - `reject_answer`: counts 0. A rejected "not applicable" comes back into the denominator, with 0;
  - `correct`: the reviewer's value counts in place of the answer, with the evidence attached. It may also say "not applicable";
  - `query`: not yet reviewed.
  It is None while the review is open and no answer has a verdict. While the review is open, an answer without a verdict
  counts 0 here, so the number grows as far as the review has come and never overstates. Once the review is closed
  (`reviewed=True`) an answer without a verdict counts as evidenced.

So evidenced <= declared, always, and verified <= evidenced unless a correction is better than the answer. A correction changes the
verified number alone. Which questions are asked follows from the answers as given, in all three.

**Areas.** 100 x sum(weight x credit) / sum(weight). **Total**: area scores weighted by the shares of the supplier's category;
an area without any scored question drops out and the shares of the others are scaled up. No scored question: no score.

**Zero tolerance.** One trigger of that kind caps each of the three totals (not the areas). Triggers fire on answers as given
to questions that are asked; for the verified total, and for what is stated as `triggers`, on the corrected value where there is
one. A gate bars labels and leaves the score alone; findings are opened by others from `triggers`.

**Sites.** A question asked per site has one answer for all sites and, where sites differ, one for each of those; the credit is
the mean over the sites, each with the answer that stands there (`assessments.scoring.site_answers`).

**Exact.** Credits, weights and shares are whole multiples of one small fraction, found when the rules are compiled; sums are
whole numbers, or fractions where sites differ. Rounding, half up, happens once, when a total or an area score is stated. The
band is that of the stated total: verified where there is one, else evidenced. It includes its lower end; the top band includes 100.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from assessments import canonical
from assessments.questionnaires.names import CORRECT, Answers, AnswerState, Correction, Facts, SitedState, State
from assessments.questionnaires.questions import Questionnaire
from assessments.scoring import site_answers
from assessments.scoring.applicability import Applicability
from assessments.scoring.crediting import (
    ACCEPT,
    QUERY,
    REJECT_ANSWER,
    REJECT_EVIDENCE,
    Hit,
    QuestionRules,
    common_multiple,
    scale_of,
    verified_worth,
)


__all__ = [
    "ACCEPT",
    "CORRECT",
    "QUERY",
    "REJECT_ANSWER",
    "REJECT_EVIDENCE",
    "AnswerState",
    "AreaScore",
    "Correction",
    "Facts",
    "Hit",
    "Line",
    "Result",
    "RuleSet",
    "SiteLine",
    "Step",
    "compile",
]

# All but CORRECT, which comes with its value and is no plain name.
VERDICTS = (ACCEPT, QUERY, REJECT_EVIDENCE, REJECT_ANSWER)
_NAMES = (type(None), str)
ZERO_TOLERANCE, GATE = "zero_tolerance", "gate"

# Every number a score can have, made once: 0.00 to 100.00.
NOTHING_ELSE = State({})
_STATED = tuple(Decimal(hundredths).scaleb(-2) for hundredths in range(10_001))


class AreaScore(NamedTuple):
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None


class Result(NamedTuple):
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None
    # Every area; None where it has no scored question.
    areas: Mapping[str, AreaScore]
    band: str | None
    # Of what stands: the corrected value where there is one. `capped` says that a zero-tolerance rule caps at least one total.
    triggers: tuple[Hit, ...]
    capped: bool
    # Counts of questions asked and answered; of answers that require evidence, and of those that have it, each site's own
    # answer among them; of questions reviewed.
    asked: int
    answered: int
    evidence_asked: int
    evidence_given: int
    reviewed: int
    # Empty where it was not asked for.
    inputs_sha256: str

    @property
    def evidence_coverage(self) -> Decimal | None:
        """Share of the evidence asked for that is attached, in per cent; None when none is asked for."""
        return _stated(self.evidence_given, self.evidence_asked)

    @property
    def review_coverage(self) -> Decimal | None:
        """Share of the answers given that have a verdict, in per cent."""
        return _stated(self.reviewed, self.answered)

    @property
    def headline(self) -> Decimal | None:
        """The number the band is read from: verified where there is one, else evidenced."""
        return self.verified if self.verified is not None else self.evidenced

    @property
    def gates(self) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.triggers if hit.kind == GATE)


class Step(NamedTuple):
    """Something that would raise a question's credit; `gain` is in points of the evidenced total.

    key: "answer", "complete", "attach_evidence", "choose", "raise_level", "choose_more", "improve_number", "explain_check".
    """

    key: str
    params: Mapping[str, Any]
    gain: Decimal


class Line(NamedTuple):
    """One question of a receipt. Credits are 0 to 1; None where the question is out of the score."""

    question: str
    area: str
    applies: bool
    # "category", "site_type" or "condition"; "" where the question is asked.
    why_not: str
    answered: bool
    # Out of numerator and denominator: not asked, answered "not applicable", or without weight.
    counts: bool
    weight: Decimal
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None
    # "given", "missing", "attached" (not required) or "" (not required and none attached).
    evidence: str
    verdict: str | None
    # Points of the evidenced total this question can bring, and how many of them it brings.
    points_possible: Decimal
    points: Decimal
    failed_checks: tuple[str, ...]
    triggers: tuple[Hit, ...]
    takes: tuple[Step, ...]
    exact: tuple[Fraction | None, Fraction | None, Fraction | None]
    # Where sites differ: the answer for all others first, then the sites.
    sites: tuple[SiteLine, ...] = ()

    @property
    def credit(self) -> Decimal | None:
        return self.declared


class SiteLine(NamedTuple):
    """One answer of a question asked per site: for a site, or (None) for all that have none of their own; and for how many."""

    site: int | None
    stands_at: int
    line: Line


def compile(questionnaire: Questionnaire) -> RuleSet:  # noqa: A001 - reads as scoring.compile(questionnaire)
    """A rule set ready to score. Costs some milliseconds: keep it."""
    return RuleSet(questionnaire)


class RuleSet:
    """A questionnaire turned into functions and tables. Holds caches but no state: the same inputs give the same result."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.version = questionnaire.version
        self.sha256 = questionnaire.sha256
        self.applicability = Applicability(questionnaire)
        self._areas = tuple(area.code for area in questionnaire.areas)
        self.scale = scale_of(questionnaire)
        place = {code: number for number, code in enumerate(self._areas)}
        self.rules = {q.code: QuestionRules(questionnaire, q, place[q.area], self.scale) for q in questionnaire.questions}
        self._shares = {category: self._scaled_shares(category) for category in questionnaire.profiles}
        cap = Fraction(questionnaire.zero_tolerance_cap)
        self._cap = _stated(cap.numerator, 100 * cap.denominator) or _STATED[0]
        self._places = {question.code: number for number, question in enumerate(questionnaire.questions)}
        self._band_starts = [band.starts_at for band in questionnaire.bands]

    def _scaled_shares(self, category: str) -> tuple[int, ...]:
        shares = self.questionnaire.profiles[category]
        scale = common_multiple(shares.values())
        return tuple(int(shares[code] * scale) for code in self._areas)

    # What pages ask ---------------------------------------------------------------------------------------------

    def applicable(self, facts: Facts, answers: Answers) -> tuple[str, ...]:
        """Codes of the questions asked, in the order of the questionnaire."""
        return self.applicability.asked(facts, answers)

    def answered(self, code: str, value: Mapping[str, Any], has_evidence: bool = False) -> bool:
        return self.rules[code].answered(value, has_evidence)

    def around(self, facts: Facts, answers: Answers) -> State:
        """What every question's rules may look at besides its own answer."""
        return State({}, answers, facts, self.applicability.settle(facts, answers)[1])

    def evidence_asked(self, code: str, value: Mapping[str, Any], around: State = NOTHING_ELSE) -> bool:
        """Whether this answer is worth its full credit only with evidence."""
        rules = self.rules[code]
        return rules.answered(value, False) and rules.evidence_asked(rules.own_state(value, around))

    def failed_checks(self, code: str, value: Mapping[str, Any], around: State = NOTHING_ELSE) -> tuple[str, ...]:
        """Keys of the plausibility checks this value fails. A check waits until everything it compares is given."""
        return self.rules[code].failed_in(value, around)

    def band(self, score: Decimal | None) -> str | None:
        if score is None:
            return None
        place = bisect_right(self._band_starts, score) - 1
        return self.questionnaire.bands[place].key if place >= 0 else None

    def profile(self, category: str) -> Mapping[str, Decimal]:
        return self.questionnaire.profile(category)

    # The score --------------------------------------------------------------------------------------------------

    def score(
        self,
        facts: Facts,
        answers: Answers,
        reviewed: bool = False,
        encode: canonical.Encode | None = canonical.encode,
    ) -> Result:
        """`reviewed` says that the review is closed. `encode` may be a faster writer of the same bytes; None leaves the inputs unhashed,
        for a score that is looked at and not kept."""
        tally = self._tally(facts, answers, reviewed)
        has_verified, scale = reviewed or tally.has_verdict, self.scale.credit
        shares = self._shares.get(facts[0]) or self._shares["default"]
        capped, verified_capped = _is_capped(tally.given_hits), _is_capped(tally.hits)
        declared = self._capped(_total(shares, tally.declared, tally.weight, scale), capped)
        evidenced = self._capped(_total(shares, tally.evidenced, tally.weight, scale), capped)
        verified = None
        if has_verified:
            verified = self._capped(_total(shares, tally.verified, tally.verified_weight, scale), verified_capped)
        sums = zip(tally.declared, tally.evidenced, tally.verified, tally.weight, tally.verified_weight, strict=True)
        areas = {
            code: AreaScore(
                _stated(in_declared, weight * scale),
                _stated(in_evidenced, weight * scale),
                _stated(in_verified, verified_weight * scale) if has_verified else None,
            )
            for code, (in_declared, in_evidenced, in_verified, weight, verified_weight) in zip(self._areas, sums, strict=True)
        }
        return Result(
            declared,
            evidenced,
            verified,
            areas,
            self.band(verified if verified is not None else evidenced),
            tuple(tally.hits),
            capped or verified_capped,
            tally.asked,
            tally.answered,
            tally.evidence_asked,
            tally.evidence_given,
            tally.reviewed,
            canonical.sha256(inputs(facts, answers, reviewed), encode) if encode else "",
        )

    def _tally(self, facts: Facts, answers: Answers, reviewed: bool) -> _Tally:
        """One pass over the questions asked. It runs a million times a night, so it calls as little as it can."""
        declared, evidenced, verified = _sums(self._areas), _sums(self._areas), _sums(self._areas)
        weights, verified_more = [0] * len(self._areas), [0] * len(self._areas)
        hits: list[Hit] = []
        asked = answered = evidence_asked = evidence_given = with_verdict = 0
        by_parts: list[tuple[QuestionRules, tuple[site_answers.Part, ...]]] = []
        candidates, hidden = self.applicability.settle(facts, answers)
        state, rules_of = State({}, answers, facts, hidden), self.rules
        for code in candidates:
            if code in hidden:
                continue
            asked += 1
            rules = rules_of[code]
            area = rules.area
            answer = answers.get(code)
            if answer is None:
                # Nothing in the numerator, the weight in the denominator.
                weights[area] += rules.weight
                continue
            if isinstance(answer, SitedState) or answer[2].__class__ not in _NAMES:
                by_parts.append((rules, site_answers.parts_of(answer)))
                continue
            value, has_evidence, verdict = answer
            try:
                outcome = rules.remembered[value[rules.key_field]] if rules.key_field else rules.outcome(value, has_evidence, state)
            except (KeyError, TypeError):
                # Seen for the first time, or no stored value at all.
                outcome = rules.outcome(value, has_evidence, state)
            is_answered, drops_out, full, bare, needs_evidence, its_hits = outcome
            answered += is_answered
            if needs_evidence:
                evidence_asked += 1
                evidence_given += has_evidence
            hits += its_hits
            if verdict is not None and verdict != QUERY:
                with_verdict += 1
            if drops_out:
                verified_more[area] += rules.weight if verdict == REJECT_ANSWER else 0
                continue
            weights[area] += rules.weight
            if full:
                declared[area] += full
                evidenced[area] += full if has_evidence else bare
                verified[area] += verified_worth(outcome, has_evidence, verdict, reviewed) if reviewed or verdict else 0
        tally = _Tally(
            declared, evidenced, verified, weights, verified_more, hits, hits,
            asked, answered, evidence_asked, evidence_given, with_verdict, with_verdict > 0,
        )  # fmt: skip
        return self._with_parts(tally, by_parts, state, reviewed) if by_parts else tally

    def _with_parts(
        self, tally: _Tally, by_parts: list[tuple[QuestionRules, tuple[site_answers.Part, ...]]], state: State, reviewed: bool
    ) -> _Tally:
        """The questions to which sites answer differently, and those with a corrected answer, added to the others."""
        worths = [(rules, site_answers.worth(rules, parts, state, reviewed)) for rules, parts in by_parts]
        for rules, worth in worths:
            tally.weight[rules.area] += rules.weight * worth.counts
            tally.verified_more[rules.area] += rules.weight * (worth.counts_verified - worth.counts)
            tally.declared[rules.area] += worth.declared
            tally.evidenced[rules.area] += worth.evidenced
            tally.verified[rules.area] += worth.verified
        return tally._replace(
            given_hits=self._in_order([*tally.hits, *(hit for _, worth in worths for hit in worth.given_hits)]),
            hits=self._in_order([*tally.hits, *(hit for _, worth in worths for hit in worth.hits)]),
            answered=tally.answered + sum(worth.answered for _, worth in worths),
            evidence_asked=tally.evidence_asked + sum(worth.evidence_asked for _, worth in worths),
            evidence_given=tally.evidence_given + sum(worth.evidence_given for _, worth in worths),
            reviewed=tally.reviewed + sum(worth.is_judged for _, worth in worths),
            has_verdict=tally.has_verdict or any(worth.has_verdict for _, worth in worths),
        )

    def _in_order(self, hits: list[Hit]) -> list[Hit]:
        return sorted(hits, key=lambda hit: self._places[hit.question])

    def _capped(self, total: Decimal | None, capped: bool) -> Decimal | None:
        return min(total, self._cap) if capped and total is not None else total

    # The reasons ------------------------------------------------------------------------------------------------

    def explain(self, facts: Facts, answers: Answers, reviewed: bool = False) -> list[Line]:
        """One line for every question of the questionnaire, asked or not, from the same outcomes the score sums up."""
        from assessments.scoring.explaining import explain

        return explain(self, facts, answers, reviewed)


def inputs(facts: Facts, answers: Answers, reviewed: bool) -> dict[str, Any]:
    """The inputs as hashed: sites sorted without repeats, so that their order says nothing."""
    category, country, headcount, sites = facts
    return {
        "answers": answers,
        "facts": {
            "category": category,
            "country": country,
            "headcount": headcount,
            "sites": sorted({tuple(site) for site in sites}),
        },
        "reviewed": reviewed,
    }


# --- adding up ----------------------------------------------------------------------------------------------------


class _Tally(NamedTuple):
    """Sums per area, and counts of questions."""

    declared: list[int | Fraction]
    evidenced: list[int | Fraction]
    verified: list[int | Fraction]
    weight: list[int]
    # What weighs more in the verified score alone: an answer "not applicable" that was rejected comes back, a correction may bring an
    # answer back or (less than nothing here) take it out.
    verified_more: list[int]
    # Of the answers as given, and of what stands after corrections.
    given_hits: list[Hit]
    hits: list[Hit]
    asked: int
    answered: int
    evidence_asked: int
    evidence_given: int
    reviewed: int
    has_verdict: bool

    @property
    def verified_weight(self) -> list[int]:
        return [weight + more for weight, more in zip(self.weight, self.verified_more, strict=True)]


def _is_capped(hits: list[Hit]) -> bool:
    return any(hit[0] == ZERO_TOLERANCE for hit in hits)


def _sums(areas: tuple[str, ...]) -> list[int | Fraction]:
    return [0] * len(areas)


def _total(shares: tuple[int, ...], earned: list[int | Fraction], weights: list[int], scale: int) -> Decimal | None:
    """sum(share x credit / weight) / sum(share) over the areas that count, as one exact quotient."""
    top: int | Fraction = 0
    bottom, shared = 1, 0
    for share, credit, weight in zip(shares, earned, weights, strict=True):
        if weight and share:
            shared += share
            top = top * weight + share * credit * bottom
            bottom *= weight
    return _stated(top, bottom * shared * scale)


def _stated(top: int | Fraction, bottom: int) -> Decimal | None:
    """100 x top / bottom, rounded half up to two decimals; None when there is nothing to divide by."""
    return _STATED[(20_000 * top + bottom) // (2 * bottom)] if bottom else None
