from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment, AssessmentOwnedQuerySet


class ScoreMark(models.Model):
    """An assessment whose stored score may no longer follow from its inputs. Written by database triggers on what a score is computed
    from, so that no way of changing it is forgotten (migration 0002); taken away by `scores.freshness.rescore_marked`."""

    # No constraint: triggers mark also while an assessment is on its way out, and a mark without one does no harm.
    assessment = models.OneToOneField(
        Assessment, on_delete=models.CASCADE, primary_key=True, related_name="score_mark", db_constraint=False
    )
    marked_at = models.DateTimeField(_("marked"))

    objects = AssessmentOwnedQuerySet["ScoreMark"].as_manager()

    class Meta:
        verbose_name = _("score to be computed again")
        verbose_name_plural = _("scores to be computed again")
        indexes = [models.Index(fields=["marked_at"], name="score_mark_oldest")]

    def __str__(self) -> str:
        return str(self.assessment_id)
