"""The papers of a pilot agreement: the terms that were offered, in each language, and once both sides have signed, their signatures."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from assessments import canonical
from pilots import papers
from pilots.appraisal_page import part_rows
from pilots.models import Agreement, AgreementPaper, AgreementSignature, Amendment, Appraisal
from pilots.terms_page import TermsPage, terms_page
from reports import printing, signing


Kind = AgreementPaper.Kind
# Whoever has it can make the hash that was signed: the terms travel in the signed paper.
ATTACHED_AS = "terms.json"


@dataclass(frozen=True)
class Paper:
    """One paper in one language; `terms` are worded in the language in use."""

    agreement: Agreement
    amendment: Amendment | None
    title: str
    terms: TermsPage
    sha256: str
    signatures: list[AgreementSignature]
    made_at: datetime


def print_agreement(agreement_id: int, *, at: datetime) -> int:
    """What lacks of the terms offered or signed now and of an amendment on offer; says how many papers it made."""
    agreement = Agreement.objects.select_related("supplier").get(pk=agreement_id)
    made = 0
    if agreement.offered_terms:
        kind = Kind.OFFER if agreement.status == Agreement.Status.OFFERED else Kind.SIGNED
        made += _print(agreement, kind, agreement.offered_terms, agreement.content_sha256, None, at=at)
    for amendment in agreement.amendments.filter(status=Amendment.Status.OFFERED):
        made += _print(agreement, Kind.OFFER, amendment.terms, amendment.content_sha256, amendment, at=at)
    people = ("agreement__supplier", "scheme", "proposed_by", "commented_by", "confirmed_by")
    for appraisal in agreement.appraisals.filter(status=Appraisal.Status.CONFIRMED).select_related(*people).order_by("pk"):
        made += _print_appraisal(appraisal, at=at)
    return made


def _print_appraisal(appraisal: Appraisal, *, at: datetime) -> int:
    agreement, sha256 = appraisal.agreement, appraisal.content_sha256
    missing = _missing(agreement, Kind.APPRAISAL, sha256)
    for language in missing:
        with translation.override(language):
            context = {"appraisal": appraisal, "agreement": agreement, "parts": part_rows(appraisal), "language": language}
            context["signer"] = signing.identity()
            html = render_to_string("reports/pdf/appraisal.html", context)
            pdf = signing.signed_pdf(html, reason="Appraisal of a pilot agreement", at=at)
        papers.keep_printed(agreement, kind=Kind.APPRAISAL, language=language, content_sha256=sha256, file=io.BytesIO(pdf), at=at)
    return len(missing)


def _missing(agreement: Agreement, kind: str, sha256: str) -> list[str]:
    there = set(agreement.papers.filter(kind=kind, content_sha256=sha256).values_list("language", flat=True))
    return [language for language in papers.LANGUAGES if language not in there]


def _print(agreement: Agreement, kind: str, terms: Mapping[str, Any], sha256: str, amendment: Amendment | None, *, at: datetime) -> int:
    missing = _missing(agreement, kind, sha256)
    for language in missing:
        pdf = agreement_pdf(agreement, kind=kind, terms=terms, sha256=sha256, amendment=amendment, language=language, at=at)
        papers.keep_printed(agreement, kind=kind, language=language, content_sha256=sha256, file=io.BytesIO(pdf), at=at)
    return len(missing)


def agreement_pdf(
    agreement: Agreement, *, kind: str, terms: Mapping[str, Any], sha256: str, amendment: Amendment | None, language: str, at: datetime
) -> bytes:
    signatures = list(agreement.signatures.filter(content_sha256=sha256).order_by("signed_at", "pk")) if kind == Kind.SIGNED else []
    amended = amendment or agreement.amendments.filter(content_sha256=sha256).first()
    with translation.override(language):
        title = terms["title_zh"] if language.startswith("zh") else terms["title_en"]
        paper = Paper(agreement, amended, title, terms_page(terms, is_exact=True), sha256, signatures, at)
        context = {"paper": paper, "agreement": agreement, "language": language}
        if kind != Kind.SIGNED:
            # Without a file in it and without our signature: it may come back signed by hand.
            return printing.as_pdf(render_to_string("reports/pdf/agreement.html", context), at=at)
        html = render_to_string("reports/pdf/agreement.html", {**context, "signer": signing.identity()})
        enclosed = printing.Enclosed(ATTACHED_AS, canonical.encode(terms).decode(), "The terms whose hash both sides signed")
        return signing.signed_pdf(html, files=[enclosed], reason="Pilot agreement", at=at)
