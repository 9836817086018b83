"""What follows from activity data and reports: inventories, scope 3 by category, abatement outside the own inventory."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from emissions.models.common import optional_tonnes, tonnes
from emissions.models.factors import FactorSet
from suppliers.models import Document, OwnedQuerySet, Supplier, SupplierOwned


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
    pue = models.DecimalField("PUE", max_digits=8, decimal_places=4, null=True, blank=True)
    tonnes_per_million_cny = models.DecimalField(
        _("t CO2e per million CNY, market-based"), max_digits=16, decimal_places=6, null=True, blank=True
    )
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


@keep_history()
class Scope3Entry(SupplierOwned):
    """A year's tonnes of one scope 3 category, as the supplier reports them."""

    class Category(models.IntegerChoices):
        """The fifteen categories of the GHG Protocol Corporate Value Chain (Scope 3) Standard, 2011."""

        PURCHASED_GOODS = 1, _("Purchased goods and services")
        CAPITAL_GOODS = 2, _("Capital goods")
        FUEL_AND_ENERGY = 3, _("Fuel- and energy-related activities")
        UPSTREAM_TRANSPORT = 4, _("Upstream transportation and distribution")
        WASTE = 5, _("Waste generated in operations")
        BUSINESS_TRAVEL = 6, _("Business travel")
        COMMUTING = 7, _("Employee commuting")
        UPSTREAM_LEASED = 8, _("Upstream leased assets")
        DOWNSTREAM_TRANSPORT = 9, _("Downstream transportation and distribution")
        PROCESSING = 10, _("Processing of sold products")
        USE = 11, _("Use of sold products")
        END_OF_LIFE = 12, _("End-of-life treatment of sold products")
        DOWNSTREAM_LEASED = 13, _("Downstream leased assets")
        FRANCHISES = 14, _("Franchises")
        INVESTMENTS = 15, _("Investments")

    class Method(models.TextChoices):
        SUPPLIER_SPECIFIC = "supplier_specific", _("Supplier-specific")
        HYBRID = "hybrid", _("Hybrid")
        AVERAGE_DATA = "average_data", _("Average data")
        SPEND_BASED = "spend_based", _("Spend-based")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="scope3_entries")
    year = models.PositiveSmallIntegerField(_("year"))
    category = models.PositiveSmallIntegerField(_("category"), choices=Category.choices)
    tonnes = tonnes(_("t CO2e"))
    method = models.CharField(_("method"), max_length=20, choices=Method.choices)
    explanation = models.TextField(_("what it covers, and the factors used"), max_length=2000, blank=True)
    evidence = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("evidence"))
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    objects = OwnedQuerySet["Scope3Entry"].as_manager()

    class Meta:
        verbose_name = _("scope 3 category of a year")
        verbose_name_plural = _("scope 3 categories of years")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "year", "category"], name="scope3_category_once_a_year"),
            models.CheckConstraint(condition=Q(category__in=range(1, 16)), name="scope3_category_known"),
            models.CheckConstraint(condition=Q(tonnes__gte=0), name="scope3_not_negative"),
            models.CheckConstraint(
                condition=Q(method__in=["supplier_specific", "hybrid", "average_data", "spend_based"]), name="scope3_method_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.year} {self.category}"


@keep_history()
class Abatement(SupplierOwned):
    """Tonnes avoided outside the own inventory: a baseline scenario less a project scenario at equal function. Never part of a scope."""

    class Kind(models.TextChoices):
        ENABLED = "enabled", _("Enabled: others emit less by using our product")
        ENGAGED = "engaged", _("Engaged: our partners emit less because we act together")

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Not accepted")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="abatements")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=200)
    function = models.CharField(_("equal function"), max_length=300, help_text=_("what both scenarios deliver, with its amount"))
    baseline = models.TextField(_("baseline scenario"), max_length=2000)
    baseline_tonnes = tonnes(_("baseline (t CO2e)"))
    project = models.TextField(_("project scenario"), max_length=2000)
    project_tonnes = tonnes(_("project (t CO2e)"))
    method = models.CharField(_("method"), max_length=300, help_text=_("standard or calculation followed"))
    evidence = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", verbose_name=_("evidence"))
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.SUBMITTED)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(_("reported"))
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    reason = models.TextField(_("reason"), max_length=2000, blank=True)

    objects = OwnedQuerySet["Abatement"].as_manager()

    class Meta:
        verbose_name = _("abatement")
        verbose_name_plural = _("abatements")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "year", "title"], name="abatement_title_once_a_year"),
            models.CheckConstraint(condition=Q(kind__in=["enabled", "engaged"]), name="abatement_kind_known"),
            models.CheckConstraint(condition=Q(status__in=["submitted", "accepted", "refused"]), name="abatement_status_known"),
            models.CheckConstraint(condition=Q(project_tonnes__gte=0, baseline_tonnes__gt=F("project_tonnes")), name="abatement_abates"),
            models.CheckConstraint(
                condition=Q(status="submitted", reviewed_at__isnull=True, reviewed_by__isnull=True)
                | (~Q(status="submitted") & Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(reason="")),
                name="abatement_reviewed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("emissions:abatement", args=[self.pk])

    @property
    def tonnes(self) -> Decimal:
        return self.baseline_tonnes - self.project_tonnes
