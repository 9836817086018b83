from typing import Any, ClassVar, cast

import django_filters
from django.db.models import QuerySet
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination

from accounts.api_filters import MomentFilter
from accounts.api_looks import Looked
from accounts.models import User
from assessments.api.serializers import AssessmentSerializer, ScoreSerializer
from assessments.models import Assessment, Score


class Pages(CursorPagination):
    """By position: the last page costs what the first one does, and no row slips while others are added."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "id"


class AssessmentFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="supplier_id", label="id of the supplier")
    campaign = django_filters.NumberFilter(field_name="campaign_id", label="id of the campaign")
    cycle = django_filters.NumberFilter(field_name="campaign__cycle", label="fiscal year of the campaign")
    status = django_filters.MultipleChoiceFilter(choices=Assessment.Status.choices)
    scored_since = MomentFilter(field_name="scored_at", lookup_expr="gte")

    class Meta:
        model = Assessment
        fields: ClassVar[list[str]] = []


class ScoreFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    supplier = django_filters.NumberFilter(field_name="assessment__supplier_id", label="id of the supplier")
    assessment = django_filters.NumberFilter(field_name="assessment_id", label="id of the assessment")
    campaign = django_filters.NumberFilter(field_name="assessment__campaign_id", label="id of the campaign")
    is_current = django_filters.BooleanFilter(label="only scores that stand, or only those that were replaced")
    computed_since = MomentFilter(field_name="computed_at", lookup_expr="gte")

    class Meta:
        model = Score
        fields: ClassVar[list[str]] = []


def visible_assessments(user: Any) -> QuerySet[Assessment]:
    return Assessment.objects.visible_to(cast(User, user)).with_coverage().select_related("campaign")


class AssessmentList(Looked[Assessment], ListAPIView[Assessment]):
    """Assessments with their current scores, within what the signed-in person may see. Answers are not part of it."""

    subject = "assessment"
    serializer_class = AssessmentSerializer
    filterset_class = AssessmentFilter
    pagination_class = Pages
    queryset = Assessment.objects.none()

    def get_queryset(self) -> QuerySet[Assessment]:
        return visible_assessments(self.request.user)


class AssessmentDetail(Looked[Assessment], RetrieveAPIView[Assessment]):
    """One assessment with its current score."""

    subject = "assessment"
    serializer_class = AssessmentSerializer
    queryset = Assessment.objects.none()

    def get_queryset(self) -> QuerySet[Assessment]:
        return visible_assessments(self.request.user)


class ScoreList(Looked[Score], ListAPIView[Score]):
    """Every computation of a score, with the hashes of its rules and inputs."""

    subject = "receipt"
    whose = "assessment.supplier_id"
    serializer_class = ScoreSerializer
    filterset_class = ScoreFilter
    pagination_class = Pages
    queryset = Score.objects.none()

    def get_queryset(self) -> QuerySet[Score]:
        return Score.objects.visible_to(cast(User, self.request.user)).select_related("assessment")
