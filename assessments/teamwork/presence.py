"""Who is where in an assessment, and what the others have done meanwhile: what an open page asks for every few seconds."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from accounts.models import User
from assessments.models import Answer, Assessment, Presence
from assessments.scoring.scorer import RuleSet
from assessments.teamwork import beside


# A save states its time before it is committed. Looking back a little further than the last call misses none of them;
# what a page knows already it recognises by its version.
OVERLAP = timedelta(seconds=10)


class Someone(NamedTuple):
    """A person in the assessment. `question` is empty for somebody who is at none in particular."""

    user_id: int
    name: str
    area: str
    question: str


class Change(NamedTuple):
    """An answer as it was saved: the one for all sites, or of the one site that differs."""

    question: str
    site: int | None
    value: dict[str, Any]
    version: int
    by: str
    by_id: int | None
    at: datetime


class Call(NamedTuple):
    """`beside`: the fingerprint of what stands beside the answers (`assessments.teamwork.beside`)."""

    is_open: bool
    here: list[Someone]
    beside: str


# One statement for each call of each open page. An assessment that was handed in is read, not worked on: nobody is there.
# Whoever looks at the overview is in no area, and is not there either.
_CALL = f"""
    WITH door AS (
        SELECT id FROM assessments_assessment WHERE id = %(assessment)s AND status = ANY(%(editable)s)
    ), me AS (
        INSERT INTO assessments_presence AS known (assessment_id, user_id, area, question, seen_at)
        SELECT id, %(by)s, %(area)s, %(question)s, %(at)s FROM door WHERE %(area)s <> ''
        ON CONFLICT (assessment_id, user_id) DO UPDATE
        SET area = excluded.area, question = excluded.question, seen_at = greatest(known.seen_at, excluded.seen_at)
    )
    SELECT open.is_open, ({beside.FINGERPRINT}), other.user_id, other.name, other.area, other.question
    FROM (SELECT EXISTS (SELECT FROM door) AS is_open) open
    LEFT JOIN (
        SELECT presence.user_id, person.name, presence.area, presence.question
        FROM assessments_presence presence JOIN accounts_user person ON person.id = presence.user_id
        WHERE presence.assessment_id = %(assessment)s AND presence.user_id <> %(by)s AND presence.seen_at > %(gone_before)s
    ) other ON open.is_open
    ORDER BY other.name, other.user_id
"""  # noqa: S608 - made of a constant


def call(*, assessment_id: int, rules: RuleSet, area: str, question: str, by: User, at: datetime) -> Call:
    """Says that this person is here, and answers who else is. Without an area, the person only listens."""
    parameters: dict[str, Any] = {
        "assessment": assessment_id,
        "editable": list(Assessment.EDITABLE),
        "area": area,
        "question": question,
        "by": by.pk,
        "at": at,
        "gone_before": at - Presence.STAYS,
        **beside.parameters(rules, area),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CALL, parameters)
        rows = cursor.fetchall()
    is_open, fingerprint, *_someone = rows[0]
    return Call(is_open, [Someone(*row[2:]) for row in rows if row[2] is not None], fingerprint)


def saved_since(assessment_id: int, since: datetime) -> list[Change]:
    """Answers saved after this moment by whomever, the person's own from another window too. One query."""
    saved = Answer.objects.filter(assessment=assessment_id, version__gt=0, updated_at__gt=since).annotate(author=F("updated_by__name"))
    rows = saved.order_by("updated_at", "pk").values_list(
        "question", "site_id", "value", "version", "author", "updated_by_id", "updated_at"
    )
    return [Change(code, site, value, version, author or "", by, at) for code, site, value, version, author, by, at in rows]
