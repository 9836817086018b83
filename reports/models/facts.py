from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has


if TYPE_CHECKING:
    from accounts.models import User


class DailyFactQuerySet(models.QuerySet["DailyFact"]):
    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.DASHBOARD_VIEW) else self.none()


class DailyFact(models.Model):
    """A number of the whole programme on a day, kept since tomorrow it is another. Written by `reports.facts`, once a night."""

    class Subject(models.TextChoices):
        LABELS = "labels", _("Labels by state")
        ASSESSMENTS = "assessments", _("Assessments of the newest campaign by state")
        FINDINGS = "findings", _("Open findings by severity")
        SCORES = "scores", _("Mean evidenced score by area")

    day = models.DateField(_("day"))
    subject = models.CharField(_("subject"), max_length=12, choices=Subject.choices)
    key = models.CharField(_("of what"), max_length=40)
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4)

    objects = DailyFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("number of a day")
        verbose_name_plural = _("numbers of days")
        constraints = [
            models.UniqueConstraint(fields=["subject", "day", "key"], name="daily_fact_once_a_day"),
            models.CheckConstraint(
                condition=Q(subject__in=["labels", "assessments", "findings", "scores"]), name="daily_fact_subject_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.subject} {self.key}"
