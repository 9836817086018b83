"""Amendments, the papers of agreements, and the signatures under them. What was signed is never changed."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import keep_history
from pilots.comparing import Comparison
from pilots.models.agreements import Agreement
from pilots.models.parts import PartQuerySet


@keep_history()
class Amendment(models.Model):
    """Other terms for an agreement in force. Both sides sign them; until then the former ones hold, and afterwards they are kept."""

    class Kind(models.TextChoices):
        TERMS = "terms", pgettext_lazy("amendment", "Amendment of the terms")
        RECALCULATION = "recalculation", pgettext_lazy("amendment", "Recalculation of the base year")

    class Cause(models.TextChoices):
        STRUCTURE = "structure", _("Structural change: sites bought, sold, or moved in or out of the company")
        METHOD = "method", _("Another method or other emission factors")
        ERROR = "error", _("An error found in the base year")

    class Status(models.TextChoices):
        OFFERED = "offered", pgettext_lazy("amendment", "Offered, not in force")
        IN_FORCE = "in_force", pgettext_lazy("amendment", "In force")
        WITHDRAWN = "withdrawn", pgettext_lazy("amendment", "Withdrawn")

    class IllegalTransition(Exception):
        """Only an amendment that is offered can be signed or withdrawn."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="amendments")
    number = models.PositiveSmallIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices, blank=True)
    reason = models.TextField(_("reason"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OFFERED)
    terms = models.JSONField(help_text="the whole terms as they are to be: what the hash is of")
    content_sha256 = models.CharField(max_length=64)
    # What held before: terms with their targets, and the years as they were reported until then.
    former = models.JSONField()
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(_("offered"))
    ended_at = models.DateTimeField(_("in force or withdrawn since"), null=True, blank=True)

    objects = PartQuerySet["Amendment"].as_manager()

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="agreement_amendment_number_once"),
            models.UniqueConstraint(fields=["agreement"], condition=Q(status="offered"), name="agreement_amendment_one_open"),
            models.CheckConstraint(
                condition=Q(kind="terms", cause="") | Q(kind="recalculation", cause__in=["structure", "method", "error"]),
                name="agreement_amendment_recalculation_has_a_cause",
            ),
            models.CheckConstraint(
                condition=Q(status="offered", ended_at__isnull=True) | Q(status__in=["in_force", "withdrawn"], ended_at__isnull=False),
                name="agreement_amendment_ended_with_its_time",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="agreement_amendment_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id}/{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("pilots:amendment", args=[self.pk])

    @property
    def former_terms(self) -> dict[str, Any]:
        terms: dict[str, Any] = self.former["terms"]
        return terms


class AgreementPaper(models.Model):
    """A PDF of an agreement or of an amendment, kept with its hash: made from the terms, or signed elsewhere and uploaded."""

    append_only = True

    class Kind(models.TextChoices):
        OFFER = "offer", pgettext_lazy("paper", "As offered, to read or to sign by hand")
        SIGNED = "signed", pgettext_lazy("paper", "As signed, with both signatures")
        UPLOADED = "uploaded", pgettext_lazy("paper", "Signed elsewhere and uploaded")
        APPRAISAL = "appraisal", pgettext_lazy("paper", "Appraisal")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    language = models.CharField(_("language"), max_length=10, blank=True)
    content_sha256 = models.CharField(max_length=64, help_text="hash of the terms that the paper is of")
    file = models.FileField(_("file"), upload_to="agreements/%Y/%m/", max_length=300)
    name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    compared = models.JSONField(null=True, blank=True, help_text="a paper brought beside the one offered, as comparing.Comparison tells it")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(_("made"))

    objects = PartQuerySet["AgreementPaper"].as_manager()

    class Meta:
        verbose_name = _("paper of an agreement")
        verbose_name_plural = _("papers of agreements")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "kind", "language", "content_sha256"],
                condition=~Q(kind="uploaded"),
                name="agreement_paper_printed_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="uploaded", language="") | Q(kind__in=["offer", "signed", "appraisal"], language__in=["en", "zh-hans"]),
                name="agreement_paper_kind_and_language",
            ),
            models.CheckConstraint(condition=Q(compared__isnull=True) | Q(kind="uploaded"), name="agreement_paper_brought_is_compared"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name

    @property
    def comparison(self) -> Comparison | None:
        """None of papers we printed ourselves, and of those brought before papers were compared."""
        return Comparison.kept(self.compared) if self.compared else None


class AgreementSignature(models.Model):
    """One side's signature under the offered terms of an agreement or an amendment, by their hash."""

    append_only = True

    class Side(models.TextChoices):
        BUYER = "buyer", _("Buyer")
        SUPPLIER = "supplier", _("Supplier")

    class Way(models.TextChoices):
        PASSWORD = "password", pgettext_lazy("signature", "Signed here, with the password")
        UPLOAD = "upload", pgettext_lazy("signature", "Signed elsewhere, PDF uploaded")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="signatures")
    amendment = models.ForeignKey(Amendment, on_delete=models.CASCADE, null=True, blank=True, related_name="signatures")
    side = models.CharField(_("side"), max_length=10, choices=Side.choices)
    way = models.CharField(_("way"), max_length=10, choices=Way.choices, default=Way.PASSWORD)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=150)
    job_title = models.CharField(_("role"), max_length=150)
    content_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField(_("signed"))
    address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    paper = models.ForeignKey(AgreementPaper, on_delete=models.PROTECT, null=True, blank=True, related_name="signatures")
    signed_on = models.DateField(_("day of the signature"), null=True, blank=True, help_text="as the uploaded paper has it")

    objects = PartQuerySet["AgreementSignature"].as_manager()

    class Meta:
        verbose_name = _("agreement signature")
        verbose_name_plural = _("agreement signatures")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "side", "content_sha256"], name="agreement_signed_once_a_side"),
            models.CheckConstraint(condition=Q(side__in=["buyer", "supplier"]), name="agreement_signature_side_known"),
            models.CheckConstraint(
                condition=Q(way="password", paper__isnull=True, signed_on__isnull=True)
                | Q(way="upload", paper__isnull=False, signed_on__isnull=False),
                name="agreement_signature_way_and_paper",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.name}"
