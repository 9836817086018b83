"""Last year's answers as the pages show them: what may be taken over, what was reworded, what is asked anew."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from assessments.answering.carrying import FIGURES, REWORDED, SAME, Brought, Earlier, Offer, Pick, offers, read_earlier
from assessments.answering.inputs import answer_key, name_of
from assessments.answering.worksheet import Reading, Worksheet
from assessments.models import Assessment, Verdict
from assessments.questionnaires.names import AnswerState
from assessments.questionnaires.questions import NOTE, Area, Question
from assessments.questionnaires.rewording import Change, Piece, changes, compare, is_figure, is_same
from assessments.questionnaires.wording import Said, describe, local, value_text
from assessments.rules import rulesets


# What has become of a question's earlier answer, in the order the pages count them.
STATES = (TAKEN, OFFERED, CHANGED, NEW_FIGURES, NEW, ANSWERED) = ("taken", "offered", "reworded", "figures", "new", "answered")


_LABELS = {
    TAKEN: _("taken over"),
    OFFERED: _("to confirm"),
    CHANGED: _("reworded"),
    NEW_FIGURES: _("new figures"),
    NEW: _("to answer anew"),
    ANSWERED: _("answered this year"),
}


@dataclass(frozen=True)
class OfSiteView:
    name: str
    said: list[Said]


@dataclass(frozen=True)
class LastYear:
    """What was answered to one question, beside it. `pick` confirms what is offered; empty where nothing is to be confirmed."""

    code: str
    area: str
    topic: str
    text: str
    url: str
    cycle: int
    state: str
    kind: str
    pick: str
    why_not: str
    # The whole earlier answer in its own words; what confirming stores, in the words of today.
    said: list[Said]
    note: str
    takes: list[Said]
    # Input name -> the figure of then, to stand beside the field.
    references: Mapping[str, str]
    old_text: list[Piece]
    new_text: list[Piece]
    changes: list[str]
    brought: tuple[Brought, ...]
    of_sites: list[OfSiteView]
    closed_sites: tuple[str, ...]
    verdict: Verdict | None

    @property
    def is_reworded(self) -> bool:
        return bool(self.old_text)

    @property
    def is_partial(self) -> bool:
        """Something is taken over, and figures of this year are to be added."""
        return self.kind == FIGURES and bool(self.pick)

    @property
    def has_left_evidence(self) -> bool:
        return any(each.attach is None for each in self.brought)


@dataclass(frozen=True)
class Tally:
    """How many of the questions asked stand where; they add up to `asked`."""

    asked: int
    taken: int
    offered: int
    reworded: int
    figures: int
    new: int
    answered: int

    @property
    def open(self) -> int:
        return self.offered + self.reworded

    @property
    def bar(self) -> list["BarPart"]:
        """The parts side by side, those that are empty left out."""
        found: list[BarPart] = []
        start = 0
        for state, label in _LABELS.items():
            if count := getattr(self, state):
                found.append(BarPart(state, str(label), start, count))
                start += count
        return found


@dataclass(frozen=True)
class BarPart:
    state: str
    label: str
    start: int
    count: int


@dataclass(frozen=True)
class CarryArea:
    code: str
    title: str
    tally: Tally


class LastYearDesk:
    """A worksheet with the earlier one beside it."""

    def __init__(self, worksheet: Worksheet, earlier: Earlier, today: date) -> None:
        self.worksheet = worksheet
        self.earlier = earlier
        self.offers = offers(earlier, worksheet.rules.questionnaire.questions, today=today)

    @cached_property
    def ahead(self) -> Reading:
        """As if all that is offered were confirmed: a question that then is asked has its place on the page already."""
        offered = {code: AnswerState(offer.value or {}) for code, offer in self.offers.items() if self._is_open(code) and offer.value}
        sheet = self.worksheet
        return Reading(sheet.rules, sheet.facts, {**sheet.states, **offered}, sheet.of_sites, sheet.assessment_id)

    def asked_in(self, area: str = "") -> list[Question]:
        questions = self.worksheet.rules.questionnaire.questions
        return [each for each in questions if each.code not in self.ahead.hidden and area in ("", each.area)]

    def _is_open(self, code: str) -> bool:
        """Nothing is answered here yet: documents alone are no answer."""
        answer = self.worksheet.answers.get(code)
        return answer is None or not answer.value

    def state(self, code: str) -> str:
        answer, offer = self.worksheet.answers.get(code), self.offers.get(code)
        if answer and answer.carried_from_id:
            return TAKEN
        if self.worksheet.is_answered(code):
            return ANSWERED
        if offer is None:
            return NEW
        if offer.kind == FIGURES:
            return NEW_FIGURES
        if not self._is_open(code):
            return ANSWERED
        return OFFERED if offer.kind == SAME and offer.value is not None else CHANGED if offer.kind == REWORDED else NEW

    def tally(self, area: str = "") -> Tally:
        counts = Counter(self.state(question.code) for question in self.asked_in(area))
        return Tally(counts.total(), *(counts[state] for state in STATES))

    def areas(self) -> list[CarryArea]:
        found = [CarryArea(area.code, local(area.title), self.tally(area.code)) for area in self.worksheet.rules.questionnaire.areas]
        return [area for area in found if area.tally.asked]

    def lines(self, area: Area) -> list[LastYear]:
        """The questions of an area that were answered then."""
        return [self.line(question) for question in self.asked_in(area.code) if question.code in self.offers]

    def beside(self, questions: Iterable[Question]) -> dict[str, LastYear]:
        return {question.code: self.line(question) for question in questions if question.code in self.offers}

    def line(self, question: Question) -> LastYear:
        offer, code = self.offers[question.code], question.code
        answer = self.worksheet.answers.get(code)
        can_take = offer.value is not None and self._is_open(code) and self.worksheet.assessment.may_answer(code)
        old_text, new_text = _wordings(offer)
        return LastYear(
            code=code,
            area=question.area,
            topic=local(question.topic),
            text=local(question.text),
            url=f"{reverse('assessments:area', args=[self.worksheet.assessment.pk, question.area])}#{code}",
            cycle=self.earlier.cycle,
            state=self.state(code),
            kind=offer.kind,
            pick=str(Pick(code, answer.version if answer else 0, offer.digest)) if can_take else "",
            why_not=offer.why_not,
            said=describe(offer.old, offer.answer.value),
            note=str(offer.answer.value.get(NOTE) or ""),
            takes=describe(question, offer.value or {}),
            references=_references(offer),
            old_text=old_text,
            new_text=new_text,
            changes=[_change(each) for each in changes(offer.old, question)] if offer.kind == REWORDED else [],
            brought=offer.brought,
            of_sites=[OfSiteView(each.site.name, describe(question, each.value)) for each in offer.of_sites],
            closed_sites=offer.closed_sites,
            verdict=offer.verdict if offer.verdict and offer.verdict.outcome != Verdict.Outcome.ACCEPT else None,
        )


def _wordings(offer: Offer) -> tuple[list[Piece], list[Piece]]:
    """Both texts, where they differ: in the reader's language, else in the other one, whose change counts as much."""
    old, new = offer.old.text, offer.question.text
    for language in (get_language() or "en", "en", "zh"):
        before, after = old.in_language(language), new.in_language(language)
        if before.split() != after.split():
            return compare(before, after)
    return [], []


