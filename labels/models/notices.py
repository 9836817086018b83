from django.db import models
from django.utils.translation import gettext_lazy as _

from labels.models.ledger import LabelEvent


class Notice(models.Model):
    """That people were told of a step. Written with the mails in one transaction, so that nobody is told twice and nothing is forgotten."""

    event = models.OneToOneField(LabelEvent, on_delete=models.CASCADE, primary_key=True, related_name="notice")
    told_at = models.DateTimeField(_("told"))

    class Meta:
        verbose_name = _("notice of a label step")
        verbose_name_plural = _("notices of label steps")

    def __str__(self) -> str:
        return str(self.event_id)
