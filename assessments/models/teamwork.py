"""Several people of one supplier in one form: who is where, who answers which area, what they ask each other, what they come back to."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment, AssessmentOwned, AssessmentOwnedQuerySet
from assessments.models.campaigns import QuestionnaireVersion
from audit.history import keep_history


if TYPE_CHECKING:
    from accounts.models import User


TeamPart = TypeVar("TeamPart", bound=models.Model)


class TeamQuerySet(AssessmentOwnedQuerySet[TeamPart]):
    """Rows of a supplier's own people. The buyer's people see the answers, not how they came about."""

    def visible_to(self, user: "User") -> Self:
        return self.filter(assessment__supplier_id=user.supplier_id) if user.supplier_id else self.none()


class PresenceQuerySet(TeamQuerySet["Presence"]):
    def here(self, at: datetime) -> Self:
        return self.filter(seen_at__gt=at - Presence.STAYS)


class Presence(AssessmentOwned):
    """Where a person was seen last in an assessment. One row each: it says where somebody is, not where everybody has been."""

    # Pages that are looked at call every few seconds; whoever missed some calls has gone.
    STAYS = timedelta(seconds=15)

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    area = models.CharField(max_length=40)
    question = models.CharField(max_length=40, blank=True)
    seen_at = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [models.UniqueConstraint(fields=["assessment", "user"], name="presence_once_a_person")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.assessment_id} {self.area}"


@keep_history(personal=["email"])
class AreaTask(AssessmentOwned):
    """Who of the supplier answers an area, and by when. An invited person stands here by address until the invitation is accepted."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="area_tasks", db_index=False)
    area = models.CharField(_("area"), max_length=40)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    due_on = models.DateField(_("due on"))
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    assigned_at = models.DateTimeField(_("assigned"))

    objects = TeamQuerySet["AreaTask"].as_manager()

    class Meta:
        verbose_name = _("assigned area")
        verbose_name_plural = _("assigned areas")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "area"], name="area_task_once_an_area"),
            models.CheckConstraint(
                condition=Q(assignee__isnull=False, email="") | (Q(assignee__isnull=True) & ~Q(email="")),
                name="area_task_person_or_address",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="area_task_due"),
            models.Index(fields=["email"], name="area_task_invited", condition=~Q(email="")),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.area}"


class Comment(AssessmentOwned):
    """What the supplier's people say to each other about a question. `settles` closes the talk; a later comment opens it again."""

    append_only = True

    LONGEST = 4000

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="comments")
    question = models.CharField(_("question"), max_length=40)
    text = models.TextField(_("comment"), blank=True)
    settles = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    objects = TeamQuerySet["Comment"].as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [models.CheckConstraint(condition=Q(settles=True) | ~Q(text=""), name="comment_says_something")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question} {self.at:%Y-%m-%d %H:%M}"


class CommentNotice(models.Model):
    """A comment somebody is still to be told of by mail. The row goes, in one transaction, when the mail is queued."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("notice of a comment")
        verbose_name_plural = _("notices of comments")
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="comment_notice_once_a_person")]
        indexes = [models.Index(fields=["created_at", "id"], name="comment_notice_waiting")]

    def __str__(self) -> str:
        return f"{self.comment_id} → {self.user_id}"


class ComeBack(AssessmentOwned):
    """ "I don't know yet": a question to come back to. An answer given later settles it; see `assessments.teamwork.come_back`."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="come_backs", db_index=False)
    question = models.CharField(_("question"), max_length=40)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    marked_at = models.DateTimeField()

    objects = TeamQuerySet["ComeBack"].as_manager()

    class Meta:
        verbose_name = _("question to come back to")
        verbose_name_plural = _("questions to come back to")
        constraints = [models.UniqueConstraint(fields=["assessment", "question"], name="come_back_once_a_question")]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question}"


class AnswerTime(models.Model):
    """How long people take for a question: the median of what was measured, and of how many answers. Kept by a nightly run."""

    questionnaire = models.ForeignKey(QuestionnaireVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    question = models.CharField(max_length=40)
    seconds = models.PositiveIntegerField(help_text="the median")
    answers = models.PositiveIntegerField(help_text="how many were measured")
    measured_at = models.DateTimeField()

    class Meta:
        verbose_name = _("answering time")
        verbose_name_plural = _("answering times")
        constraints = [models.UniqueConstraint(fields=["questionnaire", "question"], name="answer_time_once_a_question")]

    def __str__(self) -> str:
        return f"{self.question} {self.seconds} s"
