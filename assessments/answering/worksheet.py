"""An assessment opened on the desk: its rules, the facts about the supplier, the answers so far, and what follows from them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.db.models import Exists, F, OuterRef

from accounts.prepared import run_prepared
from assessments.answering import year_on_year
from assessments.answering.facts import facts_for, facts_from, open_sites, sites_as_scored
from assessments.answering.inputs import answer_key
from assessments.answering.telling import as_told
from assessments.answering.year_on_year import Before
from assessments.models import Answer, Assessment, EvidenceUse, Verdict
from assessments.questionnaires.names import AnswerState, Facts, SitedState, State, verdict_of
from assessments.questionnaires.questions import Question
from assessments.questionnaires.wording import check_messages
from assessments.rules import rulesets
from assessments.scoring.scorer import Line, RuleSet
from assessments.scoring.site_answers import parts_of, sites_of, with_sites
from assessments.scoring.submission_gates import closed_gates
from suppliers.models import Document, Site


@dataclass(frozen=True)
class Progress:
    """Counts of questions asked and answered. A question that is not asked does not count."""

    answered: int
    asked: int

    @property
    def is_complete(self) -> bool:
        return self.answered == self.asked

    @property
    def left(self) -> int:
        return self.asked - self.answered


class Reading:
    """Answers as the rules read them: what is asked, what is answered, what an answer lacks.

    `states` are the answers as they are scored: with those of the sites that differ. `of_sites` holds the latter one by one;
    what is said about one answer names its site, or None for the answer for all sites.
    """

    def __init__(
        self,
        rules: RuleSet,
        facts: Facts,
        states: Mapping[str, AnswerState | SitedState],
        of_sites: Mapping[str, Mapping[int, AnswerState]],
        assessment_id: int,
    ) -> None:
        self.assessment_id = assessment_id
        self.rules = rules
        self.facts = facts
        self.states = states
        self.of_sites = of_sites

    @cached_property
    def hidden(self) -> dict[str, str]:
        """Question -> why it is not asked: "category", "site_type" or "condition"."""
        return dict(self.rules.applicability.why_not(self.facts, self.states))

    @cached_property
    def around(self) -> State:
        return State({}, self.states, self.facts, frozenset(self.hidden))

    def candidates_in(self, area: str) -> list[Question]:
        """Asked now, or asked as soon as another answer says so."""
        questions = self.rules.questionnaire.in_area(area)
        return [question for question in questions if self.hidden.get(question.code, "condition") == "condition"]

    # One answer -------------------------------------------------------------------------------------------------

    def answer_state(self, code: str, site: int | None = None) -> AnswerState | None:
        if site is not None:
            return self.of_sites.get(code, {}).get(site)
        state = self.states.get(code)
        return AnswerState(*state[:3]) if state else None

    def is_given(self, code: str, site: int | None = None) -> bool:
        """Whether this answer is whole. A site without an answer of its own lacks none."""
        state = self.answer_state(code, site)
        return self.rules.answered(code, *state[:2]) if state else site is not None

    def needs_evidence(self, code: str, site: int | None = None) -> bool:
        """Whether the answer as it stands is worth its full credit only with evidence, attached or not."""
        state = self.answer_state(code, site)
        return state is not None and self.rules.evidence_asked(code, state.value, self.around)

    def wants_evidence(self, code: str, site: int | None = None) -> bool:
        """Whether it needs evidence and has none."""
        state = self.answer_state(code, site)
        return state is not None and not state.has_evidence and self.needs_evidence(code, site)

    def failed_checks(self, code: str, site: int | None = None) -> tuple[str, ...]:
        state = self.answer_state(code, site)
        return self.rules.failed_checks(code, state.value, self.around) if state else ()

    def remarks(self, code: str, site: int | None = None) -> tuple[str, ...]:
        """What is unusual about an answer and asks for a note, in words: failed checks, and quantities far from last year's."""
        messages = check_messages(self.rules.questionnaire.question(code), self.failed_checks(code, site))
        return messages if site is not None else (*messages, *self._changes.get(code, ()))

    @cached_property
    def _changes(self) -> dict[str, tuple[str, ...]]:
        codes = self.states.keys() & year_on_year.questions_about_quantities(self.rules)
        earlier = self.answered_before(codes)
        questions = self.rules.questionnaire.by_code
        return {code: year_on_year.changes(questions[code], self.states[code].value, before) for code, before in earlier.items()}

    def answered_before(self, codes: Collection[str]) -> Mapping[str, Before]:
        """What was answered to these questions last year. One query, where there are any and there is an earlier assessment."""
        return year_on_year.before(self.assessment_id, codes)

    # A question with all its answers ----------------------------------------------------------------------------

    def standing(self, code: str) -> list[int | None]:
        """Whose answers count: None for the one for all sites, and the sites that differ."""
        state = self.states.get(code)
        if not isinstance(state, SitedState):
            return [None]
        return [part.site for part in parts_of(state) if part.stands_at]

    def is_answered(self, code: str) -> bool:
        return code in self._answered

    @cached_property
    def _answered(self) -> set[str]:
        """The answer for all sites is whole, and so is that of each site that differs."""
        known = [code for code in self.states if self._is_known(code)]
        return {code for code in known if all(self.is_given(code, site) for site in {None, *self.standing(code)})}

    def _is_known(self, code: str) -> bool:
        """A question that another version of the questionnaire asked may have left an answer behind."""
        return code in self.rules.questionnaire.by_code

    def lacks_evidence(self, code: str) -> bool:
        return any(self.wants_evidence(code, site) for site in self.standing(code))


