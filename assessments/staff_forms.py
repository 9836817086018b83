"""What the buyer's people type: campaigns, verdicts, questionnaire files. Findings: `findings/forms.py`."""

from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.visible_text import VisibleTextMixin
from assessments.campaigns.narrowing import narrowings
from assessments.campaigns.steps import Population
from assessments.models import Campaign, QuestionnaireVersion
from suppliers.models import BuyingUnit, Category, HeadcountBand, SiteType, Supplier


DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PopulationForm(forms.Form):
    """Nothing chosen in a field means that it does not limit."""

    categories = forms.MultipleChoiceField(
        label=_("Categories"), choices=Category.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    headcounts = forms.MultipleChoiceField(
        label=_("Headcount"), choices=HeadcountBand.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    site_types = forms.MultipleChoiceField(
        label=_("Has a site of this type"), choices=SiteType.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    states = forms.MultipleChoiceField(
        label=_("State of the supplier"),
        choices=Supplier.State.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen: invited, registered and active suppliers."),
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries of registration"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Hold Ctrl or Cmd to choose several."),
    )
    units = forms.ModelMultipleChoiceField(
        label=_("Used by these buying units"),
        queryset=BuyingUnit.objects.order_by("code"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    search = forms.CharField(label=_("Words in name or identifier"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.MultipleChoiceField, self.fields["countries"]).choices = list(countries)
        for each in narrowings():
            self.fields[each.key] = forms.MultipleChoiceField(
                label=each.label, choices=each.choices, required=False, widget=forms.CheckboxSelectMultiple
            )

    @staticmethod
    def initial_of(population: Population) -> dict[str, Any]:
        stored: dict[str, Any] = population.as_json()
        return {**stored, **stored.pop("others", {})}

    @property
    def population(self) -> Population:
        given = dict(self.cleaned_data)
        given["units"] = [unit.pk for unit in given["units"]]
        others = {each.key: given.pop(each.key) for each in narrowings()}
        return Population(**given, others={key: chosen for key, chosen in others.items() if chosen})


class CampaignForm(forms.ModelForm[Campaign]):
    class Meta:
        model = Campaign
        fields = ["title_en", "title_zh", "questionnaire", "cycle", "opens_on", "due_on"]
        widgets = {"opens_on": DAY, "due_on": DAY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [QuestionnaireVersion.Status.IN_FORCE, QuestionnaireVersion.Status.ANNOUNCED]
        published = QuestionnaireVersion.objects.filter(Q(status__in=states) | Q(pk=self.instance.questionnaire_id))
        field = cast("forms.ModelChoiceField[QuestionnaireVersion]", self.fields["questionnaire"])
        field.queryset = published.defer("content").order_by("key", "-published_at")
        cycle = cast(forms.IntegerField, self.fields["cycle"])
        cycle.min_value, cycle.max_value = 2000, 2100
        cycle.widget.attrs |= {"min": 2000, "max": 2100}

    def clean_cycle(self) -> int:
        cycle: int = self.cleaned_data["cycle"]
        if not 2000 <= cycle <= 2100:
            raise forms.ValidationError(_("A year between 2000 and 2100, please."))
        return cycle

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens_on, due_on = cleaned.get("opens_on"), cleaned.get("due_on")
        if opens_on and due_on and due_on < opens_on:
            self.add_error("due_on", _("The due date lies before the opening date."))
        return cleaned


class ReasonForm(VisibleTextMixin, forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class ReturnForm(ReasonForm):
    """What the supplier is told, and by when it answers."""

    due_on = forms.DateField(label=_("To be answered by"), widget=DAY)

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on <= timezone.localdate():
            raise forms.ValidationError(_("Please give the supplier at least until tomorrow."))
        return due_on


class QuestionnaireFileForm(forms.Form):
    LARGEST = 2 * 1024 * 1024

    file_name = ""
    file = forms.FileField(
        label=_("Questionnaire file"),
        help_text=_("XLSX, or YAML or JSON in UTF-8, at most 2 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.yaml,.yml,.json"}),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > self.LARGEST:
            raise forms.ValidationError(_("This file is larger than 2 MB."))
        self.file_name = str(file.name)
        content: bytes = file.read()
        return content
