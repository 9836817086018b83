"""What the label lists can be narrowed by."""

from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from labels.models import Label, LabelState, Level
from suppliers.models import BuyingUnit, Category, Document, Supplier
from suppliers.places import PROVINCES, country_name, region_name


_PROVINCES = {province.name_en for province in PROVINCES}
QUALIFICATIONS = [(kind, title) for kind, title in Document.Kind.choices if kind not in ("other", "code_of_conduct")]


def place_choices() -> list[tuple[str, str]]:
    """Provinces of China, then the other countries there are suppliers in; in the language in use."""
    abroad = Supplier.objects.exclude(country="CN").order_by().values_list("country", flat=True).distinct()
    countries = sorted(((code, country_name(code)) for code in abroad), key=lambda pair: pair[1])
    return [*((province.name_en, region_name(province.name_en)) for province in PROVINCES), *countries]


class SupplierFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
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


class DirectoryFilter(SupplierFilter):
    """Also by where a supplier is registered, what it can show today, and who buys from it."""

    region = filters.ChoiceFilter(label=_("Province or country"), choices=place_choices, method="by_place", empty_label=_("All"))
    qualification = filters.ChoiceFilter(
        label=_("Qualification in date"), choices=QUALIFICATIONS, method="by_qualification", empty_label=_("All")
    )
    unit = filters.ModelChoiceFilter(
        label=_("Buying unit"), field_name="units", queryset=lambda request: BuyingUnit.objects.order_by("code"), empty_label=_("All")
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def by_place(self, suppliers: "QuerySet[Supplier]", name: str, value: str) -> "QuerySet[Supplier]":
        return suppliers.filter(region=value, country="CN") if value in _PROVINCES else suppliers.filter(country=value)

    def by_qualification(self, suppliers: "QuerySet[Supplier]", name: str, value: str) -> "QuerySet[Supplier]":
        return suppliers.filter(Exists(Document.objects.current().in_date(self.on).filter(supplier=OuterRef("pk"), kind=value)))


class LabelFilter(SupplierFilter):
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
