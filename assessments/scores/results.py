"""The results page: the numbers, where they come from, and what would raise them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessments.answering.worksheet import Worksheet, open_worksheet
from assessments.models import Assessment, Finding, Score, Verdict
from assessments.questionnaires.questions import Question, Questionnaire
from assessments.questionnaires.wording import Said, describe, grouped, local, unit_name
from assessments.scoring.scorer import GATE, ZERO_TOLERANCE, Line, Step
from assessments.submission import signatures
from charts import AreaScore, area_scores


# Steps the page recommends, the most rewarding first.
STEPS_SHOWN = 8


@dataclass(frozen=True)
class Advice:
    code: str
    area: str
    text: str
    what: str
    gain: Decimal


@dataclass(frozen=True)
class Objection:
    """An answer the reviewer did not simply accept; with what counts instead where it was corrected."""

    label: str
    text: str
    said: list[Said]
    verdict: Verdict
    corrected: list[Said]


@dataclass(frozen=True)
class ReceiptArea:
    title: str
    share: Decimal
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None
    # A line, its question, and the lines of single sites with their names where some differ.
    lines: list[tuple[Line, str, list[tuple[str, Line]]]]


def is_reviewed(assessment: Assessment) -> bool:
    return assessment.status == Assessment.Status.CLOSED


def context_of(assessment: Assessment) -> dict[str, Any]:
    score = Score.objects.filter(assessment=assessment, is_current=True).first()
    context: dict[str, Any] = {"assessment": assessment, "score": score, "signature": signatures.newest(assessment)}
    if score is None:
        return context
    # As the score is: what a reviewer says counts when the review is closed. After a return it is told, and counts for nothing yet.
    worksheet = open_worksheet(assessment, blind=not is_reviewed(assessment))
    told = open_worksheet(assessment) if assessment.status == Assessment.Status.RETURNED else worksheet
    result = worksheet.rules.score(worksheet.facts, worksheet.states, is_reviewed(assessment))
    areas = receipt_areas(worksheet, score)
    return context | {
        "headline": score.verified if score.verified is not None else score.evidenced,
        "band": band_title(worksheet, score),
        "areas": areas,
        "chart": chart(areas),
        "advice": advice(worksheet)[:STEPS_SHOWN],
        "findings": Finding.objects.filter(assessment=assessment).order_by("closed_at", "severity", "pk"),
        "zero_tolerance": triggers(worksheet, ZERO_TOLERANCE),
        "gates": triggers(worksheet, GATE),
        "cap": worksheet.rules.questionnaire.zero_tolerance_cap,
        # The facts about the company, or the answers of a returned assessment, have changed since the score was stated.
        "has_moved_on": result.inputs_sha256 != score.inputs_sha256,
        # The verified scores of reviews that were opened again.
        "earlier_scores": assessment.scores.filter(is_current=False, verified__isnull=False).order_by("-computed_at", "-pk")[:10],
        "objections": objections(told),
        "lines_count": sum(line.applies for line in worksheet.lines.values()),
    }


def objections(worksheet: Worksheet) -> list[Objection]:
    """What the reviewer did not simply accept, in the order of the questionnaire."""
    found = []
    for question in worksheet.asked:
        for site in (None, *worksheet.sites_of(question)):
            site_id = site.pk if site else None
            verdict, answer = worksheet.verdict_told(question.code, site_id), worksheet.answer(question.code, site_id)
            if answer and verdict and verdict.outcome != Verdict.Outcome.ACCEPT:
                said, instead = describe(question, answer.value), describe(question, verdict.corrected or {})
                label = f"{question.code} · {site}" if site else question.code
                found.append(Objection(label, local(question.text), said, verdict, instead if verdict.corrected else []))
    return found


def band_title(worksheet: Worksheet, score: Score) -> str:
    key = worksheet.rules.band(score.verified if score.verified is not None else score.evidenced)
    return band_name(worksheet.rules.questionnaire, key)


def band_name(questionnaire: Questionnaire, key: str | None) -> str:
    return next((local(band.title) for band in questionnaire.bands if band.key == key), "")


def receipt_areas(worksheet: Worksheet, score: Score) -> list[ReceiptArea]:
    profile = worksheet.rules.profile(worksheet.facts.category)
    found = []
    for area in worksheet.rules.questionnaire.areas:
        stated: Mapping[str, Any] = score.areas.get(area.code) or {}
        questions = worksheet.rules.questionnaire.in_area(area.code)
        lines = [worksheet.lines[each.code] for each in questions if worksheet.lines[each.code].applies]
        said = [(line, local(worksheet.rules.questionnaire.question(line.question).text), site_lines(worksheet, line)) for line in lines]
        found.append(
            ReceiptArea(
                local(area.title),
                profile[area.code],
                _number(stated.get("declared")),
                _number(stated.get("evidenced")),
                _number(stated.get("verified")),
                said,
            )
        )
    return found


def _number(text: Any) -> Decimal | None:
    return Decimal(str(text)) if text is not None else None


def chart(areas: list[ReceiptArea]) -> SafeString:
    bars = [AreaScore(area.title, area.declared, area.evidenced, area.verified) for area in areas if area.declared is not None]
    return area_scores(bars, title=_("Scores by area"), description=_("Declared, evidenced and verified scores of each area, 0 to 100."))


def site_lines(worksheet: Worksheet, line: Line) -> list[tuple[str, Line]]:
    names = {site.pk: site.name for site in worksheet.sites}
    rest = _("All other sites")
    return [(names.get(part.site, "") if part.site else rest, part.line) for part in line.sites if part.stands_at]


def triggers(worksheet: Worksheet, kind: str) -> list[dict[str, str]]:
    """Rules of a kind that fired, in words. Those that open findings only are listed as findings."""
    found = []
    for line in worksheet.lines.values():
        question = worksheet.rules.questionnaire.question(line.question)
        texts = {trigger.key: local(trigger.text) for trigger in question.triggers}
        found += [{"code": hit.question, "text": texts.get(hit.key, "")} for hit in line.triggers if hit.kind == kind]
    return found


def advice(worksheet: Worksheet) -> list[Advice]:
    """Every step that would raise the total, the most rewarding first."""
    names = {site.pk: site.name for site in worksheet.sites}
    found = []
    for line in worksheet.lines.values():
        question = worksheet.rules.questionnaire.question(line.question)
        found += [
            Advice(_where(line, step, names), line.area, local(question.text), step_text(question, step), step.gain) for step in line.takes
        ]
    return sorted((each for each in found if each.gain > 0), key=lambda each: (-each.gain, each.code))


def _where(line: Line, step: Step, names: Mapping[int, str]) -> str:
    site = step.params.get("site")
    return f"{line.question} · {names.get(site, '')}" if site else line.question


def step_text(question: Question, step: Step) -> str:
    params = step.params
    if step.key == "attach_evidence":
        return _("Attach evidence: %(what)s") % {"what": local(question.evidence.text) or _("a document that shows it")}
    if step.key == "explain_check":
        return _("Explain in the note why the figures are unusual")
    if step.key == "raise_level":
        return _("Raise the practice to level 4: measured, reviewed and improved")
    if step.key == "choose":
        return _("Get to: “%(option)s”") % {"option": _option_label(question, params["field"], params["option"])}
    if step.key == "choose_more":
        return _("Put more of the listed measures in place")
    if step.key == "improve_number":
        return _improve(question, params)
    if step.key == "complete":
        return _("Complete the answer")
    return _("Answer the question")


def _improve(question: Question, params: Mapping[str, Any]) -> str:
    field = question.field(params["field"])
    unit = "%" if field and field.type == "percent" else f" {unit_name(field.unit)}" if field and field.unit else ""
    if "per" in params:
        return _("Raise the share to at least %(share)s%%") % {"share": f"{Decimal(params['from']) * 100:f}".rstrip("0").rstrip(".") or "0"}
    if "below" in params:
        return _("Bring the figure below %(figure)s") % {"figure": f"{grouped(params['below'])}{unit}"}
    return _("Raise the figure to at least %(figure)s") % {"figure": f"{grouped(params['from'])}{unit}"}


def _option_label(question: Question, field_key: str, option_key: str) -> str:
    field = question.field(field_key)
    option = field.option(option_key) if field else None
    return local(option.label) if option else option_key
