from datetime import date
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import keep_history
from labels.models.ledger import LabelEvent
from labels.models.standards import Level
from suppliers.models import Document, OwnedQuerySet, Supplier, SupplierOwned


class AppealQuerySet(OwnedQuerySet["Appeal"]):
    def open(self) -> Self:
        return self.filter(state=Appeal.State.OPEN)

    def for_queue(self) -> Self:
        """The one whose time runs out first in front."""
        return self.open().select_related("supplier", "event").order_by("due_on", "pk")


@keep_history(personal=["text"])
class Appeal(SupplierOwned):
    """A supplier contests a step of its ledger, with text and evidence; somebody who did not decide before answers in time."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("appeal", "Open")
        UPHELD = "upheld", pgettext_lazy("appeal", "Upheld")
        REFUSED = "refused", pgettext_lazy("appeal", "Refused")

    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="label_appeals", verbose_name=_("supplier"))
    event = models.OneToOneField(LabelEvent, on_delete=models.PROTECT, related_name="appeal", verbose_name=_("step"))
    text = models.TextField(_("why the step is wrong"))
    documents = models.ManyToManyField(Document, related_name="+", blank=True, verbose_name=_("evidence"))
    lodged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lodged_at = models.DateTimeField(_("lodged"))
    due_on = models.DateField(_("to be decided by"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    # What the contested step held against the supplier. Upheld, it does not count up to this level until that day.
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    criteria = models.JSONField(default=list, blank=True)
    overlooked_until = models.DateField(null=True, blank=True)
    answer = models.TextField(_("decision and reasons"), blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["open", "upheld", "refused"]), name="appeal_state_known"),
            models.CheckConstraint(condition=Q(level__in=["", *Level.values]), name="appeal_level_known"),
            models.CheckConstraint(condition=~Q(text=""), name="appeal_has_a_text"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True, answer="")
                | (Q(state__in=["upheld", "refused"], decided_at__isnull=False, decided_by__isnull=False) & ~Q(answer="")),
                name="appeal_decided_at_and_by_together",
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(state="open"), name="appeal_open_by_due")]
        triggers = [
            pgtrigger.Trigger(
                name="decided_by_somebody_new",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.decided_by_id IS NOT NULL"),
                func="""
                    IF EXISTS (
                        SELECT FROM labels_labelevent contested
                        JOIN labels_labelevent step ON step.supplier_id = contested.supplier_id
                        WHERE contested.id = NEW.event_id AND NEW.decided_by_id IN (step.actor_id, step.second_actor_id)
                          AND step.number >= (
                              SELECT coalesce(max(award.number), 0) FROM labels_labelevent award
                              WHERE award.supplier_id = contested.supplier_id AND award.kind = 'awarded'
                                AND award.number <= contested.number
                          )
                    ) THEN
                        RAISE EXCEPTION 'an appeal is decided by somebody who took no part in the steps since the award';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="decided_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="open")),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.event_id} {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("labels:appeal", args=[self.pk])

    def is_overdue(self, on: date) -> bool:
        return self.state == self.State.OPEN and self.due_on < on
