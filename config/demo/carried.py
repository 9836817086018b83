"""Answers of this cycle that were taken over from the last one: a third of those that could be."""

from django.db import connection

from assessments.models import Campaign
from assessments.questionnaires import rewording
from assessments.scoring.dependencies import dependencies_of
from assessments.scoring.scorer import RuleSet


_TAKE_OVER = """
    UPDATE assessments_answer answer SET value = old.value, note = old.note, carried_from_id = old.assessment_id
    FROM assessments_assessment assessment, assessments_assessment earlier, assessments_answer old
    WHERE assessment.id = answer.assessment_id AND assessment.campaign_id = %(campaign)s AND answer.question = ANY(%(questions)s)
      AND earlier.campaign_id = %(before)s AND earlier.supplier_id = assessment.supplier_id AND earlier.submitted_at IS NOT NULL
      AND old.assessment_id = earlier.id AND old.question = answer.question AND old.site_id IS NULL AND answer.site_id IS NULL
      AND answer.id %% 3 = 0
"""


def confirm_some(campaign: Campaign, before: Campaign, rules: RuleSet, earlier: RuleSet) -> None:
    """Not those that decide which others are asked: they were drawn together with them."""
    dependencies, old = dependencies_of(rules), earlier.questionnaire.by_code
    questions = [
        question.code
        for question in rules.questionnaire.questions
        if question.code in old
        and rewording.is_same(old[question.code], question)
        and not rewording.asks_figures(question)
        and not dependencies.concern_others(question.code)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, {"campaign": campaign.pk, "before": before.pk, "questions": questions})
