"""Keeps stored scores equal to what the rules say about the stored answers: reads, scores and writes many assessments at once.

Everything of one call happens in one transaction and may be repeated: a score whose rule set and inputs have not changed is
left alone. The same code scores one assessment after a submission and a chunk of the whole portfolio at night.

1. Lock the assessments, so that a verdict given meanwhile waits, and its own task scores again afterwards.
2. Read answers and evidence as one JSON text an assessment, the verdicts of closed reviews, the few answers that single sites give,
   and the facts of their suppliers: four statements; and a fifth for the sites where any of them answers for itself.
3. Score in Python, with `scorer.RuleSet.score`: there is no second implementation.
4. Write new `Score` rows with COPY, and copy the current ones into the assessments; open and withdraw findings; refresh standings.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.copying import copied_into
from assessments import canonical_fast, standing
from assessments.answering import facts
from assessments.findings import opening
from assessments.models import Answer, Assessment, Campaign
from assessments.questionnaires.names import AnswerState, Facts, Verdict, verdict_of
from assessments.rules import rulesets
from assessments.scoring.scorer import Result, RuleSet
from assessments.scoring.site_answers import SiteTypes, with_sites


# FOR NO KEY UPDATE: answers may still be saved (their foreign key only needs the row to stay).
_LOCK = "SELECT id FROM assessments_assessment WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

# Text put together by hand is a third faster than json_object_agg and gives the same JSON: codes hold no quotes. The third place of
# an answer is for its verdict: joined here, the planner would look at the verdicts of the whole portfolio for every chunk.
_READ = """
    SELECT assessment.id, assessment.supplier_id, assessment.status, campaign.questionnaire_id,
           score.ruleset_sha256, score.inputs_sha256, given.answers
    FROM assessments_assessment assessment
    JOIN assessments_campaign campaign ON campaign.id = assessment.campaign_id
    LEFT JOIN assessments_score score ON score.assessment_id = assessment.id AND score.is_current
    LEFT JOIN (
        SELECT answer.assessment_id, '{' || string_agg(
            '"' || answer.question || '":[' || answer.value::text
            || CASE WHEN answer.evidence_count > 0 THEN ',true,null]' ELSE ',false,null]' END, ','
        ) || '}' AS answers
        FROM assessments_answer answer
        WHERE answer.assessment_id = ANY(%(ids)s) AND answer.site_id IS NULL
        GROUP BY answer.assessment_id
    ) given ON given.assessment_id = assessment.id
    WHERE assessment.id = ANY(%(ids)s)
"""

# Served by the partial index of these answers: most assessments have none.
_READ_OF_SITES = """
    SELECT assessment_id, question, site_id, value::text, evidence_count > 0 FROM assessments_answer
    WHERE assessment_id = ANY(%(ids)s) AND site_id IS NOT NULL AND value <> '{}'
"""

_READ_VERDICTS = """
    SELECT verdict.assessment_id, answer.question, answer.site_id, verdict.outcome, verdict.corrected::text
    FROM assessments_verdict verdict JOIN assessments_answer answer ON answer.id = verdict.answer_id
    WHERE verdict.assessment_id = ANY(%(ids)s)
"""

_RETIRE = "UPDATE assessments_score SET is_current = false WHERE assessment_id = ANY(%s) AND is_current"

_COLUMNS = (
    *("assessment_id", "is_current", "ruleset_sha256", "inputs_sha256", "declared", "evidenced", "verified", "evidence_coverage"),
    *("facts", "areas", "triggers_hit", "run_id", "computed_at"),
)

_COPY_TO_ASSESSMENTS = """
    UPDATE assessments_assessment AS old
    SET (declared, evidenced, verified, area_scores, scored_at) =
        ROW(new.declared, new.evidenced, new.verified, coalesce(new.areas, '{}'::jsonb), new.computed_at)
    FROM (
        SELECT wanted.id, score.declared, score.evidenced, score.verified, score.areas, score.computed_at
        FROM unnest(%s::bigint[]) AS wanted (id)
        LEFT JOIN assessments_score score ON score.assessment_id = wanted.id AND score.is_current
    ) new
    WHERE old.id = new.id
      AND (old.declared, old.evidenced, old.verified, old.area_scores, old.scored_at)
          IS DISTINCT FROM (new.declared, new.evidenced, new.verified, coalesce(new.areas, '{}'::jsonb), new.computed_at)
