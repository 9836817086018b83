from datetime import date
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import keep_history
from labels.models.ledger import LabelEvent
from suppliers.models import OwnedQuerySet, Supplier, SupplierOwned


class AnnouncementQuerySet(OwnedQuerySet["Announcement"]):
    def waiting(self) -> Self:
        return self.filter(state=Announcement.State.WAITING)

    def due(self, on: date) -> Self:
        return self.waiting().filter(effective_on__lte=on)

    def for_pages(self) -> Self:
        return self.waiting().select_related("event").order_by("effective_on", "pk")


@keep_history()
class Announcement(SupplierOwned):
    """A step that people have decided and that takes effect on a later day; until then the label is what it was."""

    class Step(models.TextChoices):
        SUSPENDED = "suspended", _("Suspension")
        REINSTATED = "reinstated", _("Lifting of the suspension")
        REVOKED = "revoked", _("Revocation")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("announcement", "Waiting for its day")
        TAKEN = "taken", pgettext_lazy("announcement", "In effect")
        CALLED_OFF = "called_off", pgettext_lazy("announcement", "Called off")
        LAPSED = "lapsed", pgettext_lazy("announcement", "Came to nothing")

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="label_announcements", verbose_name=_("supplier"))
    # The step of the ledger that announces it: who, why, and from what.
    event = models.OneToOneField(LabelEvent, on_delete=models.PROTECT, related_name="announcement")
    step = models.CharField(_("step"), max_length=12, choices=Step.choices)
    notice_on = models.DateField(_("notice given on"))
    effective_on = models.DateField(_("in effect from"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    # The step it became, or the one that says that it came to nothing.
    end = models.OneToOneField(LabelEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = _("announced step")
        verbose_name_plural = _("announced steps")
        constraints = [
            models.CheckConstraint(condition=Q(step__in=["suspended", "reinstated", "revoked"]), name="announcement_step_known"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "taken", "called_off", "lapsed"]), name="announcement_state_known"),
            models.CheckConstraint(condition=Q(effective_on__gt=F("notice_on")), name="announcement_gives_notice"),
            models.CheckConstraint(
                condition=Q(state="waiting", end__isnull=True) | (~Q(state="waiting") & Q(end__isnull=False)),
                name="announcement_ended_by_a_step",
            ),
            models.UniqueConstraint(fields=["supplier", "step"], condition=Q(state="waiting"), name="announcement_once_a_step"),
        ]
        indexes = [models.Index(fields=["effective_on"], condition=Q(state="waiting"), name="announcement_by_day")]
        triggers = [
            pgtrigger.Protect(name="ended_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="waiting")),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.step} {self.effective_on}"

    def get_absolute_url(self) -> str:
        return reverse("labels:step", args=[self.event_id])
