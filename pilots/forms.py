from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emissions.coverage import fiscal_year_of
from pilots.models import Agreement, AgreementQuerySet, JointAction, ReportedYear
from pilots.reporting import ActionPlan, Figures, YearReport
from pilots.terms import target_years
from pilots.trajectory import Track
from suppliers.models import Category


EARLIEST_YEAR, LATEST_YEAR = 2010, 2060
DAY = {"type": "date"}
# A percentage a person types, and a quantity.
PERCENT = {"min_value": 0, "max_value": 100, "decimal_places": 2}


ALL = ("", _("All"))


class PilotFilterForm(forms.Form):
    q = forms.CharField(
        label=_("Number, name or identifier"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    status = forms.ChoiceField(label=_("State"), required=False, choices=[ALL, *Agreement.Status.choices])
    track = forms.ChoiceField(label=_("Trajectory"), required=False, choices=[ALL, *Track.choices])
    category = forms.ChoiceField(label=_("Category"), required=False, choices=[ALL, *Category.choices])

    def found_in(self, rows: AgreementQuerySet) -> AgreementQuerySet:
        """The rows the form asks for; all of them while it is not filled in right."""
        asked = self.cleaned_data if self.is_valid() else {}
        rows = rows.search(asked.get("q", ""))
        if status := asked.get("status"):
            rows = rows.filter(status=status)
        if category := asked.get("category"):
            rows = rows.filter(supplier__category=category)
        return rows.tracked_as(asked["track"]) if asked.get("track") else rows


class YearForm(forms.Form):
    """A year's report. From activity data only what the data cannot know is asked for."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    basis = forms.ChoiceField(label=_("Where the figures come from"), choices=ReportedYear.Basis.choices, widget=forms.RadioSelect)
    emissions = forms.DecimalField(
        label=_("Emissions within the boundary (tCO₂e)"),
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=6,
        help_text=_("Before any removals and offsets."),
    )
    months_covered = forms.IntegerField(label=_("Months covered"), required=False, min_value=1, max_value=12, initial=12)
    renewable_share = forms.DecimalField(label=_("Renewable share (%)"), required=False, **PERCENT)  # type: ignore[arg-type]
    pue = forms.DecimalField(label=_("PUE"), required=False, min_value=1, max_value=9, decimal_places=3)
    denominator = forms.DecimalField(label=_("Quantity of the year"), required=False, min_value=0, max_digits=20, decimal_places=4)
    removals = forms.DecimalField(label=_("Removals (tCO₂e)"), required=False, min_value=0, max_digits=18, decimal_places=6)
    offsets = forms.DecimalField(
        label=_("Offsets (tCO₂e)"),
        required=False,
        min_value=0,
        max_digits=18,
        decimal_places=6,
        help_text=_("Shown apart. Offsets never change the reduction."),
    )
    is_verified = forms.BooleanField(label=_("Verified by a third party (ISO 14064-3)"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, agreement: Agreement, today: date, may_verify: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreement = agreement
        year: Any = self.fields["year"]
        year.choices = [(each, str(each)) for each in reportable_years(agreement, today=today)]
        if agreement.measure == Agreement.Measure.INTENSITY:
            self.fields["denominator"].label = _("Quantity of the year: %(unit)s") % {"unit": agreement.intensity_unit}
            self.fields["denominator"].required = True
        else:
            del self.fields["denominator"]
        if not may_verify:
            del self.fields["is_verified"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("denominator") == 0:
            self.add_error("denominator", _("Enter a quantity above zero."))
        if data.get("basis") == ReportedYear.Basis.ENTERED:
            for name in ("emissions", "months_covered"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Enter this, or take the figures from the activity data."))
        return data

    def report(self) -> YearReport:
        data = self.cleaned_data
        entered = data["basis"] == ReportedYear.Basis.ENTERED
        figures = Figures(data["emissions"], data["months_covered"], data.get("renewable_share"), data.get("pue")) if entered else None
        return YearReport(
            year=data["year"],
            figures=figures,
            denominator=data.get("denominator"),
            removals=data.get("removals") or Decimal(0),
            offsets=data.get("offsets") or Decimal(0),
            is_verified=data.get("is_verified", False),
            note=data["note"],
        )


def reportable_years(agreement: Agreement, *, today: date) -> list[int]:
    """The years of the agreement that have begun, the newest first."""
    current = fiscal_year_of(today, agreement.supplier.fiscal_year_start)
    return [year for year in reversed(target_years(agreement)) if year <= current]


# What suppliers are invited to is replied to on its own page.
REPLIES = (JointAction.Status.INVITED, JointAction.Status.DECLINED)
TAKEN_ON = [(value, label) for value, label in JointAction.Status.choices if value not in REPLIES]


class JointActionForm(forms.ModelForm[JointAction]):
    status = forms.ChoiceField(label=_("State"), choices=TAKEN_ON, initial=JointAction.Status.PLANNED)

    class Meta:
        model = JointAction
        fields = ("year", "title", "description", "expected_reduction", "status", "delivered_reduction", "due_on")
        widgets = {"description": forms.Textarea({"rows": 3}), "due_on": forms.DateInput(DAY, format="%Y-%m-%d")}

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not EARLIEST_YEAR <= year <= LATEST_YEAR:
            raise forms.ValidationError(_("Enter a year with four digits."))
        return year

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("expected_reduction", "delivered_reduction"):
            if data.get(name) is not None and data[name] < 0:
                self.add_error(name, _("A reduction is zero or more."))
        if data.get("delivered_reduction") is not None and data.get("status") != JointAction.Status.DELIVERED:
            self.add_error("delivered_reduction", _("What was saved belongs to an action that is delivered."))
        return data

    def plan(self) -> ActionPlan:
        return ActionPlan(**self.cleaned_data)
