from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from labels.models.standards import Level, Standard
from suppliers.models import Category, Supplier, WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


class StandardTestQuerySet(models.QuerySet["StandardTest"]):
    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.LABEL_VIEW) else self.none()


class StandardTest(models.Model):
    """What a version would make of the suppliers as they are, beside the version in force. It changes no label."""

    standard = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="tests")
    # A draft may change afterwards: this is what was tried, and against what.
    sha256 = models.CharField(max_length=64)
    against = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested"))

    objects = StandardTestQuerySet.as_manager()

    class Meta:
        verbose_name = _("back-test of a standard")
        verbose_name_plural = _("back-tests of standards")
        indexes = [models.Index(fields=["standard", "-requested_at"], name="standard_test_newest")]

    def __str__(self) -> str:
        return f"{self.standard_id} {self.requested_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("labels:standard_test", args=[self.standard_id, self.pk])


class StandardTestRowQuerySet(WalledQuerySet["StandardTestRow"]):
    def visible_to(self, user: "User") -> Self:
        return self.without_conflicts_of(user) if has(user, Permission.LABEL_VIEW) else self.none()


class StandardTestRow(models.Model):
    """One supplier of a back-test: the level it meets by the version in force, and by the one that is tried."""

    class Move(models.TextChoices):
        GAINS = "gains", _("Would gain")
        LOSES = "loses", _("Would lose")
        STAYS = "stays", _("Stays with a label")
        NONE = "none", _("Stays without")

    append_only = True

    test = models.ForeignKey(StandardTest, on_delete=models.PROTECT, related_name="rows", db_index=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    before = models.CharField(_("level by the version in force"), max_length=20, choices=Level.choices, blank=True)
    after = models.CharField(_("level by this version"), max_length=20, choices=Level.choices, blank=True)
    move = models.CharField(_("change"), max_length=8, choices=Move.choices)
    # What the level it holds by the version in force asks here and the supplier misses.
    costs = models.JSONField(default=list)

    objects = StandardTestRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier of a back-test")
        verbose_name_plural = _("suppliers of back-tests")
        constraints = [
            models.UniqueConstraint(fields=["test", "supplier"], name="standard_test_supplier_once"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="standard_test_category_known"),
            models.CheckConstraint(condition=Q(before__in=["", *Level.values]), name="standard_test_before_known"),
            models.CheckConstraint(condition=Q(after__in=["", *Level.values]), name="standard_test_after_known"),
            models.CheckConstraint(condition=Q(move__in=["gains", "loses", "stays", "none"]), name="standard_test_move_known"),
        ]
        indexes = [models.Index(fields=["test", "move", "category"], name="standard_test_groups")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.before or '–'} {self.after or '–'}"
