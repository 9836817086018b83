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
from audit.history import keep_history
from suppliers.models import OwnedQuerySet, Supplier, SupplierOwned


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
        """The published version that came into force last."""
        published = self.filter(status=Standard.Status.PUBLISHED, in_force_from__lte=on)
        return published.order_by("-in_force_from", "-pk").first()

    def for_list(self) -> Self:
        return self.select_related("published_by").order_by("-in_force_from", "-pk")


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

    objects = StandardQuerySet.as_manager()

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


class LabelEventQuerySet(models.QuerySet["LabelEvent"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.LABEL_VIEW):
            return self
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()

    def in_order(self) -> Self:
        return self.order_by("supplier_id", "number")


class LabelEvent(models.Model):
    """A step in the ledger. Written once, never edited, never deleted."""

    append_only = True

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        AWARDED = "awarded", _("Awarded")
        RAISED = "raised", _("Level raised")
        LOWERED = "lowered", _("Level lowered")
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
    number = models.PositiveIntegerField(_("step"), help_text="of the supplier's ledger, from 1: two people cannot take the same step")
    kind = models.CharField(_("event"), max_length=16, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason_code = models.CharField(_("reason"), max_length=60)
    reason = models.TextField(_("reason in words"), blank=True)
    snapshot = models.JSONField(default=dict, help_text="criteria, values and sources the decision was made from")
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
                        "awarded",
                        "raised",
                        "lowered",
                        "warned",
                        "cleared",
                        "suspended",
                        "reinstated",
                        "renewed",
                        "expired",
                        "revoked",
                        "appealed",
                        "appeal_upheld",
                        "appeal_refused",
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
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="label_event_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.kind} {self.effective_on}"


class Decision(SupplierOwned):
    """The newest evaluation of a supplier: each criterion with value, need and source, so that a label can be explained."""

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, related_name="label_decision")
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=20, help_text="highest level whose criteria are all met, or empty")
    criteria = models.JSONField(default=dict, help_text="as `labels.criteria.Outcome.to_json()` writes it")
    content_sha256 = models.CharField(max_length=64, help_text="of standard, outcome and criteria: an equal decision is not written again")
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    evaluated_at = models.DateTimeField(_("decided"), help_text="when the decision last came out differently")

    objects = OwnedQuerySet["Decision"].as_manager()

    class Meta:
        verbose_name = _("label decision")
        verbose_name_plural = _("label decisions")

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.outcome or '—'}"


class ProposalQuerySet(OwnedQuerySet["Proposal"]):
    def visible_to(self, user: "User") -> Self:
        """The buyer's own deliberation: the supplier reads the step that comes of it."""
        return self if has(user, Permission.LABEL_VIEW) else self.none()

    def open(self) -> Self:
        return self.filter(state=Proposal.State.OPEN)


@keep_history()
class Proposal(SupplierOwned):
    """A step that needs two people, waiting for the second: who proposes a revocation cannot confirm it."""

    class Kind(models.TextChoices):
        REVOKE = "revoke", _("Revoke the label")

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for a second person")
        CONFIRMED = "confirmed", _("Confirmed")
        DECLINED = "declined", _("Declined")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="label_proposals", verbose_name=_("supplier"))
    kind = models.CharField(_("step"), max_length=10, choices=Kind.choices, default=Kind.REVOKE)
    reason_code = models.CharField(_("ground"), max_length=60)
    reason = models.TextField(_("reason"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("label proposal")
        verbose_name_plural = _("label proposals")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["revoke"]), name="label_proposal_kind_known"),
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
