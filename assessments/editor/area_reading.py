"""Everything an area page shows, read by one statement: the rows as JSON, and the objects the rules and the page know made from them.

The rows of one reading, as text, are also what the page is known by (`Rows.stamp`): the same rows in the same language show the same page.
What the page shows must therefore come from here; drawing it asks the database nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models

from accounts.models import User
from accounts.prepared import run_prepared
from assessments.answering import carrying
from assessments.answering.inputs import answer_key
from assessments.answering.worksheet import Worksheet
from assessments.answering.year_on_year import Before
from assessments.models import Answer, Assessment, Campaign, EvidenceUse, QueryMessage, Verdict
from assessments.rules import rulesets
from assessments.scoring.scorer import RuleSet
from assessments.teamwork import team_notes
from assessments.teamwork.team_notes import Notes
from suppliers.models import Document, Site, Supplier


M = TypeVar("M", bound=models.Model)
Row = Mapping[str, Any]

# The columns are those of `Rows`. The door lets the supplier's own people in, nobody else. A site that has a closing date counts no more,
# as in `facts`; the assessment of last year is that of `carrying.before`. Of last year's answers, documents and evidence only those of
# the questions asked for; of this year's answers all, for the conditions of a question may look at any.
_READ = f"""
SELECT * FROM (
    WITH door AS (
        SELECT * FROM assessments_assessment WHERE id = %(assessment)s::bigint AND supplier_id = %(supplier)s::bigint
    ), mine AS (
        SELECT answer.* FROM door JOIN assessments_answer answer ON answer.assessment_id = door.id
    ), earlier AS (
        SELECT before.* FROM door
        JOIN assessments_campaign now ON now.id = door.campaign_id
        JOIN assessments_questionnaireversion asked_now ON asked_now.id = now.questionnaire_id
        JOIN assessments_assessment before ON before.supplier_id = door.supplier_id AND before.submitted_at IS NOT NULL
        JOIN assessments_campaign past ON past.id = before.campaign_id AND past.cycle < now.cycle
        JOIN assessments_questionnaireversion asked_then ON asked_then.id = past.questionnaire_id AND asked_then.key = asked_now.key
        ORDER BY past.cycle DESC, before.created_at DESC, before.id DESC LIMIT 1
    ), theirs AS (
        SELECT answer.* FROM earlier JOIN assessments_answer answer ON answer.assessment_id = earlier.id
        WHERE answer.question = ANY(%(codes)s::text[]) AND answer.value <> '{{}}'
    )
    SELECT
        (SELECT json_build_array(door, campaign, supplier) FROM door
         JOIN assessments_campaign campaign ON campaign.id = door.campaign_id
         JOIN suppliers_supplier supplier ON supplier.id = door.supplier_id)::text AS assessment,
        (SELECT json_agg(site ORDER BY site.name, site.id) FROM door
         JOIN suppliers_site site ON site.supplier_id = door.supplier_id AND site.closed_on IS NULL)::text AS sites,
        (SELECT json_agg(json_build_array(mine, verdict, person.name) ORDER BY mine.id) FROM mine
         LEFT JOIN assessments_verdict verdict ON verdict.answer_id = mine.id
         LEFT JOIN accounts_user person ON person.id = mine.updated_by_id)::text AS answers,
        (SELECT json_agg(json_build_array(
             use, document, EXISTS (SELECT FROM suppliers_document newer WHERE newer.replaces_id = document.id)
         ) ORDER BY use.added_at, use.id) FROM mine
         JOIN assessments_evidenceuse use ON use.answer_id = mine.id JOIN suppliers_document document ON document.id = use.document_id
         WHERE mine.question = ANY(%(codes)s::text[]))::text AS evidence,
        (SELECT json_build_array(earlier, campaign) FROM earlier
         JOIN assessments_campaign campaign ON campaign.id = earlier.campaign_id)::text AS earlier,
        (SELECT json_agg(json_build_array(theirs, verdict, site) ORDER BY theirs.question, theirs.site_id) FROM theirs
         LEFT JOIN assessments_verdict verdict ON verdict.answer_id = theirs.id
         LEFT JOIN suppliers_site site ON site.id = theirs.site_id)::text AS earlier_answers,
        (SELECT json_agg(json_build_array(use.answer_id, use.document_id) ORDER BY use.added_at, use.id) FROM theirs
         JOIN assessments_evidenceuse use ON use.answer_id = theirs.id)::text AS earlier_evidence,
        (SELECT json_agg(document ORDER BY document.id) FROM earlier
         JOIN suppliers_document document ON document.supplier_id = earlier.supplier_id)::text AS library,
        (SELECT json_agg(json_build_array(message, person.name) ORDER BY message.at, message.id) FROM door
         JOIN assessments_querymessage message ON message.assessment_id = door.id AND message.question = ANY(%(codes)s::text[])
         JOIN accounts_user person ON person.id = message.by_id)::text AS messages,
        (SELECT json_agg(json_build_array(kind, area, code, name, person, first, second, day, moment, flag))
         FROM ({team_notes.NOTES}) noted)::text AS notes
) everything
"""  # noqa: S608 - a statement of ours within another


class Rows(NamedTuple):
    """What one reading found, as JSON; None where there is nothing. `library` are all documents of the supplier."""

    assessment: str | None
    sites: str | None
    answers: str | None
    evidence: str | None
    earlier: str | None
    earlier_answers: str | None
    earlier_evidence: str | None
    library: str | None
    messages: str | None
    notes: str | None

    @property
    def stamp(self) -> str:
        seen = hashlib.blake2b(digest_size=20)
        for part in self:
            # JSON holds no NUL: where one part ends and the next begins cannot be mistaken.
            seen.update(b"\0" if part is None else part.encode() + b"\0\0")
        return seen.hexdigest()


def read_rows(*, assessment_id: int, questionnaire_id: int, area: str, by: User, at: datetime) -> Rows:
    """One query. Nothing is in the rows when the assessment is not of the person's company."""
    parameters = team_notes.parameters(assessment_id=assessment_id, questionnaire_id=questionnaire_id, user=by, at=at, area=area)
    [row] = run_prepared(_READ, parameters)
    return Rows(*row)