"""


class Stored(NamedTuple):
    """One assessment as it is stored."""

    id: int
    supplier_id: int
    status: str
    questionnaire_id: int
    ruleset_sha256: str | None
    inputs_sha256: str | None
    answers: str | None

    @property
    def is_reviewed(self) -> bool:
        return self.status == Assessment.Status.CLOSED


class Scored(NamedTuple):
    stored: Stored
    ruleset_sha256: str
    facts: Facts
    # The supplier's open sites, where they took part in the score.
    sites: SiteTypes
    result: Result

    @property
    def is_new(self) -> bool:
        return (self.ruleset_sha256, self.result.inputs_sha256) != (self.stored.ruleset_sha256, self.stored.inputs_sha256)


@dataclass
class Outcome:
    """What one call did, in numbers."""

    scored: int = 0
    changed: int = 0
    findings_opened: int = 0
    findings_withdrawn: int = 0
    without_score: int = 0
    changed_suppliers: list[int] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        return {
            "scored": self.scored,
            "changed": self.changed,
            "findings_opened": self.findings_opened,
            "findings_withdrawn": self.findings_withdrawn,
            "without_score": self.without_score,
        }


def to_be_scored(*, campaign_id: int | None = None) -> QuerySet[Assessment, int]:
    """Ids of the assessments of launched campaigns that say anything."""
    launched = Assessment.objects.filter(campaign__status__in=[Campaign.Status.OPEN, Campaign.Status.CLOSED])
    if campaign_id is not None:
        launched = launched.filter(campaign_id=campaign_id)
    answered = Exists(Answer.objects.filter(assessment=OuterRef("pk")))
    return launched.filter(Q(submitted_at__isnull=False) | answered).order_by("pk").values_list("pk", flat=True)


@transaction.atomic
def keep_scores(assessment_ids: Iterable[int], *, at: datetime, run_id: int | None = None) -> Outcome:
    """Score these assessments and store what changed."""
    ids = sorted(set(assessment_ids))
    return store(ids, list(score_stored(ids)), at=at, run_id=run_id)


def store(ids: Sequence[int], scored: Sequence[Scored], *, at: datetime, run_id: int | None = None) -> Outcome:
    """The second half of `keep_scores`, in its transaction: what came out of `score_stored` for these assessments, written down."""
    new = [item for item in scored if item.is_new]
    _write(new, at=at, run_id=run_id)
    with connection.cursor() as cursor:
        cursor.execute(_COPY_TO_ASSESSMENTS, [list(ids)])
    opened, withdrawn = opening.follow_triggers(
        [
            opening.Hits(item.stored.id, item.stored.supplier_id, item.stored.questionnaire_id, item.result.triggers)
            for item in scored
            if item.stored.status in opening.TRIGGERS_COUNT_WHEN
        ],
        at=at,
    )
    if new or opened or withdrawn:
        standing.refresh({item.stored.supplier_id for item in scored})
    return Outcome(
        scored=len(scored),
        changed=len(new),
        findings_opened=opened,
        findings_withdrawn=withdrawn,
        without_score=sum(item.result.declared is None for item in scored),
        changed_suppliers=[item.stored.supplier_id for item in new],
    )


def score_stored(ids: Sequence[int], *, rules: RuleSet | None = None) -> Iterator[Scored]:
    """Locks and reads the assessments and scores them one by one: only one of them is ever unfolded in memory.

    With other `rules` than each assessment's own, nothing is locked: such scores are looked at and not kept.
    """
    if rules is None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [list(ids)])
    for item in read_stored(ids, rules=rules):
        result = item.rules.score(item.facts, item.answers, item.stored.is_reviewed, None if rules else canonical_fast.encode)
        yield Scored(item.stored, item.rules.sha256, item.facts, item.sites, result)


class Inputs(NamedTuple):
    """What a score is computed from. Answers are lists of value, evidence and verdict, or `SitedState` where sites differ."""

    stored: Stored
    rules: RuleSet
    facts: Facts
    sites: SiteTypes
    answers: dict[str, Any]


def read_stored(ids: Sequence[int], *, rules: RuleSet | None = None) -> Iterator[Inputs]:
    """The inputs of assessments, by their own rules or by these, one by one. A fixed number of statements."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"ids": list(ids)})
        # Sorted here: PostgreSQL would write the long texts to disk to sort them.
        rows = sorted((Stored(*row) for row in cursor.fetchall()), key=attrgetter("id"))
    # What a reviewer says counts when the review is closed, and shows in no number before.
    verdicts = _verdicts([row.id for row in rows if row.is_reviewed])
    of_sites = _answers_of_sites(ids, verdicts)
    sites_by_supplier = facts.site_types_for({row.supplier_id for row in rows if row.id in of_sites}) if of_sites else {}
    facts_by_supplier = facts.facts_for({row.supplier_id for row in rows})
    for row in rows:
        rule_set = rules or rulesets.for_version(row.questionnaire_id)
        answers = _answers(row, verdicts.get(row.id, {}))
        for code in rulesets.changed_questions(row.questionnaire_id, rules) if rules else ():
            answers.pop(code, None)
            of_sites.get(row.id, {}).pop(code, None)
        about = facts_by_supplier[row.supplier_id]
        sites: SiteTypes = {}
        if row.id in of_sites:
            sites = sites_by_supplier.get(row.supplier_id, {})
            answers = with_sites(rule_set.questionnaire, answers, of_sites[row.id], sites)
        yield Inputs(row._replace(answers=None), rule_set, about, sites, answers)


