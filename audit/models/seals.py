import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def never_changes() -> list[pgtrigger.Trigger]:
    return [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class SealedBlock(models.Model):
    """The hashes of the rows of one table from after one id up to another, so that a changed row can be named.

    A row's hash covers the columns listed here and no others: a column that is added later leaves what was sealed before as it is.
    """

    append_only = True

    table = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63))
    after_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField(help_text="SHA-256 of each row, 32 bytes, in the order of the ids")
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sealed block")
        verbose_name_plural = _("sealed blocks")
        constraints = [
            models.UniqueConstraint(fields=["table", "after_id"], name="sealed_block_follows_one"),
            models.CheckConstraint(condition=Q(last_id__gt=F("after_id")), name="sealed_block_goes_forward"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.table} …{self.last_id}"


class Seal(models.Model):
    """One day's seal: a hash over the seal before it and the blocks since."""

    append_only = True

    number = models.PositiveIntegerField(_("number"), unique=True)
    sealed_at = models.DateTimeField(_("sealed"))
    rows = models.PositiveIntegerField(_("rows"))
    last_block = models.BigIntegerField(help_text="its blocks are those after the last one of the seal before, up to this id")
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [
            models.CheckConstraint(
                condition=Q(number=1, previous_hash="") | Q(number__gt=1) & ~Q(previous_hash=""), name="seal_follows_the_one_before"
            )
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.number} · {self.sealed_at:%Y-%m-%d}"
