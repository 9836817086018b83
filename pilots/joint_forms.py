from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pilots.forms import DAY, EARLIEST_YEAR, LATEST_YEAR
from pilots.joint_actions import Programme
from pilots.models import Agreement, JointProgramme


TONNES: dict[str, Any] = {"min_value": 0, "max_digits": 18, "decimal_places": 6}


class ProgrammeForm(forms.ModelForm[JointProgramme]):
    class Meta:
        model = JointProgramme
        fields = ("year", "place", "title_en", "title_zh", "description", "reply_by", "ends_on", "status")
        widgets = {
            "place": forms.RadioSelect,
            "description": forms.Textarea({"rows": 4}),
            "reply_by": forms.DateInput(DAY, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(DAY, format="%Y-%m-%d"),
        }
        help_texts = {"place": _("There are one or two a year.")}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        year, reply_by, ends_on = data.get("year"), data.get("reply_by"), data.get("ends_on")
        if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
            self.add_error("year", _("Enter a year with four digits."))
        if reply_by and ends_on and ends_on < reply_by:
            self.add_error("ends_on", _("The joint action ends after the day of the replies."))
        return data

    def _post_clean(self) -> None:
        """The row is written by `pilots.joint_actions`, which says when a year has its two already."""

    def programme(self) -> Programme:
        return Programme(**self.cleaned_data)


class InviteForm(forms.Form):
    agreements = forms.ModelMultipleChoiceField(
        label=_("Suppliers with an agreement in force"), queryset=Agreement.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, programme: JointProgramme, visible: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agreements"]
        field.queryset = visible.in_force().exclude(joint_actions__programme=programme).select_related("supplier").order_by("number")
        field.label_from_instance = lambda agreement: f"{agreement.supplier.name} · {agreement.number}"


class ReplyForm(forms.Form):
    """Whether the supplier takes part, and with how much."""

    takes_part = forms.TypedChoiceField(
        label=_("Do you take part?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    tonnes = forms.DecimalField(label=_("What you commit to save (tCO₂e)"), required=False, **TONNES)
    words = forms.CharField(label=_("What you will do, or why not"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("takes_part") and data.get("tonnes") is None and "tonnes" not in self.errors:
            self.add_error("tonnes", _("Enter how much you commit to save; an honest estimate will do."))
        return data


class DeliveryForm(forms.Form):
    tonnes = forms.DecimalField(label=_("What was saved (tCO₂e)"), **TONNES)
    words = forms.CharField(label=_("How it was worked out"), max_length=2000, widget=forms.Textarea({"rows": 3}))
