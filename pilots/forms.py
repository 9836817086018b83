from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from emissions.coverage import fiscal_year_of
from emissions.models import FactorSet
from pilots.models import Agreement, AgreementQuerySet, JointAction, ReportedYear
from pilots.reporting import ActionPlan, Figures, YearReport
from pilots.terms import Terms, target_years
from pilots.trajectory import Track
from suppliers.models import Category, Site, Supplier


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


class AgreementForm(forms.ModelForm[Agreement]):
    total_reduction = forms.DecimalField(
        label=_("Total reduction by the last year (%)"),
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        help_text=_("Against the base year. The yearly targets follow from it and from the path; you can change each of them afterwards."),
    )

    class Meta:
        model = Agreement
        fields = (
            "title_en",
            "title_zh",
            "sites",
            "starts_on",
            "ends_on",
            "boundary",
            "factor_set",
            "scope2_method",
            "base_year",
            "base_emissions",
            "measure",
            "intensity_unit",
            "base_denominator",
            "total_reduction",
            "path",
            "renewable_share_target",
            "pue_target",
            "recalculation_threshold",
            "incentive",
            "remedy",
        )
        widgets = {
            "sites": forms.CheckboxSelectMultiple,
            "starts_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "boundary": forms.Textarea({"rows": 3}),
            "scope2_method": forms.RadioSelect,
            "measure": forms.RadioSelect,
            "path": forms.RadioSelect,
            "incentive": forms.Textarea({"rows": 3}),
            "remedy": forms.Textarea({"rows": 3}),
        }
        help_texts = {
            "sites": _("None chosen: all sites of the supplier."),
            "base_year": _("It lies before the first year of the agreement."),
            "intensity_unit": _("For an intensity: what the tonnes are divided by, for example MWh of the IT load or million CNY."),
            "base_denominator": _("For an intensity: how many of these units the base year had."),
            "factor_set": _("The emission factors that the years are calculated with. They stay the same to the end."),
            "recalculation_threshold": _("The base year is calculated anew when it changes by this much or more."),
        }

    def __init__(self, *args: Any, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.supplier = supplier
        self.instance.supplier = supplier
        sites: Any = self.fields["sites"]
        sites.queryset = Site.objects.filter(supplier=supplier).order_by("name", "pk")
        sites.label_from_instance = lambda site: f"{site.name} ({site.get_type_display()})"
        factor_set: Any = self.fields["factor_set"]
        factor_set.queryset = FactorSet.objects.order_by("key", "-published_at", "-pk")
        factor_set.required, factor_set.empty_label = True, None
        for name in ("boundary",):
            self.fields[name].required = True
        year: Any = self.fields["base_year"]
        year.min_value, year.max_value = EARLIEST_YEAR, LATEST_YEAR

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends, base_year = data.get("starts_on"), data.get("ends_on"), data.get("base_year")
        if starts and ends and ends <= starts:
            self.add_error("ends_on", _("The agreement ends after it starts."))
        elif starts and ends and ends.year - starts.year > 30:
            self.add_error("ends_on", _("An agreement runs for 30 years at most."))
        if starts and base_year and base_year >= fiscal_year_of(starts, self.supplier.fiscal_year_start):
            self.add_error("base_year", _("The base year lies before the first year of the agreement."))
        if base_year and not EARLIEST_YEAR <= base_year <= LATEST_YEAR:
            self.add_error("base_year", _("Enter a year with four digits."))
        if data.get("base_emissions") is not None and data["base_emissions"] <= 0:
            self.add_error("base_emissions", _("The base year has emissions above zero."))
        self._clean_measure(data)
        if data.get("pue_target") is not None and data["pue_target"] < 1:
            self.add_error("pue_target", _("A PUE is 1 or more."))
        if data.get("renewable_share_target") is not None and not 0 <= data["renewable_share_target"] <= 100:
            self.add_error("renewable_share_target", _("A share is between 0 and 100 %."))
        return data

    def _clean_measure(self, data: dict[str, Any]) -> None:
        if data.get("measure") != Agreement.Measure.INTENSITY:
            data["intensity_unit"], data["base_denominator"] = "", None
            return
        if not data.get("intensity_unit"):
            self.add_error("intensity_unit", _("Enter what the tonnes are divided by."))
        if not data.get("base_denominator") or data["base_denominator"] <= 0:
            self.add_error("base_denominator", _("Enter how many units the base year had."))

    def terms(self) -> Terms:
        return Terms(**{**self.cleaned_data, "sites": list(self.cleaned_data["sites"])})


class TargetsForm(forms.Form):
    """One field a year. A target may stay as it was the year before, but never rise."""

    def __init__(self, *args: Any, agreement: Agreement, targets: Mapping[int, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreement = agreement
        for year in target_years(agreement):
            self.fields[f"target_{year}"] = forms.DecimalField(
                label=str(year), min_value=0, max_digits=18, decimal_places=6, initial=_plain(targets.get(year))
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        last = self.agreement.base_figure
        for year in target_years(self.agreement):
            value = data.get(f"target_{year}")
            if value is not None and value > last:
                self.add_error(f"target_{year}", _("A target does not rise above the year before or above the base year."))
            last = value if value is not None else last
        return data

    def targets(self) -> dict[int, Decimal]:
        return {year: self.cleaned_data[f"target_{year}"] for year in target_years(self.agreement)}


def _plain(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class SignForm(forms.Form):
    """A signature: who, in which role, and the password once more."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    job_title = forms.CharField(
        label=_("Your role in the company"), max_length=150, widget=forms.TextInput({"autocomplete": "organization-title"})
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        help_text=_("The one you sign in with. It shows that it is really you who signs."),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    agreed = forms.BooleanField(label=_("I sign this agreement on behalf of the company."))
    # The hash of the terms on the page: when they change meanwhile, nothing is signed.
    sha256 = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, sha256: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"name": user.name, "sha256": sha256})
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not the password of your account."), code="password")
        return password

    def signature(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "job_title", "sha256")}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}))


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


class JointActionForm(forms.ModelForm[JointAction]):
    class Meta:
        model = JointAction
        fields = ("year", "title", "description", "expected_reduction", "status", "due_on")
        widgets = {"description": forms.Textarea({"rows": 3}), "due_on": forms.DateInput(DAY, format="%Y-%m-%d")}

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not EARLIEST_YEAR <= year <= LATEST_YEAR:
            raise forms.ValidationError(_("Enter a year with four digits."))
        return year

    def clean_expected_reduction(self) -> Decimal | None:
        value: Decimal | None = self.cleaned_data["expected_reduction"]
        if value is not None and value < 0:
            raise forms.ValidationError(_("A reduction is zero or more."))
        return value

    def plan(self) -> ActionPlan:
        return ActionPlan(**self.cleaned_data)
