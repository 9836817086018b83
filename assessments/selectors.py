"""An assessment as a person reads it: every question with its answer in words, evidence, verdict and what it counted.

For the supplier page, the review and the audit PDF. In the language in use: a PDF in another language is made inside
`translation.override()`. The number of queries does not depend on the number of questions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from assessments.answering.inputs import answer_key, split_key
from assessments.answering.last_year import carried_words
from assessments.answering.worksheet import Worksheet, open_worksheet
from assessments.models import Assessment, EvidenceUse, Finding, Score, Signature, Verdict
from assessments.questionnaires.questions import Area, Question
from assessments.questionnaires.wording import Said, describe, local
from assessments.scoring.scorer import AreaScore, Line, Result
from suppliers.models import Site
from suppliers.previews import preview_of


@dataclass(frozen=True)
class EvidenceItem:
    """A document behind an answer."""

    document_id: int
    title: str
    file_name: str
    sha256: str
    size: int
    valid_from: date | None
    valid_to: date | None
    added_at: datetime
    # Its pages or its picture can be shown within a page.
    is_drawn: bool


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
    remarks: tuple[str, ...]
    verdict: Verdict | None
    # What the reviewer put beside the answer.
    corrected: list[Said]
    updated_at: datetime | None
    line: Line
    mappings: Mapping[str, tuple[str, ...]]
    # Set where this is one site's own answer: `code` then has the site behind it, and `line` is that answer's.
    site: Site | None = None
    sites: tuple["AnsweredQuestion", ...] = ()

    @property
    def question_code(self) -> str:
        return split_key(self.code)[0]

    @property
    def label(self) -> str:
        return f"{self.question_code} · {self.site}" if self.site else self.code

    @property
    def is_asked(self) -> bool:
        return self.line.applies

    @property
    def has_answer(self) -> bool:
        """Something is stored, so that there is something to judge."""
        return self.updated_at is not None

    @property
    def own_line(self) -> Line:
        """Of this answer alone; `line` is the mean over the sites where some differ."""
        return next((part.line for part in self.line.sites if part.site is None), self.line)

    @property
    def stands_for(self) -> int | None:
        """At how many sites the answer for all stands, where some differ."""
        return next((part.stands_at for part in self.line.sites if part.site is None), None)


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
    def answers(self) -> list[AnsweredQuestion]:
        """What is asked, each question followed by the sites that differ."""
        return [answer for question in self.asked for answer in (question, *question.sites)]

    @property
    def to_judge(self) -> list[AnsweredQuestion]:
        return [answer for answer in self.answers if answer.has_answer]

    @property
    def judged(self) -> int:
        return sum(question.verdict is not None for question in self.to_judge)

    @property
    def left(self) -> int:
        """Answers without a verdict."""
        return len(self.to_judge) - self.judged

    @property
    def is_judged(self) -> bool:
        return not self.left


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
    # Question -> that its answer was confirmed from an earlier year.
    carried: Mapping[str, str]

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


def open_dossier(assessment: Assessment, *, blind: bool = False) -> Dossier:
    """Nine queries at most. `assessment` comes with its campaign and supplier. `blind`: without what a reviewer said."""
    worksheet = open_worksheet(assessment, blind=blind)
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
        findings=[]
        if blind
        else list(Finding.objects.filter(assessment=assessment).prefetch_related("actions").order_by("opened_at", "pk")),
        signature=Signature.objects.filter(assessment=assessment).order_by("-signed_at", "-pk").first(),
        band=band_title(worksheet, result.band),
        carried=carried_words(worksheet),
    )


def _name_reviewers(worksheet: Worksheet) -> None:
    """Who gave each verdict, in one query for all of them."""
    answers = [*worksheet.answers.values(), *(each for by_site in worksheet.answers_of_sites.values() for each in by_site.values())]
    verdicts = [verdict for answer in answers if (verdict := getattr(answer, "verdict", None))]
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
        questions=[_with_sites(worksheet, question, evidence) for question in questions],
    )


def _with_sites(worksheet: Worksheet, question: Question, evidence: Mapping[str, list[EvidenceUse]]) -> AnsweredQuestion:
    whole = worksheet.lines[question.code]
    lines = {part.site: part.line for part in whole.sites}
    sites = tuple(
        _answered_question(worksheet, question, evidence, lines[site.pk], site)
        for site in worksheet.different_sites(question)
        if site.pk in lines
    )
    return _answered_question(worksheet, question, evidence, whole, None, sites)


def answered_question(worksheet: Worksheet, code: str) -> AnsweredQuestion | None:
    """One question alone, with its sites; None where the questionnaire does not ask it. One query."""
    question = worksheet.rules.questionnaire.by_code.get(code)
    return _with_sites(worksheet, question, worksheet.evidence([code])) if question else None


def _answered_question(
    worksheet: Worksheet,
    question: Question,
    evidence: Mapping[str, list[EvidenceUse]],
    line: Line,
    site: Site | None,
    sites: tuple[AnsweredQuestion, ...] = (),
) -> AnsweredQuestion:
    site_id = site.pk if site else None
    key, answer = answer_key(question.code, site_id), worksheet.answer(question.code, site_id)
    verdict: Verdict | None = getattr(answer, "verdict", None) if answer else None
    return AnsweredQuestion(
        code=key,
        topic=local(question.topic),
        text=local(question.text),
        said=describe(question, answer.value) if answer else [],
        note=answer.note if answer else "",
        evidence=[_evidence_item(use) for use in evidence.get(key, ())],
        evidence_text=local(question.evidence.text),
        remarks=worksheet.remarks(question.code, site_id),
        verdict=verdict,
        corrected=describe(question, verdict.corrected) if verdict and verdict.corrected else [],
        updated_at=answer.updated_at if answer and (answer.value or answer.evidence_count) else None,
        line=line,
        mappings=question.mappings,
        site=site,
        sites=sites,
    )


def _evidence_item(use: EvidenceUse) -> EvidenceItem:
    document = use.document
    return EvidenceItem(
        document_id=document.pk,
        title=str(document),
        file_name=document.original_name,
        sha256=document.sha256,
        size=document.size,
        valid_from=document.valid_from,
        valid_to=document.valid_to,
        added_at=use.added_at,
        is_drawn=bool(preview_of(document)),
    )


def band_title(worksheet: Worksheet, key: str | None) -> str:
    return next((local(band.title) for band in worksheet.rules.questionnaire.bands if band.key == key), "")
