from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from assessments.models.assessments import Assessment
from assessments.models.campaigns import QuestionnaireVersion


if TYPE_CHECKING:
    from accounts.models import User


class BackTestQuerySet(models.QuerySet["BackTest"]):
    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.QUESTIONNAIRE_VIEW) else self.none()


class BackTest(models.Model):
    """What a version would make of the answers given under other versions of its questionnaire. It changes no score."""

    questionnaire = models.ForeignKey(QuestionnaireVersion, on_delete=models.CASCADE, related_name="back_tests")
    # A draft may be loaded over afterwards: this is what was tried.
    ruleset_sha256 = models.CharField(max_length=64)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("requested"))

    objects = BackTestQuerySet.as_manager()

    class Meta:
        verbose_name = _("back-test")
        verbose_name_plural = _("back-tests")
        indexes = [models.Index(fields=["questionnaire", "-requested_at"], name="back_test_newest")]

    def __str__(self) -> str:
        return f"{self.questionnaire_id} {self.requested_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:back_test", args=[self.questionnaire_id, self.pk])


class BackTestScoreQuerySet(models.QuerySet["BackTestScore"]):
    def visible_to(self, user: "User") -> Self:
        return self if has(user, Permission.QUESTIONNAIRE_VIEW) else self.none()


class BackTestScore(models.Model):
    """One assessment of a back-test: the number read for it as it stood, and what the version makes of the same answers."""

    append_only = True

    back_test = models.ForeignKey(BackTest, on_delete=models.PROTECT, related_name="scores", db_index=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="+")
    before = models.DecimalField(_("score so far"), max_digits=5, decimal_places=2, null=True, blank=True)
    after = models.DecimalField(_("score by these rules"), max_digits=5, decimal_places=2, null=True, blank=True)
    # 0 where one of the two has no score: nothing was gained or lost.
    change = models.DecimalField(_("change"), max_digits=5, decimal_places=2, default=0)
    # Keys of the levels, as the apps above call them; empty where there is none, or where no label depends on this assessment.
    level_before = models.CharField(max_length=40, blank=True)
    level_after = models.CharField(max_length=40, blank=True)

    objects = BackTestScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score of a back-test")
        verbose_name_plural = _("scores of back-tests")
        constraints = [
            models.UniqueConstraint(fields=["back_test", "assessment"], name="back_test_scores_once"),
            models.CheckConstraint(
                condition=Q(before__isnull=True) | Q(after__isnull=True) | Q(change=F("after") - F("before")),
                name="back_test_change_adds_up",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.change:+}"
