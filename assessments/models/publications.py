from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from assessments.models.back_tests import BackTest
from assessments.models.campaigns import QuestionnaireVersion


if TYPE_CHECKING:
    from accounts.models import User


class PublicationQuerySet(models.QuerySet["Publication"]):
    def visible_to(self, user: "User") -> Self:
        """What is announced is announced to everybody who signs in."""
        return self if user.is_authenticated else self.none()

    def coming(self) -> Self:
        return self.filter(version__status=QuestionnaireVersion.Status.ANNOUNCED).order_by("in_force_from", "pk")


class Publication(models.Model):
    """That a version comes into force, from when, and what it was tried on. Written once; only its withdrawal is added."""

    version = models.OneToOneField(QuestionnaireVersion, on_delete=models.PROTECT, related_name="publication")
    # The content that was announced, as it was tried.
    sha256 = models.CharField(max_length=64)
    # In force when this was announced; empty for the first version of a questionnaire.
    replaces = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    # Empty where nobody had answered yet.
    back_test = models.ForeignKey(BackTest, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    change_en = models.TextField(_("What changes, in English"), blank=True)
    change_zh = models.TextField(_("What changes, in Chinese"), blank=True)
    in_force_from = models.DateField(_("in force from"))
    announced_on = models.DateField(_("announced on"))
    announced_at = models.DateTimeField(_("announced"))
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_reason = models.TextField(_("reason"), blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication of a questionnaire")
        verbose_name_plural = _("publications of questionnaires")
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason=""),
                name="publication_withdrawn_by_and_why",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(change_en="") | ~Q(change_zh=""), name="publication_says_what_changes"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="steps_before_it_are_taken",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                # Tried with exactly this content, announced by somebody who wrote nothing of it, with notice where it replaces another.
                func="""
                    IF EXISTS (SELECT FROM assessments_questionnaireversion v
                               WHERE v.id = NEW.version_id AND (v.sha256 <> NEW.sha256 OR v.status <> 'draft')) THEN
                        RAISE EXCEPTION 'a publication is of the draft as it stands';
                    END IF;
                    IF EXISTS (SELECT FROM audit_event e
                               WHERE e.target_type = 'assessments.questionnaireversion' AND e.target_id = NEW.version_id::text
                                 AND e.action = 'questionnaire.loaded' AND e.actor_id = NEW.announced_by_id) THEN
                        RAISE EXCEPTION 'who wrote in a draft does not announce it';
                    END IF;
                    IF NEW.replaces_id IS DISTINCT FROM (
                        SELECT other.id FROM assessments_questionnaireversion v
                        JOIN assessments_questionnaireversion other ON other.key = v.key AND other.status = 'in_force'
                        WHERE v.id = NEW.version_id
                    ) THEN
                        RAISE EXCEPTION 'a publication replaces the version in force';
                    END IF;
                    IF NEW.in_force_from < NEW.announced_on + (CASE WHEN NEW.replaces_id IS NULL THEN 0 ELSE 30 END) THEN
                        RAISE EXCEPTION 'the notice is too short';
                    END IF;
                    IF NEW.back_test_id IS NULL THEN
                        IF EXISTS (
                            SELECT FROM assessments_questionnaireversion v
                            JOIN assessments_questionnaireversion other ON other.key = v.key
                            JOIN assessments_campaign campaign ON campaign.questionnaire_id = other.id AND campaign.status <> 'draft'
                            JOIN assessments_assessment assessment ON assessment.campaign_id = campaign.id
                            WHERE v.id = NEW.version_id AND (
                                assessment.submitted_at IS NOT NULL
                                OR EXISTS (SELECT FROM assessments_answer answer WHERE answer.assessment_id = assessment.id))
                        ) THEN
                            RAISE EXCEPTION 'what was answered is tried before it is announced';
                        END IF;
                    ELSIF NOT EXISTS (
                        SELECT FROM assessments_backtest test JOIN runs_run run ON run.id = test.run_id
                        WHERE test.id = NEW.back_test_id AND test.questionnaire_id = NEW.version_id
                          AND test.ruleset_sha256 = NEW.sha256 AND run.status = 'done'
                    ) THEN
                        RAISE EXCEPTION 'the back-test is not one of this content';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="announced_never_changes",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "OLD.withdrawn_at IS NOT NULL OR (OLD.version_id, OLD.sha256, OLD.replaces_id, OLD.back_test_id, OLD.change_en, "
                    "OLD.change_zh, OLD.in_force_from, OLD.announced_on, OLD.announced_at, OLD.announced_by_id) IS DISTINCT FROM "
                    "(NEW.version_id, NEW.sha256, NEW.replaces_id, NEW.back_test_id, NEW.change_en, NEW.change_zh, NEW.in_force_from, "
                    "NEW.announced_on, NEW.announced_at, NEW.announced_by_id)"
                ),
                func="RAISE EXCEPTION 'what was announced never changes';",
            ),
            pgtrigger.Protect(name="announced_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.in_force_from}"

    @property
    def change(self) -> str:
        """In the language in use, or in the other one where that was left out."""
        if (get_language() or "en").startswith("zh"):
            return self.change_zh or self.change_en
        return self.change_en or self.change_zh
