import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _


class Consent(models.Model):
    """That a person has read and accepted a version of the privacy notice, in which language. Never changed: a new version asks anew."""

    append_only = True

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="consents")
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64, help_text="of the text that was shown")
    accepted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="consent_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.user_id} {self.version}"
