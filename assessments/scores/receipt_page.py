"""A receipt as a person reads it: what was answered, what counted, why, and what it would take.

It shows the very receipt that can be downloaded; only the wording of questions and the names of sites are added.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.answering.inputs import answer_key
from assessments.models import Verdict
from assessments.questionnaires.questions import Question, Questionnaire
from assessments.questionnaires.wording import Said, check_messages, describe, local
from assessments.rules import conditions, method
from assessments.scores.results import step_text
from assessments.scoring.scorer import CORRECT, REJECT_ANSWER, REJECT_EVIDENCE, Step
from suppliers.models import Site


@dataclass(frozen=True)
class ReadTake:
    text: str
    gain: Decimal


@dataclass(frozen=True)
class ReadLine:
    """One answer of the receipt. `site`: whose it is, where sites differ; "" for a whole question. Credits stand as in the receipt."""

    site: str
    said: list[Said]
    note: str
    answered: bool
    counts: bool
    evidence: str
    verdict: str
    # What counts in the verified score instead, and why; the reason once the review is closed.
    corrected: list[Said]
    verdict_reason: str
    declared: str | None
    evidenced: str | None
    verified: str | None
    points: Decimal
    points_possible: Decimal
    reasons: list[str]
    takes: list[ReadTake]


@dataclass(frozen=True)
class ReadQuestion:
    code: str
    text: str
    weight: Decimal
    # How it earns its credit, and in which case only with evidence.
    rule: str
    evidence_rule: str
    line: ReadLine
    sites: list[ReadLine]


@dataclass(frozen=True)
class ReadArea:
    code: str
    title: str
    share: Decimal
    declared: str | None
    evidenced: str | None
    verified: str | None
    questions: list[ReadQuestion]
    # What is not asked, with the reason.
    left_out: list[tuple[str, str, str]]


def read(receipt: Mapping[str, Any], questionnaire: Questionnaire) -> list[ReadArea]:
    """In the language in use. Two queries at most, for the names of sites and the reasons of verdicts."""
    return _Reader(receipt, questionnaire).areas()


class _Reader:
    def __init__(self, receipt: Mapping[str, Any], questionnaire: Questionnaire) -> None:
        self.receipt = receipt
        self.questionnaire = questionnaire
        self.answers: Mapping[str, Any] = receipt["inputs"]["answers"]
        self.rules = {each.code: each for area in method.describe(questionnaire).areas for each in area.questions}
        ids = {part["site"] for line in receipt["lines"] for part in line.get("sites", ()) if part["site"] is not None}
        self.reasons = _reasons_of_verdicts(receipt)
        self.sites: Mapping[int, str] = dict(Site.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}

    def areas(self) -> list[ReadArea]:
        profile = self.questionnaire.profile(self.receipt["inputs"]["facts"]["category"])
        found = []
        for area in self.questionnaire.areas:
            stated = self.receipt["result"]["areas"][area.code]
            lines = [line for line in self.receipt["lines"] if line["area"] == area.code]
            asked = [self.question(line) for line in lines if line["applies"]]
            left_out = [(line["question"], self.text(line["question"]), self.why_not(line)) for line in lines if not line["applies"]]
            numbers = (stated["declared"], stated["evidenced"], stated["verified"])
            found.append(ReadArea(area.code, local(area.title), profile[area.code], *numbers, asked, left_out))
        return found

    def text(self, code: str) -> str:
        return local(self.questionnaire.question(code).text)

    def why_not(self, line: Mapping[str, Any]) -> str:
        question = self.questionnaire.question(line["question"])
        if line["why_not"] == "category":
            return _("Not asked of your category.")
        if line["why_not"] == "site_type":
            return _("Asked about a kind of site you do not have.")
        return _("Asked only when %(condition)s.") % {"condition": conditions.in_words(question.applies.when, question, self.questionnaire)}

    def question(self, line: Mapping[str, Any]) -> ReadQuestion:
        code = line["question"]
        rule = self.rules[code]
        return ReadQuestion(
            code=code,
            text=rule.text,
            weight=Decimal(line["weight"]),
            rule=rule.credit,
            evidence_rule=rule.evidence_rule,
            line=self.line(code, line, None),
            sites=[
                self.line(code, part, part["site"], self.site_name(part["site"])) for part in line.get("sites", ()) if part["stands_at"]
            ],
        )

    def site_name(self, site: int | None) -> str:
        return _("All other sites") if site is None else self.sites.get(site, str(site))

    def answer_of(self, code: str, site: int | None) -> Sequence[Any]:
        """[value, evidence, verdict]"""
        answer: Sequence[Any] = self.answers.get(code) or [{}, False, None]
        if site is None:
            return answer
        return next((each[1:] for each in answer[3][1] if each[0] == site), [{}, False, None])

    def line(self, code: str, line: Mapping[str, Any], site: int | None, site_name: str = "") -> ReadLine:
        question = self.questionnaire.question(code)
        value, _evidence, verdict = self.answer_of(code, site)[:3]
        return ReadLine(
            site=site_name,
            said=describe(question, value),
            note=str(value.get("note") or ""),
            answered=line["answered"],
            counts=line["counts"],
            evidence=line["evidence"],
            verdict=str(dict(Verdict.Outcome.choices).get(line["verdict"], "")),
            corrected=describe(question, verdict[1]) if line["verdict"] == CORRECT else [],
            verdict_reason=self.reasons.get(answer_key(code, site), ""),
            declared=line["declared"],
            evidenced=line["evidenced"],
            verified=line["verified"],
            points=Decimal(line["points"]),
            points_possible=Decimal(line["points_possible"]),
            reasons=list(_reasons(question, line)),
            takes=[_take(question, step, self.sites) for step in line["takes"]],
        )


def _reasons_of_verdicts(receipt: Mapping[str, Any]) -> dict[str, str]:
    """Key of an answer -> why the reviewer did not accept it. They take no part in the score, so the receipt does not hold them."""
    if not receipt["inputs"]["reviewed"]:
        return {}
    said = Verdict.objects.filter(answer__assessment=receipt["subject"].get("assessment")).exclude(outcome=Verdict.Outcome.ACCEPT)
    rows = said.values_list("answer__question", "answer__site", "reason")
    return {answer_key(question, site): reason for question, site, reason in rows}


def _reasons(question: Question, line: Mapping[str, Any]) -> Iterator[str]:
    """Why the credit is what it is, as far as the rule alone does not say it."""
    if question.credit.kind == "none" or not Decimal(line.get("weight", "1")):
        yield _("Collected, not scored.")
    elif not line["answered"]:
        yield _("Not answered, so it earns nothing.")
    elif not line["counts"]:
        yield _("By its answer it does not apply: it is left out of the score.")
    if line["counts"] and line["evidence"] == "missing":
        yield _("The evidence this answer requires is missing, or has ended.")
    if line["verdict"] == REJECT_EVIDENCE:
        yield _("The reviewer did not accept the evidence: it counts as missing.")
    if line["verdict"] == CORRECT:
        yield _("The reviewer corrected the answer: the corrected value counts in the verified score.")
    if line["verdict"] == REJECT_ANSWER:
        yield _("The reviewer did not accept the answer: it earns nothing in the verified score.")
    if question.credit.kind == "disclosure":
        yield from check_messages(question, line["failed_checks"])
    texts = {trigger.key: local(trigger.text) for trigger in question.triggers}
    yield from (texts.get(key, key) for _kind, _code, key in line["triggers"])


def _take(question: Question, step: Mapping[str, Any], sites: Mapping[int, str]) -> ReadTake:
    text = step_text(question, Step(step["key"], step["params"], Decimal(step["gain"])))
    site = sites.get(step["params"].get("site", 0))
    return ReadTake(f"{site}: {text}" if site else text, Decimal(step["gain"]))
