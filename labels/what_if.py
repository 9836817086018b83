"""What if: answers changed in a sandbox, scored and held against the green standard as if a reviewer had accepted them. Nothing is stored.

Both sides of the comparison are computed the same way, so that their difference is what the changes bring: answers with the verdicts
they have, a changed answer without one, the review closed today.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.kept_html import kept_html, key_of
from accounts.templatetags.ui import lead
from assessments.answering import inputs
from assessments.answering.inputs import name_of
from assessments.answering.worksheet import Reading
from assessments.editor.presenters import Attempt, inputs_of
from assessments.models import Assessment
from assessments.questionnaires import answers, messages
from assessments.questionnaires.names import AnswerState, SitedState
from assessments.questionnaires.questions import NOTE, Area, Question
from assessments.questionnaires.wording import local
from assessments.scores.results import step_text
from assessments.scoring import next_steps
from assessments.scoring.next_steps import EVIDENCE, Change, Goal, Ground
from assessments.scoring.scorer import GATE, Line, Result
from labels import facts, standards
from labels.criteria import VERIFIED, AreaScore, Basis, Gate, Outcome, TotalScore
from labels.evaluation import decide
from labels.explaining import in_language, level_title, line_of
from labels.facts import Standing
from labels.rules import Rules


States = Mapping[str, AnswerState | SitedState]
QUESTION = "labels/_what_if_question.html"


@dataclass
class Sandbox:
    """`states`: every answer, with what was changed. `changed`: codes of the questions. `attempts`: what was typed, with errors."""

    states: dict[str, AnswerState | SitedState]
    changed: list[str] = field(default_factory=list)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    evidence: dict[str, bool] = field(default_factory=dict)

    @property
    def broken(self) -> list[str]:
        return [code for code, attempt in self.attempts.items() if attempt.errors]


def untouched(reading: Reading) -> Sandbox:
    return Sandbox(dict(reading.states))


def read(reading: Reading, data: inputs.Posted) -> Sandbox:
    """What a browser sent. An answer that cannot be read stays as it is, with the reason beside it."""
    sandbox = untouched(reading)
    for question in _candidates(reading):
        if name_of(question.code, "-asked") in data:
            _read_question(reading, question, data, sandbox)
    return sandbox


def _read_question(reading: Reading, question: Question, data: inputs.Posted, sandbox: Sandbox) -> None:
    code = question.code
    typed = inputs.read(question, data)
    cleaned = answers.clean(question, typed)
    state = reading.states.get(code)
    stored, had_evidence = (dict(state.value), state.has_evidence) if state else ({}, False)
    has_evidence = name_of(code, "-evidence") in data if question.evidence.rule != "none" else had_evidence
    sandbox.evidence[code] = has_evidence
    sandbox.attempts[code] = Attempt(typed, messages.answer_errors(cleaned.errors))
    if cleaned.errors:
        return
    # Notes are not asked for here: they stay.
    value = {**cleaned.value, **({NOTE: stored[NOTE]} if NOTE in stored and question.field(NOTE) is None else {})}
    if value == stored and has_evidence == had_evidence:
        return
    sandbox.changed.append(code)
    if isinstance(state, SitedState):
        sandbox.states[code] = state._replace(value=value, has_evidence=has_evidence, verdict=None)
    else:
        sandbox.states[code] = AnswerState(value, has_evidence)


def _candidates(reading: Reading) -> Iterator[Question]:
    for area in reading.rules.questionnaire.areas:
        yield from reading.candidates_in(area.code)


# --- what comes of it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    title: str
    before: Decimal | None
    after: Decimal | None

    @property
    def moved(self) -> Decimal:
        return (self.after or Decimal(0)) - (self.before or Decimal(0))


@dataclass(frozen=True)
class StepInWords:
    code: str
    url_area: str
    text: str
    what: list[str]
    gain: Decimal


@dataclass(frozen=True)
class Way:
    """To a band or a label. `steps` None: the answers alone do not reach it. `also`: what else a label asks."""

    goal: str
    steps: list[StepInWords] | None
    also: list[str]


class Comparison:
    """Before and after: numbers, bands, labels; and the shortest way on from the state after."""

    def __init__(self, assessment: Assessment, reading: Reading, sandbox: Sandbox, *, on: date, at: datetime) -> None:
        self.assessment, self.reading, self.sandbox, self.on, self.at = assessment, reading, sandbox, on, at
        self.questionnaire = reading.rules.questionnaire
        self.before = reading.rules.score(reading.facts, reading.states, True, None)
        self.after = reading.rules.score(reading.facts, sandbox.states, True, None) if sandbox.changed else self.before

    @cached_property
    def totals(self) -> list[Number]:
        before, after = self.before, self.after
        return [
            Number(_("Declared"), before.declared, after.declared),
            Number(_("Evidenced"), before.evidenced, after.evidenced),
            Number(_("After the review"), before.verified, after.verified),
            Number(_("Evidence coverage, %"), before.evidence_coverage, after.evidence_coverage),
        ]

    @cached_property
    def areas(self) -> list[Number]:
        before, after = self.before.areas, self.after.areas
        return [Number(local(area.title), before[area.code].verified, after[area.code].verified) for area in self.questionnaire.areas]

    @property
    def bands(self) -> tuple[str, str]:
        titles = {band.key: local(band.title) for band in self.questionnaire.bands}
        return titles.get(self.before.band or "", ""), titles.get(self.after.band or "", "")

    @cached_property
    def lines(self) -> list[Line]:
        return self.reading.rules.explain(self.reading.facts, self.sandbox.states, True)

    @cached_property
    def ground(self) -> Ground:
        return next_steps.ground_of(self.lines, self.reading.rules.profile(self.reading.facts.category))

    # The label --------------------------------------------------------------------------------------------------

    @cached_property
    def label_rules(self) -> Rules | None:
        """None where no standard is in force, or where it looks at another questionnaire."""
        try:
            rules = standards.rules_in_force(self.on)
        except standards.NoStandardInForce:
            return None
        return rules if rules.questionnaire == self.questionnaire.key else None

    @cached_property
    def standing(self) -> Standing | None:
        if self.label_rules is None:
            return None
        return facts.read_without_scores(self.label_rules, supplier_id=self.assessment.supplier_id, on=self.on, at=self.at)

    def outcome(self, result: Result, states: States) -> Outcome | None:
        if self.label_rules is None or self.standing is None:
            return None
        known, pk = self.standing.facts, self.assessment.pk
        areas = {code: None if area.verified is None else str(area.verified) for code, area in result.areas.items()}
        wanted = self.label_rules.questions
        given = {
            (code, key): states[code].value[key] for code, key in wanted if code in states and isinstance(states[code].value.get(key), str)
        }
        supposed = known._replace(
            basis=Basis(pk, VERIFIED, result.verified, areas, self.on),
            gates={hit.key: pk for hit in result.triggers if hit.kind == GATE},
            answers=given,
        )
        return decide(self.label_rules, supposed, self.on)

    @cached_property
    def outcomes(self) -> tuple[Outcome | None, Outcome | None]:
        before = self.outcome(self.before, self.reading.states)
        return before, self.outcome(self.after, self.sandbox.states) if self.sandbox.changed else before

    @property
    def levels(self) -> tuple[str, str] | None:
        """The label before and after, in words."""
        before, after = self.outcomes
        if self.label_rules is None or before is None or after is None:
            return None
        return self._level(before), self._level(after)

    def _level(self, outcome: Outcome) -> str:
        return level_title(self.label_rules, outcome.level) if self.label_rules and outcome.level else _("No label")

    # The shortest way -------------------------------------------------------------------------------------------

    @cached_property
    def ways(self) -> list[Way]:
        return [way for way in (self._way_to_band(), self._way_to_label()) if way is not None]

    def _way_to_band(self) -> Way | None:
        score = self.after.verified
        following = next((band for band in self.questionnaire.bands if score is None or band.starts_at > score), None)
        if following is None or score is None:
            return None
        steps = self._steps(Goal(following.starts_at))
        return Way(_("Band “%(band)s”, from %(score)s") % {"band": local(following.title), "score": following.starts_at}, steps, [])

    def _way_to_label(self) -> Way | None:
        rules, outcome = self.label_rules, self.outcomes[1]
        if rules is None or outcome is None:
            return None
        level = next((level for level in rules.levels if rules.rank(level) > rules.rank(outcome.level)), None)
        if level is None:
            return None
        total, areas, gates, also = Decimal(0), dict[str, Decimal](), list[str](), list[str]()
        for check in outcome.checks:
            rule = rules.rule_of[check.key]
            need = check.need.get(level)
            match rule.criterion:
                case TotalScore() if isinstance(need, Decimal):
                    total = need
                case AreaScore(area=area) if isinstance(need, Decimal):
                    areas[area] = need
                case Gate(gate=gate) if level in check.missed:
                    gates.append(gate)
                case _ if level in check.missed:
                    also.append(f"{lead(in_language(rule.title))}{line_of(rules, rule, check).remedy}")
        return Way(_("Label “%(label)s”") % {"label": level_title(rules, level)}, self._steps(Goal(total, areas, gates)), also)

    def _steps(self, goal: Goal) -> list[StepInWords] | None:
        changes = next_steps.shortest(self.ground, goal)
        return None if changes is None else [self._in_words(change) for change in changes]

    def _in_words(self, change: Change) -> StepInWords:
        line = change.line
        question = self.questionnaire.question(line.question)
        takes = [step for step in line.takes if change.kind != EVIDENCE or step.key == "attach_evidence"]
        what = list(dict.fromkeys(step_text(question, step) for step in takes)) or [_("Change the answer")]
        return StepInWords(line.question, line.area, local(question.text), what, Decimal(round(change.gain * 100)) / 100)


# --- the form ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SandboxArea:
    title: str
    # Each drawn.
    questions: list[SafeString]
    is_open: bool


def form(reading: Reading, sandbox: Sandbox) -> list[SandboxArea]:
    return [_form_area(reading, area, sandbox) for area in reading.rules.questionnaire.areas]


def _form_area(reading: Reading, area: Area, sandbox: Sandbox) -> SandboxArea:
    questions = reading.candidates_in(area.code)
    changed = {*sandbox.changed, *sandbox.broken}
    drawn = [_form_question(reading, question, sandbox) for question in questions]
    return SandboxArea(local(area.title), drawn, any(question.code in changed for question in questions))


def _form_question(reading: Reading, question: Question, sandbox: Sandbox) -> SafeString:
    """Drawn once for what it shows: of a hundred questions, a change concerns one."""
    code, state = question.code, reading.states.get(question.code)
    attempt = sandbox.attempts.get(code)
    shown: dict[str, Any] = {
        "code": code,
        "typed": attempt.typed if attempt else dict(state.value) if state else {},
        "errors": attempt.errors if attempt else {},
        "has_evidence": sandbox.evidence.get(code, bool(state and state.has_evidence)),
        # Drawn with what was typed, it looks unchanged to a browser.
        "is_changed": code in sandbox.changed or code in sandbox.broken,
        "is_hidden": code in reading.hidden,
        "site_count": len(state.sites.own) if isinstance(state, SitedState) else 0,
    }
    return kept_html.get(key_of(QUESTION, {"rules": reading.rules.sha256, **shown}), lambda: _draw(question, shown))


def _draw(question: Question, shown: Mapping[str, Any]) -> SafeString:
    more = {
        "text": local(question.text),
        "inputs": inputs_of(question, question.code, shown["typed"], shown["errors"]),
        "takes_evidence": question.evidence.rule != "none",
    }
    return render_to_string(QUESTION, {**shown, **more})
