from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labels.dates import last_day_of_term
from labels.grounds import REVOCATION_GROUNDS
from labels.models import Level, Publication
from suppliers.models import BuyingUnit, Document, Supplier


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The supplier reads it, and it stays in the ledger for good."),
        max_length=2000,
        min_length=10,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DecisionForm(ReasonForm):
    """A step at once, or announced for a day within a year."""

    effective_on = forms.DateField(
        label=gettext_lazy("In effect from"),
        help_text=gettext_lazy("Leave it empty for at once. A later day is announced to the supplier, who may appeal before it comes."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_effective_on(self) -> date | None:
        day: date | None = self.cleaned_data["effective_on"]
        latest = last_day_of_term(self.today, 12)
        if day is not None and day < self.today:
            raise forms.ValidationError(_("This day has passed."))
        if day is not None and day > latest:
            raise forms.ValidationError(_("Announce a step for a day within a year: until %(date)s.") % {"date": latest.isoformat()})
        return day


class RevocationForm(DecisionForm):
    ground = forms.ChoiceField(label=gettext_lazy("Ground"), choices=REVOCATION_GROUNDS, widget=forms.RadioSelect)

    field_order = ["ground", "reason"]


class DeclineForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, min_length=10, widget=forms.Textarea(attrs={"rows": 4}))


class ExceptionForm(ReasonForm):
    """At most one term: what is overlooked for longer is no exception."""

    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=Level.choices, widget=forms.RadioSelect)
    until = forms.DateField(
        label=gettext_lazy("Overlooked until"),
        help_text=gettext_lazy("After this day the criteria count again, as for everybody."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    field_order = ["level", "until", "reason"]

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        latest = last_day_of_term(self.today, 12)
        if until <= self.today:
            raise forms.ValidationError(_("Choose a day after today."))
        if until > latest:
            raise forms.ValidationError(_("An exception lasts a year at most: until %(date)s.") % {"date": latest.isoformat()})
        return until


class AppealForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Why the step is wrong"),
        help_text=gettext_lazy("Say what was overlooked or misjudged. It stays in the ledger for good."),
        max_length=5000,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    documents = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Evidence from your documents"),
        queryset=Document.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        documents: Any = self.fields["documents"]
        documents.queryset = Document.objects.current().filter(supplier=supplier).order_by("-pk")


class AppealDecisionForm(forms.Form):
    OUTCOMES = [
        ("upheld", gettext_lazy("Uphold the appeal: the step was wrong")),
        ("refused", gettext_lazy("Refuse the appeal: the step stands")),
    ]

    outcome = forms.ChoiceField(label=pgettext_lazy("appeal", "Decision"), choices=OUTCOMES, widget=forms.RadioSelect)
    answer = forms.CharField(
        label=gettext_lazy("Reasons"),
        help_text=gettext_lazy("The supplier reads them, and they stay in the ledger for good."),
        max_length=5000,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class PublicationForm(forms.ModelForm):  # type: ignore[type-arg]  # without a model's type, as everywhere in forms
    class Meta:
        model = Publication
        fields = Publication.CHOICES


class ViewNameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the view"), max_length=80)


class UnitsForm(forms.Form):
    units = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Buying units"),
        queryset=BuyingUnit.objects.order_by("code"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
