"""The portfolio report for management: participation, scores, labels, findings, emissions and the trend, on a page and on paper."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.findings import overview
from audit import trail
from labels.dates import ledger_day
from reports import pictures
from reports.dashboard import Dashboard, dashboard
from reports.exporting import keep_file
from reports.models import Export
from reports.pictures import Picture
from runs import engine


ATTACHED_AS = "figures.json"


@dataclass(frozen=True)
class ManagementReport:
    board: Dashboard
    pictures: Sequence[Picture]
    on: date


def management_report(user: User, *, at: datetime) -> ManagementReport:
    board = dashboard(user, at=at)
    late = pictures.from_findings(overview.overview(user, at=at).late)
    return ManagementReport(board, [*board.pictures, late], ledger_day(at))


def figures_json(report: ManagementReport) -> str:
    """For machines: what the pages show, in the language of the report."""
    board = report.board
    numbers = {
        "suppliers": board.suppliers,
        "asked": board.asked,
        "handed_in": board.handed_in,
        "critical_findings": board.critical,
        "live_labels": board.live_labels,
        "pilots": board.pilots,
    }
    tables = [
        {
            "title": str(each.title),
            "heads": [str(head) for head in each.heads],
            "rows": {name: [cell.text for cell in row] for name, row in each.rows},
        }
        for each in report.pictures
    ]
    return json.dumps({"on": report.on.isoformat(), "numbers": numbers, "tables": tables}, ensure_ascii=False, indent=1)


@transaction.atomic
def request_pdf(*, by: User, at: datetime) -> Export:
    export = Export.objects.create(
        kind=Export.Kind.MANAGEMENT_PDF,
        title=_("Management report"),
        language=translation.get_language() or "en",
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("management_pdf", parameters={"export": export.pk}, by=by, at=at, title=str(export.title))
    export.save(update_fields=["run"])
    trail.record("management_report.exported", actor=by, target=export, at=at)
    return export


def make_pdf(*, export_id: int, at: datetime) -> None:
    # WeasyPrint loads the system's text libraries: only the workers that print need them.
    from reports import signing
    from reports.printing import Enclosed

    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        report = management_report(export.made_by, at=at)
        language = "en" if export.language == "en" else "zh-Hans"
        context = {"report": report, "made_by": export.made_by, "made_at": at, "language": language, "signer": signing.identity()}
        path = Path(folder) / "report.pdf"
        html = render_to_string("reports/pdf/management.html", context)
        figures = Enclosed(ATTACHED_AS, figures_json(report), "The figures of this report")
        path.write_bytes(signing.signed_pdf(html, files=[figures], reason="Management report", at=at))
        keep_file(export, path, name=f"management-report-{at:%Y%m%d}-{export.language}-{export.pk}.pdf", at=at)
