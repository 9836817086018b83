from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from audit.history import keep_history
from suppliers.models.companies import Supplier


if TYPE_CHECKING:
    from accounts.models import User


class InterestQuerySet(models.QuerySet["Interest"]):
    def in_force(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)

    def in_force_for(self, user: "User") -> Self:
        return self.in_force().filter(user=user)

    def people_by_supplier(self, supplier_ids: Iterable[int]) -> defaultdict[int, set[int]]:
        """Whom the wall keeps from each of these suppliers."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for supplier, user in self.in_force().filter(supplier__in=set(supplier_ids)).values_list("supplier", "user"):
            found[supplier].add(user)
        return found

    def visible_to(self, user: "User") -> Self:
        """One's own; those who run or oversee the reviews see everybody's. No supplier learns of them."""
        if has(user, Permission.REVIEW_MANAGE) or has(user, Permission.AUDIT_VIEW):
            return self
        return self.filter(user=user) if has(user, Permission.REVIEW_VIEW) else self.none()


@keep_history(personal=["note"])
class Interest(models.Model):
    """A declared conflict of interest: while it stands, the person does not see the supplier (`walls.py`)."""

    class Kind(models.TextChoices):
        EMPLOYMENT = "employment", _("Works or worked there")
        FINANCIAL = "financial", _("Money in the company")
        FAMILY = "family", _("Family or friends there")
        BUSINESS = "business", _("Other business with the company")
        OTHER = "other", _("Another reason")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="interests", verbose_name=_("person"))
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="+", verbose_name=_("supplier"))
    kind = models.CharField(_("what kind"), max_length=12, choices=Kind.choices)
    note = models.TextField(_("what it is"), blank=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(_("declared"))
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_reason = models.TextField(_("reason for withdrawing"), blank=True)

    objects = InterestQuerySet.as_manager()

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        constraints = [
            models.UniqueConstraint(fields=["user", "supplier"], condition=Q(withdrawn_at__isnull=True), name="interest_one_in_force"),
            models.CheckConstraint(
                condition=Q(kind__in=["employment", "financial", "family", "business", "other"]), name="interest_kind_known"
            ),
            models.CheckConstraint(condition=~Q(kind="other") | ~Q(note=""), name="interest_other_is_said"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason="")),
                name="interest_withdrawn_at_by_and_why_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.supplier_id}"
