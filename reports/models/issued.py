from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from suppliers.models import Supplier, SupplierOwned, WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


class IssuedDocumentQuerySet(WalledQuerySet["IssuedDocument"]):
    def visible_to(self, user: "User") -> Self:
        """Its maker, and those who read everything, as with the exports it goes into."""
        mine = self if has(user, Permission.AUDIT_VIEW) else self.filter(made_by=user)
        return mine.without_conflicts_of(user)


class IssuedDocument(SupplierOwned):
    """A finished, signed document, found again by its content: while that stays the same, nobody prints it a second time."""

    key = models.CharField(max_length=64, unique=True, help_text="hash of what the pages say and how they are drawn")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(_("language"), max_length=10)
    file = models.FileField(upload_to="issued/", max_length=300)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))

    objects = IssuedDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        indexes = [models.Index(fields=["made_at"], name="issued_oldest")]

    def __str__(self) -> str:
        return self.key[:16]

    def has_file(self) -> bool:
        return bool(self.file.name) and self.file.storage.exists(str(self.file.name))

    def content(self) -> bytes:
        with self.file.open("rb") as file:
            return bytes(file.read())
