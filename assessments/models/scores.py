from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from assessments.models.assessments import POINTS, Assessment, AssessmentOwnedQuerySet
from suppliers.models import Supplier, WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


# All but `is_current` and the run, which may be forgotten.
_COMPUTED = (
    "id", "assessment_id", "ruleset_sha256", "inputs_sha256", "declared", "evidenced", "verified", "evidence_coverage", "facts", "areas",
    "triggers_hit", "computed_at",
)  # fmt: skip


class Score(models.Model):
    """One computation. With the rule set's and the inputs' hashes; the receipt is recomputed from them, not stored.

    It stays as it was computed: a later one takes its place as the current one, and no more.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="scores")
    is_current = models.BooleanField(default=True)
    ruleset_sha256 = models.CharField(max_length=64)
    inputs_sha256 = models.CharField(max_length=64)
    declared = models.DecimalField(_("declared score"), max_digits=5, decimal_places=2)
    evidenced = models.DecimalField(_("evidenced score"), max_digits=5, decimal_places=2)
    verified = models.DecimalField(_("verified score"), **POINTS)
    evidence_coverage = models.DecimalField(_("evidence coverage"), max_digits=5, decimal_places=2)
    # What was true of the company: sites have no history of their beginnings, so it is kept here. As in a receipt.
    facts = models.JSONField(default=dict)
    # As in Assessment.area_scores, and [{"kind", "question", "key"}].
    areas = models.JSONField(default=dict)
    triggers_hit = models.JSONField(default=list, blank=True)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    computed_at = models.DateTimeField(_("computed"))

    objects = AssessmentOwnedQuerySet["Score"].as_manager()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["assessment"], condition=Q(is_current=True), name="score_one_current"),
            models.CheckConstraint(condition=Q(declared__range=(0, 100), evidenced__range=(0, 100)), name="score_0_to_100"),
        ]
        indexes = [models.Index(fields=["assessment", "-computed_at"], name="score_newest")]
        # By column: what retires ten thousand of them names `is_current` alone, and wakes only the second.
        triggers = [
            pgtrigger.Protect(
                name="computed_stays",
                operation=pgtrigger.Delete | pgtrigger.UpdateOf(*_COMPUTED),  # type: ignore[no-untyped-call]  # pgtrigger has few types
            ),
            pgtrigger.Protect(
                name="retired_stays",
                operation=pgtrigger.UpdateOf("is_current", "run_id"),  # type: ignore[no-untyped-call]  # as above
                condition=pgtrigger.Condition(
                    "NEW.is_current AND NOT OLD.is_current OR NEW.run_id IS NOT NULL AND NEW.run_id IS DISTINCT FROM OLD.run_id"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.declared}"


class StandingQuerySet(WalledQuerySet["Standing"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.SUPPLIER_VIEW):
            return self.without_conflicts_of(user)
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()


class Standing(models.Model):
    """Where a supplier stands: its newest assessment, and the newest one that has a score. The row the portfolio reads.

    Always derived, by `assessments.standing.refresh()`, in the transaction that changes what it is derived from. Every supplier has
    one: a database trigger on the supplier table writes the first, empty row (migration 0002).
    """

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    newest = models.ForeignKey(Assessment, on_delete=models.CASCADE, null=True, related_name="+")
    status = models.CharField(_("status"), max_length=12, choices=Assessment.Status.choices, blank=True)
    due_on = models.DateField(_("due on"), null=True)
    scored = models.ForeignKey(Assessment, on_delete=models.SET_NULL, null=True, related_name="+")
    declared = models.DecimalField(_("declared score"), **POINTS)
    evidenced = models.DecimalField(_("evidenced score"), **POINTS)
    verified = models.DecimalField(_("verified score"), **POINTS)
    evidence_coverage = models.DecimalField(_("evidence coverage"), **POINTS)
    area_scores = models.JSONField(_("scores by area"), default=dict)
    has_critical_finding = models.BooleanField(_("open critical finding"), default=False)

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.CheckConstraint(condition=Q(status__in=["", *Assessment.Status.values]), name="standing_status_known")]
        indexes = [
            models.Index(F("declared").desc(nulls_last=True), F("supplier").desc(), name="standing_by_declared"),
            models.Index(F("evidenced").desc(nulls_last=True), F("supplier").desc(), name="standing_by_evidenced"),
            models.Index(F("verified").desc(nulls_last=True), F("supplier").desc(), name="standing_by_verified"),
            models.Index(fields=["status"], name="standing_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.status}"
