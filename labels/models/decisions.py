from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from labels.models.standards import Standard
from suppliers.models import OwnedQuerySet, Supplier, SupplierOwned


@keep_history()
class Decision(SupplierOwned):
    """The newest evaluation of a supplier: each criterion with value, need and source. Its history holds the earlier ones."""

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


class EvaluationMark(SupplierOwned):
    """A supplier whose label may have to move. Written by database triggers on what a standard looks at (migration 0002), so that no way
    of changing it is forgotten; taken away by `labels.freshness.evaluate_marked`."""

    # No constraint: triggers mark also while a supplier is on its way out, and a mark without one does no harm.
    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, primary_key=True, related_name="label_mark", db_constraint=False)
    marked_at = models.DateTimeField(_("marked"))

    objects = OwnedQuerySet["EvaluationMark"].as_manager()

    class Meta:
        verbose_name = _("label to be evaluated again")
        verbose_name_plural = _("labels to be evaluated again")
        indexes = [models.Index(fields=["marked_at"], name="evaluation_mark_oldest")]

    def __str__(self) -> str:
        return str(self.supplier_id)
