"""What the buyer's people can narrow the lists of this app by."""

from datetime import datetime, timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import User
from assessments.models import Assessment, Campaign, Finding
from assessments.reviewers import assigning
from assessments.reviewers.deadlines import Pace
from suppliers.models import BuyingUnit, Category, Supplier


def _named(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows of suppliers found by name or identifier. A subquery the database can plan, not a list of ids."""
    return rows.filter(supplier__in=Supplier.objects.search(text))


def escalation_choices() -> list[tuple[str, StrOrPromise]]:
    """Asked for by each form: what is put together here takes the language of its moment."""
    return [("0", _("Not escalated")), *((str(level), _("Level %(level)s") % {"level": level}) for level in (1, 2, 3))]


class ReviewQueueFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    WHOSE = [("mine", _("Mine")), ("free", _("Nobody's yet")), ("others", _("Somebody else's"))]

    q = filters.CharFilter(label=_("Supplier"), method="by_name", widget=forms.TextInput(attrs={"type": "search"}))
    whose = filters.ChoiceFilter(label=_("Whose"), choices=WHOSE, method="by_whose", empty_label=_("All"))
    reviewer = filters.ModelChoiceFilter(label=_("Reviewer"), queryset=User.objects.none(), empty_label=_("All"))
    due = filters.ChoiceFilter(label=_("Due"), field_name="pace", choices=Pace.choices, empty_label=_("Any time"))
    campaign = filters.ModelChoiceFilter(label=_("Campaign"), queryset=Campaign.objects.order_by("-cycle", "-pk"), empty_label=_("All"))
    category = filters.ChoiceFilter(label=_("Category"), field_name="supplier__category", choices=Category.choices, empty_label=_("All"))
    unit = filters.ModelChoiceFilter(
        label=_("Buying unit"), queryset=BuyingUnit.objects.order_by("code"), method="by_unit", empty_label=_("All")
    )

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["reviewer"].queryset = assigning.reviewers()

    def by_name(self, rows: QuerySet[Assessment], name: str, value: str) -> QuerySet[Assessment]:
        return _named(rows, value)

    def by_whose(self, rows: QuerySet[Assessment], name: str, value: str) -> QuerySet[Assessment]:
        if value == "mine":
            return rows.filter(reviewer=self.request.user)
        if value == "free":
            return rows.filter(reviewer=None)
        return rows.exclude(reviewer=None).exclude(reviewer=self.request.user)

    def by_unit(self, rows: QuerySet[Assessment], name: str, value: BuyingUnit) -> QuerySet[Assessment]:
        return rows.filter(supplier__in=Supplier.objects.filter(units=value))


# Key, name, and days since it was opened: from, and up to but not including.
FINDING_AGES: list[tuple[str, StrOrPromise, int, int | None]] = [
    ("week", _("Up to a week"), 0, 7),
    ("month", _("A week to 30 days"), 7, 30),
    ("quarter", _("30 to 90 days"), 30, 90),
    ("older", _("More than 90 days"), 90, None),
]


def opened_within(key: str, at: datetime) -> Q:
    [(least, most)] = [(least, most) for age, _label, least, most in FINDING_AGES if age == key]
    younger = Q(opened_at__lte=at - timedelta(days=least)) if least else Q()
    return younger & (Q(opened_at__gt=at - timedelta(days=most)) if most else Q())


class FindingFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    STATES = [
        ("open", _("All open ones")),
        ("overdue", _("Overdue")),
        ("without_plan", _("Without a plan")),
        *Finding.Status.choices[1:],
    ]

    AGES = [(key, label) for key, label, _least, _most in FINDING_AGES]

    q = filters.CharFilter(label=_("Supplier"), method="by_name", widget=forms.TextInput(attrs={"type": "search"}))
    severity = filters.ChoiceFilter(label=_("Severity"), choices=Finding.Severity.choices, empty_label=_("All"))
    state = filters.ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("All"))
    level = filters.ChoiceFilter(
        label=_("Escalation"),
        field_name="escalation",
        choices=escalation_choices,
        empty_label=_("All"),
    )
    age = filters.ChoiceFilter(label=_("Age"), choices=AGES, method="by_age", empty_label=_("Any age"))
    category = filters.ChoiceFilter(label=_("Category"), field_name="supplier__category", choices=Category.choices, empty_label=_("All"))

    class Meta:
        model = Finding
        fields: list[str] = []

    def by_name(self, rows: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        return _named(rows, value)

    def by_age(self, rows: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        return rows.filter(opened_within(value, timezone.now()))

    def by_state(self, rows: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        if value == "open":
            return rows.filter(closed_at__isnull=True)
        if value == "overdue":
            return rows.filter(closed_at__isnull=True, next_due_on__lt=timezone.localdate())
        return rows.filter(status=Finding.Status.OPEN if value == "without_plan" else value)
