"""Documents that leave the house: asked for by a person, made by a run, kept with their hash, fetched by whoever may."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.reasons import Why
from accounts.scope import acting, of_person
from assessments.models import Assessment
from audit import trail
from audit.models import Event
from reports import findings_table, own_data, portfolio_table
from reports.models import BOTH, Export
from reports.portfolio import Portfolio
from runs import engine
from runs.registry import GiveUp
from suppliers.models import ConflictOfInterest, Interest, Supplier
from suppliers.table_files import WRITERS


class OfSupplier(Protocol):
    @property
    def supplier_id(self) -> int: ...


R = TypeVar("R", bound=OfSupplier)


@transaction.atomic
def request_portfolio_export(*, kind: str, query: Mapping[str, str], why: Why, by: User, at: datetime) -> Export:
    """The rows of the portfolio page with this query, as a file. What the person may see decides when the file is made."""
    export = Export.objects.create(
        kind=kind,
        title=_("Supplier portfolio"),
        language=translation.get_language() or "en",
        parameters={"query": dict(query), "why": why},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("export_portfolio", parameters={"export": export.pk}, by=by, at=at, title=str(export.title))
    export.save(update_fields=["run"])
    trail.record("portfolio.export_requested", actor=by, target=export, detail={"kind": kind, "query": dict(query), "why": why}, at=at)
    return export


def make_portfolio_file(*, export_id: int, at: datetime) -> int:
    """Writes the file of a portfolio export; says how many suppliers are in it."""
    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        portfolio = Portfolio(export.parameters["query"], user=export.made_by)
        path = Path(folder) / "portfolio"
        suffix = "csv" if export.kind == Export.Kind.PORTFOLIO_CSV else "xlsx"
        looked_at: list[int] = []
        with path.open("wb") as file:
            found = noting(portfolio.every_row(), looked_at)
            count = WRITERS[suffix](file, portfolio_table.COLUMNS, found, title=_("Supplier portfolio"))
        keep_file(export, path, name=f"portfolio-{export.requested_at:%Y%m%d}-{export.pk}.{suffix}", at=at)
    # Each supplier in the file can read that its data left the house.
    trail.record_each("portfolio.exported", supplier_ids=looked_at, actor=export.made_by, detail=export.detail, at=at)
    return count


@transaction.atomic
def request_findings_export(*, kind: str, query: Mapping[str, str], why: Why, by: User, at: datetime) -> Export:
    """The rows of the list of findings with this query, as a file."""
    export = Export.objects.create(
        kind=kind,
        title=_("Findings"),
        language=translation.get_language() or "en",
        parameters={"query": dict(query), "why": why},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("export_findings", parameters={"export": export.pk}, by=by, at=at, title=str(export.title))
    export.save(update_fields=["run"])
    trail.record("findings.export_requested", actor=by, target=export, detail={"kind": kind, "query": dict(query), "why": why}, at=at)
    return export


def make_findings_file(*, export_id: int, at: datetime) -> int:
    """Writes the file of an export of findings; says how many are in it."""
    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    suffix = "csv" if export.kind == Export.Kind.FINDINGS_CSV else "xlsx"
    looked_at: list[int] = []
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "findings"
        found = noting(findings_table.rows(export.parameters["query"], user=export.made_by), looked_at)
        with path.open("wb") as file:
            count = WRITERS[suffix](file, findings_table.COLUMNS, found, title=_("Findings"))
        keep_file(export, path, name=f"findings-{export.requested_at:%Y%m%d}-{export.pk}.{suffix}", at=at)
    trail.record_each("findings.exported", supplier_ids=sorted(set(looked_at)), actor=export.made_by, detail=export.detail, at=at)
    return count


def noting(rows: Iterable[R], supplier_ids: list[int]) -> Iterator[R]:
    """The rows as they come; whose they are is kept for the access log."""
    for row in rows:
        supplier_ids.append(row.supplier_id)
        yield row


class NotHandedIn(Exception):
    """An audit report is of what the supplier handed in: there is none of an assessment that its people still work on."""


# While a review goes on, a report is a draft, and says so on every page.
PRINTABLE = (Assessment.Status.SUBMITTED, Assessment.Status.IN_REVIEW, Assessment.Status.CLOSED)


@transaction.atomic
def request_audit_pdf(*, assessment_id: int, language: str, why: Why, by: User, at: datetime) -> Export:
    """`language`: one of the portal's, or "both". Raises `NotHandedIn`."""
    assessment = Assessment.objects.select_related("supplier", "campaign").get(pk=assessment_id)
    if assessment.status not in PRINTABLE:
        raise NotHandedIn(assessment.status)
    with translation.override(None if language == BOTH else language):
        # A supplier's name may be as long as a title.
        name = Truncator(assessment.supplier.name).chars(200)
        title = _("Audit report %(name)s FY%(cycle)s") % {"name": name, "cycle": assessment.campaign.cycle}
    export = Export.objects.create(
        kind=Export.Kind.AUDIT_PDF,
        title=title,
        language=language,
        supplier=assessment.supplier,
        assessment=assessment,
        parameters={"why": why},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("audit_pdf", parameters={"export": export.pk}, by=by, at=at, title=title)
    export.save(update_fields=["run"])
    detail = {"language": language, "why": why}
    trail.record("audit_pdf.exported", actor=by, target=assessment, supplier_id=assessment.supplier_id, detail=detail, at=at)
    return export


def make_audit_pdf(*, export_id: int, at: datetime) -> None:
    # WeasyPrint loads the system's text libraries: only the workers that print need them.
    from reports.issuing import issue_audit_pdf

    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    issued = issue_audit_pdf(assessment_id=export.assessment_id or 0, language=export.language, by=export.made_by, at=at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.pdf"
        path.write_bytes(issued.content())
        keep_file(export, path, name=f"audit-{export.assessment_id}-{export.language}-{export.pk}.pdf", at=at)


# Long enough to fetch it over a slow line after the week-end, short enough that no copies of everything lie about.
OWN_DATA_KEPT = timedelta(days=7)


class AlreadyAsked(Exception):
    """The newest export of this supplier is still being made."""

    def __init__(self, export: Export) -> None:
        super().__init__(export.pk)
        self.export = export


@transaction.atomic
def request_own_data(*, supplier_id: int, by: User, at: datetime) -> Export:
    """Everything about a supplier, for its own people. Raises `AlreadyAsked`."""
    # Locked: a second press of the button finds the first.
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    newest = Export.objects.filter(kind=Export.Kind.OWN_DATA, supplier=supplier).select_related("run").order_by("-pk").first()
    if newest is not None and newest.run is not None and newest.run.is_open:
        raise AlreadyAsked(newest)
    export = Export.objects.create(
        kind=Export.Kind.OWN_DATA,
        title=_("All data of %(name)s") % {"name": supplier.name},
        language=translation.get_language() or "en",
        supplier=supplier,
        made_by=by,
        requested_at=at,
        expires_at=at + OWN_DATA_KEPT,
    )
    export.run = engine.start("export_own_data", parameters={"export": export.pk}, by=by, at=at, title=str(export.title)[:200])
    export.save(update_fields=["run"])
    trail.record("own_data.requested", actor=by, target=export, supplier_id=supplier.pk, at=at)
    return export


def make_own_data(*, export_id: int, at: datetime) -> int:
    """Writes the ZIP; says how many documents are in it."""
    export = Export.objects.select_related("made_by__active_membership", "supplier").get(pk=export_id)
    # Somebody who left the company meanwhile gets nothing of it.
    if export.supplier is None or export.made_by.supplier_id != export.supplier_id:
        raise GiveUp("The person who asked is not of this company any more.")
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.zip"
        with acting(of_person(export.made_by)):
            count = own_data.write(path, export.supplier, by=export.made_by, at=at)
        keep_file(export, path, name=f"supplier-data-{export.requested_at:%Y%m%d}-{export.pk}.zip", at=at)
    return count


def conflict_inside(export: Export, user: User) -> ConflictOfInterest | None:
    """A file of many was made by somebody without this person's interests, or before there were any."""
    interests = Interest.objects.in_force_for(user).select_related("supplier")
    interest = interests.filter(supplier__in=_inside(export).values("supplier_id")).first()
    return ConflictOfInterest(interest) if interest else None


@transaction.atomic
def note_download(export: Export, *, why: Why | None, by: User, at: datetime) -> None:
    """Each supplier in the file reads who took it, and why: `why` of somebody who did not have it made."""
    action = f"{export.subject}.downloaded"
    detail = export.detail if why is None else export.detail | {"why": why}
    trail.record(action, actor=by, target=export, supplier_id=export.supplier_id, detail=detail, at=at)
    if export.supplier_id is None:
        found = _inside(export).order_by("supplier_id").values_list("supplier_id", flat=True).distinct()
        looked_at = [pk for pk in found if pk is not None]
        trail.record_each(action, supplier_ids=looked_at, actor=by, detail=detail, at=at)


def _inside(export: Export) -> "QuerySet[Event]":
    """The suppliers that read of its making."""
    return Event.objects.of_export(export.pk).filter(action=f"{export.subject}.exported").exclude(supplier_id=None)


def keep_file(export: Export, path: Path, *, name: str, at: datetime) -> None:
    """Store a finished file with its hash. A file made twice for one export replaces the first."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
        source.seek(0)
        export.file.save(name, File(source), save=False)
    export.sha256, export.size, export.made_at = digest.hexdigest(), path.stat().st_size, at
    export.save(update_fields=["file", "sha256", "size", "made_at"])
    trail.record("export.made", actor=export.made_by, target=export, detail={"sha256": export.sha256}, at=at)
