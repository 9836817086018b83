from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from assessments import submission


class SignForm(forms.Form):
    """A signature: who, in which role, and the password once more."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    job_title = forms.CharField(
        label=_("Your role in the company"),
        max_length=150,
        help_text=_("For example: general manager, head of compliance."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        help_text=_("The one you sign in with. It shows that it is really you who signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    agreed = forms.BooleanField(label=_("I declare this on behalf of the company"))

    def __init__(self, *args: Any, user: User, unanswered: int, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"name": user.name})
        super().__init__(*args, **kwargs)
        self.user = user
        if unanswered:
            label = ngettext(
                "I know that %(count)d question is not answered and counts as zero",
                "I know that %(count)d questions are not answered and count as zero",
                unanswered,
            )
            self.fields["incomplete"] = forms.BooleanField(label=label % {"count": unanswered})
            self.order_fields(["name", "job_title", "password", "incomplete", "agreed"])

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not the password of your account."), code="password")
        return password

    def signature(self) -> dict[str, str]:
        return {
            "name": self.cleaned_data["name"],
            "job_title": self.cleaned_data["job_title"],
            "statement": str(submission.STATEMENT),
        }
