"""What stands beside the answers: evidence, comments, marks, sites that differ, who answers what.

An open page holds a fingerprint of it. Asked every few seconds for the present one, it learns that something has changed without
anybody having written down what; then it fetches itself anew and takes over the parts that differ. So nothing is added to a save.
"""

from typing import Any

from assessments.scoring.scorer import RuleSet


# One value, for a statement that binds `parameters` and the assessment. Times as numbers: their text depends on the connection.
FINGERPRINT = """
    SELECT md5(coalesce(string_agg(item, ' ' ORDER BY item), '')) FROM (
        SELECT concat('use ', evidence.id)
        FROM assessments_evidenceuse evidence JOIN assessments_answer answer ON answer.id = evidence.answer_id
        WHERE answer.assessment_id = %(assessment)s AND answer.question = ANY(%(codes)s)
        UNION ALL
        SELECT concat('site ', id) FROM assessments_answer
        WHERE assessment_id = %(assessment)s AND question = ANY(%(codes)s) AND site_id IS NOT NULL AND value <> '{}'
        UNION ALL
        SELECT concat('said ', max(id)) FROM assessments_comment WHERE assessment_id = %(assessment)s AND question = ANY(%(codes)s)
        UNION ALL
        SELECT concat('mark ', question, ' ', extract(epoch FROM marked_at)) FROM assessments_comeback WHERE assessment_id = %(assessment)s
        UNION ALL
        SELECT concat('task ', area, ' ', assignee_id, ' ', email, ' ', due_on - date '2000-01-01') FROM assessments_areatask
        WHERE assessment_id = %(assessment)s AND area = ANY(%(areas)s)
        UNION ALL
        SELECT concat('saved ', count(*), ' ', extract(epoch FROM max(updated_at))) FROM assessments_answer
        WHERE assessment_id = %(assessment)s AND %(is_overview)s
    ) AS beside (item)
"""


def parameters(rules: RuleSet, area: str = "") -> dict[str, Any]:
    """Of an area's page; without an area of the overview, which shows how far every area is."""
    areas = [each.code for each in rules.questionnaire.areas if area in (each.code, "")]
    codes = [question.code for code in areas for question in rules.questionnaire.in_area(code)]
    return {"areas": areas, "codes": codes, "is_overview": not area}
