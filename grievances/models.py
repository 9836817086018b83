"""Cases and what is said in them. What somebody wrote lies sealed in the database (`grievances.sealing`): the columns hold the clocks
and who of the case team did what, never a name or a word of a report."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Permission, has
from audit.history import keep_history


if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """The case team alone: no supplier, no buyer, no administrator."""
        return self if has(user, Permission.CASE_HANDLE) else self.none()

    def unacknowledged(self) -> Self:
        return self.filter(acknowledged_at__isnull=True, state__in=Case.OPEN)

    def without_feedback(self) -> Self:
        return self.filter(feedback_at__isnull=True, state__in=Case.OPEN)


# Without what was written: that is to be gone when its time is over.
@keep_history(personal=["report"])
class Case(models.Model):
    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        ANSWERED = "answered", _("Feedback given")
        CLOSED = "closed", _("Closed")

    class IllegalTransition(Exception):
        """Not a step that the case can take as it stands."""

    OPEN = (State.RECEIVED, State.ACKNOWLEDGED, State.ANSWERED)
    ACKNOWLEDGE_WITHIN = timedelta(days=7)

    # Finds the case of a code; the code itself is kept nowhere.
    code_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    report = models.TextField(_("report"), help_text="sealed JSON")
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RECEIVED)
    received_at = models.DateTimeField(_("received"))
    acknowledge_by = models.DateTimeField(_("to be acknowledged by"))
    feedback_by = models.DateTimeField(_("feedback due by"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    feedback_at = models.DateTimeField(_("feedback given"), null=True, blank=True)
    feedback_given_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[CaseQuerySet] = CaseQuerySet.as_manager()  # type: ignore[assignment]  # narrower than what its base declares

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["received", "acknowledged", "answered", "closed"]), name="case_state_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="case_acknowledged_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(feedback_at__isnull=True, feedback_given_by__isnull=True)
                | Q(feedback_at__isnull=False, feedback_given_by__isnull=False),
                name="case_feedback_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True) & ~Q(state="closed")
                | Q(closed_at__isnull=False, closed_by__isnull=False, state="closed"),
                name="case_closed_at_and_by_together",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"G-{self.pk:05d}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def get_absolute_url(self) -> str:
        return reverse("grievances:case", args=[self.pk])

    def is_late(self, at: datetime) -> bool:
        return self.is_open and (
            (self.acknowledged_at is None and at > self.acknowledge_by) or (self.feedback_at is None and at > self.feedback_by)
        )


class CaseMessage(models.Model):
    """What the person or the case team wrote afterwards. Said is said, until its time is over and it goes as a whole."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    text = models.TextField(help_text="sealed")
    at = models.DateTimeField()
    # Nobody: the person who reported.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # A form that is sent twice says it once.
    once = models.UUIDField()

    class Meta:
        verbose_name = _("case message")
        verbose_name_plural = _("case messages")
        constraints = [models.UniqueConstraint(fields=["case", "once"], name="case_message_once")]
        triggers = [pgtrigger.Protect(name="said_is_said", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.case_id} {self.at:%Y-%m-%d %H:%M}"


class CaseLook(models.Model):
    """Who of the case team opened the case, and when. Shown in the case; in the audit trail others would read of it."""

    append_only = True

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="looks")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("look at a case")
        verbose_name_plural = _("looks at cases")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case_id} {self.by_id} {self.at:%Y-%m-%d %H:%M}"
