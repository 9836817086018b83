from datetime import timedelta
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import DecimalField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from assessments.models import Assessment, Standing
from labels.dates import ledger_day
from labels.models import LabelState, Level
from reports.widgets import LightSelect
from suppliers.models import BuyingUnit, Category, Supplier
from suppliers.places import PROVINCES, country_choices, region_name
from suppliers.search import words_of
from suppliers.validity import DAYS_AHEAD


NOT_INVITED = "none"
ALL = _("All")
SCORES = [
    ("evidenced", _("Evidenced")),
    ("declared", _("Declared")),
    ("verified", _("Verified")),
]
RISKS = [(str(days), format_lazy(_("Within {days} days"), days=days)) for days in sorted(DAYS_AHEAD)]
# The areas of the buyer's code; another questionnaire's areas are found on its own pages.
AREAS = [
    ("total", _("Total")),
    ("E1", _("E1 Permits and reporting")),
    ("E2", _("E2 Pollution prevention and resources")),
    ("E3", _("E3 Hazardous substances and waste")),
    ("E4", _("E4 Greenhouse gases")),
    ("E5", _("E5 Water")),
    ("E6", _("E6 Air")),
    ("ethics", _("Ethics")),
    ("labor", _("Labor")),
]


def region_choices() -> list[tuple[str, str]]:
    """Provinces of China, as suppliers hold them."""
    return [(province.name_en, region_name(province.name_en)) for province in PROVINCES]


def unit_choices() -> list[tuple[str, str]]:
    return [(str(unit.pk), unit.name) for unit in BuyingUnit.objects.order_by("code")]


def choice(**options: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(widget=LightSelect, **options)


class PortfolioFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    q = django_filters.CharFilter(label=_("Name or identifier"), method="search", max_length=200)
    category = choice(field_name="supplier__category", choices=Category.choices, label=_("Category"), empty_label=ALL)
    country = choice(field_name="supplier__country", choices=country_choices, label=_("Country"), empty_label=ALL)
    region = choice(field_name="supplier__region", choices=region_choices, label=_("Province"), empty_label=ALL)
    unit = choice(field_name="supplier__units", choices=unit_choices, label=_("Buying unit"), empty_label=ALL)
    state = choice(field_name="supplier__state", choices=Supplier.State.choices, label=_("Supplier state"), empty_label=ALL)
    status = choice(
        choices=[*Assessment.Status.choices, (NOT_INVITED, _("No assessment"))],
        label=_("Assessment"),
        method="by_status",
        empty_label=_("All"),
    )
    score = choice(choices=SCORES, label=_("Score"), method="nothing", empty_label=None, initial="evidenced")
    area = choice(choices=AREAS, label=_("Area"), method="nothing", empty_label=None, initial="total")
    score_min = django_filters.NumberFilter(label=_("From"), method="nothing", min_value=0, max_value=100)
    score_max = django_filters.NumberFilter(label=_("To"), method="nothing", min_value=0, max_value=100)
    label = choice(choices=LabelState.choices, label=_("Label"), method="by_label", empty_label=ALL)
    risk = choice(choices=RISKS, label=_("Score or label at risk"), method="by_risk", empty_label=ALL)
    level = choice(field_name="supplier__label__level", choices=Level.choices, label=_("Level"), empty_label=ALL)

    class Meta:
        model = Standing
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        for word in words_of(value):
            rows = rows.filter(supplier__search_text__contains=word)
        return rows

    def by_status(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        return rows.filter(status="" if value == NOT_INVITED else value)

    def by_label(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        if value == LabelState.NONE:
            return rows.exclude(supplier__label__state__in=[state for state in LabelState.values if state != LabelState.NONE])
        return rows.filter(supplier__label__state=value)

    def by_risk(self, rows: QuerySet[Standing], name: str, value: str) -> QuerySet[Standing]:
        """By the forecast of last night."""
        return rows.filter(supplier__risk__first_on__lte=ledger_day(timezone.now()) + timedelta(days=int(value)))

    def nothing(self, rows: QuerySet[Standing], name: str, value: Any) -> QuerySet[Standing]:
        """These four work together, in `filter_queryset`."""
        return rows

    def filter_queryset(self, queryset: QuerySet[Standing]) -> QuerySet[Standing]:
        rows: QuerySet[Standing] = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        bounds = {"gte": asked.get("score_min"), "lte": asked.get("score_max")}
        if all(bound is None for bound in bounds.values()):
            return rows
        column = self._score_column(asked.get("score") or "evidenced", asked.get("area") or "total")
        if "__" in column:
            rows = rows.annotate(asked_score=Cast(KT(column), DecimalField(max_digits=5, decimal_places=2)))
            column = "asked_score"
        found: QuerySet[Standing] = rows.filter(
            **{f"{column}__{bound}": Decimal(value) for bound, value in bounds.items() if value is not None}
        )
        return found

    def _score_column(self, score: str, area: str) -> str:
        return score if area == "total" else f"area_scores__{area}__{score}"

    @property
    def form(self) -> forms.Form:
        form: forms.Form = super().form
        form.fields["q"].widget.attrs.update({"type": "search", "autocomplete": "off"})
        return form