# Question and site (None: the answer for all sites) -> what the reviewer said of that answer.
_Verdicts = Mapping[tuple[str, int | None], Verdict]


def _verdicts(ids: Sequence[int]) -> Mapping[int, _Verdicts]:
    found: dict[int, dict[tuple[str, int | None], Verdict]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READ_VERDICTS, {"ids": list(ids)})
        for assessment_id, question, site_id, outcome, corrected in cursor.fetchall():
            verdict = verdict_of(outcome, canonical_fast.loads(corrected) if corrected else None)
            found.setdefault(assessment_id, {})[question, site_id] = verdict
    return found


def _answers(row: Stored, verdicts: _Verdicts) -> dict[str, Any]:
    """The answers for all sites, as lists of value, evidence and verdict."""
    answers: dict[str, Any] = canonical_fast.loads(row.answers) if row.answers else {}
    for (question, site_id), verdict in verdicts.items():
        if site_id is None and question in answers:
            answers[question][2] = verdict
    return answers


def _answers_of_sites(ids: Sequence[int], verdicts: Mapping[int, _Verdicts]) -> dict[int, dict[str, dict[int, AnswerState]]]:
    """Assessment -> question -> site -> its own answer."""
    found: dict[int, dict[str, dict[int, AnswerState]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READ_OF_SITES, {"ids": list(ids)})
        for assessment_id, question, site_id, value, has_evidence in cursor.fetchall():
            verdict = verdicts.get(assessment_id, {}).get((question, site_id))
            state = AnswerState(canonical_fast.loads(value), has_evidence, verdict)
            found.setdefault(assessment_id, {}).setdefault(question, {})[site_id] = state
    return found


def _write(scored: Sequence[Scored], *, at: datetime, run_id: int | None) -> None:
    if not scored:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RETIRE, [[item.stored.id for item in scored]])
    with copied_into("assessments_score", _COLUMNS) as copy:
        for item in scored:
            if item.result.declared is not None:
                copy.write_row(_score_row(item, at=at, run_id=run_id))


def _score_row(item: Scored, *, at: datetime, run_id: int | None) -> tuple[Any, ...]:
    result = item.result
    return (
        item.stored.id,
        True,
        item.ruleset_sha256,
        result.inputs_sha256,
        result.declared,
        result.evidenced,
        # Stated when the review is closed.
        result.verified if item.stored.is_reviewed else None,
        # Where nothing had to be evidenced, nothing is missing.
        Decimal(100) if result.evidence_coverage is None else result.evidence_coverage,
        canonical_fast.encode(facts_as_json(item.facts, item.sites)).decode(),
        canonical_fast.encode(areas_as_json(result, item.stored.is_reviewed)).decode(),
        canonical_fast.encode([hit._asdict() for hit in result.triggers]).decode(),
        run_id,
        at,
    )


def facts_as_json(about: Facts, sites: SiteTypes) -> dict[str, Any]:
    """As kept in `Score.facts`; with the open sites where answers of single sites were scored."""
    return about._asdict() | ({"open_sites": [[site, kind] for site, kind in sites.items()]} if sites else {})


def areas_as_json(result: Result, is_reviewed: bool) -> dict[str, dict[str, str | None]]:
    """As kept in `Assessment.area_scores`: area -> the three numbers, as text."""
    return {
        code: {
            "declared": _text(area.declared),
            "evidenced": _text(area.evidenced),
            "verified": _text(area.verified) if is_reviewed else None,
        }
        for code, area in result.areas.items()
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)
