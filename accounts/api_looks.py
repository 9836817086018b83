"""What the buyer's people read through the API is in the access log of each supplier it is about: one statement a page.

A list is a file to take along, so it asks for what a file asks for: the right to the portfolio, and who is there.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView

from accounts.confirmation import ask_first
from accounts.models import User
from accounts.permissions import Permission, require
from audit import trail


M = TypeVar("M", bound=Model)


class Looked(GenericAPIView[M]):
    """`subject` is what the access log calls it; `whose` leads from a row to the number of its supplier."""

    subject: ClassVar[str]
    whose: ClassVar[str] = "supplier_id"

    def paginate_queryset(self, queryset: "QuerySet[Any, Any] | Sequence[Any]") -> Any:
        if self._is_buyer:
            require(self._person, Permission.PORTFOLIO_EXPORT)
            if asked := ask_first(self.request):
                words = _("Show again that it is you, at this address, and ask once more: %(address)s")
                raise PermissionDenied(words % {"address": asked.headers["Location"]}, code="not_confirmed")
        rows = list(super().paginate_queryset(queryset) or [])
        self._record(rows)
        return rows

    def get_object(self) -> M:
        row = super().get_object()
        self._record([row])
        return row

    def _record(self, rows: Iterable[M]) -> None:
        suppliers = sorted(set(map(attrgetter(self.whose), rows)))
        if self._is_buyer and suppliers:
            trail.record_each(f"{self.subject}.viewed", supplier_ids=suppliers, actor=self._person, detail={"api": True}, at=timezone.now())

    @property
    def _person(self) -> User:
        return cast(User, self.request.user)

    @property
    def _is_buyer(self) -> bool:
        return self._person.is_authenticated and self._person.is_buyer
