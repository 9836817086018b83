"""The receipt of a score: everything needed to compute it again, to the last digit, on any machine without a database.

A receipt is JSON. It holds the rules without their wording, the inputs, the stated result and one line for every question.
`recompute` scores its inputs with its rules by the very function that made it; `verify` says what does not agree.

    {"schema": "supplier-esg-receipt/1",
     "subject": {...},                    # who and when; said by the caller, no part of the score
     "questionnaire": {"key", "version", "sha256"},
     "rules_sha256": "...", "rules": {...},
     "inputs_sha256": "...", "inputs": {"facts": {...}, "answers": {code: [value, evidence, verdict]}, "reviewed": false},
                                          # a verdict is its name; a correction is ["correct", value]
                                          # and where sites differ: [value, evidence, verdict,
                                          #   [sites it stands at, [[site, value, evidence, verdict], ...]]]
     "result": {...}, "lines": [...],
     "seals": {path: "..."},              # the start of the hash of each part that no computation can confirm
     "sha256": "..."}                     # of all the above

Its form is published: `assessments/schemas/supplier-esg-receipt-1.json`. Credits are exact: "0.75", or "1/3" where a decimal would
not end. Points are rounded to six places and explain only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from assessments import canonical
from assessments.questionnaires import questionnaire
from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.names import CORRECT, Answers, AnswerState, Correction, Facts, SitedState, SiteState, SiteStates, Verdict
from assessments.questionnaires.questions import Questionnaire
from assessments.scoring import scorer
from assessments.scoring.scorer import Result, RuleSet


SCHEMA = "supplier-esg-receipt/1"


class ReceiptError(ValueError):
    """The receipt cannot be read at all."""


class Difference(NamedTuple):
    """`path` names the place ("lines[E1-03].declared"); `stated` is what the receipt says, `computed` what follows.

    `is_changed`: the place itself is not what it was when the receipt was made; the two are its seals then.
    """

    path: str
    stated: Any
    computed: Any
    is_changed: bool = False

    def __str__(self) -> str:
        if self.is_changed:
            return f"{self.path}: changed since the receipt was made"
        return f"{self.path}: the receipt says {self.stated!r}, it computes to {self.computed!r}"


def build(
    rule_set: RuleSet,
    facts: Facts,
    answers: Answers,
    reviewed: bool = False,
    subject: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`subject` is free JSON (supplier, campaign, moment) shown on the receipt; it takes no part in the score."""
    whole = rule_set.questionnaire
    rules = rules_of(whole)
    given = scorer.inputs(facts, answers, reviewed)
    given["facts"]["sites"] = [list(site) for site in given["facts"]["sites"]]
    given["answers"] = {code: _plain(answer) for code, answer in answers.items()}
    receipt = {
        "schema": SCHEMA,
        "subject": dict(subject or {}),
        "questionnaire": {"key": whole.key, "version": whole.version, "sha256": whole.sha256},
        "rules_sha256": canonical.sha256(rules),
        "rules": rules,
        "inputs": given,
        **_conclusions(rule_set, facts, answers, reviewed),
    }
    receipt["seals"] = dict(_seals(receipt))
    return {**receipt, "sha256": _seal(receipt)}


def _plain(value: Any) -> Any:
    """Answers as JSON has them: lists instead of tuples."""
    return [_plain(item) for item in value] if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _seal(receipt: Mapping[str, Any]) -> str:
    """Over all of the receipt: also what no computation can confirm, such as the subject."""
    return canonical.sha256({key: value for key, value in receipt.items() if key != "sha256"})


