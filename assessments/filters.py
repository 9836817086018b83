"""What the buyer's people can narrow the lists of this app by."""

from datetime import timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models import Assessment, Campaign, Finding
from suppliers.models import Category, Supplier


def _named(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows of suppliers found by name or identifier. A subquery the database can plan, not a list of ids."""
    return rows.filter(supplier__in=Supplier.objects.search(text))


class ReviewQueueFilter(filters.FilterSet):  # type: ignore[misc]
    WHOSE = [("mine", _("Mine")), ("free", _("Nobody's yet")), ("others", _("Somebody else's"))]
    AGES = [("7", _("More than 7 days")), ("14", _("More than 14 days")), ("30", _("More than 30 days"))]

    q = filters.CharFilter(label=_("Supplier"), method="by_name", widget=forms.TextInput(attrs={"type": "search"}))
    whose = filters.ChoiceFilter(label=_("Reviewer"), choices=WHOSE, method="by_reviewer", empty_label=_("All"))
    campaign = filters.ModelChoiceFilter(label=_("Campaign"), queryset=Campaign.objects.order_by("-cycle", "-pk"), empty_label=_("All"))
    category = filters.ChoiceFilter(label=_("Category"), field_name="supplier__category", choices=Category.choices, empty_label=_("All"))
    waiting = filters.ChoiceFilter(label=_("Waiting"), choices=AGES, method="by_age", empty_label=_("Any time"))

    class Meta:
        model = Assessment
        fields: list[str] = []

    def by_name(self, rows: QuerySet[Assessment], name: str, value: str) -> QuerySet[Assessment]:
        return _named(rows, value)

    def by_reviewer(self, rows: QuerySet[Assessment], name: str, value: str) -> QuerySet[Assessment]:
        user = self.request.user
        if value == "mine":
            return rows.filter(reviewer=user, status=Assessment.Status.IN_REVIEW)
        if value == "free":
            return rows.filter(status=Assessment.Status.SUBMITTED)
        return rows.filter(status=Assessment.Status.IN_REVIEW).exclude(reviewer=user)

    def by_age(self, rows: QuerySet[Assessment], name: str, value: str) -> QuerySet[Assessment]:
        return rows.filter(submitted_at__lt=timezone.now() - timedelta(days=int(value)))


class FindingFilter(filters.FilterSet):  # type: ignore[misc]
    STATES = [
        ("open", _("All open ones")),
        ("overdue", _("Overdue")),
        ("without_plan", _("Without a plan")),
        *Finding.Status.choices[1:],
    ]

    q = filters.CharFilter(label=_("Supplier"), method="by_name", widget=forms.TextInput(attrs={"type": "search"}))
    severity = filters.ChoiceFilter(label=_("Severity"), choices=Finding.Severity.choices, empty_label=_("All"))
    state = filters.ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("All"))
    category = filters.ChoiceFilter(label=_("Category"), field_name="supplier__category", choices=Category.choices, empty_label=_("All"))

    class Meta:
        model = Finding
        fields: list[str] = []

    def by_name(self, rows: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        return _named(rows, value)

    def by_state(self, rows: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        if value == "open":
            return rows.filter(closed_at__isnull=True)
        if value == "overdue":
            return rows.filter(closed_at__isnull=True, next_due_on__lt=timezone.localdate())
        return rows.filter(status=Finding.Status.OPEN if value == "without_plan" else value)
