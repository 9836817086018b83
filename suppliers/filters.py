"""What the lists of this app can be narrowed by."""

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppliers.models import PublicRecord, Supplier


class RecordFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    STATES = [("undecided", _("All undecided ones")), ("to_decide", _("Ready to be decided")), *PublicRecord.Status.choices]

    q = filters.CharFilter(label=_("Supplier"), method="by_name", widget=forms.TextInput(attrs={"type": "search"}))
    state = filters.ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("All"))
    kind = filters.ChoiceFilter(label=_("Kind"), choices=PublicRecord.Kind.choices, empty_label=_("All"))

    class Meta:
        model = PublicRecord
        fields: list[str] = []

    def by_name(self, rows: QuerySet[PublicRecord], name: str, value: str) -> QuerySet[PublicRecord]:
        return rows.filter(supplier__in=Supplier.objects.search(value))

    def by_state(self, rows: QuerySet[PublicRecord], name: str, value: str) -> QuerySet[PublicRecord]:
        if value == "undecided":
            return rows.filter(status__in=PublicRecord.UNDECIDED)
        if value == "to_decide":
            return rows.filter(pk__in=PublicRecord.objects.to_decide(timezone.now()).values("pk"))
        return rows.filter(status=value)
