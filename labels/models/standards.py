from datetime import date
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has


if TYPE_CHECKING:
    from accounts.models import User


class Level(models.TextChoices):
    GREEN = "green", _("Green supplier")
    GREEN_LEADER = "green_leader", _("Green leader")


class StandardQuerySet(models.QuerySet["Standard"]):
    def visible_to(self, user: "User") -> Self:
        """The criteria are public to everybody who signs in, once they are published; drafts are the buyer's."""
        if has(user, Permission.LABEL_VIEW):
            return self
        return self.exclude(status=Standard.Status.DRAFT)

    def in_force(self, on: date) -> "Standard | None":
        """The published version that came into force last. Its content comes when it is asked for: mostly its rules are known already."""
        published = self.filter(status=Standard.Status.PUBLISHED, in_force_from__lte=on).defer("content")
        return published.order_by("-in_force_from", "-pk").first()

    def coming(self, on: date) -> "Standard | None":
        """The next one that is published and not yet in force."""
        published = self.filter(status=Standard.Status.PUBLISHED, in_force_from__gt=on).defer("content")
        return published.order_by("in_force_from", "pk").first()

    def for_list(self) -> Self:
        return self.select_related("published_by", "submitted_by").order_by("-in_force_from", "-pk")


class Standard(models.Model):
    """A version of the green procurement standard: criteria per category and level, as data. Published versions never change."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    key = models.CharField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # One person asks to publish a draft from a day on, another one does it.
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(_("to be published since"), null=True, blank=True)
    wanted_from = models.DateField(_("to be in force from"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)

    objects = StandardQuerySet.as_manager()

    class Meta:
        verbose_name = _("green procurement standard")
        verbose_name_plural = _("green procurement standards")
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="standard_version_once"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False, in_force_from__isnull=False), name="standard_published_is_dated"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True, wanted_from__isnull=True)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False, wanted_from__isnull=False),
                name="standard_submitted_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(submitted_by__isnull=True) | Q(published_by__isnull=True) | ~Q(submitted_by=F("published_by")),
                name="standard_second_pair_of_eyes",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_never_changes",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                # All but its status, which may go on to "retired".
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (NEW.status = 'draft' OR (to_jsonb(OLD) - 'status') <> (to_jsonb(NEW) - 'status'))"
                ),
                func="RAISE EXCEPTION 'a published standard never changes';",
            ),
            pgtrigger.Protect(
                name="published_never_deleted", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__status__in=["published", "retired"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en

    def get_absolute_url(self) -> str:
        return reverse("labels:standard", args=[self.pk])
