"""The forms of the sign-in library, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.forms import ReauthenticateForm as LibraryPasswordForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def _code_widget() -> forms.TextInput:
    return forms.TextInput(
        {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "maxlength": 20, "autofocus": True}
    )


class CodeForm(AuthenticateForm):
    code = forms.CharField(
        label=pgettext_lazy("sign-in", "Code"),
        max_length=20,
        help_text=_("Six digits from your authenticator app, or a recovery code."),
        widget=_code_widget(),
    )


class ConfirmForm(ReauthenticateForm):
    code = forms.CharField(
        label=pgettext_lazy("sign-in", "Code"),
        max_length=20,
        help_text=_("Six digits from your authenticator app, or a recovery code."),
        widget=_code_widget(),
    )


class AppForm(ActivateTOTPForm):
    code = forms.CharField(
        label=_("The code that the app shows"),
        max_length=20,
        help_text=_("Six digits that change every 30 seconds."),
        widget=_code_widget(),
    )


class CredentialField(forms.JSONField):
    """What a device answers. Somebody may send anything instead of it."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as problem:  # numbers without end, brackets without end
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from problem

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data

    def prepare_value(self, value: Any) -> Any:
        return ""  # each answer is good once


@contextmanager
def _well_formed() -> Iterator[None]:
    """What no device made stumbles somewhere in the library: it is a passkey that does not fit, not an accident of ours."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        raise forms.ValidationError(_("This passkey does not fit. Please try again.")) from problem


class PasskeySignInForm(LoginWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Any:
        with _well_formed():
            return super().clean_credential()


class PasskeyCodeForm(AuthenticateWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Any:
        with _well_formed():
            return super().clean_credential()


class PasskeyConfirmForm(ReauthenticateWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Any:
        with _well_formed():
            return super().clean_credential()


class PasskeyForm(AddWebAuthnForm):
    credential = CredentialField()
    name = forms.CharField(label=_("Name of this passkey"), required=False, max_length=100, help_text=_("You will know it by this name."))
    passwordless = forms.BooleanField(
        label=_("Let it open my account by itself"),
        required=False,
        initial=True,
        help_text=_("Then you sign in with your fingerprint, face or PIN, without e-mail address and password."),
    )

    def clean(self) -> Any:
        with _well_formed():
            return super().clean()


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of this passkey"), max_length=100)


class PasswordForm(LibraryPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"autocomplete": "current-password", "autofocus": True}
        self.fields["password"] = forms.CharField(label=_("Password"), strip=False, widget=forms.PasswordInput(attributes))
