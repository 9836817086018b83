"""Questions asked per site: one answer for all sites and, where a site differs, its own. No database, no clock.

The answer for all sites is the one other rules see. It stands at every site the question is about that has no answer of its
own. A question is about the supplier's open sites of the types it is asked for; an answer of any other site is kept and takes
no part. What a site's answer leaves empty is no answer of its own: the one for all sites stands there again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from assessments.questionnaires.names import AnswerState, SitedState, SiteState, SiteStates, State
from assessments.questionnaires.questions import Question, Questionnaire
from assessments.scoring.crediting import QUERY, REJECT_ANSWER, Hit, Outcome, QuestionRules, verified_worth


# Site id -> its type.
SiteTypes = Mapping[int, str]


def sites_of(question: Question, open_sites: SiteTypes) -> list[int]:
    """The sites a question is asked about; none where it is about the company."""
    if not question.per_site:
        return []
    types = question.applies.site_types
    return [site for site, kind in open_sites.items() if types is None or kind in types]


def with_sites(
    questionnaire: Questionnaire, answers: Mapping[str, Any], own: Mapping[str, Mapping[int, AnswerState]], open_sites: SiteTypes
) -> dict[str, Any]:
    """The answers for all sites, and those of the sites that differ, put together as they are scored.

    An answer from which no site differs stays as it is: it scores, and is hashed, as if there were no sites.
    """
    together = dict(answers)
    for code, by_site in own.items():
        question = questionnaire.by_code.get(code)
        asked = sites_of(question, open_sites) if question else []
        different = tuple(SiteState(site, *by_site[site]) for site in sorted(asked) if site in by_site)
        if different:
            value, has_evidence, verdict = answers.get(code, ({}, False, None))
            together[code] = SitedState(value, has_evidence, verdict, SiteStates(len(asked) - len(different), different))
    return together


class Part(NamedTuple):
    """One of the answers of a question asked per site, and at how many sites it stands. `site` None: the one for all sites."""

    site: int | None
    stands_at: int
    state: AnswerState


def parts_of(answer: SitedState | AnswerState | tuple[Any, ...]) -> tuple[Part, ...]:
    """The answer for all sites first, even where every site differs from it. One from which no site differs stands alone."""
    if not isinstance(answer, SitedState):
        return (Part(None, 1, AnswerState(*answer)),)
    shared = Part(None, answer.sites.shared, AnswerState(answer.value, answer.has_evidence, answer.verdict))
    return (shared, *(Part(each.site, 1, AnswerState(each.value, each.has_evidence, each.verdict)) for each in answer.sites.own))


def with_each(answer: Any, change: Callable[[Any, int | None], Any]) -> Any:
    """As `change` makes the answer for all sites (None), and that of each site that differs."""
    changed = change(answer, None)
    if not isinstance(changed, SitedState):
        return changed
    own = tuple(change(each, each.site) for each in changed.sites.own)
    return changed._replace(sites=changed.sites._replace(own=own))


def has_verdict(answer: SitedState) -> bool:
    return any(part.stands_at and _is_judged(part) for part in parts_of(answer))


def _is_judged(part: Part) -> bool:
    return part.state.verdict not in (None, QUERY)


class Worth(NamedTuple):
    """What the answers of one question are worth together: as `crediting.Outcome`, with the mean over the sites."""

    answered: bool
    # Where at least one site's answer is in the score: in all three numbers, and in the verified one, where a rejection brings a
    # "not applicable" back with 0, and a correction may bring an answer back or take it out.
    counts: bool
    counts_verified: bool
    declared: Fraction
    evidenced: Fraction
    verified: Fraction
    # Counts of answers.
    evidence_asked: int
    evidence_given: int
    # Of the answers as given, and of what stands after corrections.
    given_hits: tuple[Hit, ...]
    hits: tuple[Hit, ...]
    is_judged: bool
    has_verdict: bool


class _Standing(NamedTuple):
    part: Part
    given: Outcome
    stands: Outcome

    @property
    def is_in_verified(self) -> bool:
        return not self.stands.drops_out or self.part.state.verdict == REJECT_ANSWER


def worth(rules: QuestionRules, parts: tuple[Part, ...], state: State, reviewed: bool) -> Worth:
    """A site whose answer says "not applicable" is left out of the mean, and comes back with 0 when that was rejected."""
    outcomes = [rules.outcome(part.state.value, part.state.has_evidence, state) for part in parts]
    standing = [
        _Standing(part, given, rules.standing(given, part.state.has_evidence, part.state.verdict, state))
        for part, given in zip(parts, outcomes, strict=True)
        if part.stands_at
    ]
    counting = [(part, given) for part, given, _ in standing if not given.drops_out]
    verified = [each for each in standing if each.is_in_verified]
    sites, verified_sites = sum(part.stands_at for part, _ in counting), sum(each.part.stands_at for each in verified)
    evidence = [part.state.has_evidence for part, given, _ in standing if given.evidence_asked]
    earned = sum(
        part.stands_at * verified_worth(stands, part.state.has_evidence, part.state.verdict, reviewed) for part, _, stands in verified
    )
    return Worth(
        answered=all(outcome.answered for outcome in outcomes),
        counts=sites > 0,
        counts_verified=verified_sites > 0,
        declared=_mean(sum(part.stands_at * given.full for part, given in counting), sites),
        evidenced=_mean(sum(part.stands_at * (o.full if part.state.has_evidence else o.bare) for part, o in counting), sites),
        verified=_mean(earned, verified_sites),
        evidence_asked=len(evidence),
        evidence_given=sum(evidence),
        # A rule is hit once, at however many sites.
        given_hits=tuple(dict.fromkeys(hit for each in standing for hit in each.given.hits)),
        hits=tuple(dict.fromkeys(hit for each in standing for hit in each.stands.hits)),
        is_judged=all(_is_judged(each.part) for each in standing),
        has_verdict=any(_is_judged(each.part) for each in standing),
    )


def _mean(total: int, sites: int) -> Fraction:
    return Fraction(total, sites) if sites else Fraction(0)
