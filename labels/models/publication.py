from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import keep_history
from suppliers.models import OwnedQuerySet, Supplier, SupplierOwned


@keep_history()
class Publication(SupplierOwned):
    """What a supplier agreed to show on the public page of its label, beside what every label shows. Without a row: nothing."""

    CHOICES = ("name", "identifier", "place", "website", "qualifications")

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, related_name="label_publication", verbose_name=_("supplier"))
    name = models.BooleanField(_("Name of the company"), default=False)
    identifier = models.BooleanField(_("Number in the company register"), default=False)
    place = models.BooleanField(_("Country and region"), default=False)
    website = models.BooleanField(_("Website"), default=False)
    qualifications = models.BooleanField(_("Green qualifications in date (kinds of certificates, no files)"), default=False)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(_("agreed"))

    objects = OwnedQuerySet["Publication"].as_manager()

    class Meta:
        verbose_name = _("what a supplier agreed to publish")
        verbose_name_plural = _("what suppliers agreed to publish")

    def __str__(self) -> str:
        return str(self.supplier_id)