def _seals(receipt: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Lines and result follow from rules and inputs; these follow from nothing, so each part small enough to look at has a seal."""
    yield from ((key, _short(receipt.get(key))) for key in ("subject", "questionnaire"))
    rules, given = receipt.get("rules"), receipt.get("inputs")
    for key, part in _items(rules):
        if key == "questions" and isinstance(part, list):
            yield from ((f"rules.questions[{item_name(each, place)}]", _short(each)) for place, each in enumerate(part))
        else:
            yield f"rules.{key}", _short(part)
    for key, part in _items(given):
        if key in ("facts", "answers"):
            yield from ((f"inputs.{key}.{name}", _short(each)) for name, each in _items(part))
        else:
            yield f"inputs.{key}", _short(part)


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _short(value: Any) -> str | None:
    """Long enough to find a place by; None for what is no JSON of ours."""
    try:
        return canonical.sha256(value)[:16]
    except (TypeError, ValueError):
        return None


def item_name(item: Any, place: int) -> str:
    """Items of a list are named by their question or code where they have one, so that a reader finds them."""
    name = next((item[key] for key in ("question", "code") if key in item), None) if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else str(place)


def _conclusions(rule_set: RuleSet, facts: Facts, answers: Answers, reviewed: bool) -> dict[str, Any]:
    result = rule_set.score(facts, answers, reviewed)
    return {
        "inputs_sha256": result.inputs_sha256,
        "result": result_to_dict(result),
        "lines": [_line_to_dict(line) for line in rule_set.explain(facts, answers, reviewed)],
    }


def result_to_dict(result: Result) -> dict[str, Any]:
    return {
        "declared": _text(result.declared),
        "evidenced": _text(result.evidenced),
        "verified": _text(result.verified),
        "band": result.band,
        "capped": result.capped,
        "areas": {
            code: {"declared": _text(a.declared), "evidenced": _text(a.evidenced), "verified": _text(a.verified)}
            for code, a in result.areas.items()
        },
        "triggers": [list(hit) for hit in result.triggers],
        "asked": result.asked,
        "answered": result.answered,
        "evidence_asked": result.evidence_asked,
        "evidence_given": result.evidence_given,
        "evidence_coverage": _text(result.evidence_coverage),
        "reviewed": result.reviewed,
    }


def _line_to_dict(line: scorer.Line) -> dict[str, Any]:
    return _line_as_it_counts(line) | ({"sites": [_site_line_to_dict(each) for each in line.sites]} if line.sites else {})


def _site_line_to_dict(part: scorer.SiteLine) -> dict[str, Any]:
    said_above = ("question", "area", "applies", "why_not", "weight")
    line = {key: value for key, value in _line_as_it_counts(part.line).items() if key not in said_above}
    return {"site": part.site, "stands_at": part.stands_at, **line}


def _line_as_it_counts(line: scorer.Line) -> dict[str, Any]:
    declared, evidenced, verified = (exact_text(credit) for credit in line.exact)
    return {
        "question": line.question,
        "area": line.area,
        "applies": line.applies,
        "why_not": line.why_not,
        "answered": line.answered,
        "counts": line.counts,
        "weight": str(line.weight),
        "declared": declared,
        "evidenced": evidenced,
        "verified": verified,
        "evidence": line.evidence,
        "verdict": line.verdict,
        "points_possible": f"{line.points_possible:f}",
        "points": f"{line.points:f}",
        "failed_checks": list(line.failed_checks),
        "triggers": [list(hit) for hit in line.triggers],
        "takes": [{"key": step.key, "params": dict(step.params), "gain": f"{step.gain:f}"} for step in line.takes],
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def exact_text(credit: Fraction | None) -> str | None:
    """ "0.75", or "1/3" where the decimal would not end."""
    if credit is None:
        return None
    rest = credit.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{credit.numerator}/{credit.denominator}"
    return f"{(Decimal(credit.numerator) / Decimal(credit.denominator)).normalize():f}"


# --- rules without wording ----------------------------------------------------------------------------------------

_WORDING = {
    "": ("title",),
    "areas": ("title", "summary"),
    "bands": ("title",),
    "questions": ("topic", "text", "help", "reviewer_note", "mappings"),
    "fields": ("label",),
    "columns": ("label",),
    "options": ("label",),
    "checks": ("message",),
    "evidence": ("text",),
    "triggers": ("text",),
}


def rules_of(whole: Questionnaire) -> dict[str, Any]:
    """The part of a questionnaire that takes part in scoring: `questionnaire.load(rules, texts=False)` reads it back."""
    rules: dict[str, Any] = _without_wording(whole.document, "")
    return rules


def _without_wording(value: Any, place: str) -> Any:
    if isinstance(value, list):
        return [_without_wording(item, place) for item in value]
    if isinstance(value, Mapping):
        dropped = _WORDING.get(place, ())
        return {key: _without_wording(item, key) if key in _WORDING else item for key, item in value.items() if key not in dropped}
    return value


# --- computing again ----------------------------------------------------------------------------------------------


def recompute(receipt: Mapping[str, Any]) -> Result:
    """The score that follows from the receipt's own rules and inputs. Raises ReceiptError when it cannot be read."""
    rule_set, facts, answers, reviewed = _read(receipt)
    return rule_set.score(facts, answers, reviewed)


def verify(receipt: Mapping[str, Any], rule_set: RuleSet | None = None) -> list[Difference]:
    """Everything the receipt states that does not follow from its rules and inputs; empty when it is sound.

    With a rule set at hand (the published one), the receipt's rules must also be that one's.
    """
    own_rules, facts, answers, reviewed = _read(receipt)
    differences: list[Difference] = []
    differences += changed_parts(receipt)
    _compare("rules_sha256", receipt.get("rules_sha256"), canonical.sha256(receipt["rules"]), differences)
    _compare("questionnaire.key", _inside(receipt, "key"), own_rules.questionnaire.key, differences)
    _compare("questionnaire.version", _inside(receipt, "version"), own_rules.version, differences)
    if rule_set is not None:
        _compare("questionnaire.sha256", _inside(receipt, "sha256"), rule_set.sha256, differences)
        _compare("rules", receipt["rules"], rules_of(rule_set.questionnaire), differences)
    for key, computed in _conclusions(own_rules, facts, answers, reviewed).items():
        _compare(key, receipt.get(key), computed, differences)
    _compare("sha256", receipt.get("sha256"), _sealed(receipt), differences)
    return differences


def changed_parts(receipt: Mapping[str, Any]) -> list[Difference]:
    """Parts of subject, rules and inputs that are not what was sealed. It can be asked of a receipt whose rules no longer load."""
    found, stated = dict(_seals(receipt)), receipt.get("seals")
    if not isinstance(stated, Mapping):
        return [Difference("seals", stated, found)]
    changed = []
    for path in [*found, *(path for path in stated if path not in found)]:
        if stated.get(path) != found.get(path):
            # Where the whole agrees as soon as this seal does, it was the seal that was changed.
            mended = {**receipt, "seals": {**stated, path: found.get(path)}}
            is_the_seal = _sealed(mended) == receipt.get("sha256")
            changed.append(Difference(f"seals.{path}" if is_the_seal else path, stated.get(path), found.get(path), not is_the_seal))
    return changed


def _sealed(receipt: Mapping[str, Any]) -> str | None:
    try:
        return _seal(receipt)
    except (TypeError, ValueError):
        # Holds something that is no JSON of ours: it has no seal to agree with.
        return None


def _inside(receipt: Mapping[str, Any], key: str) -> Any:
    stated = receipt.get("questionnaire")
    return stated.get(key) if isinstance(stated, Mapping) else None


def _compare(path: str, stated: Any, computed: Any, differences: list[Difference]) -> None:
    if isinstance(stated, Mapping) and isinstance(computed, Mapping):
        for key in [*computed, *(key for key in stated if key not in computed)]:
            _compare(f"{path}.{key}", stated.get(key), computed.get(key), differences)
    elif isinstance(stated, list) and isinstance(computed, list) and len(stated) == len(computed):
        for place, (said, found) in enumerate(zip(stated, computed, strict=True)):
            _compare(f"{path}[{item_name(found, place)}]", said, found, differences)
    elif type(stated) is not type(computed) or stated != computed:
        differences.append(Difference(path, stated, computed))


def _read(receipt: Mapping[str, Any]) -> tuple[RuleSet, Facts, dict[str, AnswerState | SitedState], bool]:
    if not isinstance(receipt, Mapping) or receipt.get("schema") != SCHEMA:
        raise ReceiptError(gettext_noop("This is not a score receipt of a kind known here."))
    try:
        rule_set = _compiled(canonical.encode(receipt["rules"]))
        given = receipt["inputs"]
        said = given["facts"]
        sites = tuple((str(kind), str(country)) for kind, country in said["sites"])
        facts = Facts(str(said["category"]), str(said["country"]), str(said["headcount"]), sites)
        answers = {code: _answer(*answer) for code, answer in given["answers"].items()}
        return rule_set, facts, answers, bool(given["reviewed"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReceiptError(gettext_noop("A part of this receipt is missing or cannot be read.")) from error


def _answer(value: Any, has_evidence: Any, verdict: Any, sites: Any = None) -> AnswerState | SitedState:
    shared = _one_answer(value, has_evidence, verdict)
    if sites is None:
        return shared
    count, own = sites
    if not _is_whole(count) or not isinstance(own, list) or not own or not all(_is_whole(site) for site, *_rest in own):
        raise TypeError("sites are [count, [[site, value, evidence, verdict], ...]]")
    return SitedState(*shared, SiteStates(count, tuple(SiteState(site, *_one_answer(*rest)) for site, *rest in own)))


def _is_whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _one_answer(value: Any, has_evidence: Any, verdict: Any) -> AnswerState:
    if not isinstance(value, dict) or not isinstance(has_evidence, bool):
        raise TypeError("an answer is [value, evidence, verdict]")
    return AnswerState(value, has_evidence, _verdict(verdict))


def _verdict(given: Any) -> Verdict:
    if isinstance(given, list) and len(given) == 2 and given[0] == CORRECT and isinstance(given[1], dict):
        return Correction(CORRECT, given[1])
    if given is None or (isinstance(given, str) and given in scorer.VERDICTS):
        return given
    raise ValueError(f"unknown verdict {given!r}")


@lru_cache(maxsize=8)
def _compiled(rules: bytes) -> RuleSet:
    import json

    return scorer.compile(questionnaire.load(json.loads(rules), texts=False))
