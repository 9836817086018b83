"""What the buyer's people read through the API is in the access log of each supplier it is about: one statement a page."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework.generics import GenericAPIView

from accounts.models import User
from audit import trail


M = TypeVar("M", bound=Model)


class Looked(GenericAPIView[M]):
    """`subject` is what the access log calls it; `whose` leads from a row to the number of its supplier."""

    subject: ClassVar[str]
    whose: ClassVar[str] = "supplier_id"

    def paginate_queryset(self, queryset: "QuerySet[Any, Any] | Sequence[Any]") -> Any:
        rows = list(super().paginate_queryset(queryset) or [])
        self._record(rows)
        return rows

    def get_object(self) -> M:
        row = super().get_object()
        self._record([row])
        return row

    def _record(self, rows: Iterable[M]) -> None:
        person = cast(User, self.request.user)
        suppliers = sorted(set(map(attrgetter(self.whose), rows)))
        if person.is_authenticated and person.is_buyer and suppliers:
            trail.record_each(f"{self.subject}.viewed", supplier_ids=suppliers, actor=person, detail={"api": True}, at=timezone.now())
