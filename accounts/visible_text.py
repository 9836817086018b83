"""Letters nobody sees: marks that turn the reading direction or stand for nothing. In a name they make one company look like another."""

import re

from django import forms


INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class VisibleTextMixin(forms.BaseForm):
    """A form that keeps only what people can see of what they type; passwords stay as they are."""

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, text in list(self.cleaned_data.items()):
            field = self.fields[name]
            if isinstance(text, str) and getattr(field, "strip", False):
                self.cleaned_data[name] = INVISIBLE.sub("", text).strip()
                if field.required and not self.cleaned_data[name]:
                    self.add_error(name, field.error_messages["required"])
