"""What reviewer and supplier ask and answer about single questions, and the returns that open them."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment, AssessmentOwned, AssessmentOwnedQuerySet
from audit.history import keep_history
from suppliers.models import Site


@keep_history()
class Return(AssessmentOwned):
    """An assessment that went back to its supplier: with which questions open, until when, and when it was handed in again."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="returns")
    reason = models.TextField(_("reason"))
    # Codes: what the reviewer asked about, and those with what their answers may open.
    queried = models.JSONField(default=list)
    # Null: everything, because the supplier had asked for that.
    opened = models.JSONField(null=True, blank=True)
    due_on = models.DateField(_("due on"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("returned"))
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects = AssessmentOwnedQuerySet["Return"].as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.CheckConstraint(condition=~Q(queried=[]) | Q(opened__isnull=True), name="return_asks_something"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True) | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="return_answered_at_and_by_together",
            ),
        ]
        indexes = [
            models.Index(fields=["assessment", "-at"], name="return_newest"),
            models.Index(fields=["due_on"], name="return_due", condition=Q(answered_at__isnull=True)),
            models.Index(fields=["answered_at"], name="return_answered", condition=Q(answered_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.at:%Y-%m-%d}"


class QueryMessage(AssessmentOwned):
    """What one side says to the other about a question. Both read it; nobody changes it."""

    append_only = True

    LONGEST = 4000

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="query_messages", db_index=False)
    question = models.CharField(_("question"), max_length=40)
    # Where it is about the answer of one site.
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    is_from_buyer = models.BooleanField()
    text = models.TextField(_("message"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    objects = AssessmentOwnedQuerySet["QueryMessage"].as_manager()

    class Meta:
        verbose_name = _("message about a question")
        verbose_name_plural = _("messages about questions")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="query_message_says_something")]
        indexes = [models.Index(fields=["assessment", "question", "at"], name="query_message_of_question")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question} {self.at:%Y-%m-%d %H:%M}"


class QueryNotice(models.Model):
    """A message somebody is still to be told of by mail. The row goes, in one transaction, when the mail is queued."""

    message = models.ForeignKey(QueryMessage, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("notice of a message")
        verbose_name_plural = _("notices of messages")
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="query_notice_once_a_person")]
        indexes = [models.Index(fields=["created_at", "id"], name="query_notice_waiting")]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.user_id}"
