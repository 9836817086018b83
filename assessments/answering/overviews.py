"""What the supplier's pages show of a whole assessment: the areas and how far they are, what is missing and what it costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.answering.answer_times import Estimate, Times, time_left
from assessments.answering.inputs import answer_key
from assessments.answering.last_year import carried_words
from assessments.answering.worksheet import Progress, Worksheet
from assessments.models import Answer, Assessment, EvidenceUse, Verdict
from assessments.questionnaires.questions import Area, Question, Questionnaire
from assessments.questionnaires.wording import Said, describe, local
from assessments.scoring.scorer import AreaScore
from suppliers.models import Site


@dataclass(frozen=True)
class Card:
    """An assessment to work on."""

    assessment: Assessment
    progress: Progress
    next_url: str
    days_left: int
    time_left: Estimate | None
    # What the reviewer asks, after a return: label and address of each question.
    queried: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Task:
    """One area in the task list."""

    title: str
    hint: str
    url: str
    status_label: str
    tone: str
    icon: str
    progress: Progress
    # Who answers it, and where that is changed; filled in by `assessments.teamwork.team`.
    note: str = ""
    note_tone: str = ""
    action_url: str = ""
    action_label: str = ""


@dataclass(frozen=True)
class AreaView:
    code: str
    title: str
    summary: str
    number: int
    count: int


@dataclass(frozen=True)
class Step:
    """One area in the row of areas above the questions."""

    number: int
    title: str
    url: str
    is_current: bool
    is_complete: bool
    progress: Progress


@dataclass(frozen=True)
class LastSave:
    by: str
    at: datetime


def card(worksheet: Worksheet, times: Times, today: date) -> Card:
    assessment = worksheet.assessment
    missing = [question for question in worksheet.unanswered if assessment.may_answer(question.code)]
    asked = queried(worksheet)
    next_url = asked[0][2] if asked else _area_url(assessment, missing[0]) if missing else _check_url(assessment)
    return Card(assessment, worksheet.progress(), next_url, (assessment.due_on - today).days, time_left(worksheet, times), asked)


def queried(worksheet: Worksheet) -> list[tuple[str, str, str]]:
    """The questions a return has opened, as far as they are asked: code, text, address."""
    opened = worksheet.assessment.opened_questions
    if opened is None or not worksheet.assessment.is_editable:
        return []
    return [(each.code, local(each.text), _area_url(worksheet.assessment, each)) for each in worksheet.asked if each.code in opened]


def _area_url(assessment: Assessment, question: Question) -> str:
    return f"{reverse('assessments:area', args=[assessment.pk, question.area])}#{question.code}"


def _check_url(assessment: Assessment) -> str:
    return reverse("assessments:check", args=[assessment.pk])


def tasks(worksheet: Worksheet) -> list[Task]:
    return [_task(worksheet, area) for area in worksheet.rules.questionnaire.areas]


def _task(worksheet: Worksheet, area: Area) -> Task:
    progress = worksheet.progress(area.code)
    label, tone, icon = _state(progress)
    url = reverse("assessments:area", args=[worksheet.assessment.pk, area.code]) if progress.asked else ""
    return Task(local(area.title), local(area.summary), url, label, tone, icon, progress)


def _state(progress: Progress) -> tuple[str, str, str]:
    if not progress.asked:
        return _("Nothing asked of you"), "neutral", "minus"
    if progress.is_complete:
        return _("Complete"), "good", "circle-check"
    if progress.answered:
        label = _("%(answered)d of %(asked)d answered") % {"answered": progress.answered, "asked": progress.asked}
        return label, "active", "progress"
    label = ngettext("%(asked)d question", "%(asked)d questions", progress.asked) % {"asked": progress.asked}
    return label, "neutral", "circle-dashed"


def area_view(questionnaire: Questionnaire, area: Area) -> AreaView:
    areas = questionnaire.areas
    return AreaView(area.code, local(area.title), local(area.summary), areas.index(area) + 1, len(areas))


def steps(worksheet: Worksheet, this: Area) -> list[Step]:
    found = []
    for number, area in enumerate(worksheet.rules.questionnaire.areas, start=1):
        progress = worksheet.progress(area.code)
        url = reverse("assessments:area", args=[worksheet.assessment.pk, area.code])
        found.append(Step(number, local(area.title), url, area == this, progress.is_complete, progress))
    return found


def last_save(assessment: Assessment) -> LastSave | None:
    newest = Answer.objects.filter(assessment=assessment, version__gt=0).select_related("updated_by").order_by("-updated_at", "-pk").first()
    return LastSave(str(newest.updated_by or ""), newest.updated_at) if newest else None


# --- check your answers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckLine:
    code: str
    text: str
    url: str
    said: list[Said]
    note: str
    evidence: list[EvidenceUse]
    is_answered: bool
    # Points of the total that missing evidence costs; None where none is missing.
    evidence_costs: Decimal | None
    evidence_text: str
    # Failed checks without a note, and with one.
    checks: tuple[str, ...]
    explained: tuple[str, ...]
    # Where the answer was taken over from, in words.
    carried: str
    is_gate: bool
    verdict: Verdict | None
    corrected: list[Said]
    can_edit: bool
    # Where sites differ: whose answer this is, or for how many sites it stands, and those that differ.
    site: Site | None = None
    stands_for: int | None = None
    sites: tuple["CheckLine", ...] = ()


@dataclass(frozen=True)
class CheckArea:
    title: str
    url: str
    progress: Progress
    lines: list[CheckLine]
    # As the answers stand; None where nothing counts.
    score: AreaScore

    @property
    def missing(self) -> int:
        return sum(not line.is_answered for line in self.lines)

    @property
    def lacking_evidence(self) -> int:
        return sum(line.evidence_costs is not None for line in self.lines)

    @property
    def lacking_notes(self) -> int:
        return sum(bool(line.checks) for line in self.lines)

    @property
    def is_complete(self) -> bool:
        return not (self.missing or self.lacking_evidence or self.lacking_notes)


@dataclass(frozen=True)
class CheckSummary:
    progress: Progress
    unanswered: int
    lacking_evidence: int
    evidence_costs: Decimal
    lacking_notes: int
    gates: list[tuple[str, str, str]]

    @property
    def may_be_signed(self) -> bool:
        return not self.gates

    @property
    def is_complete(self) -> bool:
        return not (self.unanswered or self.lacking_evidence or self.lacking_notes or self.gates)


def check_areas(worksheet: Worksheet) -> list[CheckArea]:
    evidence = worksheet.evidence()
    gates = {question.code for question in worksheet.closed_gates}
    scores = worksheet.rules.score(worksheet.facts, worksheet.states).areas
    carried = carried_words(worksheet)
    found = []
    for area in worksheet.rules.questionnaire.areas:
        lines = [_check_line(worksheet, each, evidence, gates, carried) for each in worksheet.asked_in(area.code)]
        url = reverse("assessments:area", args=[worksheet.assessment.pk, area.code])
        if lines:
            found.append(CheckArea(local(area.title), url, worksheet.progress(area.code), lines, scores[area.code]))
    return found


def _check_line(
    worksheet: Worksheet,
    question: Question,
    evidence: Mapping[str, list[EvidenceUse]],
    gates: set[str],
    carried: Mapping[str, str],
    site: Site | None = None,
) -> CheckLine:
    code, site_id = question.code, site.pk if site else None
    key, answer = answer_key(code, site_id), worksheet.answer(code, site_id)
    different = [] if site else worksheet.different_sites(question)
    counts = site_id in worksheet.standing(code)
    remarks, lacks_note = worksheet.remarks(code, site_id), worksheet.lacks_note(code, site_id)
    verdict = worksheet.verdict_told(code, site_id)
    return CheckLine(
        code=key,
        text=local(question.text),
        url=_area_url(worksheet.assessment, question),
        said=describe(question, answer.value) if answer else [],
        note=answer.note if answer else "",
        evidence=evidence.get(key, []),
        is_answered=worksheet.is_given(code, site_id),
        evidence_costs=evidence_costs(worksheet, code, [site_id]) if counts and worksheet.wants_evidence(code, site_id) else None,
        evidence_text=local(question.evidence.text),
        checks=remarks if lacks_note else (),
        explained=() if lacks_note else remarks,
        carried=carried.get(key, ""),
        is_gate=code in gates and site is None,
        verdict=verdict,
        corrected=describe(question, verdict.corrected) if verdict and verdict.corrected else [],
        can_edit=worksheet.assessment.may_answer(code),
        site=site,
        stands_for=len(worksheet.sites_of(question)) - len(different) if different else None,
        sites=tuple(_check_line(worksheet, question, evidence, gates, carried, each) for each in different),
    )


def evidence_costs(worksheet: Worksheet, code: str, sites: Iterable[int | None]) -> Decimal:
    """Points of the total the evidence missing at these sites costs."""
    wanted = set(sites)
    steps = worksheet.lines[code].takes
    return sum((step.gain for step in steps if step.key == "attach_evidence" and step.params.get("site") in wanted), Decimal(0))


def check_summary(worksheet: Worksheet) -> CheckSummary:
    codes = [question.code for question in worksheet.asked]
    lacking = [code for code in codes if worksheet.lacks_evidence(code)]
    return CheckSummary(
        progress=worksheet.progress(),
        unanswered=len(worksheet.unanswered),
        lacking_evidence=len(lacking),
        evidence_costs=sum((evidence_costs(worksheet, code, worksheet.standing(code)) for code in lacking), Decimal(0)),
        lacking_notes=sum(worksheet.lacks_note(code, site) for code in codes for site in worksheet.standing(code)),
        gates=[(each.code, local(each.text), _area_url(worksheet.assessment, each)) for each in worksheet.closed_gates],
    )
