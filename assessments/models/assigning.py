"""Who reviews what: the rules, who is away, what a campaign asks of its reviews, and every step by which a case came to somebody."""

import secrets
from datetime import date
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from assessments.models.assessments import Assessment, AssessmentOwned, AssessmentOwnedQuerySet
from assessments.models.campaigns import Campaign
from audit.history import keep_history
from suppliers.models import BuyingUnit, Category


if TYPE_CHECKING:
    from accounts.models import User


OfReviews = TypeVar("OfReviews", bound=models.Model)


class OfReviewsQuerySet(models.QuerySet[OfReviews], Generic[OfReviews]):
    """How the buyer arranges its reviews is the buyer's own."""

    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.REVIEW_VIEW) else self.none()


@keep_history()
class AssignmentRule(models.Model):
    """Cases of a category and a buying unit go to these reviewers. The first rule that fits and has somebody free decides."""

    position = models.PositiveSmallIntegerField(_("order"))
    category = models.CharField(_("category"), max_length=20, choices=Category.choices, blank=True)
    unit = models.ForeignKey(BuyingUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("buying unit"))

    objects = OfReviewsQuerySet["AssignmentRule"].as_manager()

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        constraints = [
            models.UniqueConstraint(fields=["position"], name="assignment_rule_one_place", deferrable=models.Deferrable.DEFERRED),
            models.CheckConstraint(condition=Q(category="") | Q(category__in=Category.values), name="assignment_rule_category_known"),
        ]

    def __str__(self) -> str:
        return str(self.position)


@keep_history()
class RuleReviewer(models.Model):
    rule = models.ForeignKey(AssignmentRule, on_delete=models.CASCADE, related_name="reviewers")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    objects = OfReviewsQuerySet["RuleReviewer"].as_manager()

    class Meta:
        verbose_name = _("reviewer of a rule")
        verbose_name_plural = _("reviewers of rules")
        constraints = [models.UniqueConstraint(fields=["rule", "reviewer"], name="rule_reviewer_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} → {self.reviewer_id}"


class AbsenceQuerySet(OfReviewsQuerySet["Absence"]):
    def on(self, day: date) -> Self:
        return self.filter(first_day__lte=day, last_day__gte=day)


@keep_history()
class Absence(models.Model):
    """Away from the first to the last day, both counted: nothing lands on the absent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences", verbose_name=_("person"))
    first_day = models.DateField(_("first day away"))
    last_day = models.DateField(_("away until"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("entered"))

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_it_begins")]
        indexes = [models.Index(fields=["last_day"], name="absence_by_last_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.first_day} – {self.last_day}"


class ReviewAssignment(AssessmentOwned):
    """How a case came to its reviewer, or left one. Written once; the reviewer of today is `Assessment.reviewer`."""

    append_only = True

    class Why(models.TextChoices):
        RULE = "rule", _("By rule")
        BY_HAND = "by_hand", _("By hand")
        GIVEN_BACK = "given_back", _("Put back into the queue")
        CONFLICT = "conflict", _("Conflict of interest")

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="review_assignments")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="empty: nobody"
    )
    before = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    why = models.CharField(_("why"), max_length=12, choices=Why.choices)
    # The rule's place when it was applied: rules are changed and deleted, what happened is not.
    rule = models.PositiveSmallIntegerField(_("rule"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    objects = AssessmentOwnedQuerySet["ReviewAssignment"].as_manager()

    class Meta:
        verbose_name = _("assignment of a review")
        verbose_name_plural = _("assignments of reviews")
        constraints = [
            models.CheckConstraint(condition=Q(why__in=["rule", "by_hand", "given_back", "conflict"]), name="review_assignment_why_known"),
            models.CheckConstraint(
                condition=~Q(why="by_hand") | (Q(assigned_by__isnull=False) & ~Q(reason="")), name="review_assignment_by_hand_is_explained"
            ),
            models.CheckConstraint(
                condition=~Q(why="rule") | Q(rule__isnull=False, reviewer__isnull=False), name="review_assignment_by_which_rule"
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.assessment_id} → {self.reviewer_id}"


def new_seed() -> str:
    return secrets.token_hex(16)


@keep_history()
class ReviewPlan(models.Model):
    """What a campaign asks of its reviews. A campaign without one goes by the defaults of these columns."""

    DAYS, SOON_DAYS, ESCALATE_DAYS = 14, 3, 7

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="review_plan")
    days = models.PositiveSmallIntegerField(
        _("days for a review"),
        default=DAYS,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("A review is due so many days after the supplier has submitted."),
    )
    soon_days = models.PositiveSmallIntegerField(
        _("due soon"),
        default=SOON_DAYS,
        validators=[MaxValueValidator(90)],
        help_text=_("So many days before, the review counts as due soon and its reviewer is reminded."),
    )
    escalate_days = models.PositiveSmallIntegerField(
        _("escalate after"),
        default=ESCALATE_DAYS,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("So many days after the due date the ESG staff are told."),
    )

    second_share = models.PositiveSmallIntegerField(
        _("second reviews (%)"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("So many of a hundred cases are reviewed a second time by somebody who does not know the first review."),
    )
    second_minimum = models.PositiveSmallIntegerField(
        _("at least"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("So many cases of each category and of each reviewer, even where the share alone draws fewer."),
    )
    # Whoever knows it draws the same sample. It is kept from reviewers, who could tell beforehand what is looked at twice.
    seed = models.CharField(max_length=32, default=new_seed, editable=False)

    objects = OfReviewsQuerySet["ReviewPlan"].as_manager()

    class Meta:
        verbose_name = _("review plan")
        verbose_name_plural = _("review plans")
        constraints = [
            models.CheckConstraint(condition=Q(days__range=(1, 365), escalate_days__range=(1, 365)), name="review_plan_days_in_bounds"),
            models.CheckConstraint(condition=Q(soon_days__lte=90), name="review_plan_soon_in_bounds"),
            models.CheckConstraint(condition=Q(second_share__lte=100, second_minimum__lte=50), name="review_plan_sample_in_bounds"),
        ]

    def __str__(self) -> str:
        return str(self.campaign_id)


class ReviewNotice(AssessmentOwned):
    """Who was told that a review is due, so that nobody is told twice. `round`: the submission it is about."""

    class Stage(models.TextChoices):
        DUE_SOON = "due_soon", _("Due soon")
        OVERDUE = "overdue", _("Overdue")
        ESCALATED = "escalated", _("Told to the ESG staff")

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="empty: the ESG staff"
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices)
    round = models.DateTimeField()
    told_at = models.DateTimeField()

    objects = AssessmentOwnedQuerySet["ReviewNotice"].as_manager()

    class Meta:
        verbose_name = _("reminder of a review")
        verbose_name_plural = _("reminders of reviews")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "person", "stage", "round"], nulls_distinct=False, name="review_notice_once"),
            models.CheckConstraint(condition=Q(stage__in=["due_soon", "overdue", "escalated"]), name="review_notice_stage_known"),
            models.CheckConstraint(
                condition=Q(stage="escalated", person__isnull=True) | (~Q(stage="escalated") & Q(person__isnull=False)),
                name="review_notice_escalated_to_the_staff",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.stage}"
