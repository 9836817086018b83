import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models.campaigns import QuestionnaireVersion


class WeightSet(models.Model):
    """Other weights for a questionnaire, as data; and the version of the rules they make, which takes its steps like any other."""

    version = models.OneToOneField(QuestionnaireVersion, on_delete=models.CASCADE, related_name="weight_set")
    base = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="weight_sets")
    content = models.JSONField(help_text="what is otherwise than in the questionnaire: profiles, weights")
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("weight set")
        verbose_name_plural = _("weight sets")
        constraints = [models.CheckConstraint(condition=~Q(version=models.F("base")), name="weight_set_makes_another_version")]
        triggers = [
            pgtrigger.Trigger(
                name="published_never_changes",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT FROM assessments_questionnaireversion WHERE id = OLD.version_id AND status <> 'draft') THEN
                        RAISE EXCEPTION 'a published weight set never changes';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} of {self.base_id}"
