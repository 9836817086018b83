"""The audit PDF of one closed assessment: what was asked, answered, evidenced, judged and scored, on paper that can be archived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from accounts.models import User
from assessments.models import Assessment
from assessments.selectors import Dossier, open_dossier
from charts import AreaScore, area_scores
from labels import explaining
from labels.models import Label, LabelEvent
from suppliers.models import Site
from suppliers.places import country_name, region_name


STYLESHEETS = ("fonts-pdf.css", "audit-pdf.css")


@dataclass(frozen=True)
class AuditReport:
    """Everything the pages say, in the language in use when it was gathered."""

    dossier: Dossier
    sites: list[Site]
    country: str
    region: str
    label: Label | None
    label_events: list[explaining.Happening]
    chart: SafeString
    made_by: User
    made_at: datetime

    @property
    def assessment(self) -> Assessment:
        return self.dossier.assessment


def gather(assessment: Assessment, *, by: User, at: datetime) -> AuditReport:
    """A fixed number of queries. `assessment` comes with its campaign, supplier and people."""
    dossier = open_dossier(assessment)
    supplier = assessment.supplier
    events = LabelEvent.objects.filter(supplier=supplier).select_related("standard", "actor", "second_actor")
    scores = [AreaScore(area.title, *area.score) for area in dossier.areas if area.score.declared is not None]
    return AuditReport(
        dossier=dossier,
        sites=list(Site.objects.filter(supplier=supplier).order_by("name", "pk")),
        country=country_name(supplier.country),
        region=region_name(supplier.region, supplier.country) if supplier.region else "",
        label=Label.objects.filter(supplier=supplier).select_related("standard").first(),
        label_events=explaining.happenings(list(events.in_order())),
        chart=area_scores(scores, title=_("Scores by area")),
        made_by=by,
        made_at=at,
    )


def as_html(report: AuditReport) -> str:
    return render_to_string(
        "reports/pdf/audit.html", {"report": report, "dossier": report.dossier, "language": translation.get_language() or "en"}
    )


def as_pdf(html: str, *, stylesheets: Sequence[str] = STYLESHEETS, files: Mapping[str, str] | None = None) -> bytes:
    """PDF/A-3a: tagged for screen readers, fonts embedded from the product's own files, nothing fetched from anywhere.

    `files` travel inside of it: name -> text.
    """
    fonts = FontConfiguration()
    styles = [CSS(filename=str(_css(name)), font_config=fonts, url_fetcher=_own_files) for name in stylesheets]
    document = HTML(string=html, base_url=str(settings.BASE_DIR), url_fetcher=_own_files)
    attached = [Attachment(string=text, name=name, relationship="Data") for name, text in (files or {}).items()]
    pdf = document.write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/a-3a", pdf_tags=True, attachments=attached)
    assert isinstance(pdf, bytes)  # noqa: S101 - without a target the library returns the bytes
    return pdf


def audit_pdf(assessment: Assessment, *, language: str, by: User, at: datetime) -> bytes:
    with translation.override(language):
        return as_pdf(as_html(gather(assessment, by=by, at=at)))


def _css(name: str) -> Path:
    return settings.BASE_DIR / "static" / "css" / name


class _OwnFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """A report never reaches outside: only files under static/ may be read."""

    def fetch(self, url: str, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
        address = urlsplit(url)
        path = Path(unquote(address.path)).resolve()
        if address.scheme != "file" or not path.is_relative_to(settings.BASE_DIR / "static"):
            raise ValueError(f"an audit report may not fetch {url}")
        return super().fetch(url, headers)


_own_files = _OwnFiles()
