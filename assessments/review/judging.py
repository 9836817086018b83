"""A verdict as a reviewer types it: read from what a browser sent, cleaned and given; what cannot be given comes back as it was typed.

The answer editor's script saves verdicts too, so inputs are named as it expects: "E1-02__.outcome", "E1-02__.reason" and, for a
correction, the question's own "E1-02__value". What begins with a dot is no field of a question.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.visible_text import INVISIBLE
from assessments.answering import inputs
from assessments.answering.inputs import Posted, answer_key, name_of
from assessments.editor.page_saving import whole_number
from assessments.models import Verdict
from assessments.questionnaires import answers
from assessments.questionnaires.messages import answer_errors
from assessments.questionnaires.questions import NOTE, Question
from assessments.review import reviewing


OUTCOME, REASON = ".outcome", ".reason"
LONGEST_REASON = 4000


@dataclass
class Typed:
    """What stands in the inputs of one answer's verdict. `errors`: name of an input, or "" for all of them -> what is wrong."""

    outcome: str = ""
    reason: str = ""
    # Of a correction: as typed, and cleaned.
    raw: Mapping[str, Any] = field(default_factory=dict)
    corrected: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    # Nothing is wrong but that it is not finished: the reason, or the corrected value, is still to be typed.
    is_unfinished: bool = False


def read(question: Question, site: int | None, data: Posted) -> Typed:
    key = answer_key(question.code, site)
    outcome, reason = (str(data.get(name_of(key, name)) or "") for name in (OUTCOME, REASON))
    reason = INVISIBLE.sub("", reason.replace("\r\n", "\n")).strip()
    typed = Typed(outcome, reason)
    if outcome and outcome not in Verdict.Outcome.values:
        typed.errors[name_of(key, OUTCOME)] = _("Please choose one of these.")
    elif reason and not outcome:
        typed.errors[name_of(key, OUTCOME)] = _("Please choose a verdict.")
        typed.is_unfinished = True
    elif outcome and outcome != Verdict.Outcome.ACCEPT and not reason:
        typed.errors[name_of(key, REASON)] = _("Please say why: the supplier reads it.")
        typed.is_unfinished = True
    elif len(reason) > LONGEST_REASON:
        typed.errors[name_of(key, REASON)] = _("Please shorten this to %(limit)s characters.") % {"limit": LONGEST_REASON}
    if outcome == Verdict.Outcome.CORRECT:
        _read_correction(typed, question, site, data)
    return typed


def _read_correction(typed: Typed, question: Question, site: int | None, data: Posted) -> None:
    typed.raw = {key: given for key, given in inputs.read(question, data, site).items() if key != NOTE or question.field(NOTE)}
    cleaned = answers.clean(question, typed.raw)
    typed.corrected = cleaned.value
    wrong = answer_errors(cleaned.errors)
    key = answer_key(question.code, site)
    typed.errors |= {name_of(key, *path.split(".")) if path else "": text for path, text in wrong.items()}
    typed.is_unfinished = typed.is_unfinished and not wrong


def give(*, assessment_id: int, question: Question, site: int | None, data: Posted, by: User, at: datetime) -> tuple[Verdict | None, Typed]:
    """The verdict as it stands now, and what was typed, with errors where it could not be given.

    No outcome takes back the verdict that the page showed; a page that showed none takes back none. Raises what `reviewing.decide` raises.
    """
    typed = read(question, site, data)
    common: dict[str, Any] = {"assessment_id": assessment_id, "question": question.code, "site": site, "by": by, "at": at}
    if typed.errors:
        return None, typed
    base = whole_number(data.get(name_of(answer_key(question.code, site), "-base")))
    if not typed.outcome:
        if base:
            reviewing.withdraw(**common)
        return None, typed
    given: dict[str, Any] = {"outcome": typed.outcome, "reason": typed.reason, "corrected": typed.corrected}
    try:
        return reviewing.decide(**given, base_version=base, **common), typed
    except reviewing.NothingCorrected:
        typed.errors[""] = _("This is what the supplier answered. Please put the right value into the fields.")
        typed.is_unfinished = True
        return None, typed


def pairs_of(question: Question, site: int | None, verdict: Verdict) -> list[tuple[str, str]]:
    """Names and values of the inputs that hold a verdict."""
    key = answer_key(question.code, site)
    said = [(name_of(key, OUTCOME), verdict.outcome), (name_of(key, REASON), verdict.reason)]
    return [*(pair for pair in said if pair[1]), *inputs.pairs(question, verdict.corrected or {}, site)]
