from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from audit.history import keep_history
from suppliers.models import Document, OwnedQuerySet, Site, Supplier, SupplierOwned


def tonnes(verbose_name: StrOrPromise, **options: Any) -> "models.DecimalField[Decimal | int | str, Decimal]":
    """A column of tonnes CO2e, to the gram."""
    return models.DecimalField(verbose_name, max_digits=18, decimal_places=6, **options)


def optional_tonnes(verbose_name: StrOrPromise, **options: Any) -> "models.DecimalField[Decimal | int | str | None, Decimal | None]":
    return models.DecimalField(verbose_name, max_digits=18, decimal_places=6, null=True, blank=True, **options)


def in_use(chinese: str, english: str) -> str:
    """The name in the language in use."""
    return chinese if (get_language() or "en").startswith("zh") else english


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


class Substance(models.TextChoices):
    """What a refrigerant top-up can be of: the gases and blends that a factor set has a warming potential for."""

    R134A = "hfc134a", "R-134a"
    R32 = "hfc32", "R-32"
    R404A = "r-404a", "R-404A"
    R407C = "r-407c", "R-407C"
    R410A = "r-410a", "R-410A"
    R448A = "r-448a", "R-448A"
    R449A = "r-449a", "R-449A"
    R507A = "r-507a", "R-507A"
    R513A = "r-513a", "R-513A"
    R22 = "hcfc22", "R-22"
    HFC227EA = "hfc227ea", "HFC-227ea"
    SF6 = "sf6", "SF₆"


@keep_history()
class ActivityRecord(SupplierOwned):
    """A month of one source at one site: 120,000 kWh of electricity, 3.2 t of diesel. A missing month is a gap, never a zero."""

    class Source(models.TextChoices):
        ELECTRICITY = "electricity", _("Electricity bought")
        RENEWABLE_ELECTRICITY = "renewable_electricity", _("of which renewable electricity")
        HEAT = "heat", _("Heat bought")
        NATURAL_GAS = "natural_gas", _("Natural gas")
        DIESEL = "diesel", _("Diesel")
        PETROL = "petrol", _("Petrol")
        LPG = "lpg", _("Liquefied petroleum gas")
        REFRIGERANT = "refrigerant", _("Refrigerant topped up")
        IT_ENERGY = "it_energy", _("Energy of the IT load")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="activity_records")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="activity_records", verbose_name=_("site"))
    month = models.DateField(_("month"), help_text="first day of the month")
    source = models.CharField(_("source"), max_length=30, choices=Source.choices)
    substance = models.CharField(_("refrigerant"), max_length=20, choices=Substance.choices, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=10)
    is_measured = models.BooleanField(_("measured"), default=True)
    evidence = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    objects = OwnedQuerySet["ActivityRecord"].as_manager()

    class Meta:
        verbose_name = _("activity data")
        verbose_name_plural = _("activity data")
        constraints = [
            models.UniqueConstraint(fields=["site", "month", "source", "substance"], name="activity_once_a_site_month_source"),
            models.CheckConstraint(
                condition=(Q(source="refrigerant") & ~Q(substance="")) | (~Q(source="refrigerant") & Q(substance="")),
                name="activity_refrigerant_names_its_gas",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="activity_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="activity_month_is_a_first_day"),
        ]
        indexes = [models.Index(fields=["supplier", "month"], name="activity_by_supplier")]

    def __str__(self) -> str:
        return f"{self.source} {self.month:%Y-%m}"


@keep_history()
class Inventory(SupplierOwned):
    """A supplier's emissions of one year, in tonnes CO2e, as calculated from activity data or as reported by the supplier."""

    class Basis(models.TextChoices):
        CALCULATED = "calculated", _("Calculated from activity data")
        REPORTED = "reported", _("Reported by the supplier")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="inventories")
    year = models.PositiveSmallIntegerField(_("year"), help_text="the calendar year in which the fiscal year starts")
    basis = models.CharField(_("basis"), max_length=12, choices=Basis.choices)
    factor_set = models.ForeignKey(FactorSet, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    scope1 = tonnes(_("scope 1"))
    scope2_location = tonnes(_("scope 2, location-based"))
    scope2_market = tonnes(_("scope 2, market-based"))
    scope3 = optional_tonnes(_("scope 3"))
    electricity_kwh = models.DecimalField(_("electricity (kWh)"), max_digits=18, decimal_places=2, null=True, blank=True)
    renewable_kwh = models.DecimalField(_("renewable electricity (kWh)"), max_digits=18, decimal_places=2, null=True, blank=True)
    it_energy_kwh = models.DecimalField(_("energy of the IT load (kWh)"), max_digits=18, decimal_places=2, null=True, blank=True)
    months_covered = models.PositiveSmallIntegerField(_("months covered"), default=12)
    lines = models.JSONField(default=list, blank=True, help_text="activity, factor, formula and tonnes of each part")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("made"))

    objects = OwnedQuerySet["Inventory"].as_manager()

    class Meta:
        verbose_name = _("inventory")
        verbose_name_plural = _("inventories")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "year", "basis"], name="inventory_once_a_year_and_basis"),
            models.CheckConstraint(condition=Q(basis__in=["calculated", "reported"]), name="inventory_basis_known"),
            models.CheckConstraint(
                condition=Q(scope1__gte=0, scope2_location__gte=0, scope2_market__gte=0) & (Q(scope3__isnull=True) | Q(scope3__gte=0)),
                name="inventory_not_negative",
            ),
            models.CheckConstraint(condition=Q(months_covered__range=(0, 12)), name="inventory_months_covered"),
            models.CheckConstraint(
                condition=Q(renewable_kwh__isnull=True) | Q(electricity_kwh__isnull=True) | Q(renewable_kwh__lte=F("electricity_kwh")),
                name="inventory_renewable_within_electricity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.year}"

    def get_absolute_url(self) -> str:
        return reverse("emissions:inventory", args=[self.supplier_id, self.year])
