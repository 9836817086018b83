from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.models.assessments import Assessment, AssessmentOwned, AssessmentOwnedQuerySet
from audit.history import keep_history


@keep_history()
class Amendment(AssessmentOwned):
    """How answers that were handed in open again by the supplier's wish: taken back before the review, or asked for and granted."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for the buyer")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", pgettext_lazy("amendment", "Refused")
        TAKEN_BACK = "taken_back", _("Taken back")

    class IllegalTransition(Exception):
        """The request was decided already."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="amendments")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    # Where the assessment stood, and the verified score it had then.
    opened_from = models.CharField(_("asked while"), max_length=12, choices=Assessment.Status.choices)
    verified = models.DecimalField(_("verified score"), max_digits=5, decimal_places=2, null=True, blank=True)
    reason = models.TextField(_("reason"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    decision = models.TextField(_("answer"), blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = AssessmentOwnedQuerySet["Amendment"].as_manager()

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        constraints = [
            models.UniqueConstraint(fields=["assessment"], condition=Q(state="asked"), name="amendment_one_waiting"),
            models.CheckConstraint(condition=Q(state__in=["asked", "granted", "refused", "taken_back"]), name="amendment_state_known"),
            models.CheckConstraint(
                condition=Q(opened_from__in=["submitted", "in_review", "closed"]), name="amendment_of_what_was_handed_in"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="amendment_has_a_reason"),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(decision=""), name="amendment_refused_with_a_reason"),
            models.CheckConstraint(
                condition=~Q(state="taken_back") | Q(opened_from="submitted"), name="amendment_taken_back_before_the_review"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="asked") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="amendment_decided_at_and_by_when_decided",
            ),
        ]
        indexes = [models.Index(fields=["asked_at", "id"], name="amendment_waiting", condition=Q(state="asked"))]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:amendment", args=[self.pk])
