from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Round
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission, has
from audit.history import keep_history
from emissions.models import FactorSet, in_use, tonnes
from pilots.models.templates import AgreementTemplate
from pilots.trajectory import AT_RISK_FROM, Track, Verdict, achieved, figure, judge
from suppliers.models import Site, Supplier, SupplierOwned, WalledQuerySet
from suppliers.search import words_of


if TYPE_CHECKING:
    from accounts.models import User


class AgreementQuerySet(WalledQuerySet["Agreement"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.PILOT_VIEW):
            return self.without_conflicts_of(user)
        if user.supplier_id:
            # A draft is the buyer's own paper until it is offered.
            return self.filter(supplier_id=user.supplier_id).exclude(status=Agreement.Status.DRAFT)
        return self.none()

    def in_force(self) -> Self:
        return self.filter(status__in=Agreement.IN_FORCE)

    def search(self, text: str) -> Self:
        """Every word must occur in the agreement's number or in the supplier's names and identifiers."""
        found = self
        for word in words_of(text):
            found = found.filter(Q(supplier__search_text__contains=word) | Q(number__icontains=word))
        return found

    def tracked_as(self, track: str) -> Self:
        """Of those with a track. Before it is in force, an agreement is neither on nor off its trajectory."""
        judged = [*Agreement.IN_FORCE, Agreement.Status.CLOSED, Agreement.Status.TERMINATED]
        return self.filter(Q(track=track), status__in=judged)

    def with_track(self) -> Self:
        """`trajectory.judge` in SQL, for lists and filters: adds `track`, `latest_year`, `latest_figure`, `latest_target`, `base`."""
        from pilots.models.parts import ReportedYear

        judged = ReportedYear.objects.filter(agreement=OuterRef("pk"), months_covered=12, agreement__targets__year=F("year"))
        judged = judged.filter(Q(agreement__measure="absolute") | Q(denominator__gt=0)).order_by("-year")
        reported = judged.annotate(figure=_in_measure("agreement__measure", "emissions", "denominator"))
        rows = self.annotate(
            base=_in_measure("measure", "base_emissions", "base_denominator"),
            latest_year=Subquery(judged.values("year")[:1]),
            latest_figure=Subquery(reported.values("figure")[:1]),
            latest_tonnes=Subquery(judged.values("emissions")[:1]),
            latest_target=Subquery(judged.values("agreement__targets__emissions")[:1]),
        )
        due, done = F("base") - F("latest_target"), F("base") - F("latest_figure")
        return rows.annotate(
            track=Case(
                When(latest_year__isnull=True, then=Value(Track.NO_DATA.value)),
                When(latest_figure__lte=F("latest_target"), then=Value(Track.ON_TRACK.value)),
                When(Q(base__gt=F("latest_target")) & Q(_at_least(done, due * AT_RISK_FROM)), then=Value(Track.AT_RISK.value)),
                default=Value(Track.OFF_TRACK.value),
                output_field=models.CharField(),
            )
        )

    def with_next_dates(self, today: date) -> Self:
        """Adds the next milestone and the next joint action that is not done."""
        from pilots.models.joint import JointAction
        from pilots.models.parts import Milestone

        open_actions = JointAction.objects.exclude(status__in=[*JointAction.NOT_TAKEN_PART, JointAction.Status.DELIVERED])
        ahead = {"agreement": OuterRef("pk"), "due_on__gte": today}
        return self.annotate(
            next_milestone=Subquery(Milestone.objects.filter(**ahead).order_by("due_on").values("due_on")[:1]),
            next_action=Subquery(open_actions.filter(**ahead).order_by("due_on").values("due_on")[:1]),
        )


_NUMBER: "models.DecimalField[Any, Any]" = models.DecimalField(max_digits=24, decimal_places=6)


def _in_measure(measure: str, emissions: str, denominator: str) -> Case:
    """Tonnes, or tonnes per unit to six places, as the agreement measures."""
    intensity = Round(ExpressionWrapper(F(emissions) / F(denominator), output_field=_NUMBER), precision=6)
    return Case(When(**{measure: "intensity"}, then=intensity), default=F(emissions), output_field=_NUMBER)


def _at_least(left: Any, right: Any) -> Any:
    from django.db.models.lookups import GreaterThanOrEqual

    return GreaterThanOrEqual(ExpressionWrapper(left, output_field=_NUMBER), ExpressionWrapper(right, output_field=_NUMBER))


@keep_history()
class Agreement(SupplierOwned):
    """A carbon-neutral pilot agreement between the buyer and one supplier."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OFFERED = "offered", _("Offered")
        SIGNED = "signed", _("Signed by both")
        ACTIVE = "active", pgettext_lazy("agreement", "Active")
        IN_RECALCULATION = "in_recalculation", _("In recalculation")
        CLOSED = "closed", pgettext_lazy("agreement", "Closed")
        TERMINATED = "terminated", _("Terminated")

    class Measure(models.TextChoices):
        ABSOLUTE = "absolute", _("Absolute emissions (tCO₂e)")
        INTENSITY = "intensity", _("Intensity (tCO₂e per unit)")

    class Path(models.TextChoices):
        LINEAR = "linear", _("Linear: the same tonnes each year")
        COMPOUNDING = "compounding", _("Compounding: the same percentage each year")

    class Scope2Method(models.TextChoices):
        MARKET = "market", _("Market-based")
        LOCATION = "location", _("Location-based")

    class Cycle(models.TextChoices):
        YEAR = "year", _("By the year")
        QUARTER = "quarter", _("By the quarter and the year")

    class Verification(models.TextChoices):
        NONE = "none", _("Not required")
        LIMITED = "limited", _("Third party, limited assurance (ISO 14064-3)")
        REASONABLE = "reasonable", _("Third party, reasonable assurance (ISO 14064-3)")

    # Tonnes are shown to one place, an intensity to four.
    FIGURE_PLACES: ClassVar[dict[Measure, int]] = {Measure.ABSOLUTE: 1, Measure.INTENSITY: 4}
    IN_FORCE = (Status.ACTIVE, Status.IN_RECALCULATION)
    RUNNING = (Status.OFFERED, Status.SIGNED, Status.ACTIVE, Status.IN_RECALCULATION)

    class IllegalTransition(Exception):
        """The agreement is not in a state from which this step can be taken."""

    number = models.CharField(_("agreement number"), max_length=40, unique=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("supplier"))
    sites = models.ManyToManyField(Site, related_name="agreements", blank=True, verbose_name=_("sites"))
    template = models.ForeignKey(
        AgreementTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("template")
    )
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.DRAFT)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    base_year = models.PositiveSmallIntegerField(_("base year"))
    base_emissions = tonnes(_("base-year emissions (tCO₂e)"))
    boundary = models.TextField(_("boundary"), help_text=_("Which sites, scopes and gases count, and by which consolidation approach."))
    counts_scope1 = models.BooleanField(_("scope 1 counts"), default=True)
    counts_scope2 = models.BooleanField(_("scope 2 counts"), default=True)
    scope3_categories = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("scope 3 categories that count"), default=list, blank=True
    )
    scope2_method = models.CharField(_("scope 2 is taken"), max_length=10, choices=Scope2Method.choices, default=Scope2Method.MARKET)
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices, default=Measure.ABSOLUTE)
    intensity_unit = models.CharField(_("per unit of"), max_length=60, blank=True)
    base_denominator = models.DecimalField(_("base-year quantity"), max_digits=20, decimal_places=4, null=True, blank=True)
    total_reduction = models.DecimalField(_("total reduction by the last year (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    path = models.CharField(_("path of reduction"), max_length=12, choices=Path.choices, default=Path.LINEAR)
    factor_set = models.ForeignKey(
        FactorSet, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("factor set")
    )
    renewable_share_target = models.DecimalField(_("renewable share target (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    pue_target = models.DecimalField(_("PUE target"), max_digits=4, decimal_places=3, null=True, blank=True)
    reporting_cycle = models.CharField(_("reporting and appraisal"), max_length=10, choices=Cycle.choices, default=Cycle.YEAR)
    # How a year's target is shared out over its quarters, in per cent.
    quarter_1 = models.DecimalField(_("first quarter (%)"), max_digits=5, decimal_places=2, default=25)
    quarter_2 = models.DecimalField(_("second quarter (%)"), max_digits=5, decimal_places=2, default=25)
    quarter_3 = models.DecimalField(_("third quarter (%)"), max_digits=5, decimal_places=2, default=25)
    quarter_4 = models.DecimalField(_("fourth quarter (%)"), max_digits=5, decimal_places=2, default=25)
    verification = models.CharField(_("verification"), max_length=10, choices=Verification.choices, default=Verification.NONE)
    special_terms = models.TextField(_("special terms"), blank=True)
    recalculation_threshold = models.DecimalField(_("recalculation threshold (%)"), max_digits=5, decimal_places=2, default=5)
    scheme = models.ForeignKey(
        "pilots.AppraisalScheme", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("appraisal scheme")
    )
    incentive = models.TextField(_("incentive"), blank=True)
    remedy = models.TextField(_("remedy when off track"), blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    offered_at = models.DateTimeField(null=True, blank=True)
    offered_terms = models.JSONField(null=True, blank=True, help_text="the terms as they were offered: what the hash is of")
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="hash of the offered terms: both sides sign the same")
    appraised_at = models.DateTimeField(_("last appraised"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(_("reason"), blank=True)

    # What `with_track` adds.
    track: str
    base: Decimal
    latest_year: int | None
    latest_figure: Decimal | None
    latest_target: Decimal | None
    latest_tonnes: Decimal | None
    # What `with_next_dates` adds.
    next_milestone: date | None
    next_action: date | None

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("pilot agreement")
        verbose_name_plural = _("pilot agreements")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "offered", "signed", "active", "in_recalculation", "closed", "terminated"]),
                name="agreement_status_known",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="agreement_ends_after_start"),
            models.CheckConstraint(condition=Q(base_emissions__gt=0), name="agreement_base_above_zero"),
            models.CheckConstraint(
                condition=Q(measure="absolute") | (~Q(intensity_unit="") & Q(base_denominator__isnull=False, base_denominator__gt=0)),
                name="agreement_intensity_has_a_unit",
            ),
            models.CheckConstraint(condition=Q(scope2_method__in=["market", "location"]), name="agreement_scope2_method_known"),
            models.CheckConstraint(condition=Q(path__in=["linear", "compounding"]), name="agreement_path_known"),
            models.CheckConstraint(
                condition=Q(total_reduction__isnull=True) | Q(total_reduction__gt=0, total_reduction__lte=100),
                name="agreement_reduction_0_to_100",
            ),
            models.CheckConstraint(condition=Q(pue_target__isnull=True) | Q(pue_target__gte=1), name="agreement_pue_from_1"),
            models.CheckConstraint(
                condition=Q(renewable_share_target__isnull=True) | Q(renewable_share_target__range=(0, 100)),
                name="agreement_share_0_to_100",
            ),
            models.CheckConstraint(
                condition=Q(counts_scope1=True) | Q(counts_scope2=True) | Q(scope3_categories__len__gt=0), name="agreement_counts_something"
            ),
            models.CheckConstraint(
                condition=Q(scope3_categories__contained_by=list(range(1, 16))), name="agreement_scope3_categories_known"
            ),
            # Scope 3 is known by the year alone.
            models.CheckConstraint(
                condition=Q(reporting_cycle="year") | Q(reporting_cycle="quarter", scope3_categories__len=0), name="agreement_cycle_fits"
            ),
            models.CheckConstraint(
                condition=Q(
                    quarter_1__gte=0, quarter_2__gte=0, quarter_3__gte=0, quarter_4=100 - F("quarter_1") - F("quarter_2") - F("quarter_3")
                )
                & Q(quarter_4__gte=0),
                name="agreement_quarters_make_a_year",
            ),
            models.CheckConstraint(condition=Q(verification__in=["none", "limited", "reasonable"]), name="agreement_verification_known"),
            models.CheckConstraint(condition=Q(status="draft") | ~Q(content_sha256=""), name="agreement_offered_has_a_hash"),
        ]
        indexes = [models.Index(fields=["supplier", "status"], name="agreement_of_supplier")]

    def __str__(self) -> str:
        return self.number

    @property
    def title(self) -> str:
        return in_use(self.title_zh, self.title_en)

    @property
    def base_figure(self) -> Decimal:
        """The base year in the agreement's measure."""
        return figure(self.base_emissions, self.base_denominator if self.measure == self.Measure.INTENSITY else None)

    @property
    def figure_places(self) -> int:
        return self.FIGURE_PLACES[self.Measure(self.measure)]

    @property
    def unit(self) -> str:
        return f"tCO₂e / {self.intensity_unit}" if self.measure == self.Measure.INTENSITY else "tCO₂e"

    @property
    def has_track(self) -> bool:
        """Before it is in force, an agreement is neither on nor off its trajectory."""
        return self.status in (*self.IN_FORCE, self.Status.CLOSED, self.Status.TERMINATED)

    @property
    def track_verdict(self) -> Verdict:
        """Of a row that `with_track` made."""
        if self.latest_figure is None or self.latest_target is None:
            return Verdict(Track.NO_DATA)
        share = achieved(self.base, self.latest_target, self.latest_figure)
        return Verdict(Track(self.track), self.latest_year, self.latest_target, self.latest_figure, share)

    @property
    def quarter_weights(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        return self.quarter_1, self.quarter_2, self.quarter_3, self.quarter_4

    @property
    def is_by_quarter(self) -> bool:
        return self.reporting_cycle == self.Cycle.QUARTER

    @property
    def is_in_force(self) -> bool:
        return self.status in self.IN_FORCE

    def verdict(self) -> Verdict:
        """Needs `targets` and `reported_years`; prefetch them for many."""
        targets = {target.year: target.emissions for target in self.targets.all()}
        return judge(self.base_figure, targets, [reported.progress(self) for reported in self.reported_years.all()])

    def get_absolute_url(self) -> str:
        return reverse("pilots:detail", args=[self.pk])

    def _move(self, *, allowed: tuple[str, ...], to: str) -> None:
        if self.status not in allowed:
            raise self.IllegalTransition(self.status)
        self.status = to

    def offer(self, *, terms: dict[str, Any], content_sha256: str, at: datetime) -> None:
        self._move(allowed=(self.Status.DRAFT,), to=self.Status.OFFERED)
        self.offered_terms, self.content_sha256, self.offered_at = terms, content_sha256, at
        self.save(update_fields=["status", "offered_terms", "content_sha256", "offered_at"])

    def withdraw_offer(self) -> None:
        self._move(allowed=(self.Status.OFFERED,), to=self.Status.DRAFT)
        self.save(update_fields=["status"])

    def become_signed(self) -> None:
        self._move(allowed=(self.Status.OFFERED,), to=self.Status.SIGNED)
        self.save(update_fields=["status"])

    def come_into_force(self, *, on: date) -> bool:
        """Whether it did: a signed agreement waits for its first day."""
        if on < self.starts_on:
            return False
        self._move(allowed=(self.Status.SIGNED,), to=self.Status.ACTIVE)
        self.save(update_fields=["status"])
        return True

    def begin_recalculation(self) -> None:
        self._move(allowed=(self.Status.ACTIVE,), to=self.Status.IN_RECALCULATION)
        self.save(update_fields=["status"])

    def end_recalculation(self) -> None:
        self._move(allowed=(self.Status.IN_RECALCULATION,), to=self.Status.ACTIVE)
        self.save(update_fields=["status"])

    def close(self, *, reason: str, at: datetime) -> None:
        self._end(allowed=self.IN_FORCE, to=self.Status.CLOSED, reason=reason, at=at)

    def terminate(self, *, reason: str, at: datetime) -> None:
        self._end(allowed=self.RUNNING, to=self.Status.TERMINATED, reason=reason, at=at)

    def _end(self, *, allowed: tuple[str, ...], to: str, reason: str, at: datetime) -> None:
        self._move(allowed=allowed, to=to)
        self.ended_reason, self.ended_at = reason, at
        self.save(update_fields=["status", "ended_reason", "ended_at"])
