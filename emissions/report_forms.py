"""What people type about metered periods, renewable instruments, scope 3 and abatement, cleaned into the values we keep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.day_field import DayField
from accounts.visible_text import VisibleTextMixin
from emissions.forms import month_name
from emissions.models import Abatement, MeterPeriod, RenewableInstrument, Scope3Entry
from emissions.periods import PeriodValues
from emissions.scope3 import CategoryValue
from emissions.sources import UNITS, Column, Source
from suppliers.models import Document, Site, Supplier


METERED = (
    Source.ELECTRICITY,
    Source.RENEWABLE_ELECTRICITY,
    Source.IT_ENERGY,
    Source.HEAT,
    Source.NATURAL_GAS,
)
METERED_UNITS = tuple(dict.fromkeys(unit for source in METERED for unit in UNITS[source]))
NO_DOCUMENT = _("No document")
MOST_TONNES = Decimal(999_999_999_999)


def documents_of(supplier: Supplier) -> Any:
    return Document.objects.filter(supplier=supplier).current().order_by("title", "original_name", "pk")


def sites_of(supplier: Supplier) -> Any:
    return Site.objects.filter(supplier=supplier).order_by("name", "pk")


class MeterPeriodForm(VisibleTextMixin, forms.ModelForm[MeterPeriod]):
    source = forms.ChoiceField(label=_("Source"), choices=[(source.value, source.label) for source in METERED])
    unit = forms.ChoiceField(label=_("Unit"), choices=[(unit, unit) for unit in METERED_UNITS])

    class Meta:
        model = MeterPeriod
        fields = ("source", "meter", "first_day", "last_day", "quantity", "unit", "is_measured", "evidence")
        field_classes = dict.fromkeys(("first_day", "last_day"), DayField)
        help_texts = {
            "meter": _("If the site has several meters of this source. Periods of one meter must not overlap."),
            "last_day": _("The day before the next bill begins."),
            "is_measured": _("Leave it open for an estimate."),
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        evidence: Any = self.fields["evidence"]
        evidence.queryset, evidence.empty_label = documents_of(site.supplier), NO_DOCUMENT

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The period ends before it begins."))
        elif first and last and (last - first).days > 400:
            self.add_error("last_day", _("A period is at most 400 days long."))
        if data.get("quantity") is not None and data["quantity"] < 0:
            self.add_error("quantity", _("A quantity cannot be below zero."))
        if data.get("unit") and data.get("source") and data["unit"] not in UNITS[data["source"]]:
            self.add_error("unit", _("This unit does not fit."))
        return data

    def values(self) -> PeriodValues:
        return PeriodValues(**{name: self.cleaned_data[name] for name in self.Meta.fields})

    def _post_clean(self) -> None:
        """The period is written by `emissions.periods`, under the lock of its supplier."""


class EvidenceForm(forms.Form):
    """Which document stands behind some months of a source."""

    column = forms.ChoiceField(label=_("Source"))
    first = forms.TypedChoiceField(label=_("First month"), coerce=date.fromisoformat)
    last = forms.TypedChoiceField(label=_("Last month"), coerce=date.fromisoformat)
    document = forms.ModelChoiceField(
        Document.objects.none(), label=_("Document"), required=False, empty_label=_("None: take the evidence away")
    )

    def __init__(self, data: Mapping[str, Any] | None, *, site: Site, months: Sequence[date], columns: Sequence[Column]) -> None:
        super().__init__(data, prefix="evidence")
        self._columns = {column.key: column for column in columns}
        choices = [(month.isoformat(), month_name(month)) for month in months]
        self.fields["column"].choices = [(key, column.label) for key, column in self._columns.items()]  # type: ignore[attr-defined]  # a ChoiceField
        for name, month in (("first", choices[0]), ("last", choices[-1])):
            self.fields[name].choices, self.fields[name].initial = choices, month[0]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["document"].queryset = documents_of(site.supplier)  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("The period ends before it begins."))
        return data

    def clean_column(self) -> Column:
        return self._columns[self.cleaned_data["column"]]


def serial_taken() -> str:
    return gettext("A certificate with this serial number is reported already.")


class InstrumentForm(VisibleTextMixin, forms.ModelForm[RenewableInstrument]):
    class Meta:
        model = RenewableInstrument
        fields = ("kind", "serial", "mwh", "generated_from", "generated_to", "cancelled_on", "site", "plant", "plant_year", "evidence")
        field_classes = dict.fromkeys(("generated_from", "generated_to", "cancelled_on"), DayField)
        help_texts = {
            "serial": _("As on the certificate or contract. A serial number can be reported once."),
            "generated_to": _("The electricity counts as proven in the fiscal year of this day."),
            "plant_year": _("RE100 takes plants of the last 15 years."),
        }

    def __init__(self, *args: Any, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.supplier = supplier
        site, evidence = (self.fields[name] for name in ("site", "evidence"))
        site.queryset, evidence.queryset = sites_of(supplier), documents_of(supplier)  # type: ignore[attr-defined]  # a ModelChoiceField
        site.empty_label, evidence.empty_label = _("The company as a whole"), NO_DOCUMENT  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["kind"].choices = [("", _("Choose")), *RenewableInstrument.Kind.choices]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_serial(self) -> str:
        return str(self.cleaned_data["serial"]).replace(" ", "").upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        same = RenewableInstrument.objects.filter(kind=data.get("kind", ""), serial=data.get("serial", ""))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("serial", serial_taken())
        first, last, cancelled = (data.get(name) for name in ("generated_from", "generated_to", "cancelled_on"))
        if first and last and last < first:
            self.add_error("generated_to", _("The period ends before it begins."))
        if first and cancelled and cancelled < first:
            self.add_error("cancelled_on", _("It was cancelled before the electricity was generated."))
        if data.get("mwh") is not None and data["mwh"] <= 0:
            self.add_error("mwh", _("Enter an amount above zero."))
        if data.get("plant_year") and not 1950 <= data["plant_year"] <= 2100:
            self.add_error("plant_year", _("Enter a year with four digits."))
        return data


@dataclass(frozen=True)
class CategoryFields:
    category: int
    label: str
    tonnes: BoundField
    method: BoundField
    explanation: BoundField
    evidence: BoundField


class Scope3Form(VisibleTextMixin, forms.Form):
    """Fifteen categories on one page."""

    def __init__(self, *args: Any, supplier: Supplier, stored: Mapping[int, Scope3Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category in Scope3Entry.Category.values:
            entry = stored.get(category)
            self.fields[f"tonnes_{category}"] = forms.DecimalField(
                label=gettext("Emissions of category %(number)s (tCO₂e)") % {"number": category},
                required=False,
                min_value=0,
                max_value=MOST_TONNES,
                decimal_places=6,
                initial=f"{entry.tonnes.normalize():f}" if entry else None,
                widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
            )
            self.fields[f"method_{category}"] = forms.ChoiceField(
                label=pgettext_lazy("calculation", "Method"),
                required=False,
                choices=[("", _("Choose a method")), *Scope3Entry.Method.choices],
                initial=entry.method if entry else "",
            )
            self.fields[f"explanation_{category}"] = forms.CharField(
                label=_("What it covers, and the factors used"),
                required=False,
                max_length=2000,
                initial=entry.explanation if entry else "",
                widget=forms.Textarea({"rows": 2}),
            )
            self.fields[f"evidence_{category}"] = forms.ModelChoiceField(
                label=_("Evidence"),
                required=False,
                queryset=documents_of(supplier),
                empty_label=NO_DOCUMENT,
                initial=entry.evidence_id if entry else None,
            )

    def categories(self) -> Iterator[CategoryFields]:
        for category, label in Scope3Entry.Category.choices:
            names = (f"{name}_{category}" for name in ("tonnes", "method", "explanation", "evidence"))
            yield CategoryFields(category, str(label), *(self[name] for name in names))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for category in Scope3Entry.Category.values:
            if data.get(f"tonnes_{category}") is not None and not data.get(f"method_{category}"):
                self.add_error(f"method_{category}", _("Say by which method the tonnes were calculated."))
        return data

    def values(self) -> list[CategoryValue]:
        data = self.cleaned_data
        return [
            CategoryValue(
                category,
                data[f"tonnes_{category}"],
                data[f"method_{category}"],
                data[f"explanation_{category}"],
                data[f"evidence_{category}"],
            )
            for category in Scope3Entry.Category.values
        ]


class AbatementForm(VisibleTextMixin, forms.ModelForm[Abatement]):
    class Meta:
        model = Abatement
        fields = ("kind", "year", "title", "function", "baseline", "baseline_tonnes", "project", "project_tonnes", "method", "evidence")
        widgets = {"kind": forms.RadioSelect, "baseline": forms.Textarea({"rows": 3}), "project": forms.Textarea({"rows": 3})}
        help_texts = {
            "baseline": _("What would have happened otherwise, and how its tonnes were calculated."),
            "project": _("What happened, and how its tonnes were calculated."),
        }

    def __init__(self, *args: Any, supplier: Supplier, last_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.supplier = supplier
        self.last_year = last_year
        evidence: Any = self.fields["evidence"]
        evidence.queryset = documents_of(supplier)
        evidence.empty_label = _("Choose a document")
        evidence.help_text = _("From your documents: the calculation, a verification statement or a report.")

    def clean_year(self) -> int:
        year = int(self.cleaned_data["year"])
        if not 2015 <= year <= self.last_year:
            raise forms.ValidationError(_("Enter a year from 2015 to %(last)s.") % {"last": self.last_year})
        return year

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        baseline, project = data.get("baseline_tonnes"), data.get("project_tonnes")
        if project is not None and project < 0:
            self.add_error("project_tonnes", _("A quantity cannot be below zero."))
        if baseline is not None and project is not None and baseline <= project:
            self.add_error("project_tonnes", _("The project must emit less than the baseline."))
        same = Abatement.objects.filter(supplier=self.instance.supplier, year=data.get("year") or 0, title=data.get("title", ""))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("title", _("You have handed in an abatement with this title for this year."))
        return data


class ReviewForm(VisibleTextMixin, forms.Form):
    accept = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Accept")), ("no", _("Do not accept"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}), help_text=_("The supplier reads it."))


class ReplyForm(VisibleTextMixin, forms.Form):
    question = forms.CharField(max_length=120, widget=forms.HiddenInput)
    text = forms.CharField(label=_("Your reply"), max_length=2000, widget=forms.Textarea({"rows": 2}))


class ImportFileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("XLSX or CSV, at most 5 MB and 5,000 rows."),
        widget=forms.ClearableFileInput({"accept": ".xlsx,.csv"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > 5 * 1024 * 1024:
            raise forms.ValidationError(_("The file is larger than %(limit)s MB.") % {"limit": 5})
        return file
