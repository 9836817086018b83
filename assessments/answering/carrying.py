"""A new cycle begins with last year's answers: offered, never stored by themselves. A person confirms them, one or many at once.

What is offered is the supplier's newest earlier assessment of the same questionnaire that was handed in. A question is found again
by its code. What a confirmation writes is what the person saw: each pick names the version it was shown beside and a digest of the
value, so that nothing newer is ever overwritten and nothing is stored that was not on the page.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from assessments.answering import inputs, saving
from assessments.answering.saving import NotOpen
from assessments.answering.telling import as_told
from assessments.models import Answer, Assessment, EvidenceUse, Verdict
from assessments.questionnaires.questions import NOTE, Question
from assessments.questionnaires.rewording import asks_figures, carried, is_same
from assessments.rules import rulesets
from assessments.scoring.scorer import RuleSet
from audit import trail
from suppliers.models import Document, Site


SAME, REWORDED, FIGURES = "same", "reworded", "figures"


@dataclass(frozen=True)
class Earlier:
    """The assessment before this one, with its answers: question -> the answer for all sites, question -> those of single sites."""

    assessment: Assessment
    rules: RuleSet
    answers: Mapping[str, Answer]
    of_sites: Mapping[str, list[Answer]]
    # Answer -> the documents behind it, each with the newest revision of it.
    documents: Mapping[int, list[tuple[Document, Document]]]

    @property
    def cycle(self) -> int:
        return self.assessment.campaign.cycle

    def question(self, code: str) -> Question:
        return self.rules.questionnaire.by_code[code]


def before(assessment: Assessment) -> Assessment | None:
    """The supplier's newest earlier assessment that was handed in and asks by the same questionnaire, whatever its version."""
    campaign = assessment.campaign
    earlier = Assessment.objects.filter(
        supplier=assessment.supplier_id,
        submitted_at__isnull=False,
        campaign__cycle__lt=campaign.cycle,
        campaign__questionnaire__key=rulesets.for_version(campaign.questionnaire_id).questionnaire.key,
    )
    return earlier.select_related("campaign").order_by("-campaign__cycle", "-created_at", "-pk").first()


def read_earlier(assessment: Assessment, codes: Collection[str] | None = None) -> Earlier | None:
    """Four queries, whatever the number of questions; one when there is no earlier assessment."""
    earlier = before(assessment)
    if earlier is None:
        return None
    rules = rulesets.for_version(earlier.campaign.questionnaire_id)
    stored = Answer.objects.filter(assessment=earlier).exclude(value={}).select_related("verdict", "site")
    if codes is not None:
        stored = stored.filter(question__in=list(codes))
    answers = list(stored.order_by("question", "site_id"))
    uses = EvidenceUse.objects.filter(answer__in=[answer.pk for answer in answers]).order_by("added_at", "pk")
    library = Document.objects.filter(supplier=earlier.supplier_id)
    return earlier_from(earlier, rules, answers, uses.values_list("answer_id", "document_id"), library)


def earlier_from(
    assessment: Assessment, rules: RuleSet, stored: Iterable[Answer], uses: Iterable[tuple[int, int]], library: Iterable[Document]
) -> Earlier:
    """`uses`: (answer, document), in the order they were attached. `library`: all documents of the supplier. No query."""
    answers: dict[str, Answer] = {}
    of_sites: dict[str, list[Answer]] = {}
    for answer in as_told(assessment, stored):
        if answer.question not in rules.questionnaire.by_code:
            continue
        if answer.site_id is None:
            answers[answer.question] = answer
        else:
            of_sites.setdefault(answer.question, []).append(answer)
    return Earlier(assessment, rules, answers, of_sites, _with_newest(uses, library))


def _with_newest(uses: Iterable[tuple[int, int]], library: Iterable[Document]) -> dict[int, list[tuple[Document, Document]]]:
    documents = {document.pk: document for document in library}
    newer = {document.replaces_id: document for document in documents.values() if document.replaces_id}
    found: dict[int, list[tuple[Document, Document]]] = {}
    for answer_id, document_id in uses:
        newest = document = documents[document_id]
        while newest.pk in newer:
            newest = newer[newest.pk]
        found.setdefault(answer_id, []).append((document, newest))
    return found


# --- what is offered --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Brought:
    """A document behind the earlier answer. `attach` is the revision that comes along; None when there is none in date."""

    document: Document
    attach: Document | None
    why_not: str = ""  # "expired" or "rejected"


@dataclass(frozen=True)
class OfSite:
    """The different answer one site had, where the site is still open."""

    site: Site
    answer: Answer
    value: Mapping[str, Any]
    brought: tuple[Brought, ...]


