"""Stored scores do not drift: what changes an input marks the score, a worker computes it again, and every night a sample is checked.

The marks are written by triggers, whoever changes a row: a verdict, an answer or its evidence after it was handed in, a supplier's
category, country or headcount, a site, a campaign's questionnaire, the end of a review. Answers of an open assessment set none: they
are scored when they are handed in.

The check at night looks at the stored numbers before the nightly scoring would put them right. A difference means that something
changed past the marks, or that a number was changed by hand: people are told, and the score is computed again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message
from assessments.models import Assessment, Score, ScoreMark
from assessments.reviewers.in_charge import esg_staff
from assessments.scores import keeping
from assessments.scores.keeping import Scored
from runs.models import Run


RESCORED_AT_ONCE = 500
SAMPLE = 1_000
TOLD_OF = 20

_UNMARK = """
    DELETE FROM assessments_scoremark mark USING unnest(%s::bigint[], %s::timestamptz[]) AS done (assessment_id, marked_at)
    WHERE mark.assessment_id = done.assessment_id AND mark.marked_at = done.marked_at
"""

# By the number of the run: another sample every night, the same one when a run is repeated. The answers of drafts are still moving,
# and their scores follow at night.
_SAMPLE = """
    SELECT score.assessment_id FROM assessments_score score
    JOIN assessments_assessment assessment ON assessment.id = score.assessment_id
    WHERE score.is_current AND assessment.status IN ('submitted', 'in_review', 'closed')
      AND NOT EXISTS (SELECT FROM assessments_scoremark mark WHERE mark.assessment_id = score.assessment_id)
    ORDER BY md5(score.assessment_id::text || ' ' || %s::text), score.assessment_id LIMIT %s
"""


def rescore_marked(*, at: datetime, limit: int = RESCORED_AT_ONCE) -> int:
    """How many scores were computed again.

    Marks go after the scoring, in a transaction of their own, and only those that were not set again meanwhile: nobody who saves a
    verdict waits for a batch, and no change is lost.
    """
    marks = list(ScoreMark.objects.order_by("marked_at", "pk").values_list("pk", "marked_at")[:limit])
    if marks:
        keeping.keep_scores([pk for pk, _ in marks], at=at)
        with connection.cursor() as cursor:
            cursor.execute(_UNMARK, [[pk for pk, _ in marks], [marked_at for _, marked_at in marks]])
    return len(marks)


def sample(run_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, [run_id, SAMPLE])
        return sorted(row[0] for row in cursor.fetchall())


@transaction.atomic
def differing(ids: Sequence[int], *, at: datetime) -> list[int]:
    """Assessments of which a stored number is not what the scorer says now. They are marked, to be computed again."""
    stored = {score.assessment_id: score for score in Score.objects.filter(assessment__in=ids, is_current=True)}
    copies = Assessment.objects.in_bulk(ids)
    marked = set(ScoreMark.objects.filter(assessment__in=ids).values_list("assessment", flat=True))
    found = []
    for item in keeping.score_stored(ids):
        score = stored.get(item.stored.id)
        if score is not None and item.stored.id not in marked and not _agrees(item, score, copies[item.stored.id]):
            found.append(item.stored.id)
    ScoreMark.objects.bulk_create([ScoreMark(assessment_id=pk, marked_at=at) for pk in found], ignore_conflicts=True)
    return found


def _agrees(item: Scored, score: Score, assessment: Assessment) -> bool:
    result, is_closed = item.result, item.stored.is_reviewed
    verified = result.verified if is_closed else None
    areas = keeping.areas_as_json(result, is_closed)
    numbers = (result.declared, result.evidenced, verified)
    return (
        (item.ruleset_sha256, result.inputs_sha256) == (score.ruleset_sha256, score.inputs_sha256)
        and numbers == (score.declared, score.evidenced, score.verified)
        and numbers == (assessment.declared, assessment.evidenced, assessment.verified)
        and areas == score.areas == assessment.area_scores
        and [hit._asdict() for hit in result.triggers] == score.triggers_hit
    )


# --- the alarm ------------------------------------------------------------------------------------------------------------


def raise_alarm(run: Run, ids: Sequence[int]) -> int:
    """One mail to each of the ESG staff. How many were queued."""
    context = {"differing_scores": list(ids[:TOLD_OF]), "count": len(ids), "run": run.pk}
    messages = [
        NewMessage(person.email, f"scores_differ:{run.pk}:{person.pk}", person.language, context, person.name) for person in esg_staff()
    ]
    return len(queue_many("scores_differ", messages))


@adds_context("differing_scores")
def _write(message: Message) -> Mapping[str, Any]:
    """What the templates of `scores_differ` show."""
    found = Assessment.objects.filter(pk__in=message.context["differing_scores"]).select_related("supplier", "campaign").order_by("pk")
    lines = [
        {
            "supplier": each.supplier.name,
            "campaign": each.campaign.title,
            "url": absolute_url(reverse("assessments:results", args=[each.pk])),
        }
        for each in found
    ]
    return {"assessments": lines, "page_url": absolute_url(reverse("runs:detail", args=[message.context["run"]]))}


def last_alarm() -> Run | None:
    """The newest finished check, if it found a difference."""
    newest = Run.objects.filter(kind="check_scores", status=Run.Status.DONE).order_by("-pk").first()
    return newest if newest and newest.result.get("different") else None
