"""What hangs on an agreement: its yearly targets and milestones, what is reported under it, and who signed."""

from decimal import Decimal
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission, has
from audit.history import keep_history
from emissions.models import tonnes
from pilots.models.agreements import Agreement
from pilots.trajectory import Progress, figure
from suppliers.models import WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User

Part = TypeVar("Part", bound=models.Model)


class PartQuerySet(WalledQuerySet[Part], Generic[Part]):
    """Rows that hang on an agreement: seen by those who see the agreement."""

    supplier_path = "agreement__supplier"

    def visible_to(self, user: "User") -> Self:
        visible = self.filter(agreement__in=Agreement.objects.visible_to(user))
        return visible.without_conflicts_of(user) if has(user, Permission.PILOT_VIEW) else visible


@keep_history()
class Target(models.Model):
    """What the agreement asks of one year, in the agreement's measure."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField(_("year"))
    emissions = tonnes(_("target"))

    objects = PartQuerySet["Target"].as_manager()

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
class Milestone(models.Model):
    """What is to be reached by a day on the way to the last target."""

    class Kind(models.TextChoices):
        REDUCTION = "reduction", _("Reduction against the base year (%)")
        RENEWABLE_SHARE = "renewable_share", _("Renewable share (%)")
        PUE = "pue", _("PUE at most")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="milestones")
    due_on = models.DateField(_("due on"))
    kind = models.CharField(_("what is measured"), max_length=20, choices=Kind.choices)
    value = models.DecimalField(_("value"), max_digits=6, decimal_places=3)

    objects = PartQuerySet["Milestone"].as_manager()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "due_on", "kind"], name="milestone_once_a_day_and_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=["reduction", "renewable_share"], value__range=(0, 100)) | Q(kind="pue", value__range=(1, 9)),
                name="milestone_value_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_on}: {self.kind} {self.value}"


@keep_history()
class ReportedYear(models.Model):
    """What the supplier reported under the agreement for one year. Offsets stand apart and never change a reduction."""

    class Basis(models.TextChoices):
        CALCULATED = "calculated", pgettext_lazy("reported year", "Calculated from activity data")
        ENTERED = "entered", pgettext_lazy("reported year", "Entered by hand")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="reported_years")
    year = models.PositiveSmallIntegerField(_("year"))
    emissions = tonnes(_("emissions within the boundary"))
    basis = models.CharField(_("basis"), max_length=10, choices=Basis.choices, default=Basis.ENTERED)
    denominator = models.DecimalField(_("quantity of the year"), max_digits=20, decimal_places=4, null=True, blank=True)
    removals = tonnes(_("removals (tCO₂e)"), default=0)
    offsets = tonnes(_("offsets (tCO₂e)"), default=0)
    renewable_share = models.DecimalField(_("renewable share (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    pue = models.DecimalField(_("PUE"), max_digits=4, decimal_places=3, null=True, blank=True)
    months_covered = models.PositiveSmallIntegerField(_("months covered"), default=12)
    is_verified = models.BooleanField(_("verified by a third party"), default=False)
    note = models.TextField(_("note"), blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    objects = PartQuerySet["ReportedYear"].as_manager()

    class Meta:
        verbose_name = _("reported year")
        verbose_name_plural = _("reported years")
        ordering = ["year", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "year"], name="reported_once_a_year"),
            models.CheckConstraint(condition=Q(emissions__gte=0, removals__gte=0, offsets__gte=0), name="reported_not_negative"),
            models.CheckConstraint(condition=Q(months_covered__range=(1, 12)), name="reported_months_covered"),
            models.CheckConstraint(condition=Q(denominator__isnull=True) | Q(denominator__gt=0), name="reported_denominator_above_zero"),
            models.CheckConstraint(condition=Q(basis__in=["calculated", "entered"]), name="reported_basis_known"),
            models.CheckConstraint(condition=Q(pue__isnull=True) | Q(pue__gte=1), name="reported_pue_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.emissions}"

    def progress(self, agreement: Agreement) -> Progress:
        """In the agreement's measure; without its quantity an intensity is not known."""
        by_quantity = agreement.measure == Agreement.Measure.INTENSITY
        known = None if by_quantity and not self.denominator else figure(self.emissions, self.denominator if by_quantity else None)
        return Progress(self.year, known, self.months_covered)

    @property
    def residual(self) -> Decimal:
        """What is left after removals and offsets: shown beside the reduction, never counted as one."""
        return self.emissions - self.removals - self.offsets
