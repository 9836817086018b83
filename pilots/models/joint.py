from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from emissions.models import optional_tonnes
from pilots.models.agreements import Agreement
from pilots.models.parts import PartQuerySet


@keep_history()
class JointAction(models.Model):
    """One of the one or two things a year that buyer and supplier do together."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        UNDER_WAY = "under_way", _("Under way")
        DELIVERED = "delivered", _("Delivered")
        DROPPED = "dropped", _("Dropped")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="joint_actions")
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    expected_reduction = optional_tonnes(_("expected reduction (tCO₂e)"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PLANNED)
    due_on = models.DateField(_("due on"), null=True, blank=True)

    objects = PartQuerySet["JointAction"].as_manager()

    class Meta:
        verbose_name = _("joint action")
        verbose_name_plural = _("joint actions")
        ordering = ["year", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["planned", "under_way", "delivered", "dropped"]), name="joint_action_status_known"
            )
        ]

    def __str__(self) -> str:
        return self.title