# --- objects from rows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """The assessment on the desk, with what stands beside the questions that were asked for."""

    worksheet: Worksheet
    evidence: Mapping[str, list[EvidenceUse]]
    earlier: carrying.Earlier | None
    # Key of an answer -> what was written to and by the reviewer.
    talks: Mapping[str, list[QueryMessage]]
    notes: Notes


def open_rows(rows: Rows, rules: RuleSet) -> Opened:
    """As `open_worksheet`, `Worksheet.evidence`, `carrying.read_earlier` and `notes_of` would give, without a query."""
    assessment, (answers, past) = assessment_of(rows), (_answers(rows.answers), _past_answers(rows.earlier_answers))
    before: dict[str, Before] = {}
    earlier = _earlier(rows, past)
    if earlier:
        before = {answer.question: Before(earlier.cycle, answer.value) for answer in past if answer.site_id is None}
    worksheet = Worksheet(assessment, rules, _made_of(Site, _loaded(rows.sites)), answers, before=before)
    return Opened(
        worksheet, _evidence(rows.evidence, answers), earlier, _talks(rows.messages), team_notes.notes_from(map(_note, _loaded(rows.notes)))
    )


def assessment_of(rows: Rows) -> Assessment:
    """With its campaign and supplier."""
    row, campaign, supplier = _loaded(rows.assessment)
    assessment = made(Assessment, row)
    assessment.campaign, assessment.supplier = made(Campaign, campaign), made(Supplier, supplier)
    return assessment


def _answers(text: str | None) -> list[Answer]:
    found = []
    for row, verdict, author in _loaded(text):
        answer = _with_verdict(made(Answer, row), verdict)
        answer.author = author  # type: ignore[attr-defined]  # as `open_worksheet` annotates it
        found.append(answer)
    return found


def _past_answers(text: str | None) -> list[Answer]:
    found = []
    for row, verdict, site in _loaded(text):
        answer = _with_verdict(made(Answer, row), verdict)
        answer.site = made(Site, site) if site else None
        found.append(answer)
    return found


def _with_verdict(answer: Answer, row: Row | None) -> Answer:
    """A relation from the other side that is known to be empty is kept as None, as `select_related` does."""
    Answer._meta.get_field("verdict").set_cached_value(answer, made(Verdict, row) if row else None)
    return answer


def _evidence(text: str | None, answers: Iterable[Answer]) -> dict[str, list[EvidenceUse]]:
    by_id = {answer.pk: answer for answer in answers}
    found: dict[str, list[EvidenceUse]] = {}
    for row, document, has_newer in _loaded(text):
        use = made(EvidenceUse, row)
        use.answer, use.document = by_id[use.answer_id], made(Document, document)
        use.has_newer = has_newer  # type: ignore[attr-defined]  # as `Worksheet.evidence` annotates it
        found.setdefault(answer_key(use.answer.question, use.answer.site_id), []).append(use)
    return found


def _talks(text: str | None) -> dict[str, list[QueryMessage]]:
    found: dict[str, list[QueryMessage]] = {}
    for row, name in _loaded(text):
        message = made(QueryMessage, row)
        message.by = User(pk=row["by_id"], name=name)
        found.setdefault(answer_key(message.question, message.site_id), []).append(message)
    return found


def _earlier(rows: Rows, answers: Iterable[Answer]) -> carrying.Earlier | None:
    if rows.earlier is None:
        return None
    row, campaign = _loaded(rows.earlier)
    assessment = made(Assessment, row)
    assessment.campaign = made(Campaign, campaign)
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    library = _made_of(Document, _loaded(rows.library))
    return carrying.earlier_from(assessment, rules, answers, _loaded(rows.earlier_evidence), library)


def _note(row: Sequence[Any]) -> Sequence[Any]:
    *rest, day, moment, flag = row
    return [*rest, day and date.fromisoformat(day), moment and datetime.fromisoformat(moment), flag]


def _loaded(text: str | None) -> Any:
    return json.loads(text) if text else []


def _made_of(model: type[M], rows: Iterable[Row]) -> list[M]:
    return [made(model, row) for row in rows]


def made(model: type[M], row: Row) -> M:
    """A row of a model's table, as PostgreSQL writes it in JSON. A column the model does not know is left out, as a query leaves it."""
    columns = _columns(model)
    values = [read(row[column]) if read and row[column] is not None else row[column] for _name, column, read in columns]
    return model.from_db(connection.alias, [name for name, _column, _read in columns], values)


@cache
def _columns(model: type[models.Model]) -> tuple[tuple[str, str, Callable[[Any], Any] | None], ...]:
    """Attribute, column, and how the value is read that JSON has no type for."""
    return tuple((field.attname, str(field.column), _reader(field)) for field in model._meta.concrete_fields)


def _reader(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    match field:
        case models.DateTimeField():
            return datetime.fromisoformat
        case models.DateField():
            return date.fromisoformat
        case models.DecimalField():
            return lambda value: Decimal(str(value))
    return None
