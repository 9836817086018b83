"""Many audit PDFs at once: the portfolio as it is filtered, as a ZIP of reports with an index of them.

A run prints report by report, each a chunk of its own, so that a worker that dies takes nothing with it; at the end the ZIP is put
together from what was printed, block by block. What failed is named in the index, and the ZIP is made again when it succeeded later.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.reasons import Why
from assessments.models import Assessment
from audit import trail
from reports.exporting import keep_file
from reports.models import BOTH, Export, IssuedDocument
from reports.portfolio import Portfolio
from runs import engine
from runs.models import Chunk, Run
from suppliers.models import Supplier
from suppliers.table_files import Column, write_xlsx


INDEX = "index.xlsx"
_BLOCK = 1 << 20


class Selection:
    """The newest closed assessment of each supplier that a query of the portfolio finds."""

    def __init__(self, query: Mapping[str, str], *, user: User) -> None:
        self.portfolio = Portfolio(query, user=user)
        self.user = user

    @cached_property
    def assessments(self) -> QuerySet[Assessment]:
        suppliers = self.portfolio.rows.order_by().values("supplier")
        closed = Assessment.objects.visible_to(self.user).filter(status=Assessment.Status.CLOSED, supplier__in=suppliers)
        return closed.order_by("supplier", "-campaign__cycle", "-pk").distinct("supplier")

    @cached_property
    def count(self) -> int:
        return self.assessments.count()

    @property
    def suppliers(self) -> int:
        return self.portfolio.rows.order_by().count()

    @property
    def without(self) -> int:
        """Suppliers that have nothing to print."""
        return self.suppliers - self.count


class NothingToPrint(Exception):
    """None of these suppliers has a closed assessment."""


@transaction.atomic
def request_audit_pdfs(*, query: Mapping[str, str], language: str, why: Why, by: User, at: datetime) -> Export:
    """Raises `NothingToPrint`. Pressed twice, it is one run."""
    if not Selection(query, user=by).assessments.exists():
        raise NothingToPrint
    # Locked: a second press of the button finds the first.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    asked = Export.objects.filter(kind=Export.Kind.AUDIT_PDFS, made_by=by, language=language, parameters={"query": dict(query), "why": why})
    newest = asked.select_related("run").order_by("-pk").first()
    if newest is not None and newest.run is not None and newest.run.is_open:
        return newest
    export = Export.objects.create(
        kind=Export.Kind.AUDIT_PDFS,
        title=_("Audit reports"),
        language=language,
        parameters={"query": dict(query), "why": why},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("audit_pdfs", parameters={"export": export.pk}, by=by, at=at, title=str(export.title))
    export.save(update_fields=["run"])
    trail.record(
        "audit_pdf.many_requested", actor=by, target=export, detail={"query": dict(query), "language": language, "why": why}, at=at
    )
    return export


def planned(export_id: int) -> Iterator[int]:
    """The assessments to print."""
    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    yield from Selection(export.parameters["query"], user=export.made_by).assessments.values_list("pk", flat=True)


def print_one(*, export_id: int, assessment_id: int, at: datetime) -> int:
    """Prints a report, or finds it printed; answers with the number of the issued document."""
    # WeasyPrint loads the system's text libraries: only the workers that print need them.
    from reports.issuing import issue_audit_pdf

    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    issued = issue_audit_pdf(assessment_id=assessment_id, language=export.language, by=export.made_by, at=at)
    trail.record(
        "audit_pdf.exported",
        actor=export.made_by,
        target=Assessment(pk=assessment_id),
        supplier_id=issued.supplier_id,
        detail={"language": export.language, **export.detail},
        at=at,
    )
    return issued.pk


@dataclass(frozen=True)
class Failure:
    supplier: Supplier
    reason: str


MOST_FAILURES = 100


def failures_of(export: Export) -> list[Failure]:
    """Of a run of many, the first that could not be printed."""
    if export.kind != Export.Kind.AUDIT_PDFS or export.run is None:
        return []
    failed = export.run.chunks.filter(status=Chunk.Status.FAILED).order_by("number")[:MOST_FAILURES]
    reasons = {chunk.payload["assessment"]: chunk.reason for chunk in failed}
    found = Assessment.objects.visible_to(export.made_by).select_related("supplier").in_bulk(reasons)
    return [Failure(found[pk].supplier, reason) for pk, reason in reasons.items() if pk in found]


# --- the ZIP ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A line of the index."""

    supplier: Supplier
    cycle: int | None
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None
    name: str
    issued: IssuedDocument | None
    problem: str

    @property
    def made_on(self) -> date | None:
        return self.issued.made_at.date() if self.issued else None


