"""A question as the page draws it: its inputs with what they hold, and what there is to say about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from assessments.answering import inputs
from assessments.answering.inputs import answer_key, name_of
from assessments.answering.saving import Conflict
from assessments.answering.worksheet import Worksheet
from assessments.models import EvidenceUse, Verdict
from assessments.questionnaires.questions import NOTE, Field, Option, Question
from assessments.questionnaires.wording import Said, describe, local, unit_name, well_formed
from suppliers.models import Site


# What a field looks like on the page; every other type is a line to type in.
_RADIOS = ("yes_no", "yes_no_na", "single", "maturity")
# A long list of options is a box to choose from, inside a table always.
_LONGEST_RADIO_LIST = 12


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool
    excludes_others: bool = False


@dataclass(frozen=True)
class Input:
    """One field. `kind`: radio, check, select, number, percent, date, text, table or file."""

    kind: str
    name: str
    id: str
    label: str
    # A question of one field is its own label.
    is_labelled: bool
    is_required: bool
    value: str = ""
    choices: tuple[Choice, ...] = ()
    is_inline: bool = False
    unit: str = ""
    unit_choices: tuple[Choice, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple["Input", ...], ...] = ()
    max_rows: int = 0
    errors: tuple[str, ...] = ()

    @property
    def has_cells_wrong(self) -> bool:
        return any(cell.errors for row in self.rows for cell in row)


@dataclass(frozen=True)
class OtherAnswer:
    """What is stored now, beside what the person typed."""

    version: int
    by: str
    at: datetime
    said: list[Said]
    note: str


@dataclass(frozen=True)
class SitesView:
    """Of a question asked per site: the sites that answer for themselves, and those for which the answer for all stands."""

    views: "list[QuestionView]"
    others: list[Site]

    @property
    def count(self) -> int:
        return len(self.views) + len(self.others)


@dataclass(frozen=True)
class QuestionView:
    """One answer to a question. `code` is its key: with the site behind it, where it is a single site's."""

    code: str
    topic: str
    text: str
    help: str
    inputs: tuple[Input, ...]
    evidence_text: str
    evidence_rule: str
    evidence: list[EvidenceUse]
    base: int
    was: str
    note: str
    has_note_box: bool
    is_hidden: bool
    is_answered: bool
    needs_evidence: bool
    saved_at: datetime | None
    saved_by: str
    checks: tuple[str, ...]
    verdict: Verdict | None
    corrected: list[Said]
    can_edit: bool
    # The assessment is open, and this question is not: the reviewer did not ask about it.
    is_locked: bool
    errors: tuple[str, ...] = ()
    file_errors: tuple[str, ...] = ()
    other: OtherAnswer | None = None
    state: str = "idle"
    site: Site | None = None
    sites: SitesView | None = None

    @property
    def lacks_evidence(self) -> bool:
        return self.needs_evidence and all(use.document.has_ended for use in self.evidence)

    @property
    def takes_evidence(self) -> bool:
        return self.evidence_rule != "none" or bool(self.evidence)

    @property
    def file_labels(self) -> str:
        return ", ".join(each.label for each in self.inputs if each.kind == "file")

    @property
    def has_errors(self) -> bool:
        return bool(self.errors or self.file_errors or self.other or any(i.errors or i.has_cells_wrong for i in self.inputs))


@dataclass
class Attempt:
    """What a person sent for one question and what became of it, when it could not simply be saved."""

    typed: Mapping[str, Any]
    # Path of an input ("value", "gases.0.quantity", "" for the whole question) -> what is wrong.
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: Conflict | None = None
    # The version a contested answer was written over: it stays until the person has chosen.
    base: int = 0
    file_errors: Sequence[str] = ()


Evidence = Mapping[str, Iterable[EvidenceUse]]
Attempts = Mapping[str, Attempt]


def view_with_sites(worksheet: Worksheet, question: Question, evidence: Evidence, attempts: Attempts, opened: str = "") -> QuestionView:
    """The question as it is answered for all sites, and the sites that answer for themselves.

    `opened` is the key of a site's answer that a person wants to begin. With one site there is nothing to tell apart.
    """

    def view(site: Site | None) -> QuestionView:
        key = answer_key(question.code, site.pk if site else None)
        return question_view(worksheet, question, evidence=evidence.get(key, ()), attempt=attempts.get(key), site=site)

    sites, different = worksheet.sites_of(question), worksheet.different_sites(question)
    if len(sites) < 2 and not different:
        return view(None)
    keys = {opened, *attempts}
    shown = [site for site in sites if site in different or answer_key(question.code, site.pk) in keys]
    return replace(view(None), sites=SitesView([view(site) for site in shown], [site for site in sites if site not in shown]))


