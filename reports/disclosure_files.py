"""The disclosure tables to take along: a table with the rule and the query of each figure, and a PDF."""

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
    from reports.printing import as_pdf

    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        figures = statement(export.parameters["cycle"], user=export.made_by, on=ledger_day(at))
        context = {"statement": figures, "made_by": export.made_by, "made_at": at, "language": export.language}
        path = Path(folder) / "disclosures.pdf"
        path.write_bytes(as_pdf(render_to_string("reports/pdf/disclosures.html", context), at=at))
        keep_file(export, path, name=f"disclosures-{figures.scope.cycle}-{export.language}-{export.pk}.pdf", at=at)
