"""What a person signs with, and the reasons people give."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from pilots import papers
from pilots.agreements import Signing
from pilots.comparing import Comparison
from pilots.models import Agreement
from suppliers.inspection import Inspected, inspect
from suppliers.page_texts import Unreadable


class SignForm(forms.Form):
    """A signature: who, in which role, and the password once more."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    job_title = forms.CharField(
        label=_("Your role in the company"), max_length=150, widget=forms.TextInput({"autocomplete": "organization-title"})
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        help_text=_("The one you sign in with. It shows that it is really you who signs."),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    agreed = forms.BooleanField(label=_("I sign this agreement on behalf of the company."))
    # The hash of the terms on the page: when they change meanwhile, nothing is signed.
    sha256 = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, sha256: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"name": user.name, "sha256": sha256})
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not the password of your account."), code="password")
        return password

    def signing(self, side: str) -> Signing:
        data = self.cleaned_data
        return Signing(side, data["sha256"], data["name"], data["job_title"])

    def close(self) -> None:
        """Nothing is open."""


class UploadedSignForm(SignForm):
    """A paper that was signed elsewhere takes the place of the signature here; the password says who brings it."""

    upload = forms.FileField(
        label=_("The signed PDF"),
        widget=forms.ClearableFileInput({"accept": "application/pdf,.pdf"}),
        help_text=_("The printed terms with the signature or seal of your side, at most 50 MB."),
    )
    signed_on = forms.DateField(label=_("Day of the signature"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    read = forms.BooleanField(
        label=_("I have read this PDF page by page: it shows the terms above, and what was added changes none of them."),
        required=False,
        help_text=_("Needed for a scan, and where seals, signatures or words were added: these are not compared by themselves."),
    )
    field_order = ("upload", "read", "name", "job_title", "signed_on", "password", "agreed")
    inspected: Inspected | None = None
    comparison: Comparison | None = None

    def __init__(self, *args: Any, agreement: Agreement, today: date, offered_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreement = agreement
        self.today, self.offered_on = today, offered_on
        self.fields["name"].label = _("Name of who signed it")
        self.fields["job_title"].label = _("Role of who signed it")
        self.fields["agreed"].label = _("This PDF is signed on behalf of the company and shows the terms above.")

    def clean_upload(self) -> Inspected:
        # The field shows why a file is refused: FileRefused is a ValidationError.
        self.inspected = inspect(self.cleaned_data["upload"])
        if self.inspected.content_type != "application/pdf":
            raise forms.ValidationError(_("Upload the signed terms as a PDF."), code="not_pdf")
        self.comparison = self._compared(self.inspected)
        self._refuse_other_terms(self.comparison)
        return self.inspected

    def _compared(self, inspected: Inspected) -> Comparison:
        try:
            return papers.compared(self.agreement, inspected.content, sha256=self.data.get("sha256", ""))
        except papers.NotPrinted as error:
            raise forms.ValidationError(
                _("The paper of these terms is not printed yet. Try again in a minute."), code="not_printed"
            ) from error
        except Unreadable as error:
            raise forms.ValidationError(_("The pages of this PDF cannot be compared with the terms."), code="unreadable") from error

    @staticmethod
    def _refuse_other_terms(comparison: Comparison) -> None:
        if comparison.pages < comparison.offered_pages:
            pages = {"pages": comparison.pages, "offered": comparison.offered_pages}
            raise forms.ValidationError(_("This PDF has fewer pages than the terms: %(pages)s of %(offered)s."), code="pages", params=pages)
        if comparison.missing:
            raise forms.ValidationError(
                _("This PDF does not say what was offered. Below it is laid beside the terms; nothing was signed."), code="other_terms"
            )

    def clean_read(self) -> bool:
        read: bool = self.cleaned_data["read"]
        if not read and "upload" not in self.errors and self.comparison is not None and self.comparison.is_to_be_read:
            raise forms.ValidationError(
                _("Not all of this PDF could be compared; see below. Read it, tick this box, and choose the PDF again."), code="read"
            )
        return read

    def clean_signed_on(self) -> date:
        day: date = self.cleaned_data["signed_on"]
        if not self.offered_on <= day <= self.today:
            raise forms.ValidationError(_("The day lies between the offer and today."), code="day")
        return day

    def signing(self, side: str) -> Signing:
        data = self.cleaned_data
        paper: dict[str, Any] = {"upload": data["upload"], "comparison": self.comparison, "signed_on": data["signed_on"]}
        return Signing(side, data["sha256"], data["name"], data["job_title"], **paper)

    def close(self) -> None:
        """A file whose form is not right is not kept."""
        if self.inspected is not None:
            self.inspected.close()


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}))
