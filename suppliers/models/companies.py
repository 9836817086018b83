from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower, NullIf
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.permissions import Permission, has
from audit.history import keep_history
from suppliers import places
from suppliers.models.walls import WalledQuerySet
from suppliers.problems import problem_text
from suppliers.search import words_of


if TYPE_CHECKING:
    from accounts.models import User


class Category(models.TextChoices):
    MEDIA = "media", _("Media")
    EVENTS = "events", _("Events")
    SERVICES = "services", _("Services")
    ENGINEERING = "engineering", _("Engineering")
    OFFICE_IT = "office_it", _("Office IT")
    LOGISTICS = "logistics", _("Logistics")
    CLOUD_DC = "cloud_dc", _("Cloud and data centre")


class HeadcountBand(models.TextChoices):
    MICRO = "micro", _("Fewer than 10")
    SMALL = "small", _("10 to 49")
    MEDIUM = "medium", _("50 to 249")
    LARGE = "large", _("250 to 999")
    XLARGE = "xlarge", _("1,000 or more")


class SiteType(models.TextChoices):
    OFFICE = "office", _("Office")
    FACTORY = "factory", _("Factory")
    WAREHOUSE = "warehouse", _("Warehouse")
    DATA_CENTRE = "data_centre", _("Data centre")
    CONSTRUCTION_SITE = "construction_site", _("Construction site")
    FLEET = "fleet", _("Vehicle fleet")
    VENUE = "venue", _("Event venue")


class Placed(models.Model):
    """Something with a `country` and a `region`: their names in the language in use."""

    country: str | models.CharField[str, str]
    region: str | models.CharField[str, str]

    class Meta:
        abstract = True

    @property
    def country_name(self) -> str:
        return places.country_name(str(self.country))

    @property
    def region_name(self) -> str:
        return places.region_name(str(self.region), str(self.country))


