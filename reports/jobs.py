"""The long jobs of this app: files that take longer than a page may."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from labels.dates import ledger_day
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, Job, Result, job, plan_ids


SUPPLIERS_A_CHUNK = 250
AGREEMENTS_A_CHUNK = 5


class OneExport(Job):
    """A job in one piece. Parameters: `export`, the number of the export to make."""

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        yield ChunkPlan({"export": run.parameters["export"]})


@job("export_portfolio", title=_("Export the portfolio"))
class ExportPortfolio(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"suppliers": _("Suppliers exported")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.exporting import make_portfolio_file

        return {"suppliers": make_portfolio_file(export_id=chunk.payload["export"], at=timezone.now())}


@job("export_findings", title=_("Export the findings"))
class ExportFindings(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"findings": _("Findings exported")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.exporting import make_findings_file

        return {"findings": make_findings_file(export_id=chunk.payload["export"], at=timezone.now())}


@job("export_own_data", title=_("Export all data of a supplier"))
class ExportOwnData(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Documents exported")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.exporting import make_own_data

        return {"documents": make_own_data(export_id=chunk.payload["export"], at=timezone.now())}


@job("audit_pdf", title=_("Print an audit report"))
class AuditPdf(Job):
    """Parameters: `export`, the number of the export to make."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Reports printed")}

    reads_one_state = True

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        yield ChunkPlan({"export": run.parameters["export"]})

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.exporting import make_audit_pdf

        make_audit_pdf(export_id=chunk.payload["export"], at=timezone.now())
        return {"documents": 1}


@job("audit_pdfs", title=_("Print audit reports"))
class AuditPdfs(Job):
    """Parameters: `export`, the number of the export to make. Each report is a chunk: a worker that dies loses one at most."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Reports printed")}

    reads_one_state = True

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from reports.bulk import planned

        for assessment_id in planned(run.parameters["export"]):
            yield ChunkPlan({"export": run.parameters["export"], "assessment": assessment_id})

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.bulk import print_one

        return {"issued": print_one(export_id=chunk.payload["export"], assessment_id=chunk.payload["assessment"], at=timezone.now())}

    def finish(self, run: Run, results: Sequence[Result]) -> Result:
        from reports.bulk import make_zip

        make_zip(run, at=timezone.now())
        return {"documents": len(results)}


@job("forecast_risks", title=_("Forecast what ending documents would cost"))
class ForecastRisks(Job):
    """What the portfolio shows as score or label at risk."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "forecast": _("Suppliers forecast"),
        "at_risk": _("Suppliers with a score or label at risk"),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from reports.risks import to_be_forecast

        # Every chunk forecasts from the same day, also one that is done after midnight.
        on = ledger_day(run.created_at)
        for plan in plan_ids(to_be_forecast(on), size=SUPPLIERS_A_CHUNK):
            yield ChunkPlan({**plan.payload, "on": on.isoformat()}, plan.size)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.risks import keep

        ids = chunk.payload["ids"]
        return {"forecast": len(ids), "at_risk": keep(ids, on=date.fromisoformat(chunk.payload["on"]), at=timezone.now())}


@job("label_certificate", title=_("Print a label certificate"))
class LabelCertificate(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Certificates printed")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.label_files import make_certificate

        make_certificate(export_id=chunk.payload["export"], at=timezone.now())
        return {"documents": 1}


@job("export_directory", title=_("Export the labelled suppliers"))
class ExportDirectory(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"suppliers": _("Suppliers exported")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.label_files import make_directory

        return {"suppliers": make_directory(export_id=chunk.payload["export"], at=timezone.now())}


@job("print_agreements", title=_("Print pilot agreements"))
class PrintAgreements(Job):
    """In both languages, whatever is offered or signed and not printed yet."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Papers printed")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from pilots.papers import unprinted

        return plan_ids(unprinted(), size=AGREEMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        # WeasyPrint loads the system's text libraries: only the workers that print need them.
        from reports.agreement_pdf import print_agreement

        return {"documents": sum(print_agreement(agreement_id, at=timezone.now()) for agreement_id in chunk.payload["ids"])}


@job("record_facts", title=_("Keep the numbers of the day"))
class RecordFacts(Job):
    """What the pictures over time are drawn from."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"numbers": _("Numbers kept")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        # The day it was started on, also where it is done after midnight.
        yield ChunkPlan({"on": ledger_day(run.created_at).isoformat()})

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports import facts

        return {"numbers": facts.record(date.fromisoformat(chunk.payload["on"]))}


@job("export_table", title=_("Export a table"))
class ExportTable(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"rows": _("Rows exported")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.table_files import make_table

        return {"rows": make_table(export_id=chunk.payload["export"], at=timezone.now())}


@job("disclosures_pdf", title=_("Print the disclosure tables"))
class DisclosuresPdf(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Documents printed")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.disclosure_files import make_pdf

        make_pdf(export_id=chunk.payload["export"], at=timezone.now())
        return {"documents": 1}


@job("management_pdf", title=_("Print the management report"))
class ManagementPdf(OneExport):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Documents printed")}

    def work(self, run: Run, chunk: Chunk) -> Result:
        from reports.management_report import make_pdf

        make_pdf(export_id=chunk.payload["export"], at=timezone.now())
        return {"documents": 1}
