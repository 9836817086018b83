"""What leans on a document among the answers: which ones, and what the score would be without it.

The same pure function scores the answers twice: as they are, and with the document taken away. Where another document stands behind
the same answer, nothing is lost.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Permission, has
from assessments.answering.worksheet import Worksheet, open_worksheet
from assessments.models import Answer, Assessment
from assessments.questionnaires.wording import local
from assessments.scoring.site_answers import with_each
from suppliers.models import Document
from suppliers.reliance import Section, leans_on_documents


# The newest assessments are worked out, older ones are counted: their scores are history.
SHOWN = 3


@dataclass(frozen=True)
class LeaningAnswer:
    code: str
    text: str
    site: str
    url: str
    # Whether full credit depends on evidence, and whether another document is there as well.
    is_needed: bool
    has_more: bool
    loses: Decimal


@dataclass(frozen=True)
class LeaningAssessment:
    assessment: Assessment
    answers: list[LeaningAnswer]
    now: Decimal | None
    then: Decimal | None

    @property
    def loses(self) -> Decimal:
        return (self.now or Decimal(0)) - (self.then or Decimal(0))


@leans_on_documents
def answers_section(document: Document, viewer: User, at: datetime) -> Section | None:
    answers = Answer.objects.filter(evidence__document=document).select_related("site").order_by("question", "site_id")
    by_assessment: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_assessment[answer.assessment_id].append(answer)
    assessments = Assessment.objects.visible_to(viewer).filter(pk__in=by_assessment).exclude(status=Assessment.Status.LAPSED)
    if viewer.is_buyer:
        # What a supplier has not handed in is its own.
        assessments = assessments.filter(submitted_at__isnull=False)
    found = list(assessments.select_related("campaign", "supplier").order_by("-created_at", "-pk"))
    if not found:
        return None
    leaning = [leaning_assessment(each, document, by_assessment[each.pk], viewer) for each in found[:SHOWN]]
    return Section("assessments/_reliance.html", {"assessments": leaning, "older": len(found) - len(leaning), "document": document})


def leaning_assessment(assessment: Assessment, document: Document, answers: Sequence[Answer], viewer: User) -> LeaningAssessment:
    """Two queries, whatever the number of answers."""
    worksheet = open_worksheet(assessment)
    # What has ended counts no more. Of the rest, those whose only document it is would stand without evidence.
    counted = 0 if document.has_ended else 1
    bared = {(answer.question, answer.site_id) for answer in answers if counted and answer.evidence_count == counted}
    without = states_without(worksheet.states, bared)
    reviewed = assessment.status == Assessment.Status.CLOSED
    lines = worksheet.lines
    bare_lines = {line.question: line for line in worksheet.rules.explain(worksheet.facts, without, reviewed)}
    return LeaningAssessment(
        assessment,
        [
            leaning_answer(
                worksheet,
                answer,
                loses=lines[answer.question].points - bare_lines[answer.question].points,
                has_more=answer.evidence_count > counted,
                viewer=viewer,
            )
            for answer in answers
            if answer.question in lines and lines[answer.question].applies
        ],
        worksheet.rules.score(worksheet.facts, worksheet.states, reviewed).evidenced,
        worksheet.rules.score(worksheet.facts, without, reviewed).evidenced,
    )


def states_without(states: Mapping[str, Any], bared: set[tuple[str, int | None]]) -> dict[str, Any]:
    """The answers as they are scored, those of `bared` (question, site) without evidence."""
    return {code: with_each(state, _bare(code, bared)) for code, state in states.items()}


def _bare(code: str, bared: set[tuple[str, int | None]]) -> Callable[[Any, int | None], Any]:
    return lambda answer, site: answer._replace(has_evidence=False) if (code, site) in bared else answer


def leaning_answer(worksheet: Worksheet, answer: Answer, *, loses: Decimal, has_more: bool, viewer: User) -> LeaningAnswer:
    question = worksheet.rules.questionnaire.by_code[answer.question]
    assessment = worksheet.assessment
    if has(viewer, Permission.ASSESSMENT_ANSWER):
        url = f"{reverse('assessments:area', args=[assessment.pk, question.area])}#{question.code}"
    else:
        url = f"{reverse('assessments:review_area', args=[assessment.pk, question.area])}#q-{question.code}"
    return LeaningAnswer(
        question.code,
        local(question.text),
        str(answer.site or ""),
        url,
        worksheet.needs_evidence(answer.question, answer.site_id),
        has_more,
        loses,
    )