def _change(change: Change) -> str:
    what = local(change.option or change.field)
    words = {
        ("added", False): gettext("New field: %(what)s"),
        ("dropped", False): gettext("No longer asked: %(what)s"),
        ("renamed", False): gettext("“%(before)s” is called “%(what)s” now"),
        ("remade", False): gettext("Asked in another way: %(what)s"),
        ("added", True): gettext("New choice: %(what)s"),
        ("dropped", True): gettext("No longer offered: %(what)s"),
        ("renamed", True): gettext("“%(before)s” is called “%(what)s” now"),
    }
    return words[change.key, change.option is not None] % {"what": what, "before": local(change.before) if change.before else ""}


def _references(offer: Offer) -> dict[str, str]:
    """Where the field is still the same: a figure in another sense is no reference."""
    found = {}
    for field in offer.question.fields:
        before = offer.old.field(field.key)
        if before and before.type == field.type and is_figure(field) and field.type != "table":
            found[name_of(offer.code, field.key)] = value_text(before, offer.answer.value.get(field.key))
    return {name: said for name, said in found.items() if said}


def carried_words(worksheet: Worksheet) -> dict[str, str]:
    """Key of an answer -> where its answer was taken over from, for whoever reads the answers. One query, where any was."""
    answers = [*worksheet.answers.values(), *(each for by_site in worksheet.answers_of_sites.values() for each in by_site.values())]
    sources = {answer_key(each.question, each.site_id): (each.question, each.carried_from_id) for each in answers if each.carried_from_id}
    if not sources:
        return {}
    rows = Assessment.objects.filter(pk__in={source for _code, source in sources.values()}).values_list(
        "pk", "campaign__cycle", "campaign__questionnaire"
    )
    cycles = {pk: (cycle, rulesets.for_version(version).questionnaire.by_code) for pk, cycle, version in rows}
    found = {}
    for key, (code, source) in sources.items():
        cycle, before = cycles[source]
        question = worksheet.rules.questionnaire.by_code.get(code)
        is_unchanged = question is not None and code in before and is_same(before[code], question)
        words = gettext("Confirmed unchanged from FY%(year)d") if is_unchanged else gettext("Taken over from FY%(year)d, reworded since")
        found[key] = words % {"year": cycle}
    return found


def desk(worksheet: Worksheet, *, today: date) -> LastYearDesk | None:
    """Five queries more than the worksheet; one, where there is no earlier assessment."""
    earlier = read_earlier(worksheet.assessment)
    return LastYearDesk(worksheet, earlier, today) if earlier else None


def beside(worksheet: Worksheet, questions: Sequence[Question], *, today: date) -> dict[str, LastYear]:
    """For the editor: question -> what was answered then."""
    earlier = read_earlier(worksheet.assessment, [question.code for question in questions])
    if earlier is None:
        return {}
    return LastYearDesk(worksheet, earlier, today).beside(questions)