@dataclass(frozen=True)
class Offer:
    """One question that was answered before. `kind`: SAME, REWORDED, or FIGURES, which are asked anew each year.

    `value` is what confirming would store, None where nothing may be taken over; `why_not` says why: "figures", "does_not_fit",
    "rejected" by the reviewer.
    """

    question: Question
    old: Question
    answer: Answer
    kind: str
    value: Mapping[str, Any] | None
    why_not: str = ""
    of_sites: tuple[OfSite, ...] = ()
    closed_sites: tuple[str, ...] = ()
    brought: tuple[Brought, ...] = ()

    @property
    def code(self) -> str:
        return self.question.code

    @property
    def verdict(self) -> Verdict | None:
        return getattr(self.answer, "verdict", None)

    @property
    def digest(self) -> str:
        return inputs.digest({"value": self.value, "sites": {str(each.site.pk): each.value for each in self.of_sites}})


def offers(earlier: Earlier, questions: Iterable[Question], *, today: date) -> dict[str, Offer]:
    """For the questions that were answered then, answered by now or not."""
    return {question.code: _offer(earlier, question, today) for question in questions if question.code in earlier.answers}


def _offer(earlier: Earlier, question: Question, today: date) -> Offer:
    answer, old = earlier.answers[question.code], earlier.question(question.code)
    kind = FIGURES if asks_figures(question) else SAME if is_same(old, question) else REWORDED
    verdict: Verdict | None = getattr(answer, "verdict", None)
    value, why_not = carried(question, answer.value), ""
    if verdict and verdict.outcome in (Verdict.Outcome.REJECT_ANSWER, Verdict.Outcome.CORRECT):
        value, why_not = None, "rejected"
    elif value is None:
        why_not = "figures" if kind == FIGURES else "does_not_fit"
    if value is None:
        return Offer(question, old, answer, kind, None, why_not)
    of_sites, closed = _of_sites(earlier, question, today)
    # What proved the figures of a past year proves nothing about this one.
    brought = () if kind == FIGURES else _brought(earlier, answer, today)
    return Offer(question, old, answer, kind, value, "", of_sites, closed, brought)


def _of_sites(earlier: Earlier, question: Question, today: date) -> tuple[tuple[OfSite, ...], tuple[str, ...]]:
    kept: list[OfSite] = []
    closed: list[str] = []
    if not question.per_site:
        return (), ()
    for answer in earlier.of_sites.get(question.code, []):
        if (site := answer.site) is None:
            continue
        if not is_open(site, today):
            closed.append(site.name)
        elif value := carried(question, answer.value):
            brought = () if asks_figures(question) else _brought(earlier, answer, today)
            kept.append(OfSite(site, answer, value, brought))
    return tuple(kept), tuple(closed)


def is_open(site: Site, today: date) -> bool:
    return site.closed_on is None or site.closed_on > today


def _brought(earlier: Earlier, answer: Answer, today: date) -> tuple[Brought, ...]:
    return tuple(_each_brought(earlier, answer, getattr(answer, "verdict", None), today))


def _each_brought(earlier: Earlier, answer: Answer, verdict: Verdict | None, today: date) -> Iterator[Brought]:
    for document, newest in earlier.documents.get(answer.pk, []):
        if verdict and verdict.outcome == Verdict.Outcome.REJECT_EVIDENCE and newest == document:
            yield Brought(document, None, "rejected")
        elif newest.valid_to is not None and newest.valid_to < today:
            yield Brought(document, None, "expired")
        else:
            yield Brought(document, newest)


# --- what is confirmed ------------------------------------------------------------------------------------------------


_PICK = re.compile(r"(?P<code>[A-Za-z0-9-]{1,40}):(?P<base>[0-9]{1,9}):(?P<digest>[0-9a-f]{16})")


@dataclass(frozen=True)
class Pick:
    """An offer as a page showed it: beside which version of the answer, and with which value."""

    code: str
    base: int
    digest: str

    def __str__(self) -> str:
        return f"{self.code}:{self.base}:{self.digest}"

    @classmethod
    def read(cls, text: str) -> "Pick | None":
        found = _PICK.fullmatch(text)
        return cls(found["code"], int(found["base"]), found["digest"]) if found else None


@dataclass(frozen=True)
class Confirmed:
    """`left`: questions that were answered meanwhile, or whose offer is another one by now."""

    taken: tuple[str, ...]
    left: tuple[str, ...]


