"""Questions asked per site: one answer for all sites and, where a site differs, its own. No database, no clock.

The answer for all sites is the one other rules see. It stands at every site the question is about that has no answer of its
own. A question is about the supplier's open sites of the types it is asked for; an answer of any other site is kept and takes
no part. What a site's answer leaves empty is no answer of its own: the one for all sites stands there again.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from assessments.crediting import QUERY, REJECT_ANSWER, Hit, QuestionRules, verified_worth
from assessments.names import AnswerState, SitedState, SiteState, SiteStates, State
from assessments.questions import Question, Questionnaire


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


def parts_of(answer: SitedState) -> tuple[Part, ...]:
    """The answer for all sites first, even where every site differs from it."""
    shared = Part(None, answer.sites.shared, AnswerState(answer.value, answer.has_evidence, answer.verdict))
    return (shared, *(Part(each.site, 1, AnswerState(each.value, each.has_evidence, each.verdict)) for each in answer.sites.own))


def has_verdict(answer: SitedState) -> bool:
    return any(part.stands_at and _is_judged(part) for part in parts_of(answer))


def _is_judged(part: Part) -> bool:
    return part.state.verdict not in (None, QUERY)


class Worth(NamedTuple):
    """What the answers of one question are worth together: as `crediting.Outcome`, with the mean over the sites."""

    answered: bool
    # Where at least one site's answer is in the score.
    counts: bool
    # Only rejected answers "not applicable" would count: they come back in the verified score alone.
    comes_back: bool
    declared: Fraction
    evidenced: Fraction
    verified: Fraction
    # Counts of answers.
    evidence_asked: int
    evidence_given: int
    hits: tuple[Hit, ...]
    is_judged: bool
    has_verdict: bool


def worth(rules: QuestionRules, answer: SitedState, state: State, reviewed: bool) -> Worth:
    """A site whose answer says "not applicable" is left out of the mean, and comes back with 0 when that was rejected."""
    parts = parts_of(answer)
    outcomes = [rules.outcome(part.state.value, part.state.has_evidence, state) for part in parts]
    standing = [(part, outcome) for part, outcome in zip(parts, outcomes, strict=True) if part.stands_at]
    counting = [(part, outcome) for part, outcome in standing if not outcome.drops_out]
    sites = sum(part.stands_at for part, _ in counting)
    back = sum(part.stands_at for part, outcome in standing if outcome.drops_out and part.state.verdict == REJECT_ANSWER)
    evidence = [part.state.has_evidence for part, outcome in standing if outcome.evidence_asked]
    verified = sum(
        part.stands_at * verified_worth(outcome, part.state.has_evidence, part.state.verdict, reviewed) for part, outcome in counting
    )
    return Worth(
        answered=all(outcome.answered for outcome in outcomes),
        counts=sites > 0,
        comes_back=back > 0 and not sites,
        declared=_mean(sum(part.stands_at * outcome.full for part, outcome in counting), sites),
        evidenced=_mean(sum(part.stands_at * (o.full if part.state.has_evidence else o.bare) for part, o in counting), sites),
        verified=_mean(verified, sites + back),
        evidence_asked=len(evidence),
        evidence_given=sum(evidence),
        # A rule is hit once, at however many sites.
        hits=tuple(dict.fromkeys(hit for _, outcome in standing for hit in outcome.hits)),
        is_judged=all(_is_judged(part) for part, _ in standing),
        has_verdict=has_verdict(answer),
    )


def _mean(total: int, sites: int) -> Fraction:
    return Fraction(total, sites) if sites else Fraction(0)
