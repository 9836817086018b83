"""Which answers a public record speaks about, and whether it contradicts them; which score they led to, and that the record left it alone.

What speaks about what is data (`record_questions.yaml`), in the conditions of a questionnaire. An answer that is contradicted stays what
it is, and so does its score, until a reviewer gives a verdict on it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from accounts.models import User
from accounts.permissions import Permission, has
from assessments.answering.worksheet import Worksheet, open_worksheet
from assessments.models import Assessment, Finding
from assessments.questionnaires import names, values
from assessments.questionnaires.expressions import Test, bind, parse
from assessments.questionnaires.names import State
from assessments.questionnaires.questions import Questionnaire
from assessments.selectors import AnsweredQuestion, answered_question
from suppliers.models import PublicRecord
from suppliers.record_sections import speaks_of_records
from suppliers.reliance import Section


MAPPING = Path(__file__).parent / "record_questions.yaml"
ANY = "any"


class Spoken(NamedTuple):
    """`contradicts` is empty where a person compares."""

    question: str
    contradicts: str


@cache
def mapping() -> dict[str, dict[str, list[Spoken]]]:
    """Questionnaire -> kind of record -> what it speaks about."""
    content = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    return {
        key: {kind: [Spoken(line["question"], line.get("contradicts", "")) for line in lines] for kind, lines in kinds.items()}
        for key, kinds in content.items()
    }


def spoken_about(questionnaire: Questionnaire, kind: str) -> list[Spoken]:
    """The kind's own questions first; those that this version does not ask are left out."""
    kinds = mapping().get(questionnaire.key, {})
    found = [*kinds.get(kind, ()), *kinds.get(ANY, ())]
    return [each for each in found if each.question in questionnaire.by_code]


def test_of(questionnaire: Questionnaire, spoken: Spoken) -> Test:
    """Raises `ExpressionError` where the condition does not fit the question."""
    question = questionnaire.by_code[spoken.question]
    return bind(parse(spoken.contradicts), names.scope(questionnaire.by_code, question)).test


@dataclass(frozen=True)
class Concerned:
    """`contradicts`: None where a person has to compare, or nothing was answered."""

    question: AnsweredQuestion
    area: str
    contradicts: bool | None


@dataclass(frozen=True)
class ConcernedAssessment:
    assessment: Assessment
    questions: list[Concerned]
    score: Decimal | None


@speaks_of_records
def answers_section(record: PublicRecord, viewer: User, at: datetime) -> Section | None:
    """The newest assessment that was handed in. The supplier's own people may read their draft elsewhere."""
    handed_in = Assessment.objects.visible_to(viewer).filter(supplier=record.supplier_id, submitted_at__isnull=False)
    assessment = handed_in.select_related("campaign", "supplier").order_by("-created_at", "-pk").first()
    context = {
        "record": record,
        "concerned": concerned(record, assessment) if assessment else None,
        "findings": list(Finding.objects.visible_to(viewer).filter(record=record).order_by("pk")),
        "may_raise": has(viewer, Permission.FINDING_MANAGE) and record.status == PublicRecord.Status.UPHELD,
        "may_review": has(viewer, Permission.REVIEW_VIEW),
    }
    return Section("assessments/_record_answers.html", context)


def concerned(record: PublicRecord, assessment: Assessment) -> ConcernedAssessment:
    worksheet = open_worksheet(assessment)
    questionnaire = worksheet.rules.questionnaire
    is_reviewed = assessment.status == Assessment.Status.CLOSED
    found = []
    for spoken in spoken_about(questionnaire, record.kind):
        question = answered_question(worksheet, spoken.question)
        if question is not None and question.is_asked:
            found.append(Concerned(question, questionnaire.by_code[spoken.question].area, _contradicts(worksheet, spoken)))
    return ConcernedAssessment(assessment, found, worksheet.rules.score(worksheet.facts, worksheet.states, is_reviewed).headline)


def _contradicts(worksheet: Worksheet, spoken: Spoken) -> bool | None:
    state = worksheet.answer_state(spoken.question)
    if not spoken.contradicts or state is None or not state.value:
        return None
    questionnaire = worksheet.rules.questionnaire
    typed = values.reading(questionnaire.by_code[spoken.question])(state.value)
    return bool(test_of(questionnaire, spoken)(State(typed, worksheet.states, worksheet.facts, frozenset(worksheet.hidden))))
