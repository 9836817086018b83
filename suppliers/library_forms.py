"""A form with documents behind it: chosen from the supplier's library, or a new file that goes there."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.visible_text import VisibleTextMixin
from suppliers.inspecting.types import ACCEPT
from suppliers.inspection import Inspected, inspect
from suppliers.models import Document, DocumentQuerySet


# Of a large library the newest: what shows something that was just done is new.
MOST_DOCUMENTS = 60


class DocumentChoice(forms.ModelMultipleChoiceField[Document]):
    def label_from_instance(self, document: Document) -> str:
        day = date_format(timezone.localtime(document.uploaded_at), "DATE_FORMAT")
        return f"{document} · {document.get_kind_display()} · {day}"


class FromLibraryForm(VisibleTextMixin, forms.Form):
    """`close` it in the end, whatever came of it."""

    documents = DocumentChoice(
        label=_("Documents of your library that show it"),
        queryset=Document.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    upload = forms.FileField(
        label=_("Or a new file, which goes into your library"),
        required=False,
        widget=forms.ClearableFileInput({"accept": ACCEPT}),
        help_text=_("PDF, OFD, picture, Office document, CSV or text, at most 50 MB."),
    )
    inspected: Inspected | None = None

    def __init__(self, *args: Any, library: DocumentQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = library.order_by("-pk").values("pk")[:MOST_DOCUMENTS]
        cast("forms.ModelMultipleChoiceField[Document]", self.fields["documents"]).queryset = library.filter(pk__in=newest).order_by("-pk")

    def clean_upload(self) -> Inspected | None:
        # The field shows why a file is refused: FileRefused is a ValidationError.
        if self.cleaned_data.get("upload"):
            self.inspected = inspect(self.cleaned_data["upload"])
        return self.inspected

    def close(self) -> None:
        """A file whose form is not right is not kept."""
        if self.inspected is not None:
            self.inspected.close()