# As `saving._SAVE`, for many answers. Only an empty answer is filled, and only in the version that was seen; the version the row
# gets is carried along in the one it would begin with.
_TAKE_OVER = """
    WITH door AS (
        SELECT id, opened_questions FROM assessments_assessment
        WHERE id = %(assessment)s AND status IN ('not_started', 'in_progress', 'returned')
        FOR KEY SHARE
    )
    INSERT INTO assessments_answer AS stored
        (assessment_id, question, site_id, value, note, version, evidence_count, updated_by_id, updated_at, carried_from_id)
    SELECT door.id, offer.question, offer.site, offer.value, offer.note, offer.base + 1, 0, %(by)s, %(at)s, %(earlier)s
    FROM door, unnest(%(questions)s::text[], %(sites)s::bigint[], %(values)s::jsonb[], %(notes)s::text[], %(bases)s::int[])
        AS offer (question, site, value, note, base)
    WHERE door.opened_questions IS NULL OR door.opened_questions ? offer.question
    ORDER BY offer.question, offer.site
    ON CONFLICT (assessment_id, question, site_id) DO UPDATE
    SET value = excluded.value, note = excluded.note, version = excluded.version, updated_by_id = excluded.updated_by_id,
        updated_at = excluded.updated_at, carried_from_id = excluded.carried_from_id
    WHERE stored.version = excluded.version - 1 AND stored.value = '{}'::jsonb
    RETURNING id, question, site_id
"""

_ATTACH = """
    INSERT INTO assessments_evidenceuse (answer_id, document_id, added_by_id, added_at)
    SELECT answer, document, %(by)s, %(at)s FROM unnest(%(answers)s::bigint[], %(documents)s::bigint[]) AS brought (answer, document)
    ON CONFLICT (answer_id, document_id) DO NOTHING
"""


@transaction.atomic
def confirm(*, assessment_id: int, picks: Sequence[Pick], by: User, at: datetime) -> Confirmed:
    """Takes over the answers picked, with the evidence that is still in date. Raises `NotOpen`."""
    assessment = Assessment.objects.select_related("campaign", "supplier").get(pk=assessment_id)
    wanted = {pick.code: pick for pick in picks}
    offered = _still_offered(assessment, wanted, timezone.localdate(at))
    taken = _take_over(assessment, offered, wanted, by, at)
    if not taken and not Assessment.objects.filter(pk=assessment_id).open_for_answers().exists():
        raise NotOpen(assessment_id)
    if taken and assessment.status == Assessment.Status.NOT_STARTED:
        saving.begin(assessment_id=assessment_id, supplier_id=assessment.supplier_id, at=at)
    if taken:
        detail = {"questions": sorted(taken), "from": offered[next(iter(taken))].answer.assessment_id}
        trail.record("answers.confirmed", actor=by, target=assessment, supplier_id=assessment.supplier_id, detail=detail, at=at)
    return Confirmed(tuple(code for code in wanted if code in taken), tuple(code for code in wanted if code not in taken))


def _still_offered(assessment: Assessment, wanted: Mapping[str, Pick], today: date) -> dict[str, Offer]:
    by_code = rulesets.for_version(assessment.campaign.questionnaire_id).questionnaire.by_code
    earlier = read_earlier(assessment, list(wanted))
    if earlier is None:
        return {}
    found = offers(earlier, [by_code[code] for code in wanted if code in by_code], today=today)
    return {code: offer for code, offer in found.items() if offer.value is not None and offer.digest == wanted[code].digest}


@dataclass(frozen=True)
class _Row:
    """One answer to fill."""

    question: str
    site: int | None
    value: Mapping[str, Any]
    base: int
    brought: tuple[Brought, ...]


def _take_over(assessment: Assessment, offered: Mapping[str, Offer], wanted: Mapping[str, Pick], by: User, at: datetime) -> list[str]:
    """The questions whose answers were filled. Those of single sites follow where the answer for all sites was taken."""
    rows = [_Row(code, None, offer.value or {}, wanted[code].base, offer.brought) for code, offer in offered.items()]
    earlier = next(iter(offered.values())).answer.assessment_id if offered else None
    taken = _fill(assessment, earlier, rows, by, at)
    of_sites = [_Row(code, each.site.pk, each.value, 0, each.brought) for code in taken for each in offered[code].of_sites]
    _fill(assessment, earlier, of_sites, by, at)
    return taken


def _fill(assessment: Assessment, earlier: int | None, rows: Sequence[_Row], by: User, at: datetime) -> list[str]:
    if not rows:
        return []
    common: dict[str, Any] = {"assessment": assessment.pk, "earlier": earlier, "by": by.pk, "at": at}
    columns = {
        "questions": [row.question for row in rows],
        "sites": [row.site for row in rows],
        "values": [json.dumps(row.value, ensure_ascii=False) for row in rows],
        "notes": [str(row.value.get(NOTE) or "") for row in rows],
        "bases": [row.base for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, common | columns)
        filled = {(question, site): pk for pk, question, site in cursor.fetchall()}
        pairs = [
            (filled[row.question, row.site], each.attach.pk)
            for row in rows
            for each in row.brought
            if each.attach and (row.question, row.site) in filled
        ]
        if pairs:
            answers, documents = zip(*pairs, strict=True)
            cursor.execute(_ATTACH, {"by": by.pk, "at": at, "answers": list(answers), "documents": list(documents)})
    return [row.question for row in rows if (row.question, row.site) in filled]
