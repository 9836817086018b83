"""All that a supplier's people have noted for each other about one assessment, and the measured times: read by one statement.

Every page of the assessment shows some of it, the area page all; a query each would cost more than the rest of the page.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import User
from assessments.answering.answer_times import ENOUGH, Times
from assessments.models import Assessment, Presence
from assessments.rules import rulesets
from assessments.teamwork import beside
from assessments.teamwork.presence import Someone


class Given(NamedTuple):
    """Who answers an area, by when. `person_id` is None for somebody invited, whose name is the address."""

    person_id: int | None
    name: str
    due_on: date
    has_left: bool


class Talk(NamedTuple):
    """How many comments a question has, and whether the talk is open."""

    comments: int
    is_open: bool


@dataclass(frozen=True)
class Notes:
    """`here` are the others; `areas`: area -> who answers it; `talks`, `marks` and `times` go by question. `beside`: a fingerprint."""

    here: list[Someone]
    areas: Mapping[str, Given]
    talks: Mapping[str, Talk]
    marks: Mapping[str, datetime]
    times: Times
    beside: str


# The door lets the supplier's own people in, nobody else: see `TeamQuerySet`. The area page reads it within a statement of its own,
# where values without a plain type have to say which they are.
NOTES = f"""
    WITH door AS (
        SELECT id, supplier_id, status = ANY(%(editable)s::text[]) AS is_open FROM assessments_assessment
        WHERE id = %(assessment)s AND supplier_id = %(supplier)s
    )
    SELECT 'here' AS kind, presence.area AS area, presence.question AS code, coalesce(nullif(person.name, ''), person.email) AS name,
           person.id AS person, NULL::bigint AS first, NULL::bigint AS second, NULL::date AS day, NULL::timestamptz AS moment, false AS flag
    FROM door JOIN assessments_presence presence ON presence.assessment_id = door.id
    JOIN accounts_user person ON person.id = presence.user_id
    WHERE door.is_open AND presence.user_id <> %(by)s AND presence.seen_at > %(gone_before)s
    UNION ALL
    SELECT 'area', task.area, '', coalesce(nullif(person.name, ''), person.email, task.email), task.assignee_id, NULL, NULL,
           task.due_on, NULL,
           task.assignee_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM accounts_membership hat WHERE hat.user_id = task.assignee_id AND hat.supplier_id = door.supplier_id
           )
    FROM door JOIN assessments_areatask task ON task.assessment_id = door.id
    LEFT JOIN accounts_user person ON person.id = task.assignee_id
    UNION ALL
    SELECT 'talk', '', said.question, '', NULL, count(*) FILTER (WHERE NOT said.settles), NULL, NULL, NULL,
           NOT (array_agg(said.settles ORDER BY said.at DESC, said.id DESC))[1]
    FROM door JOIN assessments_comment said ON said.assessment_id = door.id GROUP BY said.question
    UNION ALL
    SELECT 'mark', '', mark.question, '', NULL, NULL, NULL, NULL, mark.marked_at, false
    FROM door JOIN assessments_comeback mark ON mark.assessment_id = door.id
    UNION ALL
    SELECT 'time', '', question, '', NULL, seconds, answers, NULL, NULL, false
    FROM assessments_answertime WHERE questionnaire_id = %(questionnaire)s AND answers >= %(enough)s
    UNION ALL
    SELECT 'beside', '', '', ({beside.FINGERPRINT}), NULL, NULL, NULL, NULL, NULL, false FROM door
    ORDER BY kind, name, person
"""  # noqa: S608 - made of a constant


def parameters(*, assessment_id: int, questionnaire_id: int, user: User, at: datetime, area: str = "") -> dict[str, Any]:
    return {
        "assessment": assessment_id,
        "supplier": user.supplier_id,
        "questionnaire": questionnaire_id,
        "editable": list(Assessment.EDITABLE),
        "by": user.pk,
        "gone_before": at - Presence.STAYS,
        "enough": ENOUGH,
        **beside.parameters(rulesets.for_version(questionnaire_id), area),
    }


def notes_of(assessment: Assessment, *, user: User, at: datetime) -> Notes:
    """One query. `assessment` comes with its campaign."""
    questionnaire_id = assessment.campaign.questionnaire_id
    given = parameters(assessment_id=assessment.pk, questionnaire_id=questionnaire_id, user=user, at=at)
    with connection.cursor() as cursor:
        cursor.execute(NOTES, given)
        return notes_from(cursor.fetchall())


def notes_from(rows: Iterable[Sequence[Any]]) -> Notes:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for kind, *row in rows:
        found[kind].append(row)
    return Notes(
        here=[Someone(person, name, area, code) for area, code, name, person, *_rest in found["here"]],
        areas={area: Given(person, name, day, flag) for area, _code, name, person, _first, _second, day, _at, flag in found["area"]},
        talks={code: Talk(comments, flag) for _area, code, _name, _person, comments, *_rest, flag in found["talk"]},
        marks={row[1]: row[7] for row in found["mark"]},
        times={code: (seconds, answers) for _area, code, _name, _person, seconds, answers, *_rest in found["time"]},
        beside=next((fingerprint for _area, _code, fingerprint, *_rest in found["beside"]), ""),
    )
