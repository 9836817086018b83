"""The disclosure tables to take along: a table with the rule and the query of each figure, and a PDF."""

import json
import tempfile
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from audit import trail
from labels.dates import ledger_day
from reports.disclosures import Line, Statement, query_of, statement
from reports.exporting import keep_file
from reports.models import Export
from runs import engine
from suppliers.table_files import Column


COLUMNS = (
    Column(gettext_lazy("Code"), lambda row: row[1].disclosure.code, 14),
    Column(gettext_lazy("Disclosure"), lambda row: str(row[1].disclosure.title), 44),
    Column(gettext_lazy("Figure"), lambda row: str(row[1].figure.title), 44),
    Column(gettext_lazy("Value"), lambda row: row[1].value, 12, "#,##0.##"),
    Column(gettext_lazy("Unit"), lambda row: row[1].unit or str(_("suppliers")), 12),
    Column(gettext_lazy("Share"), lambda row: row[1].share, 10, "0.0%"),
    Column(gettext_lazy("Share of"), lambda row: str(row[1].whole_title), 34),
    Column(gettext_lazy("Rule"), lambda row: str(row[1].figure.rule), 80),
    Column(gettext_lazy("Query"), lambda row: query_of(row[1].figure, row[0].scope), 80),
)


def rows_of(figures: Statement) -> list[tuple[Statement, Line]]:
    return [(figures, line) for line in figures.lines()]


ATTACHED_AS = "figures.json"


def figures_json(figures: Statement) -> str:
    """For machines: what the table file holds, by the key of each figure."""
    scope = figures.scope
    lines = {
        line.figure.key: {
            "disclosure": line.disclosure.code,
            "title": str(line.figure.title),
            "value": None if line.value is None else str(line.value),
            "unit": line.unit,
            "share": None if line.share is None else str(line.share),
            "of": line.figure.of,
            "rule": str(line.figure.rule),
            "query": query_of(line.figure, scope),
        }
        for line in figures.lines()
    }
    span = {"cycle": scope.cycle, "since": scope.since.isoformat(), "until": scope.until.isoformat()}
    return json.dumps({**span, "figures": lines}, ensure_ascii=False, indent=1)


@transaction.atomic
def request_pdf(*, cycle: int | None, by: User, at: datetime) -> Export:
    export = Export.objects.create(
        kind=Export.Kind.DISCLOSURES_PDF,
        title=_("Disclosure tables"),
        language=translation.get_language() or "en",
        parameters={"cycle": cycle},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("disclosures_pdf", parameters={"export": export.pk}, by=by, at=at, title=str(export.title))
    export.save(update_fields=["run"])
    trail.record("disclosures.exported", actor=by, target=export, detail={"form": "pdf", "cycle": cycle}, at=at)
    return export


def make_pdf(*, export_id: int, at: datetime) -> None:
    # WeasyPrint loads the system's text libraries: only the workers that print need them.
    from reports import signing
    from reports.printing import Enclosed

    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        figures = statement(export.parameters["cycle"], user=export.made_by, on=ledger_day(at))
        language = "en" if export.language == "en" else "zh-Hans"
        context = {"statement": figures, "made_by": export.made_by, "made_at": at, "language": language, "signer": signing.identity()}
        path = Path(folder) / "disclosures.pdf"
        html = render_to_string("reports/pdf/disclosures.html", context)
        enclosed = Enclosed(ATTACHED_AS, figures_json(figures), "Every figure with its rule and its query")
        path.write_bytes(signing.signed_pdf(html, files=[enclosed], reason="Disclosure tables", at=at))
        keep_file(export, path, name=f"disclosures-{figures.scope.cycle}-{export.language}-{export.pk}.pdf", at=at)
