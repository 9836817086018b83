"""Files about labels: the certificate as PDF, in both languages, with the signed token in it; the directory as a table."""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.reasons import Why
from audit import trail
from labels import certificates
from labels.dates import ledger_day
from labels.directory import Directory
from labels.models import Label
from reports.exporting import keep_file, noting
from reports.models import Export
from runs import engine
from runs.registry import GiveUp
from suppliers.table_files import WRITERS, Column


ATTACHED_AS = "label-token.txt"


class NotInForce(Exception):
    """Only a label in force has a certificate."""


@transaction.atomic
def request_certificate(*, label: Label, by: User, at: datetime) -> Export:
    """Raises `NotInForce`. Select the supplier with the label."""
    if not label.is_live(ledger_day(at)):
        raise NotInForce(label.state)
    title = _("Label certificate %(name)s") % {"name": Truncator(label.supplier.name).chars(200)}
    export = Export.objects.create(
        kind=Export.Kind.LABEL_CERTIFICATE,
        title=title,
        language=translation.get_language() or "en",
        supplier=label.supplier,
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("label_certificate", parameters={"export": export.pk}, by=by, at=at, title=title[:200])
    export.save(update_fields=["run"])
    trail.record("certificate.exported", actor=by, target=label, supplier_id=label.supplier_id, at=at)
    return export


def make_certificate(*, export_id: int, at: datetime) -> None:
    # WeasyPrint loads the system's text libraries: only the workers that print need them.
    from reports import printing, signing

    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    visible = Label.objects.visible_to(export.made_by).select_related("supplier", "standard", "last_event")
    label = visible.filter(supplier=export.supplier_id).first()
    if label is None or not label.is_live(ledger_day(at)):
        raise GiveUp("The label is not in force any more.")
    context = {
        "label": label,
        "supplier": label.supplier,
        "qr_code": certificates.qr_code(label, title=_("QR code of the verification page")),
        "verification_url": certificates.verification_url(label),
        "signer": signing.identity(),
        "language": "zh-Hans",
    }
    # The frame speaks Chinese; the text stands in both languages.
    with translation.override("zh-hans"), tempfile.TemporaryDirectory() as folder:
        html = render_to_string("reports/pdf/certificate.html", context)
        token = printing.Enclosed(ATTACHED_AS, certificates.token_of(label), "The signed words of this certificate")
        path = Path(folder) / "certificate.pdf"
        path.write_bytes(signing.signed_pdf(html, files=[token], reason="Label certificate", at=at))
        keep_file(export, path, name=f"label-certificate-{label.supplier_id}-{export.pk}.pdf", at=at)


# The columns of the page in its order, then what it has no room for.
DIRECTORY_COLUMNS = (
    Column(gettext_lazy("Supplier"), lambda row: row.name, 40),
    Column(gettext_lazy("Category"), lambda row: row.category_title, 20),
    Column(gettext_lazy("Place"), lambda row: row.place),
    Column(gettext_lazy("Level"), lambda row: row.level_title),
    Column(gettext_lazy("Valid until"), lambda row: row.valid_to, 12),
    Column(gettext_lazy("Chinese name"), lambda row: row.name_zh, 34),
    Column(gettext_lazy("English name"), lambda row: row.name_en, 40),
    Column(gettext_lazy("State"), lambda row: row.state_title),
    Column(gettext_lazy("Valid from"), lambda row: row.valid_from, 12),
)


@transaction.atomic
def request_directory(*, kind: str, query: Mapping[str, str], why: Why, by: User, at: datetime) -> Export:
    """The rows of the directory page with this query, as a file, as they are on the day it is asked for."""
    export = Export.objects.create(
        kind=kind,
        title=_("Labelled suppliers"),
        language=translation.get_language() or "en",
        parameters={"query": dict(query), "on": ledger_day(at).isoformat(), "why": why},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("export_directory", parameters={"export": export.pk}, by=by, at=at, title=str(export.title))
    export.save(update_fields=["run"])
    trail.record("directory.export_requested", actor=by, target=export, detail={"kind": kind, "query": dict(query), "why": why}, at=at)
    return export


def make_directory(*, export_id: int, at: datetime) -> int:
    """Writes the file; says how many suppliers are in it."""
    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    suffix = "csv" if export.kind == Export.Kind.DIRECTORY_CSV else "xlsx"
    looked_at: list[int] = []
    with translation.override(export.language), tempfile.TemporaryDirectory() as folder:
        directory = Directory(export.parameters["query"], user=export.made_by, on=ledger_day(export.requested_at))
        path = Path(folder) / "directory"
        with path.open("wb") as file:
            found = noting(directory.every_row(), looked_at)
            count = WRITERS[suffix](file, DIRECTORY_COLUMNS, found, title=_("Labelled suppliers"))
        keep_file(export, path, name=f"labelled-suppliers-{export.requested_at:%Y%m%d}-{export.pk}.{suffix}", at=at)
    trail.record_each("directory.exported", supplier_ids=looked_at, actor=export.made_by, detail=export.detail, at=at)
    return count