class Named(models.Model):
    """Something with a Chinese name, an English name, or both."""

    name_zh: str | models.CharField[str, str]
    name_en: str | models.CharField[str, str]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language in use, or the other one where there is only one."""
        chinese, english = str(self.name_zh), str(self.name_en)
        return chinese or english if (get_language() or "en").startswith("zh") else english or chinese

    @property
    def other_name(self) -> str:
        other = str(self.name_zh) if self.name == self.name_en else str(self.name_en)
        return other if other != self.name else ""


class SupplierQuerySet(WalledQuerySet["Supplier"]):
    supplier_path = "pk"

    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.SUPPLIER_VIEW):
            return self.without_conflicts_of(user)
        if user.supplier_id:
            return self.filter(pk=user.supplier_id)
        return self.none()

    def search(self, text: str) -> Self:
        """Every word must occur in a name (either language) or an identifier; letter case does not matter."""
        found = self
        for word in words_of(text):
            found = found.filter(search_text__contains=word)
        return found

    def in_business(self) -> Self:
        return self.filter(state__in=Supplier.IN_BUSINESS)


@keep_history(exclude=["search_text"])
class Supplier(Named, Placed):
    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        REGISTERED = "registered", _("Registered")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        OFFBOARDED = "offboarded", _("Offboarded")

    IN_BUSINESS = ("invited", "registered", "active")

    name_zh = models.CharField(_("Chinese name"), max_length=300, blank=True)
    name_en = models.CharField(_("English name"), max_length=300, blank=True)
    reference = models.CharField(
        _("supplier number"), max_length=64, null=True, blank=True, unique=True, help_text=_("The number in the buyer's own systems.")
    )
    uscc = models.CharField(_("Unified Social Credit Code"), max_length=18, null=True, blank=True, unique=True)
    lei = models.CharField(_("LEI"), max_length=20, null=True, blank=True, unique=True)
    duns = models.CharField(_("D-U-N-S number"), max_length=9, null=True, blank=True, unique=True)
    company_number = models.CharField(_("national company number"), max_length=40, null=True, blank=True)
    country = models.CharField(_("country of registration"), max_length=2, help_text=_("ISO 3166-1 code of the registered place."))
    region = models.CharField(_("province or region"), max_length=80, blank=True)
    address = models.TextField(_("registered address"), blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    industry_scheme = models.CharField(_("industry scheme"), max_length=20, blank=True)
    industry_code = models.CharField(_("industry code"), max_length=200, blank=True)
    headcount_band = models.CharField(_("headcount"), max_length=10, choices=HeadcountBand.choices, blank=True)
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("fiscal year starts in month"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    website = models.URLField(_("website"), blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.INVITED)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    units = models.ManyToManyField("suppliers.BuyingUnit", related_name="suppliers", blank=True, verbose_name=_("buying units"))
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                "name_zh",
                Value(" "),
                "name_en",
                Value(" "),
                Coalesce("reference", Value("")),
                Value(" "),
                Coalesce("uscc", Value("")),
                Value(" "),
                Coalesce("lei", Value("")),
                Value(" "),
                Coalesce("duns", Value("")),
                Value(" "),
                Coalesce("company_number", Value("")),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    sort_name = models.GeneratedField(
        expression=Lower(Coalesce(NullIf("name_zh", Value("")), "name_en")),
        output_field=models.CharField(max_length=300),
        db_persist=True,
    )

    objects = SupplierQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        constraints = [
            models.CheckConstraint(condition=~Q(name_zh="") | ~Q(name_en=""), name="supplier_has_a_name"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="supplier_category_known"),
            models.CheckConstraint(
                condition=Q(state__in=["invited", "registered", "active", "suspended", "offboarded"]), name="supplier_state_known"
            ),
            models.CheckConstraint(condition=Q(headcount_band__in=["", *HeadcountBand.values]), name="supplier_headcount_known"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="supplier_country_code"),
            models.CheckConstraint(condition=Q(fiscal_year_start__range=(1, 12)), name="supplier_fiscal_month"),
            models.CheckConstraint(condition=Q(uscc__isnull=True) | Q(uscc__regex=r"^[0-9A-Z]{18}$"), name="supplier_uscc_form"),
            models.CheckConstraint(condition=Q(lei__isnull=True) | Q(lei__regex=r"^[0-9A-Z]{20}$"), name="supplier_lei_form"),
            models.CheckConstraint(condition=Q(duns__isnull=True) | Q(duns__regex=r"^[0-9]{9}$"), name="supplier_duns_form"),
            models.UniqueConstraint(
                fields=["country", "company_number"],
                condition=Q(company_number__isnull=False),
                name="supplier_company_number_once_a_country",
            ),
        ]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="supplier_by_name"),
            models.Index(fields=["category", "sort_name", "id"], name="supplier_by_category"),
            models.Index(fields=["country", "region"], name="supplier_by_country"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("reports:supplier", args=[self.pk])

    @property
    def identifier(self) -> str:
        return self.uscc or self.lei or self.company_number or self.duns or self.reference or ""

    @property
    def fiscal_year_start_name(self) -> str:
        return str(MONTHS[self.fiscal_year_start])


class BuyingUnit(Named):
    """A part of the buyer that uses suppliers: a business group, a region, a subsidiary."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("buying unit")
        verbose_name_plural = _("buying units")
        constraints = [models.CheckConstraint(condition=~Q(name_zh="") | ~Q(name_en=""), name="unit_has_a_name")]


Owned = TypeVar("Owned", bound="SupplierOwned")


class OwnedQuerySet(WalledQuerySet[Owned], Generic[Owned]):
    """Rows that hang on a supplier: seen by those who see the supplier."""

    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.SUPPLIER_VIEW):
            return self.without_conflicts_of(user)
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()


class SupplierOwned(models.Model):
    supplier: models.ForeignKey[Supplier]

    class Meta:
        abstract = True