class Worksheet(Reading):
    """`answers`: question -> the answer for all sites. `answers_of_sites`: question -> site -> its own, also of sites not asked about.

    `before` are last year's answers, where they have been read already: nobody asks for those of other questions then.
    """

    def __init__(
        self,
        assessment: Assessment,
        rules: RuleSet,
        sites: Sequence[Site],
        answers: Iterable[Answer],
        *,
        before: Mapping[str, Before] | None = None,
    ) -> None:
        self.before = before
        self.assessment = assessment
        self.sites = sites
        self.answers: dict[str, Answer] = {}
        self.answers_of_sites: dict[str, dict[int, Answer]] = {}
        for answer in answers:
            if answer.site_id is None:
                self.answers[answer.question] = answer
            else:
                self.answers_of_sites.setdefault(answer.question, {})[answer.site_id] = answer
        of_sites = {
            code: {site: state_of(answer) for site, answer in by_site.items() if answer.value}
            for code, by_site in self.answers_of_sites.items()
        }
        shared = {code: state_of(answer) for code, answer in self.answers.items()}
        states = with_sites(rules.questionnaire, shared, of_sites, {site.pk: site.type for site in sites})
        super().__init__(rules, facts_from(assessment.supplier, sites), states, of_sites, assessment.pk)

    def answered_before(self, codes: Collection[str]) -> Mapping[str, Before]:
        if self.before is None:
            return super().answered_before(codes)
        return {code: before for code, before in self.before.items() if code in codes}

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        return tuple(question for question in self.rules.questionnaire.questions if question.code not in self.hidden)

    def asked_in(self, area: str) -> list[Question]:
        return [question for question in self.asked if question.area == area]

    def answer(self, code: str, site: int | None = None) -> Answer | None:
        return self.answers.get(code) if site is None else self.answers_of_sites.get(code, {}).get(site)

    def sites_of(self, question: Question) -> list[Site]:
        """The sites a question is asked about; none where it is asked of the company."""
        asked = set(sites_of(question, {site.pk: site.type for site in self.sites}))
        return [site for site in self.sites if site.pk in asked]

    def different_sites(self, question: Question) -> list[Site]:
        """Those of them that have an answer of their own."""
        own = self.of_sites.get(question.code, {})
        return [site for site in self.sites_of(question) if site.pk in own] if own else []

    def saved_by(self, code: str, site: int | None = None) -> str:
        answer = self.answer(code, site)
        return str(getattr(answer, "author", None) or "") if answer else ""

    def verdict_told(self, code: str, site: int | None = None) -> Verdict | None:
        """The reviewer's word as the supplier reads it: not while it is being thought over."""
        if self.assessment.status in (Assessment.Status.SUBMITTED, Assessment.Status.IN_REVIEW):
            return None
        return getattr(self.answer(code, site), "verdict", None)

    def lacks_note(self, code: str, site: int | None = None) -> bool:
        answer = self.answer(code, site)
        return answer is not None and not answer.note.strip() and bool(self.remarks(code, site))

    def progress(self, area: str = "") -> Progress:
        """Of one area, or of all."""
        codes = [question.code for question in self.asked if not area or question.area == area]
        return Progress(sum(map(self.is_answered, codes)), len(codes))

    @cached_property
    def unanswered(self) -> list[Question]:
        return [question for question in self.asked if not self.is_answered(question.code)]

    @cached_property
    def closed_gates(self) -> list[Question]:
        """Questions that keep the assessment from being submitted."""
        return [question for question in self.asked if closed_gates(self.rules, question, self.around)]

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The receipt line of each question."""
        lines = self.rules.explain(self.facts, self.states, self.assessment.status == Assessment.Status.CLOSED)
        return {line.question: line for line in lines}

    def evidence(self, codes: Iterable[str] | None = None) -> dict[str, list[EvidenceUse]]:
        """Key of an answer (`answer_key`) -> the documents behind it. One query."""
        newer = Document.objects.filter(replaces=OuterRef("document"))
        uses = EvidenceUse.objects.filter(answer__assessment=self.assessment).annotate(has_newer=Exists(newer))
        if codes is not None:
            uses = uses.filter(answer__question__in=list(codes))
        found: dict[str, list[EvidenceUse]] = {}
        for use in uses.select_related("answer", "document").order_by("added_at", "pk"):
            found.setdefault(answer_key(use.answer.question, use.answer.site_id), []).append(use)
        return found


def state_of(answer: Answer) -> AnswerState:
    verdict = getattr(answer, "verdict", None)
    return AnswerState(answer.value, answer.evidence_count > 0, verdict_of(verdict.outcome, verdict.corrected) if verdict else None)


def open_worksheet(assessment: Assessment, *, blind: bool | None = None) -> Worksheet:
    """Two queries: sites and answers. `assessment` comes with its campaign and supplier. `blind`: as if nobody had judged it. Unless the
    reviewer's own pages ask otherwise, that is how it is read while a review is open."""
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    # The name alone: a whole user for each answer costs more than all the rest.
    answers = Answer.objects.filter(assessment=assessment).select_related("verdict").annotate(author=F("updated_by__name"))
    return Worksheet(assessment, rules, open_sites(assessment.supplier_id), as_told(assessment, answers, blind=blind))


