from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from accounts.reasons import words_for_why
from assessments.models import Assessment
from suppliers.models import Supplier, WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


# In place of a language: first Chinese, then English, in one document.
BOTH = "both"

# Long enough to fetch it, short enough that no copies of everything lie about.
KEPT = timedelta(days=30)


def end_of_keeping() -> datetime:
    return timezone.now() + KEPT


class ExportQuerySet(WalledQuerySet["Export"]):
    def visible_to(self, user: "User") -> Self:
        """An export holds what its maker could see, so only the maker, and those who read everything, may fetch it.

        What a supplier takes with it is its own people's alone, as long as they are its people. Certificates of its label it shares.
        """
        own = Q(kind=Export.Kind.OWN_DATA)
        if user.supplier_id:
            tables = Q(kind__in=(Export.Kind.TABLE_XLSX, Export.Kind.TABLE_CSV), made_by=user)
            return self.filter(Q(own | Q(kind=Export.Kind.LABEL_CERTIFICATE), supplier=user.supplier_id) | tables)
        mine = self.exclude(own) if has(user, Permission.AUDIT_VIEW) else self.exclude(own).filter(made_by=user)
        return mine.without_conflicts_of(user)


class Export(models.Model):
    """A document that leaves the house: what it is, who made it, and the hash of the file."""

    class Kind(models.TextChoices):
        AUDIT_PDF = "audit_pdf", _("Audit PDF")
        PORTFOLIO_XLSX = "portfolio_xlsx", _("Portfolio (XLSX)")
        PORTFOLIO_CSV = "portfolio_csv", _("Portfolio (CSV)")
        FINDINGS_XLSX = "findings_xlsx", _("Findings (XLSX)")
        FINDINGS_CSV = "findings_csv", _("Findings (CSV)")
        OWN_DATA = "own_data", _("All data of a supplier")
        LABEL_CERTIFICATE = "label_certificate", _("Label certificate (PDF)")
        AUDIT_PDFS = "audit_pdfs", _("Audit PDFs (ZIP)")
        DIRECTORY_XLSX = "directory_xlsx", _("Labelled suppliers (XLSX)")
        DIRECTORY_CSV = "directory_csv", _("Labelled suppliers (CSV)")
        DISCLOSURES_PDF = "disclosures_pdf", _("Disclosure tables (PDF)")
        TABLE_XLSX = "table_xlsx", _("Table (XLSX)")
        TABLE_CSV = "table_csv", _("Table (CSV)")
        MANAGEMENT_PDF = "management_pdf", _("Management report (PDF)")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=300)
    language = models.CharField(_("language"), max_length=10)
    supplier = models.ForeignKey(Supplier, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    parameters = models.JSONField(default=dict, blank=True)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    file = models.FileField(upload_to="exports/%Y/%m/", max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested"))
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    # Then the file goes; that it was made, by whom, and its hash stay.
    expires_at = models.DateTimeField(_("kept until"), default=end_of_keeping)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "audit_pdf",
                        "portfolio_xlsx",
                        "portfolio_csv",
                        "findings_xlsx",
                        "findings_csv",
                        "own_data",
                        "label_certificate",
                        "directory_xlsx",
                        "directory_csv",
                        "audit_pdfs",
                        "disclosures_pdf",
                        "table_xlsx",
                        "table_csv",
                        "management_pdf",
                    ]
                ),
                name="export_kind_known",
            ),
            models.CheckConstraint(condition=Q(made_at__isnull=True) | ~Q(sha256=""), name="export_made_has_a_hash"),
        ]
        indexes = [models.Index(fields=["made_by", "-requested_at"], name="export_newest")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("reports:own_data") if self.kind == self.Kind.OWN_DATA else reverse("reports:export", args=[self.pk])

    @property
    def detail(self) -> dict[str, Any]:
        """What the access log of each supplier in it says besides."""
        return {"export": self.pk, "why": self.parameters.get("why", {})}

    @property
    def why(self) -> str:
        return words_for_why(self.detail)

    @property
    def subject(self) -> str:
        """What the audit trail calls it: `portfolio.downloaded`, `audit_pdf.downloaded`."""
        return {
            self.Kind.AUDIT_PDF: "audit_pdf",
            self.Kind.AUDIT_PDFS: "audit_pdf",
            self.Kind.OWN_DATA: "own_data",
            self.Kind.LABEL_CERTIFICATE: "certificate",
            self.Kind.DIRECTORY_XLSX: "directory",
            self.Kind.DIRECTORY_CSV: "directory",
            self.Kind.FINDINGS_XLSX: "findings",
            self.Kind.FINDINGS_CSV: "findings",
            self.Kind.DISCLOSURES_PDF: "disclosures",
            self.Kind.TABLE_XLSX: "table",
            self.Kind.TABLE_CSV: "table",
            self.Kind.MANAGEMENT_PDF: "management_report",
        }.get(self.Kind(self.kind), "portfolio")

    def has_file(self, at: datetime) -> bool:
        return bool(self.made_at and self.file.name) and at < self.expires_at
