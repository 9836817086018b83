from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history


if TYPE_CHECKING:
    pass


class QuestionnaireVersion(models.Model):
    """A version of the code as data. Published versions never change; the parsed form is `rulesets.for_version()`.

    The steps from one state to the next: `assessments.publication`.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ANNOUNCED = "announced", _("Announced")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    key = models.CharField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    content = models.JSONField(help_text="the questionnaire, as loaded from YAML")
    sha256 = models.CharField(max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Who wrote in the draft last. Nobody, where it came by the command line.
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("questionnaire version")
        verbose_name_plural = _("questionnaire versions")
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="questionnaire_version_once"),
            models.CheckConstraint(
                condition=Q(status="draft", published_at__isnull=True)
                | Q(status__in=["announced", "in_force", "superseded", "withdrawn"], published_at__isnull=False),
                name="questionnaire_published_at_when_published",
            ),
            models.UniqueConstraint(fields=["key"], condition=Q(status="in_force"), name="questionnaire_one_in_force"),
            models.UniqueConstraint(fields=["key"], condition=Q(status="announced"), name="questionnaire_one_announced"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_never_changes",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (OLD.content IS DISTINCT FROM NEW.content OR OLD.sha256 <> NEW.sha256 "
                    "OR OLD.key <> NEW.key OR OLD.version <> NEW.version OR NEW.status = 'draft')"
                ),
                func="RAISE EXCEPTION 'a published questionnaire never changes';",
            ),
            pgtrigger.Trigger(
                name="steps_are_taken_in_turn",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.status <> NEW.status"),
                func="""
                    IF (OLD.status, NEW.status) NOT IN (('draft', 'announced'), ('announced', 'in_force'), ('announced', 'withdrawn'),
                                                        ('in_force', 'superseded')) THEN
                        RAISE EXCEPTION 'a questionnaire does not go from % to %', OLD.status, NEW.status;
                    END IF;
                    IF NEW.status = 'announced'
                       AND NOT EXISTS (SELECT FROM assessments_publication WHERE version_id = NEW.id AND sha256 = NEW.sha256) THEN
                        RAISE EXCEPTION 'a questionnaire is announced by its publication';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="published_never_deleted", operation=pgtrigger.Delete, condition=~pgtrigger.Q(old__status="draft")),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en

    def get_absolute_url(self) -> str:
        return reverse("assessments:questionnaire", args=[self.pk])


@keep_history()
class Campaign(models.Model):
    """One questionnaire version put to a population of suppliers for one cycle."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    questionnaire = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("questionnaire")
    )
    cycle = models.PositiveSmallIntegerField(_("fiscal year"))
    population = models.JSONField(_("population"), default=dict, blank=True, help_text="the filter the suppliers were chosen by")
    opens_on = models.DateField(_("opens on"))
    due_on = models.DateField(_("due on"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    launched_at = models.DateTimeField(_("launched"), null=True, blank=True)
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=F("opens_on")), name="campaign_due_after_open"),
            models.CheckConstraint(condition=Q(status__in=["draft", "open", "closed"]), name="campaign_status_known"),
            models.CheckConstraint(
                condition=Q(launched_at__isnull=True, status="draft") | Q(launched_at__isnull=False, status__in=["open", "closed"]),
                name="campaign_launched_at_when_open",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en

    def get_absolute_url(self) -> str:
        return reverse("assessments:campaign", args=[self.pk])