def read_states(assessment_id: int, supplier_id: int, rules: RuleSet, codes: Iterable[str]) -> Reading:
    """Two queries: facts, and the answers to these questions alone, without their rows: for what happens with every save."""
    states, of_sites = _states(_read_rows(assessment_id, list(codes)))
    return Reading(rules, facts_for([supplier_id])[supplier_id], states, of_sites, assessment_id)


def open_reading(assessment: Assessment) -> Reading:
    """All answers as they are scored, without their rows: for what computes and shows none of them. Two queries: sites and answers.
    `assessment` comes with its campaign and supplier. While its review is open, as if nobody had judged it."""
    rules, sites = rulesets.for_version(assessment.campaign.questionnaire_id), sites_as_scored(assessment.supplier_id)
    shared, of_sites = _states(_read_rows(assessment.pk, None), blind=assessment.is_in_queue)
    states = with_sites(rules.questionnaire, shared, of_sites, {site.pk: site.type for site in sites})
    return Reading(rules, facts_from(assessment.supplier, sites), states, of_sites, assessment.pk)


_Row = tuple[str, int | None, dict[str, Any], int, str | None, dict[str, Any] | None]


# The columns of `_Row`.
_STATES = """
    SELECT answer.question, answer.site_id, answer.value, answer.evidence_count, verdict.outcome, verdict.corrected
    FROM assessments_answer answer LEFT JOIN assessments_verdict verdict ON verdict.answer_id = answer.id
    WHERE answer.assessment_id = %(assessment)s::bigint AND (%(codes)s::text[] IS NULL OR answer.question = ANY(%(codes)s::text[]))
"""


def _read_rows(assessment_id: int, codes: list[str] | None) -> Iterator[_Row]:
    """Of these questions, or of all."""
    for code, site, value, count, outcome, corrected in run_prepared(_STATES, {"assessment": assessment_id, "codes": codes}):
        yield code, site, orjson.loads(value), count, outcome, corrected and orjson.loads(corrected)


def _states(rows: Iterable[_Row], *, blind: bool = False) -> tuple[dict[str, AnswerState | SitedState], dict[str, dict[int, AnswerState]]]:
    """Question -> the answer for all sites; question -> site -> its own."""
    states: dict[str, AnswerState | SitedState] = {}
    of_sites: dict[str, dict[int, AnswerState]] = {}
    for code, site, value, count, outcome, corrected in rows:
        state = AnswerState(value, count > 0, None if blind else verdict_of(outcome, corrected))
        if site is None:
            states[code] = state
        elif value:
            of_sites.setdefault(code, {})[site] = state
    return states, of_sites
