"""An assessment as a person reads it: every question with its answer in words, evidence, verdict and what it counted.

For the supplier page, the review and the audit PDF. In the language in use: a PDF in another language is made inside
`translation.override()`. The number of queries does not depend on the number of questions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from assessments.models import Assessment, EvidenceUse, Finding, Score, Signature, Verdict
from assessments.presenters import check_messages
from assessments.questions import Area, Question
from assessments.scoring import AreaScore, Line, Result
from assessments.wording import Said, describe, local
from assessments.worksheet import Worksheet, open_worksheet


@dataclass(frozen=True)
class EvidenceItem:
    """A document behind an answer."""

    document_id: int
    title: str
    file_name: str
    sha256: str
    size: int
    valid_to: date | None
    added_at: datetime


@dataclass(frozen=True)
class AnsweredQuestion:
    """One question. `line` says what it counted and what would raise it; a question that is not asked has only texts and a reason."""

    code: str
    topic: str
    text: str
    said: list[Said]
    note: str
    evidence: list[EvidenceItem]
    evidence_text: str
    failed_checks: tuple[str, ...]
    verdict: Verdict | None
    updated_at: datetime | None
    line: Line
    mappings: Mapping[str, tuple[str, ...]]

    @property
    def is_asked(self) -> bool:
        return self.line.applies

    @property
    def has_answer(self) -> bool:
        """Something is stored, so that there is something to judge."""
        return self.updated_at is not None


@dataclass(frozen=True)
class AnsweredArea:
    code: str
    title: str
    summary: str
    share: Decimal
    score: AreaScore
    questions: list[AnsweredQuestion]

    @property
    def asked(self) -> list[AnsweredQuestion]:
        return [question for question in self.questions if question.is_asked]

    @property
    def to_judge(self) -> list[AnsweredQuestion]:
        return [question for question in self.asked if question.has_answer]

    @property
    def judged(self) -> int:
        return sum(question.verdict is not None for question in self.to_judge)

    @property
    def is_judged(self) -> bool:
        return self.judged == len(self.to_judge)


@dataclass(frozen=True)
class Dossier:
    """Everything about one assessment. `score` is the stored one; `result` is computed from the answers as they stand now."""

    assessment: Assessment
    worksheet: Worksheet
    result: Result
    score: Score | None
    areas: list[AnsweredArea]
    findings: list[Finding]
    signature: Signature | None
    band: str

    @property
    def questionnaire_title(self) -> str:
        return local(self.worksheet.rules.questionnaire.title)

    def area(self, code: str) -> AnsweredArea | None:
        return next((area for area in self.areas if area.code == code), None)

    @property
    def to_judge(self) -> int:
        return sum(len(area.to_judge) for area in self.areas)

    @property
    def judged(self) -> int:
        return sum(area.judged for area in self.areas)


def open_dossier(assessment: Assessment) -> Dossier:
    """Eight queries at most. `assessment` comes with its campaign and supplier."""
    worksheet = open_worksheet(assessment)
    _name_reviewers(worksheet)
    is_closed = assessment.status == Assessment.Status.CLOSED
    result = worksheet.rules.score(worksheet.facts, worksheet.states, is_closed)
    evidence = worksheet.evidence()
    profile = worksheet.rules.profile(worksheet.facts.category)
    areas = [_area(worksheet, area, result.areas[area.code], profile[area.code], evidence) for area in worksheet.rules.questionnaire.areas]
    return Dossier(
        assessment=assessment,
        worksheet=worksheet,
        result=result,
        score=Score.objects.filter(assessment=assessment, is_current=True).first(),
        areas=areas,
        findings=list(Finding.objects.filter(assessment=assessment).order_by("opened_at", "pk")),
        signature=Signature.objects.filter(assessment=assessment).order_by("-signed_at", "-pk").first(),
        band=band_title(worksheet, result.band),
    )


def _name_reviewers(worksheet: Worksheet) -> None:
    """Who gave each verdict, in one query for all of them."""
    verdicts = [verdict for answer in worksheet.answers.values() if (verdict := getattr(answer, "verdict", None))]
    people = User.objects.in_bulk({verdict.by_id for verdict in verdicts})
    for verdict in verdicts:
        verdict.by = people[verdict.by_id]


def _area(worksheet: Worksheet, area: Area, score: AreaScore, share: Decimal, evidence: Mapping[str, list[EvidenceUse]]) -> AnsweredArea:
    questions = worksheet.rules.questionnaire.in_area(area.code)
    return AnsweredArea(
        code=area.code,
        title=local(area.title),
        summary=local(area.summary),
        share=share,
        score=score,
        questions=[answered_question(worksheet, question, evidence.get(question.code, [])) for question in questions],
    )


def answered_question(worksheet: Worksheet, question: Question, uses: list[EvidenceUse]) -> AnsweredQuestion:
    answer = worksheet.answers.get(question.code)
    return AnsweredQuestion(
        code=question.code,
        topic=local(question.topic),
        text=local(question.text),
        said=describe(question, answer.value) if answer else [],
        note=answer.note if answer else "",
        evidence=[_evidence_item(use) for use in uses],
        evidence_text=local(question.evidence.text),
        failed_checks=check_messages(question, worksheet.failed_checks(question.code)),
        verdict=getattr(answer, "verdict", None) if answer else None,
        updated_at=answer.updated_at if answer and (answer.value or answer.evidence_count) else None,
        line=worksheet.lines[question.code],
        mappings=question.mappings,
    )


def _evidence_item(use: EvidenceUse) -> EvidenceItem:
    document = use.document
    return EvidenceItem(
        document_id=document.pk,
        title=str(document),
        file_name=document.original_name,
        sha256=document.sha256,
        size=document.size,
        valid_to=document.valid_to,
        added_at=use.added_at,
    )


def band_title(worksheet: Worksheet, key: str | None) -> str:
    return next((local(band.title) for band in worksheet.rules.questionnaire.bands if band.key == key), "")
