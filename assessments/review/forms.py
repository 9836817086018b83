"""What people type to arrange the reviews: rules, absences, plans, who gets a case, conflicts of interest."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.visible_text import VisibleTextMixin
from assessments.models import ReviewPlan, Verdict
from assessments.staff_forms import DAY
from suppliers.models import BuyingUnit, Category, Interest


class ReassignForm(VisibleTextMixin, forms.Form):
    to = forms.ModelChoiceField(label=_("To whom"), queryset=User.objects.none(), help_text=_("People who are away are not offered."))
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[User]", self.fields["to"]).queryset = people


class AssignmentRuleForm(forms.Form):
    category = forms.ChoiceField(label=_("Category"), choices=[("", _("Any category")), *Category.choices], required=False)
    unit = forms.ModelChoiceField(
        label=_("Buying unit"), queryset=BuyingUnit.objects.order_by("code"), required=False, empty_label=_("Any buying unit")
    )
    reviewers = forms.ModelMultipleChoiceField(
        label=_("Reviewers"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of these, the one with the fewest open reviews gets the case."),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelMultipleChoiceField[User]", self.fields["reviewers"]).queryset = people


class AbsenceForm(forms.Form):
    """Without `people`: one's own."""

    person = forms.ModelChoiceField(label=_("Who"), queryset=User.objects.none())
    first_day = forms.DateField(label=_("First day away"), widget=DAY)
    last_day = forms.DateField(
        label=_("Away until"), widget=DAY, help_text=_("The last day away. Nothing new is given to this person until then.")
    )

    def __init__(self, *args: Any, people: QuerySet[User] | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if people is None:
            del self.fields["person"]
        else:
            cast("forms.ModelChoiceField[User]", self.fields["person"]).queryset = people

    def clean_last_day(self) -> date:
        last_day: date = self.cleaned_data["last_day"]
        if last_day < self.today:
            raise forms.ValidationError(_("This day has passed."))
        return last_day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first_day, last_day = cleaned.get("first_day"), cleaned.get("last_day")
        if first_day and last_day and last_day < first_day:
            self.add_error("last_day", _("The last day lies before the first."))
        elif first_day and last_day and (last_day - first_day).days > 366:
            self.add_error("last_day", _("At most a year at a time."))
        return cleaned


class ReviewPlanForm(forms.ModelForm[ReviewPlan]):
    class Meta:
        model = ReviewPlan
        fields = ["days", "soon_days", "escalate_days", "second_share", "second_minimum"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days, soon = cleaned.get("days"), cleaned.get("soon_days")
        if days is not None and soon is not None and soon >= days:
            self.add_error("soon_days", _("Fewer days than the review itself has."))
        return cleaned


class InterestForm(VisibleTextMixin, forms.ModelForm[Interest]):
    """Without `people`: one's own."""

    person = forms.ModelChoiceField(label=_("Who"), queryset=User.objects.none())

    class Meta:
        model = Interest
        fields = ["kind", "note"]
        widgets = {"kind": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"note": _("Read by ESG staff and auditors, never by the supplier.")}

    field_order = ["person", "kind", "note"]

    def __init__(self, *args: Any, people: QuerySet[User] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["kind"]).choices = Interest.Kind.choices
        if people is None:
            del self.fields["person"]
        else:
            cast("forms.ModelChoiceField[User]", self.fields["person"]).queryset = people

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == Interest.Kind.OTHER and not cleaned.get("note", "").strip():
            self.add_error("note", _("Please say what it is."))
        return cleaned


class WithdrawForm(VisibleTextMixin, forms.Form):
    reason = forms.CharField(
        label=_("Why it stands no longer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept with the declaration."),
    )


class SecondVerdictForm(VisibleTextMixin, forms.Form):
    outcome = forms.ChoiceField(
        label=_("Verdict"),
        choices=[("accept", _("Accept")), ("reject_evidence", _("Reject the evidence")), ("reject_answer", _("Reject the answer"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=4000,
        # The space lets the stylesheet see that the box is empty.
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": " "}),
        help_text=_("Needed unless you accept."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if outcome and outcome != Verdict.Outcome.ACCEPT and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Please say why."))
        return cleaned


class SettleForm(VisibleTextMixin, forms.Form):
    outcome = forms.ChoiceField(label=_("What counts"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The supplier reads it where the answer is not accepted, and so do both reviewers."),
    )

    def __init__(self, *args: Any, outcomes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = dict(Verdict.Outcome.choices)
        cast(forms.ChoiceField, self.fields["outcome"]).choices = [(each, words[each]) for each in outcomes]


class AppointForm(forms.Form):
    person = forms.ModelChoiceField(label=_("Who"), queryset=User.objects.none())

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[User]", self.fields["person"]).queryset = people


class CallOffForm(VisibleTextMixin, forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
