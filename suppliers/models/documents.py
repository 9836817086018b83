"""A supplier's library: its documents, files that are on their way, and the warnings that were given."""

from datetime import date
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from suppliers.models.companies import OwnedQuerySet, Site, Supplier, SupplierOwned


if TYPE_CHECKING:
    from accounts.models import User


class DocumentQuerySet(OwnedQuerySet["Document"]):
    def current(self) -> Self:
        return self.filter(replaced_by__isnull=True)

    def search(self, text: str) -> Self:
        """Every word must occur in what the document is called or numbered; letter case does not matter."""
        found = self
        for word in text.split()[:8]:
            names = ("title", "original_name", "issuer", "number")
            found = found.filter(reduce(or_, (Q(**{f"{name}__icontains": word}) for name in names)))
        return found

    def in_date(self, on: date) -> Self:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), Q(valid_from__isnull=True) | Q(valid_from__lte=on))


@keep_history(personal=["file", "original_name"])
class Document(SupplierOwned):
    """A file a supplier gave: a certificate, a permit, a bill. A new revision is a new row that names the one it replaces."""

    class Kind(models.TextChoices):
        DISCHARGE_PERMIT = "discharge_permit", _("Pollutant discharge permit")
        ISO_14001 = "iso_14001", _("ISO 14001 certificate")
        ISO_50001 = "iso_50001", _("ISO 50001 certificate")
        ISO_45001 = "iso_45001", _("ISO 45001 certificate")
        FSC_PEFC = "fsc_pefc", _("FSC or PEFC certificate")
        ENVIRONMENTAL_LABEL = "environmental_label", _("Environmental label certificate")
        ENERGY_LABEL = "energy_label", _("Energy label")
        GREEN_BUILDING = "green_building", _("Green building certificate")
        PUE_REPORT = "pue_report", _("PUE metering report")
        RENEWABLE_ENERGY = "renewable_energy", _("Renewable energy certificate")
        CODE_OF_CONDUCT = "code_of_conduct", _("Signed supplier code")
        OTHER = "other", _("Other evidence")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="documents", verbose_name=_("supplier"))
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="documents", verbose_name=_("holder"))
    kind = models.CharField(_("kind"), max_length=30, choices=Kind.choices, default=Kind.OTHER)
    title = models.CharField(_("title"), max_length=200, blank=True)
    issuer = models.CharField(_("issuer"), max_length=200, blank=True)
    number = models.CharField(_("number"), max_length=120, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    # Neither it nor its newest revision is valid any more: it is no evidence now. Kept by `suppliers.endings`.
    has_ended = models.BooleanField(default=False, db_default=False, editable=False)
    file = models.FileField(_("file"), upload_to="documents/%Y/%m/", max_length=300, blank=True)
    original_name = models.CharField(_("file name"), max_length=255)
    content_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"))

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "discharge_permit",
                        "iso_14001",
                        "iso_50001",
                        "iso_45001",
                        "fsc_pefc",
                        "environmental_label",
                        "energy_label",
                        "green_building",
                        "pue_report",
                        "renewable_energy",
                        "code_of_conduct",
                        "other",
                    ]
                ),
                name="document_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="document_valid_from_before_to",
            ),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_sha256_form"),
        ]
        indexes = [
            models.Index(fields=["supplier", "kind", "valid_to"], name="document_by_kind"),
            models.Index(fields=["valid_to"], name="document_by_end", condition=Q(valid_to__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title or self.original_name

    def get_absolute_url(self) -> str:
        return reverse("suppliers:document", args=[self.pk])

    @property
    def file_url(self) -> str:
        return reverse("suppliers:document_file", args=[self.pk])

    @property
    def holder(self) -> str:
        """Whom a certificate was issued to: a site, or the company as a whole."""
        return str(self.site or self.supplier)


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: "User") -> Self:
        """Half a file is of use only to the person who sends it, and only while that person acts for the same supplier."""
        return self.filter(by=user, supplier_id=user.supplier_id) if user.supplier_id else self.none()

    def unfinished(self) -> Self:
        return self.filter(document__isnull=True)


class Upload(SupplierOwned):
    """A file that comes in parts: how far it is. The parts become a document when the last one is there."""

    # Not guessable, though nobody but its sender is answered anyway.
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="+", verbose_name=_("supplier"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    received = models.PositiveBigIntegerField(default=0)
    # What the browser says about the file, so that the same file chosen again goes on where it stopped.
    fingerprint = models.CharField(max_length=120, blank=True)
    # Set when the parts became a document: the browser may not have heard of it and asks again.
    document = models.ForeignKey(Document, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField(_("last part"))

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0, received__lte=F("size")), name="upload_received_within_size"),
            models.CheckConstraint(condition=Q(document__isnull=True) | Q(received=F("size")), name="upload_finished_when_whole"),
        ]
        indexes = [
            models.Index(fields=["by", "fingerprint"], name="upload_of_a_person"),
            models.Index(fields=["moved_at"], name="upload_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.received}/{self.size}"


class UploadPart(models.Model):
    """Parts follow each other without gaps: the place of each was what had been received until then."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveBigIntegerField()
    file = models.FileField(upload_to="uploads/%Y/%m/", max_length=300)

    class Meta:
        verbose_name = _("part of an upload")
        verbose_name_plural = _("parts of uploads")
        constraints = [models.UniqueConstraint(fields=["upload", "place"], name="upload_part_once")]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.place}"


class ExpiryWarning(models.Model):
    """That a person was told of a document that is about to end, so many days ahead. Written once, so that nobody is told twice."""

    append_only = True

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="expiry_warnings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # A date that was put right is warned of anew.
    valid_to = models.DateField(_("valid to"))
    days = models.PositiveSmallIntegerField(_("days ahead"))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("expiry warning")
        verbose_name_plural = _("expiry warnings")
        constraints = [models.UniqueConstraint(fields=["document", "person", "valid_to", "days"], name="expiry_warned_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.document_id} {self.valid_to} {self.days}"
