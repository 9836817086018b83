from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from audit.history import keep_history
from labels.models.standards import Level
from suppliers.models import OwnedQuerySet, Supplier, SupplierOwned


if TYPE_CHECKING:
    from accounts.models import User


class ProposalQuerySet(OwnedQuerySet["Proposal"]):
    def visible_to(self, user: "User") -> Self:
        """The buyer's own deliberation: the supplier reads the step that comes of it."""
        return self.without_conflicts_of(user) if has(user, Permission.LABEL_VIEW) else self.none()

    def open(self) -> Self:
        return self.filter(state=Proposal.State.OPEN)

    def for_queue(self) -> Self:
        return self.open().select_related("supplier", "proposed_by").order_by("proposed_at", "pk")


@keep_history()
class Proposal(SupplierOwned):
    """A step that needs two people, waiting for the second: who proposes a revocation cannot confirm it."""

    class Kind(models.TextChoices):
        REVOKE = "revoke", _("Revoke the label")
        EXCEPT = "except", _("Award the label by exception")

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for a second person")
        CONFIRMED = "confirmed", _("Confirmed")
        DECLINED = "declined", _("Declined")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="label_proposals", verbose_name=_("supplier"))
    kind = models.CharField(_("step"), max_length=10, choices=Kind.choices, default=Kind.REVOKE)
    reason_code = models.CharField(_("ground"), max_length=60)
    reason = models.TextField(_("reason"))
    # Of an exception: the level, the criteria it overlooks, and its last day.
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    criteria = models.JSONField(default=list, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    # Of a revocation: the day it is to take effect; none: as soon as it is confirmed.
    effective_on = models.DateField(_("in effect from"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField(_("why it was declined"), blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("label proposal")
        verbose_name_plural = _("label proposals")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["revoke", "except"]), name="label_proposal_kind_known"),
            models.CheckConstraint(condition=Q(level__in=["", *Level.values]), name="label_proposal_level_known"),
            models.CheckConstraint(
                condition=Q(kind="revoke", level="", until__isnull=True)
                | (Q(kind="except", until__isnull=False, effective_on__isnull=True) & ~Q(level="")),
                name="label_proposal_exception_is_bounded",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="label_proposal_has_a_reason"),
            models.UniqueConstraint(fields=["supplier", "kind"], condition=Q(state="open"), name="label_proposal_one_open"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state__in=["confirmed", "declined"], decided_at__isnull=False, decided_by__isnull=False),
                name="label_proposal_decided_at_and_by_together",
            ),
            # The proposer may take a proposal back, but never confirm it.
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(decided_by=F("proposed_by")), name="label_proposal_second_pair_of_eyes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.kind} {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("labels:proposal", args=[self.pk])
