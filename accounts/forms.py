from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import HOUSE_ROLES, LANGUAGE_CHOICES, SUPPLIER_ROLES, Role, User
from accounts.password_reset import send_reset_link
from accounts.visible_text import VisibleTextMixin


def role_choices(roles: tuple[Role, ...]) -> list[tuple[str, Any]]:
    return [(role.value, role.label) for role in roles]


class SignInForm(auth_forms.AuthenticationForm):
    error_messages = {
        # One sentence for an unknown address, a wrong password and a closed account: a stranger learns nothing.
        "invalid_login": _("This e-mail address and password do not open an account. Please check both."),
        "inactive": _("This e-mail address and password do not open an account. Please check both."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"autocomplete": "username", "autocapitalize": "none", "autofocus": True, "maxlength": 254}
        self.fields["username"] = forms.EmailField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attributes))
        self.fields["password"].label = _("Password")


class ForgottenPasswordForm(auth_forms.PasswordResetForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")

    def save(self, *_args: Any, **_kwargs: Any) -> None:
        """Django would send the mail inside the request; ours is queued like every other."""
        for user in self.get_users(self.cleaned_data["email"]):
            send_reset_link(user, at=timezone.now())


class AcceptForm(VisibleTextMixin, forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES)
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        help_text=_("At least 12 characters. A short sentence is easy to remember and hard to guess."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("The same password again"), strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        password, again = data.get("password"), data.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", _("The two passwords differ."))
        if password:
            try:
                validate_password(password, User(email=self.email, name=data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class ProfileForm(VisibleTextMixin, forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ["name", "phone", "language", "timezone"]
        widgets = {"name": forms.TextInput({"autocomplete": "name"}), "phone": forms.TextInput({"autocomplete": "tel", "inputmode": "tel"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        self.fields["timezone"] = forms.ChoiceField(label=_("Time zone"), choices=[("UTC", "UTC"), *((zone, zone) for zone in zones)])


class InviteForm(VisibleTextMixin, forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    role = forms.ChoiceField()
    language = forms.ChoiceField(label=_("Language of the e-mail"), choices=LANGUAGE_CHOICES)

    def __init__(self, *args: Any, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(label=_("Role"), choices=role_choices(roles))

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=role_choices(HOUSE_ROLES))


class UserFilterForm(forms.Form):
    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=100, widget=forms.TextInput({"type": "search"}))
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("Every role")), *role_choices(HOUSE_ROLES + SUPPLIER_ROLES)])
    state = forms.ChoiceField(
        label=_("Account"),
        required=False,
        choices=[("", _("All")), ("open", pgettext_lazy("account", "Open")), ("closed", pgettext_lazy("account", "Closed"))],
    )
