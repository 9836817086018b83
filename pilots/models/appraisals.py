from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from audit.history import keep_history
from pilots.models.agreements import Agreement
from pilots.models.parts import PartQuerySet


if TYPE_CHECKING:
    from accounts.models import User


class AppraisalScheme(models.Model):
    """A version of the weights and grades, with who approved it."""

    append_only = True

    version = models.PositiveSmallIntegerField(_("version"), unique=True)
    reduction = models.DecimalField(_("reduction against the trajectory (%)"), max_digits=5, decimal_places=2)
    renewable_share = models.DecimalField(_("renewable share (%)"), max_digits=5, decimal_places=2)
    pue = models.DecimalField(_("PUE (%)"), max_digits=5, decimal_places=2)
    data_quality = models.DecimalField(_("data quality (%)"), max_digits=5, decimal_places=2)
    actions = models.DecimalField(_("actions delivered (%)"), max_digits=5, decimal_places=2)
    grades = models.JSONField(help_text="grade -> the score from which on it is given")
    approved_by = models.CharField(_("approved by"), max_length=200)
    approved_on = models.DateField(_("approved on"))
    published_at = models.DateTimeField(_("published"))

    objects = models.Manager["AppraisalScheme"]()

    class Meta:
        verbose_name = _("appraisal scheme")
        verbose_name_plural = _("appraisal schemes")
        constraints = [
            models.CheckConstraint(
                condition=Q(reduction=100 - F("renewable_share") - F("pue") - F("data_quality") - F("actions")),
                name="appraisal_scheme_weights_make_100",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.version)

    @property
    def weights(self) -> dict[str, Decimal]:
        names = ("reduction", "renewable_share", "pue", "data_quality", "actions")
        return {name: getattr(self, name) for name in names}


class AppraisalQuerySet(PartQuerySet["Appraisal"]):
    def visible_to(self, user: "User") -> Self:
        """What is calculated and not yet proposed is the buyer's own paper."""
        visible = super().visible_to(user)
        return visible if user.is_buyer else visible.exclude(status=Appraisal.Status.CALCULATED)


@keep_history()
class Appraisal(models.Model):
    """How an agreement did in a period: calculated by a run, proposed by one person, commented on by the supplier, confirmed by another."""

    class Status(models.TextChoices):
        CALCULATED = "calculated", pgettext_lazy("appraisal", "Calculated")
        PROPOSED = "proposed", pgettext_lazy("appraisal", "Proposed")
        CONFIRMED = "confirmed", pgettext_lazy("appraisal", "Confirmed")

    class Consequence(models.TextChoices):
        NONE = "none", _("None")
        INCENTIVE = "incentive", _("The incentive agreed on")
        REMEDY = "remedy", _("The remedy agreed on")
        LABEL = "label", _("The pilot does not count for the green label until a later appraisal")

    class IllegalTransition(Exception):
        """The appraisal is not in a state from which this step can be taken."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="appraisals")
    year = models.PositiveSmallIntegerField(_("year"))
    quarter = models.PositiveSmallIntegerField(_("quarter"), null=True, blank=True)
    scheme = models.ForeignKey(AppraisalScheme, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.CALCULATED)
    parts = models.JSONField(help_text="what was looked at, with its figures, weight and share")
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=2, null=True, blank=True)
    grade = models.CharField(_("grade"), max_length=2, blank=True)
    calculated_at = models.DateTimeField(_("calculated"))
    reasons = models.TextField(_("reasons"), blank=True)
    consequence = models.CharField(_("consequence"), max_length=10, choices=Consequence.choices, default=Consequence.NONE)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"), null=True, blank=True)
    comment = models.TextField(_("comment of the supplier"), blank=True)
    commented_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    commented_at = models.DateTimeField(_("commented"), null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="of what was confirmed")

    objects = AppraisalQuerySet.as_manager()

    class Meta:
        verbose_name = _("appraisal")
        verbose_name_plural = _("appraisals")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "year", "quarter"], nulls_distinct=False, name="appraisal_once_a_period"),
            models.CheckConstraint(condition=Q(quarter__isnull=True) | Q(quarter__range=(1, 4)), name="appraisal_quarter_1_to_4"),
            models.CheckConstraint(condition=Q(status__in=["calculated", "proposed", "confirmed"]), name="appraisal_status_known"),
            models.CheckConstraint(
                condition=Q(consequence__in=["none", "incentive", "remedy", "label"]), name="appraisal_consequence_known"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True, grade="") | Q(score__range=(0, 100)) & ~Q(grade=""), name="appraisal_grade_with_its_score"
            ),
            models.CheckConstraint(
                condition=Q(status="calculated", proposed_by__isnull=True, proposed_at__isnull=True)
                | ~Q(status="calculated") & ~Q(reasons="") & Q(proposed_by__isnull=False, proposed_at__isnull=False),
                name="appraisal_proposed_with_reasons",
            ),
            models.CheckConstraint(
                condition=Q(commented_by__isnull=True, commented_at__isnull=True)
                | Q(commented_by__isnull=False, commented_at__isnull=False),
                name="appraisal_commented_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(status="confirmed", confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(content_sha256="")
                | ~Q(status="confirmed") & Q(confirmed_by__isnull=True, confirmed_at__isnull=True, content_sha256=""),
                name="appraisal_confirmed_by_and_at",
            ),
            # Two people: nobody confirms what he or she proposed.
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")), name="appraisal_by_two_people"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="confirmed_stays", operation=pgtrigger.Update | pgtrigger.Delete, condition=pgtrigger.Q(old__status="confirmed")
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.period_name}"

    def get_absolute_url(self) -> str:
        return reverse("pilots:appraisal", args=[self.pk])

    @property
    def period_name(self) -> str:
        if self.quarter is None:
            return str(self.year)
        return pgettext("period of an appraisal", "%(year)s, quarter %(quarter)s") % {"year": self.year, "quarter": self.quarter}

    def content(self) -> dict[str, Any]:
        """What the hash is of."""
        return {
            "agreement": self.agreement.number,
            "terms_sha256": self.agreement.content_sha256,
            "year": self.year,
            "quarter": self.quarter,
            "scheme": self.scheme.version,
            "parts": self.parts,
            "score": None if self.score is None else str(self.score),
            "grade": self.grade,
            "reasons": self.reasons,
            "comment": self.comment,
            "consequence": self.consequence,
        }
