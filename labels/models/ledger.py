import uuid
from datetime import date
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission, has
from labels.models.standards import Level, Standard
from suppliers.models import Supplier, SupplierOwned, WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


class LabelState(models.TextChoices):
    NONE = "none", _("No label")
    PROPOSED = "proposed", _("Proposed")
    AWARDED = "awarded", _("Awarded")
    WARNED = "warned", _("Warned")
    SUSPENDED = "suspended", _("Suspended")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class LabelQuerySet(WalledQuerySet["Label"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.LABEL_VIEW):
            return self.without_conflicts_of(user)
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()

    def live(self, on: date) -> Self:
        return self.filter(state__in=Label.LIVE, valid_to__gte=on)


class Label(SupplierOwned):
    """A supplier's label as the ledger leaves it: derived from its events by `labels.ledger`, never edited by hand."""

    # A warned label still holds: the grace period is there to put things right.
    LIVE = ("awarded", "warned")

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, related_name="label", verbose_name=_("supplier"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=LabelState.choices, default=LabelState.NONE)
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    until = models.DateField(
        null=True, blank=True, help_text="while warned: the last day of grace; once revoked: the first day a label may be awarded again"
    )
    is_held = models.BooleanField(default=False, help_text="suspended by a person: only a person lifts it")
    is_due = models.BooleanField(default=False, help_text="the supplier was told that this term nears its end")
    last_event = models.ForeignKey("labels.LabelEvent", on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)

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

    def is_live(self, on: date) -> bool:
        return self.state in self.LIVE and self.valid_to is not None and self.valid_to >= on

    def get_verification_url(self) -> str:
        """The public page; no sign-in is needed to read it."""
        return reverse("labels:verify", args=[self.public_id])


class LabelEventQuerySet(WalledQuerySet["LabelEvent"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.LABEL_VIEW):
            return self.without_conflicts_of(user)
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()

    def in_order(self) -> Self:
        return self.order_by("supplier_id", "number")

    def awarded_by_the_rules(self) -> Self:
        return self.filter(kind__in=[LabelEvent.Kind.AWARDED, LabelEvent.Kind.RAISED], actor__isnull=True)

    def for_api(self) -> Self:
        """Without the snapshot, which is long; with what an announcement says of another day."""
        return self.defer("snapshot").annotate(announces=F("snapshot__announces"))


class LabelEvent(models.Model):
    """A step in the ledger. Written once, never edited, never deleted."""

    append_only = True

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        DECLINED = "declined", pgettext_lazy("label", "Declined")
        AWARDED = "awarded", _("Awarded")
        RAISED = "raised", _("Level raised")
        LOWERED = "lowered", _("Level lowered")
        WARNED = "warned", _("Warned")
        CLEARED = "cleared", _("Warning cleared")
        SUSPENDED = "suspended", _("Suspended")
        REINSTATED = "reinstated", _("Reinstated")
        RENEWAL_DUE = "renewal_due", _("Renewal due")
        RENEWED = "renewed", _("Renewed")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")
        APPEALED = "appealed", _("Appealed")
        APPEAL_UPHELD = "appeal_upheld", _("Appeal upheld")
        APPEAL_REFUSED = "appeal_refused", _("Appeal refused")
        ANNOUNCED = "announced", pgettext_lazy("label", "Announced")
        CALLED_OFF = "called_off", pgettext_lazy("label", "Announcement called off")

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="label_events")
    number = models.PositiveIntegerField(_("step"), help_text="of the supplier's ledger, from 1: two people cannot take the same step")
    kind = models.CharField(_("event"), max_length=16, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason_code = models.CharField(_("reason"), max_length=60)
    reason = models.TextField(_("reason in words"), blank=True)
    snapshot = models.JSONField(default=dict, help_text="criteria, values and sources the decision was made from")
    notice_on = models.DateField(_("notice given on"))
    effective_on = models.DateField(_("effective on"))
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True, help_text="as in Label.until")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    second_actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("recorded"))

    objects = LabelEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("label event")
        verbose_name_plural = _("label events")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "number"], name="label_event_step_once"),
            models.CheckConstraint(condition=Q(level__in=["", *Level.values]), name="label_event_level_known"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "proposed",
                        "declined",
                        "awarded",
                        "raised",
                        "lowered",
                        "warned",
                        "cleared",
                        "suspended",
                        "reinstated",
                        "renewal_due",
                        "renewed",
                        "expired",
                        "revoked",
                        "appealed",
                        "appeal_upheld",
                        "appeal_refused",
                        "announced",
                        "called_off",
                    ]
                ),
                name="label_event_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(second_actor__isnull=True) | ~Q(second_actor=F("actor")), name="label_event_second_pair_of_eyes"
            ),
            models.CheckConstraint(
                condition=~Q(kind="revoked") | Q(actor__isnull=False, second_actor__isnull=False), name="label_revoked_by_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(kind="awarded", reason_code="exception") | Q(actor__isnull=False, second_actor__isnull=False),
                name="label_exception_by_two_people",
            ),
            # What people decide, they give reasons for.
            models.CheckConstraint(condition=Q(actor__isnull=True) | ~Q(reason=""), name="label_event_people_give_reasons"),
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="label_event_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.kind} {self.effective_on}"

    def get_absolute_url(self) -> str:
        return reverse("labels:step", args=[self.pk])
