from typing import Any, ClassVar, cast

import django_filters
from django.db.models import QuerySet
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination

from accounts.api_filters import MomentFilter
from accounts.api_looks import Looked
from accounts.models import User
from labels.api.serializers import (
    DecisionSerializer,
    LabelEventSerializer,
    LabelSerializer,
    StandardDetailSerializer,
    StandardSerializer,
)
from labels.models import Decision, Label, LabelEvent, LabelState, Level, Standard
from suppliers.models import Category


class Pages(CursorPagination):
    """By position: the last page costs what the first one does, and no row slips while others are added."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "id"


class LabelFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="id of the supplier")
    state = django_filters.MultipleChoiceFilter(choices=LabelState.choices)
    level = django_filters.MultipleChoiceFilter(choices=Level.choices)
    category = django_filters.MultipleChoiceFilter(field_name="supplier__category", choices=Category.choices)
    changed_since = MomentFilter(field_name="changed_at", lookup_expr="gte")

    class Meta:
        model = Label
        fields: ClassVar[list[str]] = []


class LabelEventFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="id of the supplier")
    kind = django_filters.MultipleChoiceFilter(choices=LabelEvent.Kind.choices)
    since = MomentFilter(field_name="at", lookup_expr="gte")

    class Meta:
        model = LabelEvent
        fields: ClassVar[list[str]] = []


class DecisionFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="id of the supplier")
    outcome = django_filters.MultipleChoiceFilter(choices=Level.choices)
    standard = django_filters.NumberFilter(field_name="standard_id", label="id of the standard")

    class Meta:
        model = Decision
        fields: ClassVar[list[str]] = []


class LabelList(Looked[Label], ListAPIView[Label]):
    """Green labels as their ledger leaves them, within what the signed-in person may see."""

    subject = "label"
    serializer_class = LabelSerializer
    filterset_class = LabelFilter
    pagination_class = Pages
    queryset = Label.objects.none()

    def get_queryset(self) -> QuerySet[Label]:
        return Label.objects.visible_to(_person(self))


class LabelDetail(Looked[Label], RetrieveAPIView[Label]):
    """One green label."""

    subject = "label"
    serializer_class = LabelSerializer
    queryset = Label.objects.none()

    def get_queryset(self) -> QuerySet[Label]:
        return Label.objects.visible_to(_person(self))


class LabelEventList(Looked[LabelEvent], ListAPIView[LabelEvent]):
    """The steps of the label ledger, oldest first."""

    subject = "label"
    serializer_class = LabelEventSerializer
    filterset_class = LabelEventFilter
    pagination_class = Pages
    queryset = LabelEvent.objects.none()

    def get_queryset(self) -> QuerySet[LabelEvent]:
        return LabelEvent.objects.visible_to(_person(self)).for_api()


class DecisionList(Looked[Decision], ListAPIView[Decision]):
    """The newest evaluation of each supplier, criterion by criterion."""

    subject = "label"
    serializer_class = DecisionSerializer
    filterset_class = DecisionFilter
    pagination_class = Pages
    queryset = Decision.objects.none()

    def get_queryset(self) -> QuerySet[Decision]:
        return Decision.objects.visible_to(_person(self))


class StandardList(ListAPIView[Standard]):
    """The versions of the green procurement standard."""

    serializer_class = StandardSerializer
    pagination_class = Pages
    queryset = Standard.objects.none()

    def get_queryset(self) -> QuerySet[Standard]:
        return Standard.objects.visible_to(_person(self)).defer("content")


class StandardDetail(RetrieveAPIView[Standard]):
    """One version with all its criteria."""

    serializer_class = StandardDetailSerializer
    queryset = Standard.objects.none()

    def get_queryset(self) -> QuerySet[Standard]:
        return Standard.objects.visible_to(_person(self))


def _person(view: Any) -> User:
    return cast(User, view.request.user)
