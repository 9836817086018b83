"""The steps of the wizard that drafts an agreement, and of the one that amends it: each shows some fields of the same form."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from emissions.coverage import fiscal_year_of
from emissions.models import FactorSet, Scope3Entry
from pilots.amendments import Proposal
from pilots.forms import DAY, EARLIEST_YEAR, LATEST_YEAR
from pilots.models import Agreement, AgreementTemplate, Amendment, Milestone
from pilots.terms import Terms, target_years
from suppliers.models import Site, Supplier


AREA = {"rows": 3}
BEGIN = ("template", "title_en", "title_zh", "starts_on", "ends_on", "base_year", "base_emissions", "factor_set")
STEPS: dict[str, tuple[str, ...]] = {
    "term": ("title_en", "title_zh", "starts_on", "ends_on"),
    "boundary": ("sites", "boundary", "counts_scope1", "counts_scope2", "scope2_method", "scope3_categories"),
    "base": ("base_year", "base_emissions", "factor_set", "measure", "intensity_unit", "base_denominator"),
    "goals": ("total_reduction", "path", "renewable_share_target", "pue_target", "reporting_cycle", "verification"),
    "consequences": ("incentive", "remedy", "recalculation_threshold", "special_terms"),
}
AMENDS: dict[str, tuple[str, ...]] = {
    Amendment.Kind.TERMS: (
        "ends_on", "boundary", "total_reduction", "path", "renewable_share_target", "pue_target", "recalculation_threshold",
        "incentive", "remedy", "special_terms",
    ),
    Amendment.Kind.RECALCULATION: ("sites", "factor_set", "base_emissions", "base_denominator"),
}  # fmt: skip


class AgreementForm(forms.ModelForm[Agreement]):
    """`only` are the fields of the step; what the others say is taken from the draft."""

    total_reduction = forms.DecimalField(
        label=_("Total reduction by the last year (%)"),
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        help_text=_("Against the base year. The yearly targets follow from it and from the path; you can change each of them afterwards."),
    )
    scope3_categories = forms.TypedMultipleChoiceField(
        label=_("Scope 3 categories that count"),
        choices=Scope3Entry.Category.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A category that counts has to be reported every year: one that is missing makes the year unknown."),
    )

    class Meta:
        model = Agreement
        fields = (
            "template",
            "title_en",
            "title_zh",
            "starts_on",
            "ends_on",
            "sites",
            "boundary",
            "counts_scope1",
            "counts_scope2",
            "scope2_method",
            "scope3_categories",
            "base_year",
            "base_emissions",
            "factor_set",
            "measure",
            "intensity_unit",
            "base_denominator",
            "total_reduction",
            "path",
            "renewable_share_target",
            "pue_target",
            "reporting_cycle",
            "verification",
            "incentive",
            "remedy",
            "recalculation_threshold",
            "special_terms",
        )
        widgets = {
            "template": forms.RadioSelect,
            "sites": forms.CheckboxSelectMultiple,
            "starts_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "boundary": forms.Textarea(AREA),
            "scope2_method": forms.RadioSelect,
            "measure": forms.RadioSelect,
            "path": forms.RadioSelect,
            "reporting_cycle": forms.RadioSelect,
            "verification": forms.RadioSelect,
            "incentive": forms.Textarea(AREA),
            "remedy": forms.Textarea(AREA),
            "special_terms": forms.Textarea(AREA),
        }
        help_texts = {
            "sites": _("None chosen: all sites of the supplier."),
            "base_year": _("It lies before the first year of the agreement."),
            "intensity_unit": _("For an intensity: what the tonnes are divided by, for example MWh of the IT load or million CNY."),
            "base_denominator": _("For an intensity: how many of these units the base year had."),
            "factor_set": _("The emission factors that the years are calculated with. They stay the same to the end."),
            "recalculation_threshold": _("The base year is calculated anew when it changes by this much or more."),
            "path": _("They differ: 4.2 % a year over ten years leaves 58 % of the base by the linear path, 65 % by the compounding one."),
            "reporting_cycle": _("By the quarter, the year’s target is shared out over four quarters, and each is appraised."),
            "special_terms": _("What both sides agree on beside the clauses of the template."),
        }

    def __init__(self, *args: Any, supplier: Supplier, only: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.supplier = supplier
        self.instance.supplier = supplier
        self._offer_choices()
        self.fields = {name: self.fields[name] for name in only}

    def _offer_choices(self) -> None:
        sites: Any = self.fields["sites"]
        sites.queryset = Site.objects.filter(supplier=self.supplier).order_by("name", "pk")
        sites.label_from_instance = lambda site: f"{site.name} ({site.get_type_display()})"
        factor_set: Any = self.fields["factor_set"]
        factor_set.queryset = FactorSet.objects.order_by("key", "-published_at", "-pk")
        factor_set.required, factor_set.empty_label = True, None
        template: Any = self.fields["template"]
        template.queryset = AgreementTemplate.objects.order_by("key", "-published_at", "-pk")
        template.label_from_instance = lambda each: f"{each.title} · {_('version')} {each.version}"
        template.required, template.empty_label = True, None
        self.fields["boundary"].required = True
        year: Any = self.fields["base_year"]
        year.min_value, year.max_value = EARLIEST_YEAR, LATEST_YEAR

    def _said(self, name: str) -> Any:
        """As typed here, or as the draft has it; None where it was typed wrongly."""
        return self.cleaned_data.get(name) if name in self.fields else getattr(self.instance, name)

    def refuse(self, name: str, text: Any) -> None:
        """Beside the field, or at the head where the field belongs to another step."""
        self.add_error(name if name in self.fields else None, text)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_term(self._said("starts_on"), self._said("ends_on"), self._said("base_year"))
        if data.get("base_emissions") is not None and data["base_emissions"] <= 0:
            self.add_error("base_emissions", _("The base year has emissions above zero."))
        self._clean_measure(data)
        self._clean_scopes()
        if data.get("pue_target") is not None and data["pue_target"] < 1:
            self.add_error("pue_target", _("A PUE is 1 or more."))
        if data.get("renewable_share_target") is not None and not 0 <= data["renewable_share_target"] <= 100:
            self.add_error("renewable_share_target", _("A share is between 0 and 100 %."))
        return data

    def _clean_term(self, starts: Any, ends: Any, base_year: Any) -> None:
        if starts and ends and ends <= starts:
            self.refuse("ends_on", _("The agreement ends after it starts."))
        elif starts and ends and ends.year - starts.year > 30:
            self.refuse("ends_on", _("An agreement runs for 30 years at most."))
        if starts and base_year and base_year >= fiscal_year_of(starts, self.supplier.fiscal_year_start):
            self.refuse("base_year", _("The base year lies before the first year of the agreement."))
        if base_year and not EARLIEST_YEAR <= base_year <= LATEST_YEAR:
            self.refuse("base_year", _("Enter a year with four digits."))

    def _clean_measure(self, data: dict[str, Any]) -> None:
        if "measure" in self.fields and data.get("measure") != Agreement.Measure.INTENSITY:
            data["intensity_unit"], data["base_denominator"] = "", None
        if self._said("measure") != Agreement.Measure.INTENSITY:
            return
        if "intensity_unit" in self.fields and not data.get("intensity_unit"):
            self.add_error("intensity_unit", _("Enter what the tonnes are divided by."))
        if "base_denominator" in self.fields and (not data.get("base_denominator") or data["base_denominator"] <= 0):
            self.add_error("base_denominator", _("Enter how many units the base year had."))

    def _clean_scopes(self) -> None:
        if not any(self._said(name) for name in ("counts_scope1", "counts_scope2", "scope3_categories")):
            self.refuse("counts_scope1", _("Choose at least one scope that counts."))
        if self._said("scope3_categories") and self._said("reporting_cycle") == Agreement.Cycle.QUARTER:
            name = "reporting_cycle" if "reporting_cycle" in self.fields else "scope3_categories"
            self.refuse(name, _("Scope 3 is known by the year alone: report by the year, or leave scope 3 out."))

    def changes(self) -> dict[str, Any]:
        data = {name: self.cleaned_data[name] for name in self.fields}
        return {**data, "sites": list(data["sites"])} if "sites" in data else data


class BeginForm(AgreementForm):
    """The first step: from which template, for how long, and against which year."""

    def terms(self) -> Terms:
        # The template fills in what is not asked here.
        return Terms(**{"total_reduction": Decimal(42), "boundary": "", **self.cleaned_data})


class AmendForm(AgreementForm):
    """Some terms anew, and why."""

    cause = forms.ChoiceField(label=_("Cause"), choices=Amendment.Cause.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(AREA),
        help_text=_("It is signed with the amendment and kept with the former series."),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        is_recalculation = kind == Amendment.Kind.RECALCULATION
        names = AMENDS[kind]
        if is_recalculation and kwargs["instance"].measure == Agreement.Measure.ABSOLUTE:
            names = tuple(name for name in names if name != "base_denominator")
        super().__init__(*args, only=(*(["cause"] if is_recalculation else []), *names, "reason"), **kwargs)
        self.kind = kind
        if "ends_on" in self.fields:
            self.fields["ends_on"].help_text = _("The targets up to the new last year are made anew along the path.")

    def proposal(self) -> Proposal:
        changes = self.changes()
        reason, cause = changes.pop("reason"), changes.pop("cause", "")
        return Proposal(self.kind, reason, changes, cause)


class TargetsForm(forms.Form):
    """One field a year, and how a year is shared out over its quarters. A target may stay as it was the year before, but never rise."""

    def __init__(self, *args: Any, agreement: Agreement, targets: Mapping[int, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreement = agreement
        for year in target_years(agreement):
            self.fields[f"target_{year}"] = forms.DecimalField(
                label=str(year), min_value=0, max_digits=18, decimal_places=6, initial=plain(targets.get(year))
            )
        if agreement.is_by_quarter:
            for number, weight in enumerate(agreement.quarter_weights, start=1):
                label = _("Quarter %(number)s (%%)") % {"number": number}
                self.fields[f"quarter_{number}"] = forms.DecimalField(
                    label=label, min_value=0, max_value=100, decimal_places=2, initial=plain(weight)
                )

    @property
    def years(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("target_")]

    @property
    def quarters(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("quarter_")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        last = self.agreement.base_figure
        for year in target_years(self.agreement):
            value = data.get(f"target_{year}")
            if value is not None and value > last:
                self.add_error(f"target_{year}", _("A target does not rise above the year before or above the base year."))
            last = value if value is not None else last
        shares = [data[field.name] for field in self.quarters if field.name in data]
        if len(shares) == 4 and sum(shares, Decimal(0)) != 100:
            self.add_error("quarter_4", _("The four quarters make 100 % together."))
        return data

    def targets(self) -> dict[int, Decimal]:
        return {year: self.cleaned_data[f"target_{year}"] for year in target_years(self.agreement)}

    def quarter_weights(self) -> dict[str, Decimal]:
        return {field.name: self.cleaned_data[field.name] for field in self.quarters}


def plain(value: Decimal | None) -> str | None:
    """Without zeros at the end."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class MilestoneForm(forms.ModelForm[Milestone]):
    """A row of the table: empty, it says nothing."""

    class Meta:
        model = Milestone
        fields = ("due_on", "kind", "value")
        widgets = {"due_on": forms.DateInput(DAY, format="%Y-%m-%d")}

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreement = agreement

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        due_on, value, kind = data.get("due_on"), data.get("value"), data.get("kind")
        if due_on and not self.agreement.starts_on <= due_on <= self.agreement.ends_on:
            self.add_error("due_on", _("A milestone lies within the agreement."))
        low, high = (1, 9) if kind == Milestone.Kind.PUE else (0, 100)
        if value is not None and not low <= value <= high:
            self.add_error("value", _("Enter a value from %(low)s to %(high)s.") % {"low": low, "high": high})
        return data

    def _post_clean(self) -> None:
        """Rows are written together by `set_milestones`."""


class _Milestones(forms.BaseFormSet[MilestoneForm]):
    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            key = (form.cleaned_data.get("due_on"), form.cleaned_data.get("kind")) if form.is_valid() and form.has_changed() else None
            if key and key in seen:
                form.add_error("due_on", _("This milestone stands in the table twice."))
                raise ValidationError(_("A milestone stands in the table twice."))
            seen.add(key)


MilestoneFormSet = forms.formset_factory(MilestoneForm, formset=_Milestones, extra=3, max_num=12, validate_max=True, can_delete=True)


def milestones_of(formset: Any) -> list[Milestone]:
    """The rows that say something and are not to be taken out."""
    rows = [form.cleaned_data for form in formset.forms if form.has_changed() or form.initial]
    return [
        Milestone(due_on=row["due_on"], kind=row["kind"], value=row["value"]) for row in rows if row.get("due_on") and not row.get("DELETE")
    ]
