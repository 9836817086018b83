from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from suppliers.models import BuyingUnit


if TYPE_CHECKING:
    from accounts.models import User


class SavedView(models.Model):
    """A person's own way to look at the directory: filters under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="label_views")
    name = models.CharField(_("name"), max_length=80)
    query = models.JSONField(default=dict)
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("saved view of the directory")
        verbose_name_plural = _("saved views of the directory")
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="label_view_name_once")]

    def __str__(self) -> str:
        return self.name


class UnitWatch(models.Model):
    """A buying unit a person buys for: what happens to the labels of its suppliers is told to that person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="unit_watches")
    unit = models.ForeignKey(BuyingUnit, on_delete=models.CASCADE, related_name="watches")

    class Meta:
        verbose_name = _("buying unit of a person")
        verbose_name_plural = _("buying units of people")
        constraints = [models.UniqueConstraint(fields=["user", "unit"], name="unit_watch_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.unit_id}"


class UnitShareQuerySet(models.QuerySet["UnitShare"]):
    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.LABEL_VIEW) else self.none()


class UnitShare(models.Model):
    """How many of a buying unit's suppliers held a label on a day: a fact of that day, kept since tomorrow it is another."""

    unit = models.ForeignKey(BuyingUnit, on_delete=models.CASCADE, related_name="label_shares")
    day = models.DateField(_("day"))
    suppliers = models.PositiveIntegerField(_("suppliers"))
    labelled = models.PositiveIntegerField(_("with a label"))
    leaders = models.PositiveIntegerField(_("green leaders"))

    objects = UnitShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share of labelled suppliers")
        verbose_name_plural = _("shares of labelled suppliers")
        constraints = [
            models.UniqueConstraint(fields=["unit", "day"], name="unit_share_once_a_day"),
            models.CheckConstraint(condition=Q(labelled__lte=F("suppliers")) & Q(leaders__lte=F("labelled")), name="unit_share_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.day} {self.labelled}/{self.suppliers}"
