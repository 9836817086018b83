"""What people type about suppliers, cleaned into the values we keep."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from accounts.day_field import DayField
from accounts.visible_text import VisibleTextMixin
from suppliers import identifiers, places
from suppliers.inspecting.types import ACCEPT
from suppliers.inspection import Inspected, inspect
from suppliers.models import Category, Contact, Document, HeadcountBand, Registration, Site, SiteType, Supplier
from suppliers.problems import Problem


IDENTIFIERS: dict[str, Callable[[str], str]] = {
    "uscc": identifiers.clean_uscc,
    "lei": identifiers.clean_lei,
    "duns": identifiers.clean_duns,
}


def country_field(label: StrOrPromise) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=lambda: [("", _("Choose a country")), *places.country_choices()])


def identifier_field(label: StrOrPromise, help_text: StrOrPromise = "") -> forms.CharField:
    # Longer than the clean value: people also type blanks and hyphens between the characters.
    widget = forms.TextInput({"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=60, help_text=help_text, widget=widget)


class PlaceMixin(VisibleTextMixin):
    """Forms with a country and a region: in China the region is one of the provinces, however it was typed."""

    def clean_place(self, data: dict[str, Any]) -> None:
        try:
            if data.get("country") and data.get("region"):
                data["region"] = places.clean_region(data["region"], data["country"])
        except Problem as problem:
            self.add_error("region", problem.text)

    def clean_with(self, data: dict[str, Any], name: str, clean: Callable[[str], str]) -> None:
        try:
            if data.get(name):
                data[name] = clean(data[name])
        except Problem as problem:
            self.add_error(name, problem.text)

    def clean_identifiers(self, data: dict[str, Any]) -> None:
        country = data.get("country") or ""
        for name, clean in IDENTIFIERS.items():
            self.clean_with(data, name, clean)
        if country:
            self.clean_with(data, "company_number", lambda text: identifiers.clean_company_number(text, country))
        if country not in ("", "CN") and data.get("uscc"):
            self.add_error("uscc", Problem("uscc_country", country=places.country_name(country)).text)


def provinces_help() -> StrOrPromise:
    return _("In China the province or municipality, for example Zhejiang or 浙江.")


class RegistrationForm(PlaceMixin, forms.ModelForm[Registration]):
    country = country_field(_("Country of registration"))
    uscc = identifier_field(
        _("Unified Social Credit Code"), _("18 characters, on the business licence. Required for companies registered in mainland China.")
    )
    lei = identifier_field(_("LEI"), _("20 characters, if the company has one."))
    duns = identifier_field(_("D-U-N-S number"), _("9 digits, if the company has one."))
    # People do not see this field; programs that fill in every field do.
    fax = forms.CharField(
        label=pgettext_lazy("a trap for programs", "Leave this empty"),
        required=False,
        widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}),
    )

    class Meta:
        model = Registration
        fields = (
            "name_zh", "name_en", "country", "uscc", "company_number", "lei", "duns", "region", "address", "category", "headcount_band",
            "contact_name", "contact_email", "contact_phone",
        )  # fmt: skip
        widgets = {
            "address": forms.Textarea({"rows": 2, "autocomplete": "street-address"}),
            "contact_name": forms.TextInput({"autocomplete": "name"}),
            "contact_email": forms.EmailInput({"autocomplete": "email"}),
            "contact_phone": forms.TextInput({"autocomplete": "tel", "type": "tel"}),
        }
        help_texts = {
            "name_zh": _("As on the business licence, where the company has a Chinese name."),
            "company_number": _("The number in the register of companies of the country, for other companies."),
            "region": provinces_help(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("category", Category.choices), ("headcount_band", HeadcountBand.choices)):
            self.fields[name].choices = [("", _("Choose")), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.clean_identifiers(data)
        self.clean_place(data)
        if not (data.get("name_zh") or data.get("name_en") or {"name_zh", "name_en"} & self.errors.keys()):
            self.add_error("name_en", _("Give the company's name in Chinese, in English, or both."))
        if data.get("country") == "CN" and not data.get("uscc") and "uscc" not in self.errors:
            self.add_error("uscc", Problem("uscc_missing").text)
        elif not any(data.get(name) or name in self.errors for name in (*IDENTIFIERS, "company_number")):
            self.add_error("company_number", Problem("identifier_missing").text)
        return data

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.data.get("fax"))

    def application(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class RefusalForm(VisibleTextMixin, forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}), help_text=_("The applicant reads it in an e-mail.")
    )


# --- the company ------------------------------------------------------------------------------------------------------


class ParticularsForm(PlaceMixin, forms.ModelForm[Supplier]):
    """What a supplier may change about itself. Identifiers and the place of registration are in the buyer's hand."""

    website = forms.URLField(label=_("Website"), required=False, max_length=200, assume_scheme="https")
    fiscal_year_start = forms.TypedChoiceField(label=_("Fiscal year starts in month"), choices=MONTHS.items, coerce=int)

    class Meta:
        model = Supplier
        fields = ("name_zh", "name_en", "address", "postcode", "headcount_band", "fiscal_year_start", "website")
        widgets = {"address": forms.Textarea({"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["headcount_band"].choices = [("", _("Choose")), *HeadcountBand.choices]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("name_zh") or data.get("name_en") or {"name_zh", "name_en"} & self.errors.keys()):
            self.add_error("name_en", _("Give the company's name in Chinese, in English, or both."))
        return data

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}

    def _post_clean(self) -> None:
        """The supplier is written by `profile.change_supplier`, which compares; the form leaves the record as it is."""
        names = [name for name in self._meta.fields or () if name in self.cleaned_data]
        before = {name: getattr(self.instance, name) for name in names}
        super()._post_clean()  # type: ignore[misc]
        for name, value in before.items():
            setattr(self.instance, name, value)


class SupplierForm(ParticularsForm):
    """What staff may change."""

    country = country_field(_("Country of registration"))
    uscc = identifier_field(_("Unified Social Credit Code"))
    lei = identifier_field(_("LEI"))
    duns = identifier_field(_("D-U-N-S number"))

    class Meta(ParticularsForm.Meta):
        fields = (
            "name_zh", "name_en", "reference", "uscc", "company_number", "lei", "duns", "country", "region", "address", "postcode",
            "category", "industry_scheme", "industry_code", "headcount_band", "fiscal_year_start", "website", "state",
        )  # type: ignore[assignment]  # fmt: skip
        help_texts = {"region": provinces_help()}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.clean_identifiers(data)
        self.clean_place(data)
        for name in ("reference", *IDENTIFIERS, "company_number"):
            data[name] = data.get(name) or None
        return data


class SiteForm(PlaceMixin, forms.ModelForm[Site]):
    country = country_field(_("Country"))

    class Meta:
        model = Site
        fields = ("name", "type", "country", "region", "address", "headcount", "closed_on")
        widgets = {"address": forms.Textarea({"rows": 2})}
        field_classes = {"closed_on": DayField}
        help_texts = {
            "region": provinces_help(),
            "closed_on": _("A closed site keeps its history and is no longer asked about."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = [("", _("Choose")), *SiteType.choices]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.clean_place(data)
        name = data.get("name")
        if name and Site.objects.filter(supplier_id=self.instance.supplier_id, name=name).exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("The company has a site of this name already."))
        return data


class ContactForm(VisibleTextMixin, forms.ModelForm[Contact]):
    class Meta:
        model = Contact
        fields = ("name", "email", "phone", "job_title", "language", "is_primary")
        labels = {"name": pgettext_lazy("person", "Name")}
        help_texts = {"is_primary": _("Invitations and reminders go to the first contact.")}

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        others = Contact.objects.filter(supplier_id=self.instance.supplier_id, email__iexact=email).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("The company has a contact with this e-mail address already."))
        return email


class DocumentDetailsForm(forms.ModelForm[Document]):
    """What is said about a document."""

    class Meta:
        model = Document
        fields = ("kind", "title", "site", "issuer", "number", "valid_from", "valid_to")
        field_classes = dict.fromkeys(("valid_from", "valid_to"), DayField)
        help_texts = {
            "title": _("If empty, the file's name is shown."),
            "site": _("Whom it was issued to."),
            "valid_to": _("You are reminded 120, 90, 60, 30 and 7 days before this day."),
        }

    def __init__(self, *args: Any, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.filter(supplier=supplier).order_by("name", "pk")
        sites.empty_label = _("The company as a whole")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The document ends before it begins."))
        return data

    def details(self) -> Mapping[str, Any]:
        return {name: self.cleaned_data[name] for name in DocumentDetailsForm.Meta.fields}

    def _post_clean(self) -> None:
        """The document is written by `suppliers.documents`; the form leaves it as it is."""


class DocumentForm(DocumentDetailsForm):
    """A document with its file."""

    upload = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput({"accept": ACCEPT}),
        help_text=_("PDF, OFD, picture, Office document, CSV or text, at most 50 MB."),
    )
    inspected: Inspected | None = None
    field_order = ("upload", "kind", "title", "site", "issuer", "number", "valid_from", "valid_to")

    def clean_upload(self) -> Inspected:
        # The field shows why a file is refused: FileRefused is a ValidationError.
        self.inspected = inspect(self.cleaned_data["upload"])
        return self.inspected

    def close(self) -> None:
        """A file whose form is not right is not kept."""
        if self.inspected is not None:
            self.inspected.close()


class SupplierSearchForm(forms.Form):
    q = forms.CharField(
        label=_("Name or identifier"), max_length=200, required=False, widget=forms.TextInput({"type": "search", "autocomplete": "off"})
    )
