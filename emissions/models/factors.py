"""Emission factor sets as published."""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emissions.models.common import in_use


class FactorSet(models.Model):
    """A published set of emission factors. It never changes: a correction is a new version beside the old one."""

    append_only = True

    class Gwp(models.TextChoices):
        AR5 = "AR5", "IPCC AR5 GWP-100"
        AR6 = "AR6", "IPCC AR6 GWP-100"

    key = models.CharField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    gwp = models.CharField(_("warming potentials"), max_length=4, choices=Gwp.choices)
    published_at = models.DateTimeField(_("published"))
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("factor set")
        verbose_name_plural = _("factor sets")
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="factor_set_version_once"),
            models.CheckConstraint(condition=Q(gwp__in=["AR5", "AR6"]), name="factor_set_gwp_known"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @property
    def title(self) -> str:
        return in_use(self.title_zh, self.title_en)

    def get_absolute_url(self) -> str:
        return reverse("emissions:factor_set", args=[self.pk])


class Factor(models.Model):
    """kg of gas per unit of activity, with where it comes from and how far that was checked."""

    append_only = True

    class Checked(models.TextChoices):
        VERIFIED = "verified", pgettext_lazy("factor", "Verified against its source")
        SECONDARY = "secondary", pgettext_lazy("factor", "From a secondary source")
        DERIVED = "derived", pgettext_lazy("factor", "Calculated from verified values")
        UNVERIFIED = "unverified", pgettext_lazy("factor", "Not verified")

    factor_set = models.ForeignKey(FactorSet, on_delete=models.PROTECT, related_name="factors")
    key = models.CharField(max_length=120)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    scope = models.CharField(max_length=30)
    subject = models.CharField(max_length=40, help_text="what the factor is for: diesel, diesel.road, electricity, gas.r-410a")
    unit = models.CharField(max_length=20, help_text="unit of the activity, for example t, kWh, 1000 m3")
    co2_kg_per_unit = models.DecimalField(max_digits=18, decimal_places=6)
    ch4_kg_per_unit = models.DecimalField(max_digits=18, decimal_places=9, default=Decimal(0))
    n2o_kg_per_unit = models.DecimalField(max_digits=18, decimal_places=9, default=Decimal(0))
    ncv_gj_per_unit = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="net calorific value of a fuel, in GJ per unit"
    )
    year = models.PositiveSmallIntegerField()
    region = models.CharField(max_length=40, help_text="CN-ZJ, CN-EAST, CN, US or GLOBAL")
    checked = models.CharField(max_length=10, choices=Checked.choices)
    source = models.TextField()
    licence_note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("emission factor")
        verbose_name_plural = _("emission factors")
        constraints = [
            models.UniqueConstraint(fields=["factor_set", "key"], name="factor_key_once_a_set"),
            models.CheckConstraint(
                condition=Q(checked__in=["verified", "secondary", "derived", "unverified"]), name="factor_checked_known"
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        return in_use(self.name_zh, self.name_en)
