"""The papers of agreements: printed in both languages from the very terms that were offered, or signed elsewhere and uploaded.

The printing itself is above this app (`reports/agreement_pdf.py`), because it is done as all papers are that leave the house.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from django.core.files import File
from django.db import transaction
from django.db.models import Count, F, Q

from accounts.scope import system
from audit import trail
from pilots.comparing import Comparison, compare
from pilots.models import Agreement, AgreementPaper, Amendment, Appraisal
from runs import engine
from runs.models import Run
from suppliers.inspection import Inspected
from suppliers.page_texts import page_texts


if TYPE_CHECKING:
    from accounts.models import User

PRINT_JOB = "print_agreements"
LANGUAGES = ("en", "zh-hans")
Kind = AgreementPaper.Kind


@system()  # one run prints everybody's
def print_soon(*, at: datetime) -> Run:
    """A run that prints what is not printed yet; one that waits to be planned takes this along."""
    # Locked until we are done: nobody plans the run before our rows are there for it to see.
    waiting = Run.objects.filter(kind=PRINT_JOB, status=Run.Status.QUEUED).select_for_update(skip_locked=True, no_key=True)
    return waiting.order_by("pk").first() or engine.start(PRINT_JOB, by=None, at=at)


def unprinted() -> Iterable[int]:
    """Agreements that lack a paper of the terms offered or signed now, of an amendment, or of an appraisal."""
    offer = Q(papers__kind=Kind.OFFER, status=Agreement.Status.OFFERED)
    signed = Q(papers__kind=Kind.SIGNED) & ~Q(status=Agreement.Status.OFFERED)
    own = Count("papers", filter=(offer | signed) & Q(papers__content_sha256=F("content_sha256")))
    # An offer that was terminated was not signed; what was signed before its end is printed by then.
    due = Agreement.objects.exclude(status__in=[Agreement.Status.DRAFT, Agreement.Status.TERMINATED]).exclude(offered_terms=None)
    lacking = set(due.annotate(printed=own).filter(printed__lt=len(LANGUAGES)).values_list("pk", flat=True))
    amended = Amendment.objects.filter(status=Amendment.Status.OFFERED).annotate(
        printed=Count("agreement__papers", filter=Q(agreement__papers__content_sha256=F("content_sha256")))
    )
    appraised = Appraisal.objects.filter(status=Appraisal.Status.CONFIRMED).annotate(
        printed=Count("agreement__papers", filter=Q(agreement__papers__content_sha256=F("content_sha256")))
    )
    for rows in (amended, appraised):
        lacking |= set(rows.filter(printed__lt=len(LANGUAGES)).values_list("agreement_id", flat=True))
    return sorted(lacking)


def keep_printed(agreement: Agreement, *, kind: str, language: str, content_sha256: str, file: IO[bytes], at: datetime) -> AgreementPaper:
    suffix = "zh" if language.startswith("zh") else "en"
    name = f"{agreement.number}-{kind}-{content_sha256[:8]}-{suffix}.pdf"
    paper = _keep(agreement, file, kind=kind, language=language, content_sha256=content_sha256, name=name, made_at=at)
    trail.record(
        "agreement.paper_made", target=agreement, supplier_id=agreement.supplier_id, detail={"name": name, "sha256": paper.sha256}, at=at
    )
    return paper


class NotPrinted(Exception):
    """The offer has no paper yet that one signed elsewhere could be a copy of."""


def compared(agreement: Agreement, file: IO[bytes], *, sha256: str) -> Comparison:
    """With what was offered, in the language it is in. Raises `NotPrinted`, `Unreadable`."""
    brought, found = page_texts(file), []
    for paper in agreement.papers.filter(kind=Kind.OFFER, content_sha256=sha256).order_by("pk"):
        with paper.file.open("rb") as offer:
            found.append(compare(page_texts(offer), brought))
        if not found[-1].is_refused:
            break
    if not found:
        raise NotPrinted
    return max(found, key=lambda each: (not each.is_refused, each.alike))


def keep_upload(
    agreement: Agreement, upload: Inspected, comparison: Comparison, *, sha256: str, by: "User", at: datetime
) -> AgreementPaper:
    whose = {"content_sha256": sha256, "made_by": by, "made_at": at}
    return _keep(agreement, upload.content, kind=Kind.UPLOADED, name=upload.name, compared=comparison.as_data(), **whose)


def _keep(agreement: Agreement, file: IO[bytes], **fields: Any) -> AgreementPaper:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file will do
    size = file.seek(0, 2)
    file.seek(0)
    paper = AgreementPaper(agreement=agreement, size=size, sha256=digest, **fields)
    paper.file.save(f"{uuid4().hex}.pdf", File(file), save=False)
    try:
        with transaction.atomic():
            paper.save()
    except BaseException:
        paper.file.delete(save=False)  # no file without a row
        raise
    return paper
