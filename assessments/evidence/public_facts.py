"""Facts beside claims: what registers, authorities and certificates say about a supplier, next to what it says of itself.

Which answer a fact stands beside follows from the standards its question is mapped to: a question about GRI 2-27 (compliance with laws)
gets what authorities published, one about a certified management system the certificate, or that there is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.answering.worksheet import Worksheet
from assessments.questionnaires.questions import Question
from assessments.questionnaires.wording import listed
from suppliers.models import Document, PublicRecord, Site
from suppliers.validity import validity


# (standard, clause) of a question -> the kinds of document that prove it; a clause may be the beginning of longer ones.
_PROVED_BY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("iso", "14001:4.4"): (Document.Kind.ISO_14001,),
    ("iso", "14001:6.1.3"): (Document.Kind.DISCHARGE_PERMIT,),
    ("iso", "50001"): (Document.Kind.ISO_50001,),
    ("iso", "45001"): (Document.Kind.ISO_45001,),
}
_COMPLIANCE = ("gri", "2-27")
MOST_RECORDS = 10


@dataclass(frozen=True)
class Fact:
    """`tone` as of badges: "bad" and "warning" want to be looked at."""

    source: str
    text: str
    tone: str
    icon: str
    url: str = ""


@dataclass(frozen=True)
class PublicFacts:
    """`register`: label and text. `by_question`: code -> what stands beside its answer."""

    register: list[tuple[str, str]]
    by_question: Mapping[str, list[Fact]]


def facts_beside(worksheet: Worksheet, questions: Iterable[Question], *, today: date) -> PublicFacts:
    """Two queries. The assessment of the worksheet comes with its supplier."""
    supplier = worksheet.assessment.supplier
    documents = Document.objects.current().filter(supplier=supplier, kind__in={kind for kinds in _PROVED_BY.values() for kind in kinds})
    papers: dict[str, list[Document]] = {}
    for document in documents.order_by("-valid_to", "-pk"):
        papers.setdefault(document.kind, []).append(document)
    theirs = PublicRecord.objects.filter(supplier=supplier).exclude(status=PublicRecord.Status.WRONG_MATCH)
    records = [_of_record(record) for record in theirs.order_by("-decided_on", "-pk")[:MOST_RECORDS]]
    by_question = {each.code: list(_beside(each, papers, records, today)) for each in questions}
    return PublicFacts(_register(worksheet), by_question)


def _beside(question: Question, papers: Mapping[str, list[Document]], records: list[Fact], today: date) -> Iterable[Fact]:
    if _asks_about(question, *_COMPLIANCE):
        yield from records or [Fact(_("Public records"), _("No violation is on record."), "neutral", "circle-check")]
    for (standard, clause), kinds in _PROVED_BY.items():
        if _asks_about(question, standard, clause):
            for kind in kinds:
                yield from _of_papers(kind, papers.get(kind, []), today)


def _asks_about(question: Question, standard: str, clause: str) -> bool:
    return any(each == clause or each.startswith((f"{clause}:", f"{clause}.")) for each in question.mappings.get(standard, ()))


def _of_record(record: PublicRecord) -> Fact:
    said = [date_format(record.decided_on, "DATE_FORMAT"), record.reference, record.description, str(record.get_status_display())]
    tone, icon = _weight(record)
    return Fact(record.authority, " · ".join(each for each in said if each), tone, icon, record.source_url)


def _weight(record: PublicRecord) -> tuple[str, str]:
    """What nobody has decided on yet wants to be looked at, and is not held against anybody."""
    if not record.is_violation or record.status == PublicRecord.Status.ANSWERED:
        return "neutral", "info-circle"
    return ("bad", "alert-triangle") if record.status == PublicRecord.Status.UPHELD else ("warning", "alert-triangle")


def _of_papers(kind: str, papers: list[Document], today: date) -> Iterable[Fact]:
    source = str(Document.Kind(kind).label)
    if not papers:
        yield Fact(source, _("None is in the supplier's library."), "warning", "file-off")
    for document in papers[:2]:
        state, words = validity(document, today)
        tone, icon = ("good", "circle-check") if state in ("valid", "expiring") else ("warning", "alert-triangle")
        said = [document.number, document.issuer, words, date_format(document.valid_to, "DATE_FORMAT") if document.valid_to else ""]
        yield Fact(source, " · ".join(each for each in said if each), tone, icon, document.get_absolute_url())


def _register(worksheet: Worksheet) -> list[tuple[str, str]]:
    """What the company is registered as; the check digit of its code was verified when it was entered."""
    supplier = worksheet.assessment.supplier
    known = [
        (_("Registered name"), listed(each for each in (supplier.name_zh, supplier.name_en) if each)),
        (_("Unified Social Credit Code"), supplier.uscc or ""),
        (_("LEI"), supplier.lei or ""),
        (_("Registered address"), supplier.address),
        (_("Open sites"), _sites(worksheet.sites)),
    ]
    return [(label, text) for label, text in known if text]


def _sites(sites: Iterable[Site]) -> str:
    counts: dict[str, int] = {}
    for site in sites:
        counts[str(site.get_type_display())] = counts.get(str(site.get_type_display()), 0) + 1
    return listed(f"{count} × {kind}" for kind, count in counts.items())
