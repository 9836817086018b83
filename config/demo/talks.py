"""Reviews on their way to and fro: returns with the questions they opened, what was asked and replied, and answers that changed since."""

from django.db import connection


REPLY = "已补充说明，并上传最新文件，请查看。"
ASKED_BEFORE = "请说明该项做法的依据，并提供最近一次的检查记录。"

# What is returned was returned because of its queries; where there is none, everything is open, as after an amendment.
_RETURNS = """
    WITH asked AS (
        SELECT assessment.id, assessment.due_on, assessment.reviewer_id, assessment.returned_reason,
               jsonb_agg(DISTINCT answer.question) AS codes, max(verdict.at) AS at
        FROM assessments_assessment assessment
        JOIN assessments_verdict verdict ON verdict.assessment_id = assessment.id AND verdict.outcome = 'query'
        JOIN assessments_answer answer ON answer.id = verdict.answer_id
        WHERE assessment.status = 'returned' AND assessment.reviewer_id IS NOT NULL
        GROUP BY assessment.id
    ), kept AS (
        INSERT INTO assessments_return (assessment_id, reason, queried, opened, due_on, by_id, at)
        SELECT id, returned_reason, codes, codes, due_on, reviewer_id, at FROM asked
        RETURNING assessment_id, opened
    )
    UPDATE assessments_assessment assessment SET opened_questions = kept.opened FROM kept WHERE kept.assessment_id = assessment.id
"""

_QUESTIONS = """
    INSERT INTO assessments_querymessage (assessment_id, question, site_id, is_from_buyer, text, by_id, at)
    SELECT verdict.assessment_id, answer.question, answer.site_id, true, verdict.reason, verdict.by_id, verdict.at
    FROM assessments_verdict verdict JOIN assessments_answer answer ON answer.id = verdict.answer_id
    JOIN assessments_assessment assessment ON assessment.id = verdict.assessment_id
    WHERE verdict.outcome = 'query' AND assessment.status = 'returned'
"""

_REPLIES = """
    INSERT INTO assessments_querymessage (assessment_id, question, site_id, is_from_buyer, text, by_id, at)
    SELECT message.assessment_id, message.question, message.site_id, false, %(reply)s, assessment.submitted_by_id,
           message.at + interval '2 days'
    FROM assessments_querymessage message JOIN assessments_assessment assessment ON assessment.id = message.assessment_id
    WHERE message.id %% 3 = 0 AND message.is_from_buyer AND assessment.submitted_by_id IS NOT NULL
"""

# Every seventh that is in review was returned once: one answer has changed since.
_ONCE_RETURNED = """
    WITH chosen AS (
        SELECT DISTINCT ON (assessment.id) assessment.id, assessment.submitted_at, assessment.submitted_by_id, assessment.reviewer_id,
               assessment.due_on, answer.id AS answer_id, answer.question, answer.updated_at
        FROM assessments_assessment assessment JOIN assessments_answer answer ON answer.assessment_id = assessment.id
        WHERE assessment.status = 'in_review' AND assessment.id %% 7 = 0 AND answer.site_id IS NULL
          AND answer.value ->> 'value' IN ('2', '3', '4')
        ORDER BY assessment.id, answer.question
    ), kept AS (
        INSERT INTO assessments_return (assessment_id, reason, queried, opened, due_on, by_id, at, answered_by_id, answered_at)
        SELECT id, %(asked)s, jsonb_build_array(question), jsonb_build_array(question), due_on, reviewer_id,
               submitted_at - interval '6 days', submitted_by_id, submitted_at
        FROM chosen
    ), asked AS (
        INSERT INTO assessments_querymessage (assessment_id, question, is_from_buyer, text, by_id, at)
        SELECT id, question, true, %(asked)s, reviewer_id, submitted_at - interval '6 days' FROM chosen
        UNION ALL
        SELECT id, question, false, %(reply)s, submitted_by_id, submitted_at - interval '1 day' FROM chosen
    )
    INSERT INTO assessments_answerevent
        (pgh_created_at, pgh_label, pgh_obj_id, id, assessment_id, question, value, note, version, evidence_count, updated_at,
         updated_by_id)
    SELECT chosen.updated_at, 'superseded', answer.id, answer.id, answer.assessment_id, answer.question, '{"value": "1"}', '', 0, 0,
           chosen.submitted_at - interval '20 days', answer.updated_by_id
    FROM chosen JOIN assessments_answer answer ON answer.id = chosen.answer_id
"""


def create() -> None:
    """Rows alone: nobody of the demo is waiting for a mail."""
    with connection.cursor() as cursor:
        for statement in (_RETURNS, _QUESTIONS, _REPLIES, _ONCE_RETURNED):
            cursor.execute(statement, {"reply": REPLY, "asked": ASKED_BEFORE})