@keep_history()
class Site(Placed, SupplierOwned):
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="sites", verbose_name=_("supplier"))
    reference = models.CharField(_("site number"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=200)
    type = models.CharField(_("type"), max_length=20, choices=SiteType.choices)
    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("province or region"), max_length=80, blank=True)
    address = models.TextField(_("address"), blank=True)
    headcount = models.PositiveIntegerField(_("people working there"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = OwnedQuerySet["Site"].as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.CheckConstraint(condition=Q(type__in=SiteType.values), name="site_type_known"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="site_country_code"),
            models.UniqueConstraint(fields=["supplier", "name"], name="site_name_once_a_supplier"),
        ]

    def __str__(self) -> str:
        return self.name


@keep_history(personal=["name", "email", "phone", "job_title"])
class Contact(SupplierOwned):
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="contacts", verbose_name=_("supplier"))
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans", choices=[("en", "English"), ("zh-hans", "简体中文")])
    is_primary = models.BooleanField(_("first contact"), default=False)

    objects = OwnedQuerySet["Contact"].as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(F("supplier"), Lower("email"), name="contact_email_once_a_supplier"),
            models.UniqueConstraint(fields=["supplier"], condition=Q(is_primary=True), name="contact_one_primary"),
            models.CheckConstraint(condition=Q(language__in=["en", "zh-hans"]), name="contact_language_known"),
        ]

    def __str__(self) -> str:
        return self.name


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def waiting(self) -> Self:
        return self.filter(status=Registration.Status.WAITING)


@keep_history(personal=["contact_name", "contact_email", "contact_phone"])
class Registration(Named, Placed):
    """A company's own application to be a supplier. Becomes a supplier, an account and an invitation when staff approve it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for a decision")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    name_zh = models.CharField(_("Chinese name"), max_length=300, blank=True)
    name_en = models.CharField(_("English name"), max_length=300, blank=True)
    uscc = models.CharField(_("Unified Social Credit Code"), max_length=18, blank=True)
    lei = models.CharField(_("LEI"), max_length=20, blank=True)
    duns = models.CharField(_("D-U-N-S number"), max_length=9, blank=True)
    company_number = models.CharField(_("national company number"), max_length=40, blank=True)
    country = models.CharField(_("country of registration"), max_length=2)
    region = models.CharField(_("province or region"), max_length=80, blank=True)
    address = models.TextField(_("registered address"), blank=True)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    headcount_band = models.CharField(_("headcount"), max_length=10, choices=HeadcountBand.choices)
    contact_name = models.CharField(_("your name"), max_length=150)
    contact_email = models.EmailField(_("your e-mail address"))
    contact_phone = models.CharField(_("your telephone"), max_length=40, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    possible_duplicate = models.ForeignKey(Supplier, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(_("submitted"))
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.SET_NULL, null=True, blank=True, related_name="registrations")

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["waiting", "approved", "refused"]), name="registration_status_known"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="registration_category_known"),
            models.CheckConstraint(condition=Q(headcount_band__in=HeadcountBand.values), name="registration_headcount_known"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, status="waiting")
                | Q(decided_at__isnull=False, decided_by__isnull=False, status__in=["approved", "refused"]),
                name="registration_decided_at_and_by_together",
            ),
        ]
        indexes = [models.Index(fields=["status", "submitted_at"], name="registration_waiting")]

    def get_absolute_url(self) -> str:
        return reverse("suppliers:registration_detail", args=[self.pk])

    @property
    def identifiers(self) -> list[tuple[StrOrPromise, str]]:
        labels = {
            "uscc": _("Unified Social Credit Code"),
            "lei": _("LEI"),
            "duns": _("D-U-N-S number"),
            "company_number": _("national company number"),
        }
        return [(label, getattr(self, name)) for name, label in labels.items() if getattr(self, name)]


class Import(models.Model):
    """An uploaded list of suppliers, sites or contacts: the file, how its columns were read, and what became of each row."""

    class Kind(models.TextChoices):
        SUPPLIERS = "suppliers", _("Suppliers")
        SITES = "sites", _("Sites")
        CONTACTS = "contacts", _("Contacts")
        RECORDS = "records", _("Public records")

    kind = models.CharField(_("what the rows are"), max_length=10, choices=Kind.choices)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=300)
    original_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict, blank=True, help_text="our field -> column heading of the file")
    defaults = models.JSONField(default=dict, blank=True, help_text="our field -> value for rows without one")
    counts = models.JSONField(default=dict, blank=True)
    dry_run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["suppliers", "sites", "contacts", "records"]), name="import_kind_known")
        ]

    def __str__(self) -> str:
        return self.original_name

    def get_absolute_url(self) -> str:
        return reverse("suppliers:import_detail", args=[self.pk])

    @property
    def outcomes(self) -> list["ImportRow.Outcome"]:
        """What may become of a row: only public records wait for a match, or are nobody's."""
        of_records = (ImportRow.Outcome.HELD, ImportRow.Outcome.NOT_OURS)
        return [outcome for outcome in ImportRow.Outcome if self.kind == self.Kind.RECORDS or outcome not in of_records]

    @property
    def is_imported(self) -> bool:
        """Or being imported. A list that a command read in has no run."""
        return self.run_id is not None or "import" in self.counts

    @property
    def shown_counts(self) -> dict[str, int]:
        """What became of the rows; before the import, what the dry run says would."""
        counts: dict[str, int] = self.counts.get("import") or self.counts.get("dry_run") or {}
        return counts


