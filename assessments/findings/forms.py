"""What people type about findings: a reviewer who raises one, a supplier that plans and reports."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.visible_text import VisibleTextMixin
from assessments.findings.handling import Action
from assessments.models import Finding
from suppliers.library_forms import FromLibraryForm


DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
MOST_ACTIONS = 12


class FindingForm(VisibleTextMixin, forms.ModelForm[Finding]):
    class Meta:
        model = Finding
        fields = ["severity", "text", "due_on"]
        widgets = {"due_on": DAY, "text": forms.Textarea(attrs={"rows": 4}), "severity": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["severity"]).choices = Finding.Severity.choices

    def clean_due_on(self) -> date | None:
        return not_past(self.cleaned_data.get("due_on"))


def not_past(day: date | None) -> date | None:
    if day is not None and day < timezone.localdate():
        raise forms.ValidationError(_("This day has passed."))
    return day


# --- the plan ---------------------------------------------------------------------------------------------------------


class CauseForm(VisibleTextMixin, forms.Form):
    cause = forms.CharField(
        label=_("Cause"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Why it came to this: not only what happened, but what allowed it to happen."),
    )


class ActionForm(VisibleTextMixin, forms.Form):
    what = forms.CharField(label=_("What will you do?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    owner = forms.CharField(label=_("Who is responsible?"), max_length=150)
    due_on = forms.DateField(label=_("Done by"), widget=DAY)

    def clean_due_on(self) -> date:
        return cast(date, not_past(self.cleaned_data["due_on"]))


class BaseActions(forms.BaseFormSet[ActionForm]):
    """Rows left empty do not count; at least one is filled in."""

    def initial_form_count(self) -> int:
        """However many rows came with the page: any but the first may be left or made empty."""
        return 0 if self.is_bound else super().initial_form_count()

    def clean(self) -> None:
        if not any(self.errors) and not self.actions:
            raise forms.ValidationError(_("A plan has at least one action."))

    @property
    def actions(self) -> list[Action]:
        return [Action(**form.cleaned_data) for form in self.forms if form.cleaned_data]


ActionFormSet = forms.formset_factory(ActionForm, formset=BaseActions, extra=0, min_num=1, max_num=MOST_ACTIONS, absolute_max=MOST_ACTIONS)


# --- what was done ----------------------------------------------------------------------------------------------------


class ReportForm(FromLibraryForm):
    action_taken = forms.CharField(
        label=_("What did you do?"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What changed, and since when."),
    )
    field_order = ("action_taken", "documents", "upload")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("documents") and not cleaned.get("upload") and not self.errors:
            self.add_error("documents", _("Choose at least one document, or add a file: a reviewer verifies by it."))
        return cleaned
