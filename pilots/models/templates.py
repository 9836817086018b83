from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from emissions.models import in_use


class AgreementTemplate(models.Model):
    """A version of the wording an agreement is drafted from: clauses in both languages, and what a draft begins with."""

    append_only = True

    key = models.SlugField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    content = models.JSONField(help_text="clauses and defaults, as in the file it came from")
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(_("published"))

    objects = models.Manager["AgreementTemplate"]()

    class Meta:
        verbose_name = _("agreement template")
        verbose_name_plural = _("agreement templates")
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="agreement_template_version_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"

    @property
    def title(self) -> str:
        return in_use(self.title_zh, self.title_en)

    @property
    def clauses(self) -> list[dict[str, Any]]:
        clauses: list[dict[str, Any]] = self.content["clauses"]
        return clauses

    @property
    def defaults(self) -> dict[str, Any]:
        defaults: dict[str, Any] = self.content["defaults"]
        return defaults