class ImportRow(models.Model):
    """What became of one row of the file; rows left alone are counted, not kept."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        UNCHANGED = "unchanged", _("Left alone")
        REJECTED = "rejected", _("Rejected")
        # Of public records only.
        HELD = "held", _("For a person to match")
        NOT_OURS = "not_ours", _("Not one of our suppliers")

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    is_dry_run = models.BooleanField(default=True)
    number = models.PositiveIntegerField(_("row"), help_text="line of the sheet, the heading is 1")
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    label = models.CharField(max_length=300, blank=True)
    problems = models.JSONField(default=list, blank=True, help_text="[{column, code, params}]")
    changes = models.JSONField(default=dict, blank=True, help_text="field -> [before, after]")

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        constraints = [
            models.UniqueConstraint(fields=["source", "is_dry_run", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["created", "updated", "unchanged", "rejected", "held", "not_ours"]),
                name="import_row_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.number}"

    def lines(self) -> list[str]:
        """Why the row was rejected, or what changed, in words: one line a cell."""
        return [f"{cell}: {text}" if cell else text for cell, text in self.reasons()]

    def reasons(self) -> list[tuple[str, str]]:
        """(column, what is the matter): the column as the file calls it, or as we do."""
        problems = [(self.column_name(each), problem_text(each["code"], self.in_words(each))) for each in self.problems]
        changes = [(self.column_name({"field": name}), f"{old or '–'} → {new or '–'}") for name, (old, new) in self.changes.items()]
        return problems + changes

    def in_words(self, problem: dict[str, Any]) -> dict[str, Any]:
        """Choices are kept by their codes and read by their labels."""
        from suppliers.models.records import PublicRecord

        of_field = {
            "category": Category.labels,
            "type": SiteType.labels,
            "kind": PublicRecord.Kind.labels,
            "rating": PublicRecord.Rating.labels,
        }
        choices = of_field.get(problem["field"])
        params: dict[str, Any] = problem["params"]
        return params | ({"choices": ", ".join(map(str, choices))} if choices else {})

    def column_name(self, problem: dict[str, str]) -> str:
        from suppliers.columns import by_name

        heading = problem.get("column") or self.source.mapping.get(problem["field"], "")
        column = by_name(self.source.kind).get(problem["field"])
        return heading or (column.label if column else problem["field"])
