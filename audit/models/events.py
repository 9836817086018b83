import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _


class EventQuerySet(models.QuerySet["Event"]):
    def about_supplier(self, supplier_id: int) -> "EventQuerySet":
        return self.filter(supplier_id=supplier_id)

    def of_export(self, pk: int) -> "EventQuerySet":
        return self.filter(detail__has_key="export", detail__export=pk)

    def newest_first(self) -> "EventQuerySet":
        return self.order_by("-at", "-pk")


class Event(models.Model):
    """Something that happened and is not a row change: a sign-in, a look at answers, an export, a business verb.

    Plain identifiers instead of foreign keys: an event outlives what it speaks of, and this app imports no other.
    """

    append_only = True  # the application's database role may insert and read, nothing else

    at = models.DateTimeField(_("at"))
    action = models.CharField(_("action"), max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    actor_role = models.CharField(_("role"), max_length=32, blank=True)
    supplier_id = models.BigIntegerField(null=True, blank=True)
    target_type = models.CharField(max_length=64, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_newest"),
            models.Index(fields=["supplier_id", "-at"], name="event_supplier"),
            models.Index(fields=["target_type", "target_id", "-at"], name="event_target"),
            # Whose data a file of many holds: `of_export`.
            models.Index(KeyTransform("export", "detail"), name="event_export", condition=models.Q(detail__has_key="export")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
