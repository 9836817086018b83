from typing import Any, ClassVar, cast

import django_filters
from django.db.models import QuerySet
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination

from accounts.api_filters import MomentFilter
from accounts.api_looks import Looked
from accounts.models import User
from suppliers.api.serializers import SupplierDetailSerializer, SupplierSerializer
from suppliers.models import Category, HeadcountBand, Supplier, SupplierQuerySet


class SupplierPages(CursorPagination):
    """By position: the last page costs what the first one does, and no row slips while others are added."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "id"


class SupplierFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(method="search", label="words of a name in either language, or an identifier")
    country = django_filters.CharFilter(lookup_expr="iexact", label="ISO 3166-1 code of the registered place")
    region = django_filters.CharFilter(label="province or region")
    category = django_filters.MultipleChoiceFilter(choices=Category.choices)
    state = django_filters.MultipleChoiceFilter(choices=Supplier.State.choices)
    headcount_band = django_filters.MultipleChoiceFilter(choices=HeadcountBand.choices)
    updated_since = MomentFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Supplier
        fields: ClassVar[list[str]] = ["uscc", "lei", "duns", "reference", "company_number"]

    def search(self, suppliers: SupplierQuerySet, _name: str, text: str) -> SupplierQuerySet:
        return suppliers.search(text)


def visible(user: Any) -> QuerySet[Supplier]:
    return Supplier.objects.visible_to(cast(User, user))


class SupplierList(Looked[Supplier], ListAPIView[Supplier]):
    """Suppliers within what the signed-in person may see."""

    subject = "supplier"
    whose = "pk"
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilter
    pagination_class = SupplierPages
    queryset = Supplier.objects.none()

    def get_queryset(self) -> QuerySet[Supplier]:
        return visible(self.request.user)


class SupplierDetail(Looked[Supplier], RetrieveAPIView[Supplier]):
    """One supplier with its sites and contacts."""

    subject = "supplier"
    whose = "pk"
    serializer_class = SupplierDetailSerializer
    queryset = Supplier.objects.none()

    def get_queryset(self) -> QuerySet[Supplier]:
        return visible(self.request.user).prefetch_related("sites", "contacts")
