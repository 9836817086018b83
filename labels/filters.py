"""What the label lists can be narrowed by."""

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from labels.models import Label, LabelState, Level
from suppliers.models import Category, Supplier


class DirectoryFilter(filters.FilterSet):  # type: ignore[misc]
    q = filters.CharFilter(
        label=_("Name or identifier"), method="by_words", max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    level = filters.ChoiceFilter(label=_("Level"), field_name="label__level", choices=Level.choices, empty_label=_("All"))
    category = filters.ChoiceFilter(label=_("Category"), choices=Category.choices, empty_label=_("All"))

    class Meta:
        model = Supplier
        fields: list[str] = []

    def by_words(self, suppliers: "QuerySet[Supplier]", name: str, value: str) -> "QuerySet[Supplier]":
        return suppliers.filter(pk__in=Supplier.objects.search(value))


class LabelFilter(DirectoryFilter):
    STATES = [("live", _("In force")), *LabelState.choices]
    OUTCOMES = [*Level.choices, ("none", _("Meets no level"))]

    state = filters.ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("All"))
    outcome = filters.ChoiceFilter(label=_("Criteria met now"), choices=OUTCOMES, method="by_outcome", empty_label=_("All"))

    def by_state(self, suppliers: "QuerySet[Supplier]", name: str, value: str) -> "QuerySet[Supplier]":
        if value == "live":
            return suppliers.filter(label__state__in=Label.LIVE)
        if value == LabelState.NONE:
            return suppliers.filter(Q(label__isnull=True) | Q(label__state=value))
        return suppliers.filter(label__state=value)

    def by_outcome(self, suppliers: "QuerySet[Supplier]", name: str, value: str) -> "QuerySet[Supplier]":
        return suppliers.filter(label_decision__outcome="" if value == "none" else value)
