from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User


class RiskQuerySet(models.QuerySet["Risk"]):
    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.SUPPLIER_VIEW) else self.filter(supplier=user.supplier_id)


class Risk(models.Model):
    """What a supplier would lose first when its documents end, as forecast last night. Who has nothing to lose has no row.

    Always derived, by `reports.risks`, from `labels.forecast`.
    """

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, primary_key=True, related_name="risk")
    forecast_on = models.DateField(_("forecast on"))
    # The earlier of the two below: the portfolio asks for it.
    first_on = models.DateField(_("at risk on"))
    # The first end of a document that costs points of an area.
    score_on = models.DateField(_("score at risk on"), null=True)
    score_before = models.DecimalField(_("score now"), max_digits=5, decimal_places=2, null=True)
    score_after = models.DecimalField(_("score then"), max_digits=5, decimal_places=2, null=True)
    # The first that costs a level of the label; `level_after` is empty where the label would be lost.
    label_on = models.DateField(_("label at risk on"), null=True)
    level_before = models.CharField(max_length=40, blank=True)
    level_after = models.CharField(max_length=40, blank=True)

    objects = RiskQuerySet.as_manager()

    class Meta:
        verbose_name = _("forecast of a supplier")
        verbose_name_plural = _("forecasts of suppliers")
        constraints = [
            models.CheckConstraint(
                condition=Q(score_on__isnull=False, first_on=models.F("score_on"))
                | Q(label_on__isnull=False, first_on=models.F("label_on")),
                name="risk_first_is_one_of_the_two",
            ),
            models.CheckConstraint(condition=Q(label_on__isnull=True) | ~Q(level_before=""), name="risk_label_has_a_level"),
        ]
        indexes = [models.Index(fields=["first_on", "supplier"], name="risk_soonest")]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.first_on}"
