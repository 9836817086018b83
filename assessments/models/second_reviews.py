from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from assessments.models.answers import Answer, Verdict
from assessments.models.assessments import Assessment, AssessmentOwned
from audit.history import keep_history
from suppliers.models import WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


_OTHER_EYES = """
    IF EXISTS (
        SELECT FROM assessments_assessment assessment WHERE assessment.id = NEW.assessment_id
        AND assessment.reviewer_id IN (NEW.reviewer_id, NEW.third_id)
    ) THEN
        RAISE EXCEPTION 'the first reviewer is not the second' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT FROM suppliers_interest interest JOIN assessments_assessment assessment ON assessment.supplier_id = interest.supplier_id
        WHERE assessment.id = NEW.assessment_id AND interest.user_id IN (NEW.reviewer_id, NEW.third_id) AND interest.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the reviewer has declared an interest in the supplier' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""


class SecondReviewQuerySet(WalledQuerySet["SecondReview"]):
    supplier_path = "assessment__supplier"

    def visible_to(self, user: "User") -> Self:
        """The buyer's alone. What it holds of either review stays shut until both are finished: see `is_comparable`."""
        return self.without_conflicts_of(user) if has(user, Permission.REVIEW_VIEW) else self.none()

    def open(self) -> Self:
        return self.exclude(status__in=[SecondReview.Status.SETTLED, SecondReview.Status.CALLED_OFF])

    def blinding(self, user: "User") -> Self:
        """Those of which this person must not see the first review yet."""
        return self.filter(status=SecondReview.Status.OPEN, reviewer=user)


@keep_history()
class SecondReview(AssessmentOwned):
    """An assessment that was drawn for a second, blind review, and what came of it."""

    class Status(models.TextChoices):
        OPEN = "open", _("Under way")
        DIFFERS = "differs", _("Differences to settle")
        SETTLED = "settled", _("Settled")
        CALLED_OFF = "called_off", _("Called off")

    class Drawn(models.TextChoices):
        SHARE = "share", _("By the share of the sample")
        MINIMUM = "minimum", _("For the minimum of its group")

    assessment = models.OneToOneField(Assessment, on_delete=models.CASCADE, related_name="second_review")
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.OPEN)
    drawn = models.CharField(_("drawn"), max_length=8, choices=Drawn.choices)
    drawn_at = models.DateTimeField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("second reviewer")
    )
    finished_at = models.DateTimeField(_("second review finished"), null=True, blank=True)
    first_finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("first reviewer")
    )
    first_finished_at = models.DateTimeField(_("first review finished"), null=True, blank=True)
    third = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("third person")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    called_off_reason = models.TextField(_("reason"), blank=True)

    objects = SecondReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("second review")
        verbose_name_plural = _("second reviews")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["open", "differs", "settled", "called_off"]), name="second_review_status_known"),
            models.CheckConstraint(condition=Q(drawn__in=["share", "minimum"]), name="second_review_drawn_known"),
            models.CheckConstraint(
                condition=Q(first_finished_at__isnull=True, first_finished_by__isnull=True)
                | Q(first_finished_at__isnull=False, first_finished_by__isnull=False),
                name="second_review_first_finished_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(reviewer__isnull=False), name="second_review_finished_by_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["differs", "settled"]) | Q(finished_at__isnull=False, first_finished_at__isnull=False),
                name="second_review_compared_when_both_finished",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["settled", "called_off"], ended_at__isnull=False)
                | Q(status__in=["open", "differs"], ended_at__isnull=True),
                name="second_review_ended_at_when_ended",
            ),
            models.CheckConstraint(
                condition=~Q(status="called_off") | ~Q(called_off_reason=""), name="second_review_called_off_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | Q(third__isnull=True) | ~Q(reviewer=models.F("third")),
                name="second_review_third_is_not_second",
            ),
            models.CheckConstraint(
                condition=Q(first_finished_by__isnull=True)
                | (
                    (Q(reviewer__isnull=True) | ~Q(first_finished_by=models.F("reviewer")))
                    & (Q(third__isnull=True) | ~Q(first_finished_by=models.F("third")))
                ),
                name="second_review_first_is_neither",
            ),
        ]
        indexes = [models.Index(fields=["-drawn_at", "-id"], name="second_review_newest")]
        triggers = [
            pgtrigger.Trigger(
                name="other_eyes",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.status IN ('open', 'differs')"),
                func=_OTHER_EYES,
            )
        ]

    def __str__(self) -> str:
        return str(self.assessment_id)

    def get_absolute_url(self) -> str:
        return reverse("assessments:second_review", args=[self.assessment_id])

    @property
    def is_comparable(self) -> bool:
        """Both are finished: from here, and not before, either review may be read beside the other."""
        return self.status in (self.Status.DIFFERS, self.Status.SETTLED)


class SecondVerdictQuerySet(models.QuerySet["SecondVerdict"]):
    def visible_to(self, user: "User") -> Self:
        """Before both have finished, the second reviewer alone reads them."""
        visible = self.filter(second_review__in=SecondReview.objects.visible_to(user))
        comparable = Q(second_review__status__in=[SecondReview.Status.DIFFERS, SecondReview.Status.SETTLED])
        return visible.filter(comparable | Q(second_review__reviewer=user))


@keep_history()
class SecondVerdict(models.Model):
    """The second reviewer's word on one answer. When both have finished the first's is written beside it, and what a third person said."""

    second_review = models.ForeignKey(SecondReview, on_delete=models.CASCADE, related_name="verdicts")
    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(_("verdict"), max_length=16, choices=Verdict.Outcome.choices)
    reason = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField()
    # What the first reviewer left without a verdict counts as accepted, in the score and here.
    first_outcome = models.CharField(_("verdict of the first reviewer"), max_length=16, choices=Verdict.Outcome.choices, blank=True)
    first_reason = models.TextField(_("reason of the first reviewer"), blank=True)
    settled_outcome = models.CharField(_("what counts"), max_length=16, choices=Verdict.Outcome.choices, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = SecondVerdictQuerySet.as_manager()

    class Meta:
        verbose_name = _("second verdict")
        verbose_name_plural = _("second verdicts")
        constraints = [
            models.UniqueConstraint(fields=["second_review", "answer"], name="second_verdict_once_an_answer"),
            models.CheckConstraint(condition=Q(outcome__in=Verdict.Outcome.values), name="second_verdict_known"),
            models.CheckConstraint(condition=Q(first_outcome__in=["", *Verdict.Outcome.values]), name="second_verdict_first_known"),
            models.CheckConstraint(condition=Q(settled_outcome__in=["", *Verdict.Outcome.values]), name="second_verdict_settled_known"),
            models.CheckConstraint(condition=Q(outcome="accept") | ~Q(reason=""), name="second_verdict_reason_unless_accepted"),
            models.CheckConstraint(
                condition=Q(settled_outcome="", settled_at__isnull=True) | (~Q(settled_outcome="") & Q(settled_at__isnull=False)),
                name="second_verdict_settled_at_when_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.outcome}"

    @property
    def differs(self) -> bool:
        return bool(self.first_outcome) and self.first_outcome != self.outcome
