"""Holds, which stop the deleting, and the log of what was deleted. Plain numbers instead of foreign keys: both outlive their subjects."""

from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Permission, has
from audit.history import keep_history


if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return self if has(user, Permission.PRIVACY_VIEW) else self.none()

    def in_force(self) -> Self:
        return self.filter(lifted_at__isnull=True)

    def subjects(self, kind: str) -> "models.QuerySet[LegalHold, int]":
        return self.in_force().filter(kind=kind).values_list("subject_id", flat=True)


@keep_history()
class LegalHold(models.Model):
    """While it is in force nothing of its subject is deleted by age, and no person is made nameless.

    Of a person that is what signing in and working leave behind, mails to the person, and invitations.
    """

    class Kind(models.TextChoices):
        SUPPLIER = "supplier", _("Supplier")
        PERSON = "person", _("Person")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    subject_id = models.BigIntegerField()
    reason = models.TextField(_("reason"))
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("set"))
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects: ClassVar[LegalHoldQuerySet] = LegalHoldQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["supplier", "person"]), name="hold_kind_known"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True) | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="hold_lifted_at_and_by_together",
            ),
            models.UniqueConstraint(fields=["kind", "subject_id"], condition=Q(lifted_at__isnull=True), name="hold_once_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"

    @staticmethod
    def stand_still() -> None:
        """To the end of the transaction: whoever sets a hold meanwhile waits, and finds what is left."""
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE privacy_legalhold IN SHARE MODE")


class DisposalQuerySet(models.QuerySet["Disposal"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return self if has(user, Permission.PRIVACY_VIEW) else self.none()


class Disposal(models.Model):
    """What was deleted, by which rule, how much of it and which numbers it had."""

    append_only = True

    model = models.CharField(max_length=80)
    rule = models.CharField(max_length=200)
    count = models.PositiveIntegerField()
    numbers = models.JSONField(default=list)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[DisposalQuerySet] = DisposalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("disposal")
        verbose_name_plural = _("disposals")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.model} × {self.count}"
