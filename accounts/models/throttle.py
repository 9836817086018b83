from django.db import models
from django.utils.translation import gettext_lazy as _


class Throttle(models.Model):
    """How often something was tried by one somebody: `accounts.limits` counts here, for every web process alike.

    The key is a hash of what is limited and who tries, so that the table names nobody.
    """

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("throttle")
        verbose_name_plural = _("throttles")

    def __str__(self) -> str:
        return f"{self.key[:8]} × {self.count}"