COLUMNS = (
    Column(gettext_lazy("Supplier number"), lambda row: row.supplier.reference),
    Column(gettext_lazy("Chinese name"), lambda row: row.supplier.name_zh, 34),
    Column(gettext_lazy("English name"), lambda row: row.supplier.name_en, 40),
    Column(gettext_lazy("Identifier"), lambda row: row.supplier.identifier, 22),
    Column(gettext_lazy("Category"), lambda row: row.supplier.get_category_display(), 20),
    Column(gettext_lazy("Year"), lambda row: row.cycle, 8, "0"),
    Column(gettext_lazy("Declared"), lambda row: row.declared, 11),
    Column(gettext_lazy("Evidenced"), lambda row: row.evidenced, 11),
    Column(gettext_lazy("Verified"), lambda row: row.verified, 11),
    Column(gettext_lazy("File"), lambda row: row.name, 44),
    Column("SHA-256", lambda row: row.issued.sha256 if row.issued else "", 66),
    Column(gettext_lazy("Printed"), lambda row: row.made_on, 12),
    Column(gettext_lazy("Problem"), lambda row: row.problem, 40),
)


def make_zip(run: Run, *, at: datetime) -> None:
    """From what the run's chunks printed; made again, it takes the place of the first."""
    export = Export.objects.select_related("made_by__active_membership").get(pk=run.parameters["export"])
    language = "zh-hans" if export.language == BOTH else export.language
    with translation.override(language), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reports.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            with archive.open(INDEX, "w") as file:
                write_xlsx(file, COLUMNS, _entries(export, run), title=_("Audit reports"))
            for entry in _entries(export, run):
                if entry.issued is not None:
                    _put(archive, entry.name, entry.issued)
        if export.file.name:
            export.file.delete(save=False)
        keep_file(export, path, name=f"audit-reports-{export.requested_at:%Y%m%d}-{export.pk}.zip", at=at)


def _put(archive: zipfile.ZipFile, name: str, issued: IssuedDocument) -> None:
    with issued.file.open("rb") as source, archive.open(name, "w") as target:
        _copy(source, target)


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(_BLOCK):
        target.write(block)


def _entries(export: Export, run: Run) -> Iterator[Entry]:
    """In the order in which they were planned, some hundred in memory at a time."""
    chunks = run.chunks.order_by("number").values_list("payload__assessment", "result__issued", "error", "status")
    batch: list[tuple[int, int | None, str, str]] = []
    for row in chunks.iterator(chunk_size=200):
        batch.append(row)
        if len(batch) == 200:
            yield from _batch_entries(export, batch)
            batch = []
    yield from _batch_entries(export, batch)


def _batch_entries(export: Export, batch: list[tuple[int, int | None, str, str]]) -> Iterator[Entry]:
    assessments = Assessment.objects.select_related("supplier", "campaign").in_bulk([row[0] for row in batch])
    documents = IssuedDocument.objects.in_bulk([row[1] for row in batch if row[1]])
    for assessment_id, issued_id, error, status in batch:
        assessment = assessments[assessment_id]
        issued = documents.get(issued_id) if issued_id and status == Chunk.Status.DONE else None
        yield Entry(
            supplier=assessment.supplier,
            cycle=assessment.campaign.cycle,
            declared=assessment.declared,
            evidenced=assessment.evidenced,
            verified=assessment.verified,
            name=file_name(assessment, export.language) if issued else "",
            issued=issued,
            problem="" if issued else error or str(_("Not printed")),
        )


def file_name(assessment: Assessment, language: str) -> str:
    """Short, of plain letters, and of one assessment alone."""
    supplier = assessment.supplier
    name = slugify(supplier.name_en)[:40].strip("-") or "supplier"
    return f"{supplier.pk}-{name}-FY{assessment.campaign.cycle}-{language}.pdf"
