"""How long answering takes: measured from what people did, guessed from the kind of question until enough was measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from assessments.answering.worksheet import Worksheet
from assessments.models import AnswerTime
from assessments.questionnaires.questions import Question


# From so many answers on, the median says more than a guess.
ENOUGH = 20
# The newest are enough for a median, and the work of a night stays the same however many years there are.
ASSESSMENTS_MEASURED = 2000

# Seconds to read a question and to fill in a field: guesses, for questions that nobody was timed at.
READING = 15
FILLING = {
    "yes_no": 10,
    "yes_no_na": 10,
    "single": 15,
    "multi": 25,
    "maturity": 30,
    "number": 75,
    "percent": 45,
    "date": 25,
    "text": 75,
    "table": 240,
    "file": 60,
}

# A person's time for a question is the time between saves: from the save before, of whichever question, to the save of this one.
# Several saves of one question count as one. Left out: a pause (over ten minutes), the first save of a sitting, what was saved
# together with other questions (a page without script, an upload), and what took less than a second, as no person does.
_MEASURE = """
    WITH sheet AS (
        SELECT assessment.id FROM assessments_assessment assessment
        JOIN assessments_campaign campaign ON campaign.id = assessment.campaign_id
        WHERE campaign.questionnaire_id = %(questionnaire)s AND assessment.started_at IS NOT NULL
        ORDER BY assessment.started_at DESC, assessment.id DESC LIMIT %(assessments)s
    ), saved AS (
        SELECT assessment_id, updated_by_id, question, updated_at FROM assessments_answerevent
        WHERE assessment_id IN (SELECT id FROM sheet) AND version > 0 AND updated_by_id IS NOT NULL
        UNION
        SELECT assessment_id, updated_by_id, question, updated_at FROM assessments_answer
        WHERE assessment_id IN (SELECT id FROM sheet) AND version > 0 AND updated_by_id IS NOT NULL
    ), step AS (
        SELECT *, updated_at - lag(updated_at) OVER (PARTITION BY assessment_id, updated_by_id ORDER BY updated_at) AS pause,
               count(*) OVER (PARTITION BY assessment_id, updated_by_id, updated_at) AS at_once
        FROM saved
    ), spent AS (
        SELECT question, extract(epoch FROM sum(pause)) AS seconds FROM step
        WHERE at_once = 1 AND pause <= interval '10 minutes'
        GROUP BY assessment_id, updated_by_id, question HAVING sum(pause) >= interval '1 second'
    )
    SELECT question, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds))::int, count(*) FROM spent GROUP BY question
"""


def measure(questionnaire_id: int, *, at: datetime) -> int:
    """Takes the times of one questionnaire anew; answers for how many questions there are enough."""
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, {"questionnaire": questionnaire_id, "assessments": ASSESSMENTS_MEASURED})
        rows = cursor.fetchall()
    times = [
        AnswerTime(questionnaire_id=questionnaire_id, question=code, seconds=seconds, answers=answers, measured_at=at)
        for code, seconds, answers in rows
    ]
    AnswerTime.objects.bulk_create(
        times,
        update_conflicts=True,
        unique_fields=["questionnaire", "question"],
        update_fields=["seconds", "answers", "measured_at"],
    )
    return sum(time.answers >= ENOUGH for time in times)


# --- how long it will take --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """`answers` is how many measured answers it stands on, 0 for a guess; `is_measured` when no part of it is a guess."""

    seconds: int
    answers: int
    is_measured: bool

    @property
    def minutes(self) -> int:
        """Rounded up, and no more exact than it can be: to the minute up to ten, to five above."""
        minutes = max(1, -(-self.seconds // 60))
        return minutes if minutes <= 10 else -(-minutes // 5) * 5

    @property
    def hours(self) -> float | None:
        """In half hours, where minutes would be too many to grasp."""
        return -(-self.seconds // 1800) / 2 if self.seconds > 90 * 60 else None


# Question -> (median in seconds, of how many answers), where enough was measured.
Times = Mapping[str, tuple[int, int]]


def estimate(questions: Iterable[Question], times: Times) -> Estimate | None:
    """For these questions together; None for none."""
    left = list(questions)
    if not left:
        return None
    measured = [times[question.code] for question in left if question.code in times]
    guessed = [question for question in left if question.code not in times]
    seconds = sum(seconds for seconds, _answers in measured) + sum(map(guess, guessed))
    return Estimate(seconds, sum(answers for _seconds, answers in measured), is_measured=not guessed)


def time_left(worksheet: Worksheet, times: Times, area: str = "") -> Estimate | None:
    """For what is not answered yet, of one area or of all; None when nothing is to be done."""
    if not worksheet.assessment.is_editable:
        return None
    return estimate((question for question in worksheet.unanswered if not area or question.area == area), times)


def guess(question: Question) -> int:
    return READING + sum(FILLING[field.type] for field in question.fields if field.required)
