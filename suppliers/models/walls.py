"""Who may not see a supplier at all: people who have declared an interest in it.

This is the one place. `visible_to()` leaves such rows out of every list, file, export and answer of the API; asking for one of them by
its address says why it is not opened (403), where anything else that is not visible does not exist (404).
"""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.permissions import Barred


if TYPE_CHECKING:
    from accounts.models import User
    from suppliers.models.interests import Interest


class ConflictOfInterest(Barred):
    def __init__(self, interest: "Interest") -> None:
        day = date_format(localtime(interest.declared_at), "DATE_FORMAT")
        told = {"supplier": interest.supplier, "kind": interest.get_kind_display(), "day": day}
        super().__init__(
            _("A conflict of interest stands between you and %(supplier)s since %(day)s (%(kind)s). Somebody else sees to its case.") % told
        )


Walled = TypeVar("Walled", bound=models.Model)


class WalledQuerySet(models.QuerySet[Walled], Generic[Walled]):
    # From the row to its supplier.
    supplier_path: ClassVar[str] = "supplier"
    _viewer: "User | None" = None

    def without_conflicts_of(self, user: "User") -> Self:
        from suppliers.models.interests import Interest

        # A subquery that is worked out once: a join would keep the database from reading pages in the order of their index.
        walled = self.exclude(**{f"{self.supplier_path}__in": Interest.objects.in_force_for(user).values("supplier")})
        walled._viewer = user
        return walled

    def get(self, *args: Any, **kwargs: Any) -> Walled:
        try:
            return super().get(*args, **kwargs)
        except ObjectDoesNotExist:
            if self._viewer is not None and (reason := self.barring(self._viewer, self.model._default_manager.filter(*args, **kwargs))):
                raise reason from None
            raise

    def barring(self, viewer: "User", asked_for: "models.QuerySet[Walled]") -> Barred | None:
        """Why this person may not open what is there all the same."""
        from suppliers.models.interests import Interest

        theirs = Interest.objects.in_force_for(viewer).select_related("supplier")
        interest = theirs.filter(supplier__in=asked_for.values(self.supplier_path)).first()
        return ConflictOfInterest(interest) if interest else None

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # Django's own way of chaining; the stubs do not know it
        clone._viewer = self._viewer
        return clone
