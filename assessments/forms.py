from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from assessments.submission import submitting
from suppliers import archives
from suppliers.workbook_opening import FILLED_IN_BY_HAND, MEGABYTE


if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


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
            "statement": str(submitting.STATEMENT),
        }


class WorkbookForm(forms.Form):
    """A filled-in workbook, and the files it names in one ZIP."""

    workbook = forms.FileField(
        label=_("Filled-in workbook"),
        help_text=_("The XLSX file you downloaded here, filled in as far as you got."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
    )
    evidence = forms.FileField(
        label=_("Evidence"),
        required=False,
        help_text=_(
            "One ZIP with the files you named in the workbook. Leave it out if you named none, or only documents you uploaded before."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )

    def clean_workbook(self) -> "UploadedFile[bytes]":
        return self._within(self.cleaned_data["workbook"], FILLED_IN_BY_HAND.megabytes * MEGABYTE)

    def clean_evidence(self) -> "UploadedFile[bytes] | None":
        file = self.cleaned_data["evidence"]
        return self._within(file, archives.MOST_ZIP_BYTES) if file else None

    def _within(self, file: "UploadedFile[bytes]", most: int) -> "UploadedFile[bytes]":
        if (file.size or 0) > most:
            raise forms.ValidationError(_("The file is larger than %(limit)s MB."), params={"limit": most // 1024 // 1024}, code="size")
        return file
