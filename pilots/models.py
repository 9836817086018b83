from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from audit.history import keep_history
from emissions.models import TONNES, FactorSet
from suppliers.models import Site, Supplier, SupplierOwned

if TYPE_CHECKING:
    from accounts.models import User


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.PILOT_VIEW):
            return self
        if user.supplier_id:
            # A draft is the buyer's own paper until it is offered.
            return self.filter(supplier_id=user.supplier_id).exclude(status=Agreement.Status.DRAFT)
        return self.none()

    def in_force(self) -> Self:
        return self.filter(status__in=[Agreement.Status.ACTIVE, Agreement.Status.IN_RECALCULATION])


@keep_history()
class Agreement(SupplierOwned):
    """A carbon-neutral pilot agreement between the buyer and one supplier."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OFFERED = "offered", _("Offered")
        SIGNED = "signed", _("Signed by both")
        ACTIVE = "active", _("Active")
        IN_RECALCULATION = "in_recalculation", _("In recalculation")
        CLOSED = "closed", _("Closed")
        TERMINATED = "terminated", _("Terminated")

    class Measure(models.TextChoices):
        ABSOLUTE = "absolute", _("Absolute emissions (tCO₂e)")
        INTENSITY = "intensity", _("Intensity (tCO₂e per unit)")

    class Path(models.TextChoices):
        LINEAR = "linear", _("Linear: the same tonnes each year")
        COMPOUNDING = "compounding", _("Compounding: the same percentage each year")

    class IllegalTransition(Exception):
        """The agreement is not in a state from which this step can be taken."""

    number = models.CharField(_("agreement number"), max_length=40, unique=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("supplier"))
    sites = models.ManyToManyField(Site, related_name="agreements", blank=True, verbose_name=_("sites"))
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.DRAFT)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    base_year = models.PositiveSmallIntegerField(_("base year"))
    base_emissions = models.DecimalField(_("base-year emissions (tCO₂e)"), **TONNES)
    boundary = models.TextField(_("boundary"), help_text=_("Which sites, scopes and gases count, and by which consolidation approach."))
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices, default=Measure.ABSOLUTE)
    intensity_unit = models.CharField(_("per unit of"), max_length=60, blank=True)
    path = models.CharField(_("path of reduction"), max_length=12, choices=Path.choices, default=Path.LINEAR)
    factor_set = models.ForeignKey(FactorSet, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("factor set"))
    renewable_share_target = models.DecimalField(
        _("renewable share target (%)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    pue_target = models.DecimalField(_("PUE target"), max_digits=4, decimal_places=3, null=True, blank=True)
    recalculation_threshold = models.DecimalField(_("recalculation threshold (%)"), max_digits=5, decimal_places=2, default=5)
    incentive = models.TextField(_("incentive"), blank=True)
    remedy = models.TextField(_("remedy when off track"), blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    offered_at = models.DateTimeField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="hash of the offered terms: both sides sign the same")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(_("reason"), blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("pilot agreement")
        verbose_name_plural = _("pilot agreements")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "offered", "signed", "active", "in_recalculation", "closed", "terminated"]),
                name="agreement_status_known",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="agreement_ends_after_start"),
            models.CheckConstraint(condition=Q(base_emissions__gt=0), name="agreement_base_above_zero"),
            models.CheckConstraint(condition=Q(measure="absolute") | ~Q(intensity_unit=""), name="agreement_intensity_has_a_unit"),
            models.CheckConstraint(condition=Q(pue_target__isnull=True) | Q(pue_target__gte=1), name="agreement_pue_from_1"),
            models.CheckConstraint(
                condition=Q(renewable_share_target__isnull=True) | Q(renewable_share_target__range=(0, 100)), name="agreement_share_0_to_100"
            ),
            models.CheckConstraint(condition=Q(status="draft") | ~Q(content_sha256=""), name="agreement_offered_has_a_hash"),
        ]
        indexes = [models.Index(fields=["supplier", "status"], name="agreement_of_supplier")]

    def __str__(self) -> str:
        return self.number

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en

    def get_absolute_url(self) -> str:
        return reverse("pilots:detail", args=[self.pk])

    def _move(self, *, allowed: tuple[str, ...], to: str) -> None:
        if self.status not in allowed:
            raise self.IllegalTransition(self.status)
        self.status = to

    def offer(self, *, content_sha256: str, at: datetime) -> None:
        self._move(allowed=(self.Status.DRAFT,), to=self.Status.OFFERED)
        self.content_sha256, self.offered_at = content_sha256, at
        self.save(update_fields=["status", "content_sha256", "offered_at"])

    def withdraw_offer(self) -> None:
        self._move(allowed=(self.Status.OFFERED,), to=self.Status.DRAFT)
        self.save(update_fields=["status"])

    def terminate(self, *, reason: str, at: datetime) -> None:
        self._move(allowed=("offered", "signed", "active", "in_recalculation"), to=self.Status.TERMINATED)
        self.ended_reason, self.ended_at = reason, at
        self.save(update_fields=["status", "ended_reason", "ended_at"])


class AgreementPartQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: "User") -> Self:
        return self.filter(agreement__in=Agreement.objects.visible_to(user))


@keep_history()
class Target(models.Model):
    """What the agreement asks of one year, in the agreement's measure."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField(_("year"))
    emissions = models.DecimalField(_("target"), **TONNES)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("yearly target")
        verbose_name_plural = _("yearly targets")
        ordering = ["year", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "year"], name="target_once_a_year"),
            models.CheckConstraint(condition=Q(emissions__gte=0), name="target_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.emissions}"


@keep_history()
class ReportedYear(models.Model):
    """What the supplier reported under the agreement for one year. Offsets stand apart and never change a reduction."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="reported_years")
    year = models.PositiveSmallIntegerField(_("year"))
    emissions = models.DecimalField(_("emissions within the boundary"), **TONNES)
    removals = models.DecimalField(_("removals (tCO₂e)"), default=0, **TONNES)
    offsets = models.DecimalField(_("offsets (tCO₂e)"), default=0, **TONNES)
    renewable_share = models.DecimalField(_("renewable share (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    pue = models.DecimalField(_("PUE"), max_digits=4, decimal_places=3, null=True, blank=True)
    months_covered = models.PositiveSmallIntegerField(_("months covered"), default=12)
    is_verified = models.BooleanField(_("verified by a third party"), default=False)
    note = models.TextField(_("note"), blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("reported year")
        verbose_name_plural = _("reported years")
        ordering = ["year", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "year"], name="reported_once_a_year"),
            models.CheckConstraint(condition=Q(emissions__gte=0, removals__gte=0, offsets__gte=0), name="reported_not_negative"),
            models.CheckConstraint(condition=Q(months_covered__range=(1, 12)), name="reported_months_covered"),
            models.CheckConstraint(condition=Q(pue__isnull=True) | Q(pue__gte=1), name="reported_pue_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.emissions}"


class AgreementSignature(models.Model):
    """One side's signature under the offered terms, by their hash."""

    append_only = True

    class Side(models.TextChoices):
        BUYER = "buyer", _("Buyer")
        SUPPLIER = "supplier", _("Supplier")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="signatures")
    side = models.CharField(_("side"), max_length=10, choices=Side.choices)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=150)
    job_title = models.CharField(_("role"), max_length=150)
    content_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField(_("signed"))

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement signature")
        verbose_name_plural = _("agreement signatures")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "side", "content_sha256"], name="agreement_signed_once_a_side"),
            models.CheckConstraint(condition=Q(side__in=["buyer", "supplier"]), name="agreement_signature_side_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.name}"


@keep_history()
class JointAction(models.Model):
    """One of the one or two things a year that buyer and supplier do together."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        UNDER_WAY = "under_way", _("Under way")
        DELIVERED = "delivered", _("Delivered")
        DROPPED = "dropped", _("Dropped")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="joint_actions")
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    expected_reduction = models.DecimalField(_("expected reduction (tCO₂e)"), null=True, blank=True, **TONNES)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PLANNED)
    due_on = models.DateField(_("due on"), null=True, blank=True)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint action")
        verbose_name_plural = _("joint actions")
        ordering = ["year", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["planned", "under_way", "delivered", "dropped"]), name="joint_action_status_known")
        ]

    def __str__(self) -> str:
        return self.title
