"""What staff choose about a list before it is imported."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from suppliers import places
from suppliers.columns import Column, columns_of
from suppliers.import_rows import BY_INDUSTRY, clean_defaults
from suppliers.models import Category, Contact, HeadcountBand, Import, SiteType
from suppliers.problems import Problem
from suppliers.tables import MOST_BYTES


ENDINGS = ("csv", "txt", "tsv", "xlsx", "xls")


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What the rows are"), choices=Import.Kind.choices, initial=Import.Kind.SUPPLIERS, widget=forms.RadioSelect
    )
    file = forms.FileField(
        label=_("File"),
        # Nearly any bytes pass for text in GB18030: a PDF would become a list of one odd column.
        validators=[FileExtensionValidator(ENDINGS)],
        widget=forms.FileInput({"accept": ",".join(f".{ending}" for ending in ENDINGS)}),
        help_text=_("CSV or XLSX, with headings in the first row, in Chinese or English. At most 50,000 rows and 50 MB."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than %(limit)s MB."), params={"limit": MOST_BYTES // 1024 // 1024})
        return file


class ColumnsForm(forms.Form):
    """For each of our columns: which column of the file it is read from, and what stands in for a missing value."""

    def __init__(self, *args: Any, source: Import, headings: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        self.columns = columns_of(source.kind)
        found = [("", _("Not in the file")), *((heading, heading) for heading in dict.fromkeys(headings) if heading)]
        for column in self.columns:
            self.fields[f"column_{column.name}"] = forms.ChoiceField(
                label=column.label, choices=found, required=False, initial=source.mapping.get(column.name, "")
            )
            if column.may_default:
                self.fields[f"default_{column.name}"] = self.default_field(column)

    def default_field(self, column: Column) -> forms.Field:
        label = _("%(column)s, where the file says nothing") % {"column": column.label}
        initial = self.source.defaults.get(column.name, "")
        choices = self.default_choices(column.name)
        if choices:
            return forms.ChoiceField(label=label, choices=[("", _("No value")), *choices], required=False, initial=initial)
        return forms.CharField(label=label, max_length=80, required=False, initial=initial)

    def default_choices(self, name: str) -> list[tuple[Any, Any]]:
        match name:
            case "country" | "supplier_country":
                return list(places.country_choices())
            case "category":
                return [*Category.choices, (BY_INDUSTRY, _("By industry code (SIC, NACE, ISIC), else Services"))]
            case "headcount_band":
                return list(HeadcountBand.choices)
            case "type":
                return list(SiteType.choices)
            case "language":
                return list(Contact._meta.get_field("language").choices or ())
            case "fiscal_year_start":
                return [(str(month), str(month)) for month in range(1, 13)]
        return []

    def lines(self) -> Iterator[tuple[Column, BoundField, BoundField | None]]:
        for column in self.columns:
            yield column, self[f"column_{column.name}"], self[f"default_{column.name}"] if column.may_default else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        taken: dict[str, str] = {}
        twice = _("This column of the file is chosen for “%(other)s” already.")
        for name, heading in self.mapping().items():
            if heading in taken:
                self.add_error(f"column_{name}", twice % {"other": taken[heading]})
            taken.setdefault(heading, str(self.fields[f"column_{name}"].label))
        if not taken:
            raise forms.ValidationError(_("No column of the file is one of ours. Choose at least one."))
        for name, default in self.defaults().items():
            try:
                clean_defaults(self.source.kind, {name: default})
            except Problem as problem:
                self.add_error(f"default_{name}", problem.text)
        return data

    def mapping(self) -> dict[str, str]:
        return self.chosen("column_")

    def defaults(self) -> dict[str, str]:
        return self.chosen("default_")

    def chosen(self, prefix: str) -> dict[str, str]:
        values = {name.removeprefix(prefix): self.cleaned_data.get(name) for name in self.fields if name.startswith(prefix)}
        return {name: str(value) for name, value in values.items() if value}
