from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.visible_text import VisibleTextMixin
from grievances.codes import LENGTH, plain


TOPICS = [
    ("pay", _("Pay and working hours")),
    ("safety", _("Health and safety at work")),
    ("force", _("Forced labor, or papers kept back")),
    ("children", _("Child labor")),
    ("treatment", _("Harassment, violence or discrimination")),
    ("union", _("Hindered from organising")),
    ("environment", _("Environment")),
    ("corruption", _("Bribes, cheating or false records")),
    ("retaliation", _("Punished for speaking up")),
    ("other", _("Something else")),
]
MOST_TEXT = 10_000


def long_text(**attributes: int) -> forms.Textarea:
    return forms.Textarea({"rows": 8, "autocomplete": "off", **attributes})


class ReportForm(VisibleTextMixin, forms.Form):
    number = forms.UUIDField(widget=forms.HiddenInput)
    topic = forms.ChoiceField(label=_("What is it about?"), choices=TOPICS, widget=forms.RadioSelect)
    company = forms.CharField(
        label=_("Which company?"),
        max_length=200,
        help_text=_("The name as you know it, in any language."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    place = forms.CharField(label=_("Where?"), max_length=200, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    text = forms.CharField(
        label=_("What happened?"),
        max_length=MOST_TEXT,
        help_text=_("When, who, how often, who else saw it. Any language."),
        widget=long_text(),
    )
    contact = forms.CharField(
        label=_("How can we reach you?"),
        max_length=200,
        required=False,
        help_text=_("You need not say. Without it, we write to each other here, by your case code."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    @classmethod
    def fresh(cls) -> "ReportForm":
        return cls(initial={"number": uuid4()})


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Case code"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        code = plain(str(self.cleaned_data["code"]))
        if len(code) != LENGTH:
            raise forms.ValidationError(_("A case code has 16 letters and digits, in four groups of four."))
        return code


class MessageForm(VisibleTextMixin, forms.Form):
    once = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(label=_("Your message"), max_length=MOST_TEXT, widget=long_text(rows=5))

    @classmethod
    def fresh(cls) -> "MessageForm":
        return cls(initial={"once": uuid4()})


class TeamMessageForm(MessageForm):
    is_feedback = forms.BooleanField(
        label=_("This is the feedback"),
        required=False,
        help_text=_("It says what was found and what is being done. The clock of three months stops."),
    )


class StateForm(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", pgettext_lazy("case", "Open")), ("late", _("Late")), ("closed", _("Closed")), ("all", _("All"))],
    )
