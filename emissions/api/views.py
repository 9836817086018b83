from collections import defaultdict
from typing import ClassVar, cast

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_looks import Looked
from accounts.models import User
from accounts.permissions import Permission, require
from emissions.activity import Entry, MonthOfPeriods, save_activities
from emissions.api.serializers import ActivitySerializer, InventorySerializer, ValueSerializer, ValuesSerializer, WrittenSerializer
from emissions.models import ActivityRecord, Inventory
from suppliers.models import Site


class Pages(CursorPagination):
    """By position: the last page costs what the first one does, and no row slips while others are added."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "id"


class ActivityFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="id of the supplier")
    site = django_filters.NumberFilter(field_name="site_id", label="id of the site")
    source = django_filters.MultipleChoiceFilter(choices=ActivityRecord.Source.choices)
    month_from = django_filters.DateFilter(field_name="month", lookup_expr="gte")
    month_to = django_filters.DateFilter(field_name="month", lookup_expr="lte")

    class Meta:
        model = ActivityRecord
        fields: ClassVar[list[str]] = []


class InventoryFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="id of the supplier")
    year = django_filters.NumberFilter(label="calendar year in which the fiscal year starts")

    class Meta:
        model = Inventory
        fields: ClassVar[list[str]] = ["basis"]


class ActivityList(Looked[ActivityRecord], ListAPIView[ActivityRecord]):
    """Activity data by site and month, within what the signed-in person may see; suppliers send theirs here."""

    subject = "inventory"
    pagination_class = Pages
    serializer_class = ActivitySerializer
    filterset_class = ActivityFilter
    queryset = ActivityRecord.objects.none()

    def get_queryset(self) -> QuerySet[ActivityRecord]:
        return ActivityRecord.objects.visible_to(cast(User, self.request.user))

    @extend_schema(request=ValuesSerializer, responses={200: WrittenSerializer})
    def post(self, request: Request) -> Response:
        """Writes all values or none; those that are stored already change nothing."""
        person = cast(User, request.user)
        require(person, Permission.ACTIVITY_EDIT)
        now = timezone.now()
        sites = {site.pk: site for site in Site.objects.visible_to(person).select_related("supplier")}
        sent = ValuesSerializer(data=request.data, context={"sites": sites, "today": timezone.localdate()})
        sent.is_valid(raise_exception=True)
        by_site: dict[Site, list[Entry]] = defaultdict(list)
        for values in sent.validated_data["values"]:
            by_site[values["site"]].append(ValueSerializer.entry(values))
        try:
            written = save_activities(supplier_id=person.supplier_id or 0, by_site=by_site, by=person, at=now)
        except MonthOfPeriods as refusal:
            words = _("A month that is calculated from metered periods is changed by changing those.")
            raise ValidationError({"values": [words]}) from refusal
        return Response({"written": written})


class InventoryList(Looked[Inventory], ListAPIView[Inventory]):
    """Inventories by fiscal year, within what the signed-in person may see."""

    subject = "inventory"
    pagination_class = Pages
    serializer_class = InventorySerializer
    filterset_class = InventoryFilter
    queryset = Inventory.objects.none()

    def get_queryset(self) -> QuerySet[Inventory]:
        return Inventory.objects.visible_to(cast(User, self.request.user)).defer("lines")
