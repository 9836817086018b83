"""What a supplier reports of its sites: months, metered periods behind them, renewable instruments, replies to questions."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from suppliers.models import Document, OwnedQuerySet, Site, Supplier, SupplierOwned


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
        LNG = "liquefied_natural_gas", _("Liquefied natural gas")
        FUEL_OIL = "fuel_oil", _("Fuel oil")
        KEROSENE = "kerosene", _("Kerosene")
        BITUMINOUS_COAL = "bituminous_coal", _("Bituminous coal")
        ANTHRACITE = "anthracite", _("Anthracite")
        REFRIGERANT = "refrigerant", _("Refrigerant topped up")
        IT_ENERGY = "it_energy", _("Energy of the IT load")
        PRODUCTION = "production", _("Units produced or delivered")
        REVENUE = "revenue", _("Revenue")
        PACKAGING_BOUGHT = "packaging_bought", _("Packaging bought")
        PACKAGING_RECOVERED = "packaging_recovered", _("of which packaging recovered")
        EXHIBITION_MATERIAL = "exhibition_material", _("Exhibition material used")
        EXHIBITION_REUSED = "exhibition_reused", _("of which reusable exhibition material")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="activity_records")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="activity_records", verbose_name=_("site"))
    month = models.DateField(_("month"), help_text="first day of the month")
    source = models.CharField(_("source"), max_length=30, choices=Source.choices)
    substance = models.CharField(_("refrigerant"), max_length=20, choices=Substance.choices, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=10)
    is_measured = models.BooleanField(_("measured"), default=True)
    is_from_periods = models.BooleanField(_("from metered periods"), default=False, db_default=False)
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


# One number a site, source and meter: ranges of numbers and days are what GiST compares without an extension.
_METER = Func(Concat(F("source"), Value("/"), F("meter")), F("site_id"), function="hashtextextended")


def _range(function: str, *bounds: "Func | F") -> Func:
    return Func(*bounds, Value("[]"), function=function)


@keep_history()
class MeterPeriod(SupplierOwned):
    """A bill or reading from one day to another. Its months are calculated by days; periods of a meter never overlap."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="meter_periods")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="meter_periods", verbose_name=_("site"))
    source = models.CharField(_("source"), max_length=30, choices=ActivityRecord.Source.choices)
    meter = models.CharField(_("meter number"), max_length=40, blank=True)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=10)
    is_measured = models.BooleanField(_("measured"), default=True)
    evidence = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("bill"))
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    objects = OwnedQuerySet["MeterPeriod"].as_manager()

    class Meta:
        verbose_name = _("metered period")
        verbose_name_plural = _("metered periods")
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=["electricity", "renewable_electricity", "it_energy", "heat", "natural_gas"]),
                name="meter_period_source_is_metered",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="meter_period_not_negative"),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="meter_period_runs_forward"),
            ExclusionConstraint(
                name="meter_periods_do_not_overlap",
                expressions=[
                    (_range("int8range", _METER, _METER), RangeOperators.OVERLAPS),
                    (_range("daterange", F("first_day"), F("last_day")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["site", "source", "first_day"], name="meter_period_by_site")]

    def __str__(self) -> str:
        return f"{self.source} {self.first_day} – {self.last_day}"


@keep_history()
class RenewableInstrument(SupplierOwned):
    """What proves that electricity was renewable. A serial number exists once, whoever the supplier is."""

    class Kind(models.TextChoices):
        GEC = "gec", _("Green electricity certificate (China GEC)")
        GREEN_POWER = "green_power", _("Green power trading")
        IREC = "irec", _("I-REC")
        GO = "go", _("Guarantee of origin")
        PPA = "ppa", _("Power purchase agreement or direct line")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="renewable_instruments")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("used at"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    serial = models.CharField(_("serial number"), max_length=120)
    mwh = models.DecimalField(_("electricity (MWh)"), max_digits=14, decimal_places=3)
    generated_from = models.DateField(_("generated from"))
    generated_to = models.DateField(_("generated to"))
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True, help_text=_("when it was redeemed for this company"))
    plant = models.CharField(_("plant"), max_length=200, blank=True)
    plant_year = models.PositiveSmallIntegerField(_("plant in service since"), null=True, blank=True)
    evidence = models.ForeignKey(
        Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("certificate")
    )
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(_("reported"))

    objects = OwnedQuerySet["RenewableInstrument"].as_manager()

    class Meta:
        verbose_name = _("renewable instrument")
        verbose_name_plural = _("renewable instruments")
        constraints = [
            models.UniqueConstraint(fields=["kind", "serial"], name="renewable_serial_once"),
            models.CheckConstraint(condition=Q(mwh__gt=0), name="renewable_mwh_above_zero"),
            models.CheckConstraint(condition=Q(generated_from__lte=F("generated_to")), name="renewable_runs_forward"),
            models.CheckConstraint(condition=~Q(serial=""), name="renewable_has_a_serial"),
            models.CheckConstraint(condition=Q(kind__in=["gec", "green_power", "irec", "go", "ppa"]), name="renewable_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.serial}"


class DataReply(SupplierOwned):
    """What a supplier says to a question that its data raise. The newest reply to a question counts; all stay."""

    append_only = True

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="data_replies")
    year = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=120, help_text="key of the question in emissions.plausibility")
    text = models.TextField(_("your reply"), max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OwnedQuerySet["DataReply"].as_manager()

    class Meta:
        verbose_name = _("reply to a question about data")
        verbose_name_plural = _("replies to questions about data")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="data_reply_says_something")]
        indexes = [models.Index(fields=["supplier", "year"], name="data_reply_by_year")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.question


class ActivityImport(SupplierOwned):
    """A file of activity data as it was uploaded: looked through first, taken over once."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="activity_imports")
    file = models.FileField(upload_to="activity/%Y/%m/", max_length=300)
    original_name = models.CharField(_("file name"), max_length=255)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"))
    taken_at = models.DateTimeField(_("taken over"), null=True, blank=True)
    values_written = models.PositiveIntegerField(null=True, blank=True)

    objects = OwnedQuerySet["ActivityImport"].as_manager()

    class Meta:
        verbose_name = _("import of activity data")
        verbose_name_plural = _("imports of activity data")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, values_written__isnull=True) | Q(taken_at__isnull=False, values_written__isnull=False),
                name="activity_import_counts_when_taken",
            )
        ]

    def __str__(self) -> str:
        return self.original_name
