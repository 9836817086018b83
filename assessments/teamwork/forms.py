"""What people type when they share the work on an assessment."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import LANGUAGE_CHOICES, User
from accounts.visible_text import VisibleTextMixin
from assessments.models import Comment, QueryMessage
from assessments.teamwork.area_tasks import Newcomer


NEWCOMER, NOBODY = "new", "nobody"


class AssignForm(forms.Form):
    """Areas, a person, and a date. Who may invite can name somebody by address who is not here yet."""

    areas = forms.MultipleChoiceField(
        label=_("Areas"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one area.")},
    )
    who = forms.ChoiceField(label=_("Who answers them"), widget=forms.RadioSelect, error_messages={"required": _("Choose a person.")})
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "off"}))
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    language = forms.ChoiceField(label=_("Language of the e-mail"), choices=LANGUAGE_CHOICES, required=False)
    due_on = forms.DateField(label=_("Due on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    def __init__(
        self,
        *args: Any,
        areas: Sequence[tuple[str, str]],
        colleagues: Sequence[User],
        by: User,
        may_invite: bool,
        today: date,
        assessment_due_on: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.colleagues = {str(person.pk): person for person in colleagues}
        self.today, self.assessment_due_on = today, assessment_due_on
        self.fields["areas"].choices = areas  # type: ignore[attr-defined]
        people = [(key, _("%(name)s (you)") % {"name": person} if person == by else str(person)) for key, person in self.colleagues.items()]
        others = [(NEWCOMER, _("Somebody who is not here yet: invite by e-mail"))] if may_invite else []
        self.fields["who"].choices = [*people, *others, (NOBODY, _("Nobody in particular"))]  # type: ignore[attr-defined]
        if not may_invite:
            for name in ("email", "name", "language"):
                del self.fields[name]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        who = data.get("who")
        if who == NEWCOMER and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("Enter the address the invitation goes to."))
        if who and who != NOBODY and "due_on" not in self.errors:
            self._check_due(data.get("due_on"))
        return data

    def _check_due(self, due_on: date | None) -> None:
        if due_on is None:
            self.add_error("due_on", _("Enter the day by which the answers are needed."))
        elif due_on < self.today:
            self.add_error("due_on", _("Choose today or a later day."))
        elif due_on > self.assessment_due_on >= self.today:
            day = date_format(self.assessment_due_on, "DATE_FORMAT")
            self.add_error("due_on", _("The whole assessment is due on %(date)s: choose that day or an earlier one.") % {"date": day})

    @property
    def person(self) -> User | Newcomer | None:
        """Whom the areas go to; None for nobody. An address of somebody who is here already means that person."""
        who = self.cleaned_data["who"]
        if who != NEWCOMER:
            return self.colleagues.get(who)
        email = self.cleaned_data["email"]
        known = next((person for person in self.colleagues.values() if person.email == email), None)
        return known or Newcomer(email, self.cleaned_data["name"], self.cleaned_data["language"] or LANGUAGE_CHOICES[0][0])


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Your comment"),
        max_length=Comment.LONGEST,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Write something first.")},
    )


class QueryForm(VisibleTextMixin, forms.Form):
    text = forms.CharField(
        label=_("Your message"),
        max_length=QueryMessage.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The other side reads it here, and is told by e-mail some minutes later."),
        error_messages={"required": _("Write something first.")},
    )