def question_view(
    worksheet: Worksheet,
    question: Question,
    *,
    evidence: Iterable[EvidenceUse] = (),
    attempt: Attempt | None = None,
    site: Site | None = None,
) -> QuestionView:
    code, site_id = question.code, site.pk if site else None
    key, answer = answer_key(code, site_id), worksheet.answer(code, site_id)
    stored = answer.value if answer else {}
    typed = attempt.typed if attempt else stored
    verdict = worksheet.verdict_told(code, site_id)
    errors = attempt.errors if attempt else {}
    return QuestionView(
        code=key,
        topic=local(question.topic),
        text=local(question.text),
        help=local(question.help),
        inputs=inputs_of(question, key, typed, errors),
        evidence_text=local(question.evidence.text),
        evidence_rule="required" if _has_file(question) and question.evidence.rule == "none" else question.evidence.rule,
        evidence=list(evidence),
        base=attempt.base if attempt and attempt.conflict else answer.version if answer else 0,
        was=inputs.digest(stored),
        note=str(typed.get(NOTE) or ""),
        has_note_box=question.field(NOTE) is None,
        is_hidden=code in worksheet.hidden,
        is_answered=worksheet.is_given(code, site_id),
        needs_evidence=worksheet.needs_evidence(code, site_id),
        saved_at=answer.updated_at if answer and answer.version else None,
        saved_by=worksheet.saved_by(code, site_id),
        checks=worksheet.remarks(code, site_id),
        verdict=verdict,
        corrected=describe(question, verdict.corrected) if verdict and verdict.corrected else [],
        can_edit=worksheet.assessment.may_answer(code),
        is_locked=worksheet.assessment.is_editable and not worksheet.assessment.may_answer(code),
        errors=tuple(text for path, text in errors.items() if path in ("", NOTE)),
        file_errors=tuple(attempt.file_errors) if attempt else (),
        other=_other(question, attempt.conflict) if attempt and attempt.conflict else None,
        state=_state(attempt, is_saved=bool(answer and answer.version)),
        site=site,
    )


def _state(attempt: Attempt | None, *, is_saved: bool) -> str:
    if attempt and attempt.conflict:
        return "conflict"
    if attempt and attempt.errors:
        return "invalid"
    return "saved" if is_saved else "idle"


def _has_file(question: Question) -> bool:
    return any(each.type == "file" for each in question.fields)


def _other(question: Question, conflict: Conflict) -> OtherAnswer:
    stored = conflict.stored
    return OtherAnswer(stored.version, str(stored.updated_by or ""), stored.updated_at, describe(question, stored.value), stored.note)


# --- inputs -----------------------------------------------------------------------------------------------------------


def inputs_of(question: Question, key: str, typed: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[Input, ...]:
    answerable = [each for each in question.fields if each.type != "file"]
    return tuple(
        _input(each, name_of(key, each.key), typed.get(each.key), errors, each.key, is_labelled=len(answerable) > 1)
        for each in question.fields
    )


def _input(
    field: Field, name: str, given: Any, errors: Mapping[str, str], path: str, *, is_labelled: bool, in_table: bool = False
) -> Input:
    given = well_formed(field, given)
    common: dict[str, Any] = {
        "name": name,
        "id": name,
        "label": local(field.label),
        "is_labelled": is_labelled,
        "is_required": field.required,
        "errors": (errors[path],) if path in errors else (),
    }
    if field.type == "table":
        return _table(field, name, given or [], errors, path, common)
    if field.type == "number":
        return _number(field, given or {}, common)
    if field.type == "multi":
        return Input(kind="check", choices=_choices(field, given or []), **common)
    if field.type in _RADIOS:
        choices = _choices(field, [given])
        if in_table or len(choices) > _LONGEST_RADIO_LIST:
            return Input(kind="select", choices=choices, **common)
        return Input(kind="radio", choices=choices, is_inline=field.type in ("yes_no", "yes_no_na"), **common)
    return Input(kind=field.type, value=str(given or ""), unit="%" if field.type == "percent" else "", **common)


def _choices(field: Field, chosen: Iterable[Any]) -> tuple[Choice, ...]:
    taken = set(chosen)
    return tuple(Choice(option.key, _option_label(field, option), option.key in taken, option.excludes_others) for option in field.options)


def _option_label(field: Field, option: Option) -> str:
    return f"{option.key} · {local(option.label)}" if field.type == "maturity" else local(option.label)


def _number(field: Field, given: Mapping[str, Any], common: dict[str, Any]) -> Input:
    unit = str(given.get("unit") or (field.units[0] if field.units else ""))
    choices = tuple(Choice(each, unit_name(each), each == unit) for each in field.units) if len(field.units) > 1 else ()
    return Input(kind="number", value=str(given.get("amount") or ""), unit=unit_name(unit), unit_choices=choices, **common)


def _table(field: Field, name: str, rows: Sequence[Any], errors: Mapping[str, str], path: str, common: dict[str, Any]) -> Input:
    count = min(max(len(rows) + inputs.SPARE_ROWS, field.min_rows), max(field.max_rows, len(rows)))
    drawn = []
    for number in range(count):
        row = rows[number] if number < len(rows) else {}
        drawn.append(
            tuple(
                _input(
                    column,
                    f"{name}__{number}__{column.key}",
                    row.get(column.key),
                    errors,
                    f"{path}.{number}.{column.key}",
                    is_labelled=True,
                    in_table=True,
                )
                for column in field.columns
            )
        )
    heads = tuple(_column_head(column) for column in field.columns)
    return Input(kind="table", columns=heads, rows=tuple(drawn), max_rows=field.max_rows, **common)


def _column_head(column: Field) -> str:
    return local(column.label) if column.required else gettext("%(label)s (optional)") % {"label": local(column.label)}
