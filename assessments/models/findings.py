from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment
from audit.history import keep_history
from suppliers.models import OwnedQuerySet, Supplier, SupplierOwned


if TYPE_CHECKING:
    pass


class FindingQuerySet(OwnedQuerySet["Finding"]):
    def open(self) -> Self:
        return self.filter(status__in=[Finding.Status.OPEN, Finding.Status.ACTION_PLANNED, Finding.Status.ACTION_DONE])


@keep_history()
class Finding(SupplierOwned):
    """Something that must be put right: from a rule's trigger or from a reviewer."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        MAJOR = "major", _("Major")
        MINOR = "minor", _("Minor")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("finding", "Open")
        ACTION_PLANNED = "action_planned", _("Action planned")
        ACTION_DONE = "action_done", _("Action done, to be verified")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="findings")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="findings")
    question = models.CharField(_("question"), max_length=40)
    rule = models.CharField(_("rule"), max_length=80, blank=True, help_text="key of the trigger, empty when a reviewer raised it")
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.OPEN)
    text = models.TextField(_("finding"))
    text_zh = models.TextField(_("finding in Chinese"), blank=True, help_text="where the text comes from a rule, which has both languages")
    action_plan = models.TextField(_("corrective action"), blank=True)
    action_taken = models.TextField(_("what was done"), blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closing_reason = models.TextField(_("reason for closing"), blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "rule"], condition=~Q(rule=""), name="finding_once_a_rule"),
            models.CheckConstraint(condition=Q(severity__in=["critical", "major", "minor"]), name="finding_severity_known"),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "withdrawn"], closed_at__isnull=False)
                | Q(status__in=["open", "action_planned", "action_done"], closed_at__isnull=True),
                name="finding_closed_at_when_closed",
            ),
        ]
        indexes = [models.Index(fields=["supplier", "severity"], name="finding_open", condition=Q(closed_at__isnull=True))]

    class IllegalTransition(Exception):
        """The finding is not in a state from which this step can be taken."""

    def __str__(self) -> str:
        return f"{self.get_severity_display()} {self.question}"

    @property
    def local_text(self) -> str:
        """The text in the language in use."""
        return (self.text_zh if (get_language() or "en").startswith("zh") else "") or self.text

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def get_absolute_url(self) -> str:
        return reverse("assessments:finding", args=[self.pk])

    def move(self, *, allowed: tuple[str, ...], to: str) -> None:
        if self.status not in allowed:
            raise self.IllegalTransition(self.status)
        self.status = to
