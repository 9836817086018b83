import uuid
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
from suppliers.models import Supplier, SupplierOwned

if TYPE_CHECKING:
    from accounts.models import User


class Level(models.TextChoices):
    GREEN = "green", _("Green supplier")
    GREEN_LEADER = "green_leader", _("Green leader")


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
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)

    class Meta:
        verbose_name = _("green procurement standard")
        verbose_name_plural = _("green procurement standards")
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="standard_version_once"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False, in_force_from__isnull=False), name="standard_published_is_dated"
            ),
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


class LabelState(models.TextChoices):
    NONE = "none", _("No label")
    PROPOSED = "proposed", _("Proposed")
    AWARDED = "awarded", _("Awarded")
    WARNED = "warned", _("Warned")
    SUSPENDED = "suspended", _("Suspended")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class LabelQuerySet(models.QuerySet["Label"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.LABEL_VIEW):
            return self
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()

    def live(self, on: date) -> Self:
        return self.filter(state__in=[LabelState.AWARDED, LabelState.WARNED], valid_to__gte=on)


class Label(SupplierOwned):
    """A supplier's label as the ledger leaves it: derived from its events by `labels.ledger`, never edited by hand."""

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, related_name="label", verbose_name=_("supplier"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=LabelState.choices, default=LabelState.NONE)
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    last_event = models.ForeignKey("labels.LabelEvent", on_delete=models.PROTECT, null=True, related_name="+")
    evaluated_at = models.DateTimeField(_("evaluated"), null=True, blank=True)

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LabelState.values), name="label_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["none", "proposed"]) | (Q(valid_to__isnull=False, valid_from__isnull=False) & ~Q(level="")),
                name="label_valid_dates_when_awarded",
            ),
        ]
        indexes = [models.Index(fields=["state", "level"], name="label_by_state"), models.Index(fields=["valid_to"], name="label_valid_to")]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.state}"


class LabelEventQuerySet(models.QuerySet["LabelEvent"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.LABEL_VIEW):
            return self
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()

    def in_order(self) -> Self:
        return self.order_by("effective_on", "pk")


class LabelEvent(models.Model):
    """A step in the ledger. Written once, never edited, never deleted."""

    append_only = True

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        AWARDED = "awarded", _("Awarded")
        WARNED = "warned", _("Warned")
        CLEARED = "cleared", _("Warning cleared")
        SUSPENDED = "suspended", _("Suspended")
        REINSTATED = "reinstated", _("Reinstated")
        RENEWED = "renewed", _("Renewed")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")
        APPEALED = "appealed", _("Appealed")
        APPEAL_UPHELD = "appeal_upheld", _("Appeal upheld")
        APPEAL_REFUSED = "appeal_refused", _("Appeal refused")

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="label_events")
    kind = models.CharField(_("event"), max_length=16, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason_code = models.CharField(_("reason"), max_length=60)
    reason = models.TextField(_("reason in words"), blank=True)
    snapshot = models.JSONField(default=dict, help_text="criteria, values and sources the decision was made from")
    effective_on = models.DateField(_("effective on"))
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    second_actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("recorded"))

    objects = LabelEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("label event")
        verbose_name_plural = _("label events")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[
                    "proposed", "awarded", "warned", "cleared", "suspended", "reinstated", "renewed", "expired", "revoked",
                    "appealed", "appeal_upheld", "appeal_refused",
                ]),
                name="label_event_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(second_actor__isnull=True) | ~Q(second_actor=F("actor")), name="label_event_second_pair_of_eyes"
            ),
            models.CheckConstraint(
                condition=~Q(kind="revoked") | Q(actor__isnull=False, second_actor__isnull=False), name="label_revoked_by_two_people"
            ),
        ]
        indexes = [models.Index(fields=["supplier", "effective_on", "id"], name="label_event_ledger")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.kind} {self.effective_on}"


class Decision(SupplierOwned):
    """The newest evaluation of a supplier: each criterion with value, need and source, so that a label can be explained."""

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, related_name="label_decision")
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=20, help_text="highest level whose criteria are all met, or empty")
    criteria = models.JSONField(default=dict, help_text="level -> [{key, met, value, need, source}]")
    inputs_sha256 = models.CharField(max_length=64)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    evaluated_at = models.DateTimeField(_("evaluated"))

    class Meta:
        verbose_name = _("label decision")
        verbose_name_plural = _("label decisions")

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.outcome or '—'}"
