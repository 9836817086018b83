"""The inputs of a score as they were: from the rows as they stand, and from their history where they have changed since.

A score keeps the hash of its inputs. Its receipt is built again from rules, facts and answers, and is only handed out when the hash
of what was found is the hash that was kept.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from assessments.models import Score
from assessments.questionnaires.names import AnswerState, Facts, verdict_of
from assessments.rules import rulesets
from assessments.scoring import receipts
from assessments.scoring.site_answers import with_sites


class NotReproducible(Exception):
    """Neither the rows nor their history give the inputs this score was computed from."""


# A history row holds what a row said until `pgh_created_at`: of the versions that ended after the moment, the first was in force.
_ANSWERS_AT = """
    WITH version AS (
        SELECT id, question, site_id, value, evidence_count, updated_at, pgh_created_at AS until FROM assessments_answerevent
        WHERE assessment_id = %(assessment)s AND pgh_created_at > %(at)s
        UNION ALL
        SELECT id, question, site_id, value, evidence_count, updated_at, 'infinity' FROM assessments_answer
        WHERE assessment_id = %(assessment)s
    ), answer AS (
        SELECT DISTINCT ON (id) * FROM version ORDER BY id, until
    ), word AS (
        SELECT answer_id, outcome, corrected, at, pgh_created_at AS until FROM assessments_verdictevent
        WHERE answer_id IN (SELECT id FROM answer) AND pgh_created_at > %(at)s
        UNION ALL
        SELECT answer_id, outcome, corrected, at, 'infinity' FROM assessments_verdict WHERE answer_id IN (SELECT id FROM answer)
    ), verdict AS (
        SELECT DISTINCT ON (answer_id) * FROM word ORDER BY answer_id, until
    )
    SELECT answer.question, answer.site_id, answer.value, answer.evidence_count > 0, verdict.outcome, verdict.corrected
    FROM answer LEFT JOIN verdict ON verdict.answer_id = answer.id AND verdict.at <= %(at)s
    WHERE answer.updated_at <= %(at)s
"""

_CHANGES = """
    SELECT DISTINCT moment FROM (
        SELECT pgh_created_at AS moment FROM assessments_answerevent WHERE assessment_id = %(assessment)s
        UNION ALL
        SELECT updated_at FROM assessments_answer WHERE assessment_id = %(assessment)s
        UNION ALL
        SELECT verdict.at FROM assessments_verdict verdict JOIN assessments_answer answer ON answer.id = verdict.answer_id
        WHERE answer.assessment_id = %(assessment)s
    ) changes
    WHERE moment > %(from)s AND moment <= %(to)s ORDER BY moment LIMIT 50
"""

# A score may have read what was saved while it waited for its turn, shortly after the moment it states.
_WAIT = timedelta(seconds=60)
# Later than any change: the rows as they stand.
_NOW = datetime(9999, 1, 1, tzinfo=UTC)


class AnswersAt(NamedTuple):
    """`shared`: the answers for all sites. `of_sites`: question -> site -> its own answer."""

    shared: dict[str, AnswerState]
    of_sites: dict[str, dict[int, AnswerState]]


def answers_at(assessment_id: int, at: datetime) -> AnswersAt:
    import orjson

    found = AnswersAt({}, {})
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS_AT, {"assessment": assessment_id, "at": at})
        for code, site_id, value, has_evidence, outcome, corrected in cursor.fetchall():
            verdict = verdict_of(outcome, orjson.loads(corrected) if corrected else None)
            state = AnswerState(orjson.loads(value), has_evidence, verdict)
            if site_id is None:
                found.shared[code] = state
            elif state.value:
                found.of_sites.setdefault(code, {})[site_id] = state
    return found


def receipt_for(score: Score) -> dict[str, Any]:
    """The receipt of a stored score, old or new. Raises `NotReproducible`. `score` comes with its assessment, campaign and supplier."""
    assessment = score.assessment
    rule_set = rulesets.for_version(assessment.campaign.questionnaire_id)
    facts = _facts(score)
    open_sites = dict(score.facts.get("open_sites", ()))
    for shared, of_sites in _as_counted(score):
        answers = with_sites(rule_set.questionnaire, shared, of_sites, open_sites)
        # A score states a verified number when, and only when, the review was closed.
        for reviewed in (score.verified is not None, score.verified is None):
            if rule_set.score(facts, answers, reviewed).inputs_sha256 == score.inputs_sha256:
                return receipts.build(rule_set, facts, answers, reviewed, subject_of(score))
    raise NotReproducible(score.pk)


def _as_counted(score: Score) -> Iterator[AnswersAt]:
    """Verdicts count when the review is closed. A score from before that rule may hold those of an open review all the same; it has its
    receipt when they are told."""
    is_stated = score.verified is not None
    for found in _candidates(score):
        if not is_stated:
            yield _unjudged(found)
        if is_stated or not score.assessment.is_in_queue:
            yield found


def _unjudged(found: AnswersAt) -> AnswersAt:
    shared = {code: state._replace(verdict=None) for code, state in found.shared.items()}
    of_sites = {code: {site: state._replace(verdict=None) for site, state in own.items()} for code, own in found.of_sites.items()}
    return AnswersAt(shared, of_sites)


def _candidates(score: Score) -> Iterator[AnswersAt]:
    yield answers_at(score.assessment_id, _NOW)
    yield answers_at(score.assessment_id, score.computed_at)
    with connection.cursor() as cursor:
        span: dict[str, Any] = {"assessment": score.assessment_id, "from": score.computed_at, "to": score.computed_at + _WAIT}
        cursor.execute(_CHANGES, span)
        moments = [row[0] for row in cursor.fetchall()]
    for moment in moments:
        yield answers_at(score.assessment_id, moment)


def _facts(score: Score) -> Facts:
    said = score.facts
    if not said:
        raise NotReproducible(score.pk)
    return Facts(said["category"], said["country"], said["headcount"], tuple((kind, country) for kind, country in said["sites"]))


def subject_of(score: Score) -> dict[str, Any]:
    assessment = score.assessment
    return {
        "supplier": {"id": assessment.supplier_id, "name": assessment.supplier.name_en or assessment.supplier.name_zh},
        "campaign": {"id": assessment.campaign_id, "cycle": assessment.campaign.cycle},
        "assessment": assessment.pk,
        "score": score.pk,
        "scored_at": score.computed_at.isoformat(),
    }
