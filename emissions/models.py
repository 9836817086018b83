from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from suppliers.models import Document, Site, Supplier, SupplierOwned

TONNES = {"max_digits": 18, "decimal_places": 6}


class FactorSet(models.Model):
    """A published set of emission factors. Once used it never changes: a correction is a new version."""

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
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="factor_set_version_once")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en


class Factor(models.Model):
    """kg of gas per unit of activity, with where it comes from and how far that was checked."""

    factor_set = models.ForeignKey(FactorSet, on_delete=models.PROTECT, related_name="factors")
    key = models.CharField(max_length=120)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    scope = models.CharField(max_length=10)
    unit = models.CharField(max_length=20, help_text="unit of the activity, for example t, kWh, 1000 m3")
    co2_kg_per_unit = models.DecimalField(max_digits=18, decimal_places=6)
    ch4_kg_per_unit = models.DecimalField(max_digits=18, decimal_places=9, default=Decimal(0))
    n2o_kg_per_unit = models.DecimalField(max_digits=18, decimal_places=9, default=Decimal(0))
    year = models.PositiveSmallIntegerField(null=True)
    region = models.CharField(max_length=40)
    source = models.TextField()
    licence_note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("emission factor")
        verbose_name_plural = _("emission factors")
        constraints = [models.UniqueConstraint(fields=["factor_set", "key"], name="factor_key_once_a_set")]

    def __str__(self) -> str:
        return self.key


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
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=10)
    is_measured = models.BooleanField(_("measured"), default=True)
    evidence = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    class Meta:
        verbose_name = _("activity data")
        verbose_name_plural = _("activity data")
        constraints = [
            models.UniqueConstraint(fields=["site", "month", "source"], name="activity_once_a_site_month_source"),
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
    scope1 = models.DecimalField(_("scope 1"), **TONNES)
    scope2_location = models.DecimalField(_("scope 2, location-based"), **TONNES)
    scope2_market = models.DecimalField(_("scope 2, market-based"), **TONNES)
    scope3 = models.DecimalField(_("scope 3"), null=True, blank=True, **TONNES)
    electricity_kwh = models.DecimalField(_("electricity (kWh)"), max_digits=18, decimal_places=2, null=True, blank=True)
    renewable_kwh = models.DecimalField(_("renewable electricity (kWh)"), max_digits=18, decimal_places=2, null=True, blank=True)
    it_energy_kwh = models.DecimalField(_("energy of the IT load (kWh)"), max_digits=18, decimal_places=2, null=True, blank=True)
    months_covered = models.PositiveSmallIntegerField(_("months covered"), default=12)
    lines = models.JSONField(default=list, blank=True, help_text="activity, factor, formula and tonnes of each part")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("inventory")
        verbose_name_plural = _("inventories")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "year", "basis"], name="inventory_once_a_year_and_basis"),
            models.CheckConstraint(
                condition=Q(scope1__gte=0, scope2_location__gte=0, scope2_market__gte=0) & (Q(scope3__isnull=True) | Q(scope3__gte=0)),
                name="inventory_not_negative",
            ),
            models.CheckConstraint(condition=Q(months_covered__range=(1, 12)), name="inventory_months_covered"),
            models.CheckConstraint(
                condition=Q(renewable_kwh__isnull=True) | Q(electricity_kwh__isnull=True) | Q(renewable_kwh__lte=F("electricity_kwh")),
                name="inventory_renewable_within_electricity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.year}"
